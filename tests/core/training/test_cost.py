"""What work costs, and how costs add up."""

from __future__ import annotations

import pytest

from autogan_core.training.cost import Cost, scoring_cost, search_cost, training_steps
from tests.core.tiny import tiny_config


def test_costs_add_up_and_are_read_back() -> None:
    """Sum, multiple and plain values; a generator step beside every n-th discriminator step from the first on."""
    assert Cost(1, 2, 3) + Cost(10, 20, 30) * 2 == Cost(21, 42, 63)
    assert Cost.from_json(Cost(1, 2, 3).to_json()) == Cost(1, 2, 3)
    assert [Cost.of_steps(steps, 5).generator_steps for steps in (0, 1, 5, 6)] == [0, 1, 1, 2]
    assert str(Cost(1000, 20, 5)) == "1,000 discriminator and 20 generator steps, 5 images scored"


@pytest.mark.parametrize(("warm_up", "steps"), [(0, 8), (0.5, 10), (2, 16)])
def test_the_first_iteration_of_a_stage_trains_longer(warm_up: float, steps: int) -> None:
    """Of four steps an epoch; parts of an epoch count, and no other iteration changes."""
    config = tiny_config(f"search.warm_up_epochs={warm_up}")
    assert training_steps(config, 4, warm_up=True) == steps
    assert training_steps(config, 4, warm_up=False) == 8


def test_an_iteration_may_be_part_of_an_epoch() -> None:
    """Rounded up to whole steps, and a whole number stays one in the stored configuration."""
    assert training_steps(tiny_config("search.shared_epochs=0.3"), 4, warm_up=False) == 2
    assert tiny_config("search.shared_epochs=0.3").flat()["search.shared_epochs"] == 0.3
    assert repr(tiny_config("search.shared_epochs=2").flat()["search.shared_epochs"]) == "2"


def test_a_searchs_cost_by_hand() -> None:
    """Three iterations, each the first of its stage, of 3 candidates, and three derivations of 4; n_critic is 2."""
    assert search_cost(tiny_config(), 4) == Cost(24, 12, 21 * 32)
    config = tiny_config("search.reward.adaptation_steps=3", "search.warm_up_epochs=1", "search.iterations=4")
    assert scoring_cost(config) == Cost(3, 2, 32)
    assert search_cost(config, 4) == Cost(3 * 12 + 8, 3 * 6 + 4, 0) + Cost(3, 2, 32) * (4 * 3 + 3 * 4)
