"""``python -m pipelines.cli``: the command line in the images, where the script ``autogan`` is not installed."""

from pipelines.cli.main import main

main()
