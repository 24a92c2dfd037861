"""The networks: cells of the search space, generators over it, discriminators, and their layers."""
