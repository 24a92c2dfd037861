"""Successive halving: the rungs of a pool, and how far its trainings have come."""
