"""What travels between service and trials."""

from __future__ import annotations

import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autogan_core.config import RewardConfig, RewardScore, SearchConfig
from autogan_core.errors import ConfigError
from autogan_core.history import Assignment, Record
from autogan_core.search_space import Architecture
from autogan_kubeflow.components.katib_protocol import (
    from_parameters,
    reward_names,
    to_metrics,
    to_parameters,
    to_rewards,
)

ONE, TWO = Architecture.parse("1011-10111"), Architecture.parse("0120-01201")
SEARCH = Assignment(7, 1, "search", (ONE, TWO, ONE), (TWO,))
DERIVE = Assignment(8, 1, "derive", (ONE, TWO))


@pytest.mark.parametrize("assignment", [SEARCH, DERIVE])
def test_parameters_round_trip(assignment: Assignment) -> None:
    """Read back they are what was sent, an empty training list included."""
    assert from_parameters(to_parameters(assignment, "ns/new")) == (assignment, "ns/new")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("run", "", "the assignment has no run"),
        ("run", "new", "run is 'new', not <namespace>/<trial>"),
        ("run", "ns/../x", "run is 'ns/../x'"),
        ("run", "../x", "run is '../x'"),
        ("slot", "-1", "slot is '-1', not a number from 0 on"),
        ("stage", "²", "stage is '²'"),
        ("phase", "train", "phase is 'train', not search or derive"),
        ("candidates", "none", "candidates must be at least one"),
        ("candidates", "1011", "as deep as all that are trained"),
        ("training", "1041", r"position 3 \(up\): 4 is not one of"),
    ],
)
def test_malformed_parameters_are_refused(field: str, value: str, message: str) -> None:
    """The message names the field and what it holds."""
    with pytest.raises(ConfigError, match=message):
        from_parameters(to_parameters(SEARCH, "ns/new") | {field: value})


@given(
    st.lists(st.none() | st.floats(allow_infinity=True, allow_nan=True), min_size=3, max_size=3),
    st.sampled_from(get_args(RewardScore)),
)
def test_rewards_survive_katib_to_the_last_bit(rewards: list[float | None], score: RewardScore) -> None:
    """What is finite comes back exactly through Katib's text; the objective is the best; the rest is None."""
    metrics = to_metrics(Record(SEARCH, tuple(rewards)), RewardConfig(score=score))
    finite = [r if r is not None and math.isfinite(r) else None for r in rewards]
    assert list(to_rewards({name: str(value) for name, value in metrics.items()}, 3)) == finite
    known = [r for r in finite if r is not None]
    assert metrics.get(score) == (max(known) if known else None)


def test_what_is_no_number_is_no_reward() -> None:
    """Katib's words for a missing metric, and non-finite values."""
    texts = ["unavailable", "", "-", "nan", "inf", "1e400", "0.5"]
    metrics = {f"reward-{i:02d}": text for i, text in enumerate(texts)}
    assert to_rewards(metrics, 8) == (None,) * 6 + (0.5, None)


def test_reward_names_cover_both_phases() -> None:
    """The paper's 30 candidates make reward-00 to reward-29; more derived candidates make more."""
    assert reward_names(SearchConfig())[::29] == ["reward-00", "reward-29"]
    assert len(reward_names(SearchConfig(num_candidates=40))) == 40
