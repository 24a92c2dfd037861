"""The acceptance test for anybody's cluster: ``python -m acceptance --help``."""
