"""Work that is captured gives what it gives when it is run as it is."""

from __future__ import annotations

import functools

import pytest
import torch
from torch import Tensor

from autogan_core.training.adversarial import cuda_graphs as captured_work
from autogan_core.training.adversarial.cuda_graphs import CapturedWork


def add(total: Tensor, amount: Tensor, factor: float) -> None:
    total.add_(amount * factor)


def test_every_run_does_the_work(device: torch.device, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as it is, captured or replayed, and dropped and met again, each piece is done exactly once a run."""
    monkeypatch.setattr(captured_work, "CAPACITY", 2)
    captured = CapturedWork(device)
    total, amount = torch.zeros((), device=device), torch.zeros((), device=device)
    expected = 0.0
    for round_ in range(12):
        for name, factor in (("one", 1.0), ("two", 10.0), *((("three", 100.0),) if round_ % 4 == 0 else ())):
            amount.fill_(round_)
            captured.run(name, functools.partial(add, total, amount, factor))
            expected += round_ * factor
        assert total.item() == expected


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
def test_work_that_cannot_be_captured_is_run_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """Work that waits for the device is refused by the capture; a warning says so, and nothing is lost or doubled."""
    device = torch.device("cuda")
    captured, total = CapturedWork(device), torch.zeros((), device=device)

    def work() -> None:
        total.add_(1 if total.item() >= 0 else 2)

    for _ in range(5):
        captured.run("work", work)
    assert total.item() == 5
    assert "without CUDA graphs" in caplog.text
