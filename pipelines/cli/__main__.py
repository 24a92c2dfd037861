"""``python -m pipelines.cli``: the command line in the images, where the script ``autogan`` is not installed."""

from autogan_kubeflow.pipelines.cli.main import main

main()
