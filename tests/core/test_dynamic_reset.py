"""When the shared GAN counts as collapsed."""

from __future__ import annotations

from typing import Any

import pytest

from autogan_core.config import DynamicResetConfig
from autogan_core.dynamic_reset import LossWindows


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
    again.load_state(windows.state())
    for each in (windows, again):
        each.push(0.5, 0.7)
    assert again.spreads() == windows.spreads()
    assert again.state()["losses.discriminator"].tolist() == [0.3, 0.4, 0.5]
