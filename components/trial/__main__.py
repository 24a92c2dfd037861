"""``python -m components.trial --help``."""

from __future__ import annotations

import autogan_kubeflow.components.termination  # noqa: F401  (first: the imports below take seconds)

# isort: split
from autogan_kubeflow.components.trial.cli import main

main()
