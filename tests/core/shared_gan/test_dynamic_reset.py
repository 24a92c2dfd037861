"""When the shared GAN counts as collapsed."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from autogan_core.config import DynamicResetConfig
from autogan_core.runtime.distributed import World
from autogan_core.shared_gan.dynamic_reset import CollapseWatch, LossWindows
from autogan_core.training.adversarial.gan import StepLosses
from tests.core.tiny import CPU


def test_spread_is_the_released_codes_running_variance(golden: dict[str, Any]) -> None:
    """The window's population variance equals the golden file's row by row."""
    case = golden["training_rules"]["running_stats_window5"]
    windows = LossWindows(DynamicResetConfig(window=5))
    for value, (_, _, _, variance) in zip(case["input"], case["rows"], strict=True):
        windows.push(value, None)
        assert windows.spreads() == {"discriminator": pytest.approx(variance, abs=1e-9)}


def fill(config: DynamicResetConfig, discriminator: float, generator: float) -> LossWindows:
    """Full windows whose losses alternate by +- the given amounts around 1."""
    windows = LossWindows(config)
    for i in range(config.window):
        sign = 1 if i % 2 else -1
        windows.push(1 + sign * discriminator, 1 + sign * generator)
    return windows


@pytest.mark.parametrize(
    ("statistic", "discriminator", "generator", "collapsed"),
    [
        ("variance", 0.5, 0.5, False),
        ("variance", 0.03, 0.5, True),  # variance 0.0009
        ("variance", 0.5, 0.03, True),
        ("variance", 0.033, 0.5, False),  # variance 0.00109
        ("std", 0.03, 0.5, False),
        ("std", 0.0009, 0.5, True),
        ("std", 0.0011, 0.5, False),
    ],
)
def test_either_network_can_collapse(statistic: Any, discriminator: float, generator: float, collapsed: bool) -> None:
    """A window below the threshold in the chosen statistic is a collapse, whichever network's it is."""
    config = DynamicResetConfig(window=4, statistic=statistic)
    assert fill(config, discriminator, generator).collapsed is collapsed


def test_both_windows_must_be_full() -> None:
    """Constant losses are no collapse until the generator's window, which fills last, is full."""
    windows = LossWindows(DynamicResetConfig(window=3))
    for step in range(10):
        windows.push(1.0, 1.0 if step % 5 == 0 else None)
        assert not windows.collapsed
    windows.push(1.0, 1.0)
    assert windows.collapsed
    windows.clear()
    assert not windows.collapsed
    assert windows.spreads() == {}


def test_disabled_never_collapses() -> None:
    """The paper's ablation trains on."""
    assert not fill(DynamicResetConfig(window=4, enabled=False), 0.0, 0.0).collapsed


def test_state_round_trips() -> None:
    """Stored windows continue exactly, including how full they are."""
    config = DynamicResetConfig(window=3)
    windows, again = LossWindows(config), LossWindows(config)
    again.push(9.0, 9.0)
    for value in (0.1, 0.2, 0.3, 0.4):
        windows.push(value, None)
    again.load_state_dict(windows.state_dict())
    for each in (windows, again):
        each.push(0.5, 0.7)
    assert again.spreads() == windows.spreads()
    assert again.state_dict()["losses.discriminator"].tolist() == [0.3, 0.4, 0.5]


def still_from(step: int, device: torch.device = CPU) -> StepLosses:
    """Losses that move until step 9 and not from there on."""
    value = 1.0 if step >= 9 else 1.0 + step % 2
    return StepLosses(torch.tensor(value, device=device), torch.tensor(value, device=device))


def test_the_watch_judges_as_the_windows_would_but_later(device: torch.device) -> None:
    """Losses put in by fours collapse in the step in which they would have one by one, noticed with the next block."""
    config, windows = DynamicResetConfig(window=3), LossWindows(DynamicResetConfig(window=3))
    expected = None
    for step in range(20):
        losses = still_from(step)
        assert losses.generator is not None
        windows.push(losses.discriminator.item(), losses.generator.item())
        if windows.collapsed and expected is None:
            expected = step
    watch, noticed = CollapseWatch(config, World.single(device)), None
    for first in range(0, 20, 4):
        seen = watch.push(first, [still_from(step, device) for step in range(first, first + 4)])
        assert [values.step for values in seen] == list(range(max(first - 4, 0), first))
        if watch.collapsed_in is not None and noticed is None:
            noticed = first + 3
    assert watch.collapsed_in == expected == 10
    assert noticed == 15
    watch.clear()
    assert watch.collapsed_in is None and watch.finish() == [] and watch.spreads() == {}


@pytest.mark.parametrize("stored_after", [1, 2, 3, 4])
def test_a_watch_goes_on_where_it_was(stored_after: int) -> None:
    """Stored between any two blocks, the losses not yet judged included, the collapse is noticed in the same block."""
    config, world = DynamicResetConfig(window=3), World.single(CPU)
    one, other = CollapseWatch(config, world), CollapseWatch(config, world)
    noticed = []
    for block in range(5):
        if block == stored_after:
            other.load_state_dict(one.state_dict())
            one = other
        one.push(4 * block, [still_from(step) for step in range(4 * block, 4 * block + 4)])
        noticed.append(one.collapsed_in is not None)
    assert noticed == [False, False, False, True, True]
