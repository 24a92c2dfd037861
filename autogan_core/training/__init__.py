"""Training of GANs: the shared and the derived one, their initial weights, costs and results."""
