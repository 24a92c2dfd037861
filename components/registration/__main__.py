"""Entry point of ``python -m components.registration``."""

from components.registration.cli import main

main()
