"""Containerised steps around ``autogan_core``: each maps files, parameters and errors, and holds no algorithm."""
