"""``python -m components.trial --help``."""

from __future__ import annotations

import components.termination  # noqa: F401  (first: the imports below take seconds)

# isort: split
from components.trial.cli import main

main()
