"""Which searches there are for comparing shared weights."""

from __future__ import annotations

from autogan_core.ablations.rulers.shared_weights import shared_weights
from autogan_core.ablations.suite.variants import MLAS
from tests.core.ablations.tiny_suite import tiny_plan


def test_the_searchs_own_way_comes_first_and_is_its_own_search() -> None:
    """Draws of the policy are what the search does by default: no second search of the same."""
    found = shared_weights(tiny_plan())
    assert list(found) == ["draws of the policy", "uniform draws"]
    assert found["draws of the policy"] is MLAS
    assert found["uniform draws"].overrides == ("search.shared_training=uniform", "search.warm_up_epochs=0")


def test_another_default_moves_it() -> None:
    """Where the plan trains uniformly, that is the search itself, and the policy's draws are the variant."""
    found = shared_weights(tiny_plan("search.shared_training=uniform"))
    assert list(found) == ["uniform draws", "draws of the policy"]
    assert found["uniform draws"] is MLAS
    assert found["draws of the policy"].name == "policy"


def test_a_way_that_the_budget_does_not_name() -> None:
    """The search's own weights are there all the same."""
    found = shared_weights(tiny_plan("search.warm_up_epochs=0.5"))
    assert list(found) == ["as the search does", "draws of the policy", "uniform draws"]
    assert found["as the search does"] is MLAS
