"""Entry point of ``python -m components.registration``."""

import components.termination  # noqa: F401  (first: the imports below take seconds)

# isort: split
from components.registration.cli import main

main()
