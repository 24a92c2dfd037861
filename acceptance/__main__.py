"""Entry point of ``python -m acceptance``."""

from acceptance.cli import main

main()
