"""`seeding` for torch: generators, latent vectors and first weights that depend on names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from autogan_core.runtime.seeding import derive_seed


def seeded_generator(device: torch.device, seed: int, *names: str | int) -> torch.Generator:
    """A fresh torch generator on ``device`` for one purpose."""
    return torch.Generator(device).manual_seed(derive_seed(seed, *names))


def draw_latents(device: torch.device, count: int, latent_dim: int, seed: int, *names: str | int) -> Tensor:
    """Latent vectors z ~ N(0, 1) for one purpose, (count, latent_dim)."""
    return torch.randn(count, latent_dim, device=device, generator=seeded_generator(device, seed, *names))


@contextmanager
def seeded_initialisation(seed: int, *names: str | int) -> Iterator[None]:
    """Seeds the global CPU generator, from which modules draw their first weights, and restores it afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, *names))
        yield
