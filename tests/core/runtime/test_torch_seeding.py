"""Torch's seeds by name."""

from __future__ import annotations

import torch

from autogan_core.runtime.torch_seeding import seeded_generator, seeded_initialisation


def test_generators_repeat() -> None:
    """The same names give the same stream."""
    cpu = torch.device("cpu")
    one, two = (torch.rand(3, generator=seeded_generator(cpu, 5, "x", 2)) for _ in range(2))
    assert torch.equal(one, two)
    assert not torch.equal(one, torch.rand(3, generator=seeded_generator(cpu, 5, "x", 3)))


def test_initialisation_restores_the_global_generator() -> None:
    """What modules draw inside depends on the seed alone, and what is drawn afterwards does not notice."""
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    with seeded_initialisation(1, "weights"):
        inside = torch.rand(2)
    assert torch.equal(torch.rand(2), expected)
    with seeded_initialisation(1, "weights"):
        assert torch.equal(torch.rand(2), inside)
