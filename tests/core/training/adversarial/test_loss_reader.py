"""Losses read a block later than they were put in."""

from __future__ import annotations

import math

import pytest
import torch

from autogan_core.errors import NonFiniteLossError
from autogan_core.runtime.distributed import World
from autogan_core.training.adversarial.gan import StepLosses
from autogan_core.training.adversarial.loss_reader import LossReader, LossValues


def block(device: torch.device, *losses: tuple[float, float | None]) -> list[StepLosses]:
    """Losses as a training leaves them on its device."""
    return [
        StepLosses(torch.tensor(d, device=device), None if g is None else torch.tensor(g, device=device))
        for d, g in losses
    ]


def test_a_block_comes_out_when_the_next_goes_in(device: torch.device) -> None:
    """Every loss comes out once, in order and with its step, and the last block at the end."""
    reader = LossReader(World.single(device))
    assert reader.push(0, block(device, (0.5, 1.5), (0.25, None))) == []
    first = [LossValues(0, 0.5, 1.5), LossValues(1, 0.25, None)]
    assert reader.peek() == first
    assert reader.push(2, block(device, (2.0, -1.0))) == first
    assert reader.finish() == [LossValues(2, 2.0, -1.0)]
    assert reader.finish() == []
    assert [values.named() for values in first] == [{"loss_d": 0.5, "loss_g": 1.5}, {"loss_d": 0.25}]


@pytest.mark.parametrize(("network", "losses"), [("discriminator", (math.nan, 1.0)), ("generator", (1.0, math.inf))])
def test_a_loss_that_is_not_finite_is_an_error(device: torch.device, network: str, losses: tuple[float, float]) -> None:
    """It is noticed a block later, at the end, or when the training is to be stored, and names network and step."""
    message = rf"the {network}'s loss became (nan|inf) in step 7; lower training.{network}_lr"
    for notice in (lambda r: r.push(8, block(device, (1.0, 1.0))), LossReader.finish, LossReader.peek):
        reader = LossReader(World.single(device))
        reader.push(6, block(device, (1.0, 1.0), losses))
        with pytest.raises(NonFiniteLossError, match=message):
            notice(reader)
