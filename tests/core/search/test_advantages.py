"""What each baseline makes of a slot's rewards, and what normalising makes of that."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogan_core.config import ControllerConfig
from autogan_core.search.advantages import Advantages

BASELINES = ("moving-average", "slot-mean", "leave-one-out", "released")
REWARDS = st.lists(st.floats(-100, 100), min_size=2, max_size=12).map(np.array)


def advantages(baseline: str, advantage: str = "plain", decay: float = 0.9) -> Advantages:
    settings: dict[str, Any] = {"baseline": baseline, "advantage": advantage, "baseline_decay": decay}
    return Advantages(ControllerConfig(**settings))


@pytest.mark.parametrize(
    ("baseline", "first", "second"),
    [
        ("moving-average", [0.0, 2.0, 1.8], [5.62, 9.058, 4.1522]),
        ("slot-mean", [-4 / 3, 2 / 3, 2 / 3], [-4 / 3, 8 / 3, -4 / 3]),
        ("leave-one-out", [-2.0, 1.0, 1.0], [-2.0, 4.0, -2.0]),
        ("released", [0.0, 1.0, 0.5], [0.0, 2.0, -1.0]),
    ],
)
def test_two_slots_by_hand(baseline: str, first: list[float], second: list[float]) -> None:
    """Two slots of three rewards at decays of 0.9, and 0.5 for the released baseline."""
    of = advantages(baseline, decay=0.5 if baseline == "released" else 0.9).of
    assert of(np.array([1.0, 3.0, 3.0])).tolist() == pytest.approx(first, abs=1e-12)
    assert of(np.array([7.0, 11.0, 7.0])).tolist() == pytest.approx(second, abs=1e-12)


@given(REWARDS, st.floats(-1000, 1000))
def test_a_change_of_level_is_no_advantage_but_to_the_moving_average(rewards: np.ndarray, shift: float) -> None:
    """Shifting all rewards of a slot moves only the advantages above a baseline from former slots."""
    for baseline in BASELINES:
        of, shifted = advantages(baseline), advantages(baseline)
        for each in (of, shifted):
            each.of(np.array([0.0, 1.0]))
        moved = np.abs(shifted.of(rewards + shift) - of.of(rewards)).max()
        if baseline == "moving-average":
            assert moved == pytest.approx(abs(shift), abs=1e-9)
        else:
            assert moved == pytest.approx(0, abs=1e-9)


@given(REWARDS)
def test_slot_mean_and_leave_one_out_sum_to_zero_and_are_proportional(rewards: np.ndarray) -> None:
    """Each of the others' mean is n / (n - 1) times as far away as the mean of all."""
    above_mean, above_others = (advantages(name).of(rewards) for name in ("slot-mean", "leave-one-out"))
    assert above_mean.sum() == pytest.approx(0, abs=1e-9)
    others = [np.delete(rewards, i).mean() for i in range(len(rewards))]
    assert above_others == pytest.approx(rewards - others, abs=1e-9)
    assert above_others == pytest.approx(above_mean * len(rewards) / (len(rewards) - 1), abs=1e-9)


@given(st.permutations([1.0, 2.0, 4.0, 4.0, 9.0]), st.floats(0.01, 100))
def test_normalised_advantages_do_not_depend_on_the_scale(rewards: list[float], scale: float) -> None:
    """They are the plain ones in standard deviations of the slot's rewards."""
    slot = np.array(rewards)
    for baseline in BASELINES:
        expected = advantages(baseline).of(slot) / slot.std()
        assert advantages(baseline, "normalised").of(scale * slot) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize("rewards", [[0.1 + 0.2, 0.3, 0.3], [0.0, 0.0], [5.0]])
def test_rewards_without_spread_are_not_blown_up(baseline: str, rewards: list[float]) -> None:
    """Rewards that are equal, up to rounding, have normalised advantages of zero, also far above the baseline."""
    of = advantages(baseline, "normalised")
    of.of(np.array([-3.0, -4.0]))
    assert of.of(np.array(rewards)).tolist() == [0.0] * len(rewards)


@pytest.mark.parametrize("baseline", ["slot-mean", "leave-one-out", "released"])
def test_a_lone_reward_has_no_advantage(baseline: str) -> None:
    """When all others of a slot have failed there is nothing to compare with."""
    assert advantages(baseline).of(np.array([7.0])).tolist() == [0.0]
