"""Randomness that depends on names instead of on the past: every draw has a seed of its own.

A generator that is seeded from (seed, slot, step, purpose) needs no stored state: a run that was killed and started
again draws what it would have drawn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch


def derive_seed(seed: int, *names: str | int) -> int:
    """A seed in [0, 2**63) for the purpose that ``names`` spell out; the same on every machine."""
    text = "/".join(map(str, (seed, *names)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def seeded_generator(device: torch.device, seed: int, *names: str | int) -> torch.Generator:
    """A fresh torch generator on ``device`` for one purpose."""
    return torch.Generator(device).manual_seed(derive_seed(seed, *names))


@contextmanager
def seeded_initialisation(seed: int, *names: str | int) -> Iterator[None]:
    """Seeds the global CPU generator, from which modules draw their first weights, and restores it afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, *names))
        yield
