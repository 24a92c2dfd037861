"""``python -m components.trial --help``."""

from __future__ import annotations

from components.trial.cli import main

main()
