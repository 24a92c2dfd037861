"""`seeding` for torch: generators and first weights that depend on names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from autogan_core.seeding import derive_seed


def seeded_generator(device: torch.device, seed: int, *names: str | int) -> torch.Generator:
    """A fresh torch generator on ``device`` for one purpose."""
    return torch.Generator(device).manual_seed(derive_seed(seed, *names))


@contextmanager
def seeded_initialisation(seed: int, *names: str | int) -> Iterator[None]:
    """Seeds the global CPU generator, from which modules draw their first weights, and restores it afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, *names))
        yield
