"""Counting the memory of tensors that are never allocated."""

from __future__ import annotations

import torch
from torch import nn

from autogan_core.runtime.tensor_memory import counted


def test_what_is_made_counts_until_it_is_dropped() -> None:
    """Views add nothing, dropped tensors leave the count and stay in the peak."""
    with counted() as memory:
        kept = torch.zeros(1000)
        view = kept.view(10, 100)[2:]
        passing = kept + 1
        assert memory.held == 8000
        del passing
        assert memory.held == memory.peak - 4000 == 4000
        assert view.shape == (8, 100)


def test_what_autograd_keeps_counts() -> None:
    """A layer's input and activation live until the backward pass has used them; then its gradients do."""
    layer = nn.Linear(100, 50, bias=False)
    with counted() as memory:
        out = torch.relu(layer(torch.zeros(10, 100))).sum()
        assert memory.held == 4 * (1000 + 500 + 1)
        out.backward()  # type: ignore[no-untyped-call]
        assert memory.held == 4 * (50 * 100 + 1)


def test_outside_weights_neither_count_nor_change() -> None:
    """A real network is used, in place too, and stays what it was."""
    norm, before = nn.BatchNorm1d(8), torch.zeros(8)
    with counted() as memory:
        norm(torch.ones(4, 8))
        norm.weight.data.add_(1)
    assert memory.peak < 2000
    assert norm.running_mean is not None and torch.equal(norm.running_mean, before)
    assert torch.equal(norm.weight.data, torch.ones(8))


def test_memory_need_not_be_there() -> None:
    """A tensor of a petabyte is counted."""
    with counted() as memory:
        torch.zeros(250, 10**12)
    assert memory.peak == 10**15
