"""Entry point of ``python -m components.registration``."""

import autogan_kubeflow.components.termination  # noqa: F401  (first: the imports below take seconds)

# isort: split
from autogan_kubeflow.components.registration.cli import main

main()
