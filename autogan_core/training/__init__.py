"""Training GANs: where a training starts, and what it has come to."""
