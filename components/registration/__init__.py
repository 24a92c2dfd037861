"""Registers the algorithm ``autogan`` in Katib's configuration: ``python -m components.registration --help``."""
