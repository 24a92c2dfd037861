"""Data sets that somebody has published, one module each."""
