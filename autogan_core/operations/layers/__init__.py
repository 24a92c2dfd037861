"""Layers of the operations, which need torch."""
