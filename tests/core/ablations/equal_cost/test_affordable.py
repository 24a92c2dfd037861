"""What so many multiply-accumulates pay for."""

from __future__ import annotations

import pytest

from autogan_core.ablations.equal_cost.affordable import affordable_halving, affordable_iterations
from autogan_core.ablations.equal_cost.equal_cost import Prices
from autogan_core.config import Config
from autogan_core.runs.planning.cost import final_cost, halving_cost, training_cost
from tests.core.tiny import tiny_config

PRICES = Prices(discriminator_step=10.0, generator_step=30.0, scored_image=0.1)


def config(*overrides: str) -> Config:
    """A validation of 3.2 every 4 steps of 50; finalists are one."""
    settings = ("retrain.num_architectures=1", "retrain.generator_iterations=64", "retrain.validate_every=4")
    return tiny_config(*settings, *overrides)


def halved(chosen: Config) -> float:
    pool = chosen.retrain.pool or 1
    return PRICES.spent(halving_cost(chosen, pool)).macs - PRICES.spent(final_cost(chosen, 1)).macs


@pytest.mark.parametrize("macs", [53.2, 60.0, 1000.0, 12_345.6])
def test_iterations_are_the_last_that_can_be_paid_for(macs: float) -> None:
    """One more, with the validations that belong to it, would be too dear."""
    count = affordable_iterations(PRICES, config(), macs)
    assert PRICES.spent(training_cost(config(), count)).macs <= macs
    assert PRICES.spent(training_cost(config(), count + 1)).macs > macs


def test_iterations_go_on_from_a_start() -> None:
    """What lies before it is paid already; 203.2 pay for four steps and a validation."""
    assert affordable_iterations(PRICES, config(), 203.3, start=64) == 68
    assert affordable_iterations(PRICES, config(), 203.1, start=64) == 67
    assert affordable_iterations(PRICES, config(), 53.1, start=63) == 63
    assert affordable_iterations(PRICES, config(), -5.0, start=7) == 7


@pytest.mark.parametrize(("macs", "pool"), [(3300, 1), (4870, 1), (5000, 2), (7000, 4), (9000, 8), (12_000, 16)])
def test_the_pool_is_the_largest_that_can_be_paid_for(macs: float, pool: int) -> None:
    """At the same final training; then that is lengthened until nothing is left for another step of all rungs."""
    chosen = affordable_halving(PRICES, config(), macs)
    assert chosen.retrain.pool == pool
    assert chosen.retrain.generator_iterations >= 64
    assert halved(chosen) <= macs
    longer = chosen.retrain.model_copy(update={"generator_iterations": chosen.retrain.generator_iterations + 1})
    assert halved(chosen.model_copy(update={"retrain": longer})) > macs


def test_no_rung_ends_before_the_first_validation() -> None:
    """However much there is to spend: of 64 steps, validated every 4, four halvings are left; the rest are steps."""
    chosen = affordable_halving(PRICES, config(), 1e6)
    assert chosen.retrain.pool == 16
    assert halved(chosen) > 0.99e6


def test_the_halving_is_random_searchs_own() -> None:
    """From scratch and without incumbents, whatever the search's is; as many finalists."""
    warm = ("retrain.start=shared", "retrain.incumbents=[sn-gan]", "retrain.pool=6", "retrain.num_architectures=2")
    chosen = affordable_halving(PRICES, config(*warm), 20_000).retrain
    assert (chosen.start, chosen.incumbents, chosen.num_architectures) == ("scratch", (), 2)
    assert chosen.pool in (2, 4, 8, 16, 32)
