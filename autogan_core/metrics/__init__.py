"""Scores of images, what a generator costs, and the protocols by which scores are named.

Nothing is imported here: `protocols` and `complexity` are read by what must start without torch.
"""
