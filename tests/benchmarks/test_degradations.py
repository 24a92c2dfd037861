"""Degradations: none at strength 0, and more change with more strength."""

from __future__ import annotations

import pytest
import torch

from benchmarks.degradations import DEGRADATIONS


@pytest.mark.parametrize("name", ["blur", "noise", "shuffled patches", "mixed pairs"])
def test_strength_is_how_much_changes(name: str) -> None:
    """Strength 0 gives the images themselves; 1 changes their bytes more than 0.3 does, and never their shape."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (100, 3, 16, 16), dtype=torch.uint8, generator=generator)
    labels = torch.arange(100) % 10

    def change(strength: float) -> float:
        degraded = DEGRADATIONS[name](images, labels, strength, torch.Generator().manual_seed(1))
        assert (degraded.shape, degraded.dtype) == (images.shape, torch.uint8)
        return float((degraded.float() - images.float()).abs().mean())

    assert change(0.0) == 0
    assert change(0.3) < change(1.0)


def test_modes_are_lost() -> None:
    """At strength 0 all images stay; at strength 1 one class is left, or ten different images."""
    images = torch.arange(100, dtype=torch.uint8).view(100, 1, 1, 1).expand(100, 1, 16, 16)
    labels = torch.arange(100) % 10
    lost = {
        name: DEGRADATIONS[name](images, labels, 1.0, torch.Generator().manual_seed(0))[:, 0, 0, 0]
        for name in ("dropped classes", "repeated images")
    }
    for name in lost:
        assert torch.equal(DEGRADATIONS[name](images, labels, 0.0, torch.Generator()), images)
    assert set(labels[lost["dropped classes"].long()].tolist()) == {9}
    assert len(set(lost["repeated images"].tolist())) == 10
