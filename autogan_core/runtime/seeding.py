"""Randomness that depends on names instead of on the past: every draw has a seed of its own.

A generator that is seeded from (seed, slot, step, purpose) needs no stored state: a run that was killed and started
again draws what it would have drawn. `torch_seeding` does the same for torch, which the search itself goes without.
"""

from __future__ import annotations

import hashlib

import numpy as np


def derive_seed(seed: int, *names: str | int) -> int:
    """A seed in [0, 2**63) for the purpose that ``names`` spell out; the same on every machine."""
    text = "/".join(map(str, (seed, *names)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def seeded_rng(seed: int, *names: str | int) -> np.random.Generator:
    """A fresh numpy generator for one purpose."""
    return np.random.default_rng(derive_seed(seed, *names))
