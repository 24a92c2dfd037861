"""Looks at a cluster with the user's rights: what is there, what is missing, and the command that mends it."""
