"""A Katib trial: the PyTorchJob's entry point, ``python -m components.trial``."""
