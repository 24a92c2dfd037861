"""Training GANs: the shared and the derived one, where a training starts, and what it costs and has come to."""
