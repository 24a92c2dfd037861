"""What a run will do, told beforehand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autogan_core.presets import load_config
from autogan_core.runs.halving.halving import rungs
from autogan_core.runs.planning.cost import full_cost, halving_cost
from autogan_core.runs.planning.plan import plan
from tests.core.tiny import tiny_config


def test_a_plan_without_halving_is_the_papers() -> None:
    """One line says how many are trained, how long and on what they are scored."""
    last = plan(load_config("cifar10")).splitlines()[-1]
    assert last == (
        "  then 5 architectures trained from scratch for 50,000 generator steps (250,000 discriminator steps), "
        "scored on 50,000 images (inception features)"
    )
    shared = ["retrain.start=shared", "retrain.generator_channels=128", "retrain.discriminator_channels=64"]
    assert "trained on from the search's weights for 50,000" in plan(load_config("cifar10", shared))


def test_a_plan_of_halving_tells_rungs_and_costs() -> None:
    """Where the pool comes from, every rung, who is left out and why, and the exact cost beside that of two trainings
    to the end."""
    incumbents = "retrain.incumbents=[sn-gan, paper-top1, '1011']"
    trained = ["retrain.generator_iterations=800", "retrain.validate_every=200"]
    told = plan(load_config("digits", ["retrain.pool=8", incumbents, *trained]))
    lines = told.split("successive halving of ")[1].splitlines()
    assert lines == [
        "8 architectures (3 beams, sn-gan, paper-top1, 3 more candidates) trained from scratch",
        "    rung 1: 8 to 200 generator steps (200 discriminator steps) each",
        "    rung 2: 4 to 400 generator steps (400 discriminator steps) each",
        "    rung 3: 2 to 800 generator steps (800 discriminator steps) each",
        "    then 2 of them scored on 5,000 images (classifier features)",
        "    cost: 3,200 discriminator and 3,200 generator steps, 36,000 images scored",
        "    without halving, 2 architectures to the end: 1,600 discriminator and 1,600 generator steps, 28,000 images "
        "scored",
        "    1011 is left out: 1 cells, not 3",
    ]
    beams = ["retrain.pool=3", "retrain.incumbents=[]"]
    assert "of 3 architectures (3 beams) trained" in plan(load_config("digits", beams))


def test_a_pool_that_is_trained_to_the_end_is_no_halving() -> None:
    """One line, as without a pool, and who is in it."""
    [last] = plan(load_config("digits", ["retrain.generator_iterations=800"])).splitlines()[4:]
    assert last == (
        "  then 2 architectures (1 beam, sn-gan) trained from scratch for 800 generator steps (800 discriminator "
        "steps), scored on 5,000 images (classifier features)"
    )


@given(st.integers(1, 5), st.integers(0, 40), st.integers(1, 400), st.integers(1, 300))
def test_cost_of_a_ladder(kept: int, more: int, iterations: int, every: int) -> None:
    """Each rung adds the steps by which it is longer than the one before, for all that enter it; with nothing to halve
    it is the cost of trainings to the end."""
    settings = {
        "num_architectures": kept,
        "pool": kept + more,
        "generator_iterations": iterations,
        "validate_every": every,
    }
    config = load_config("cifar10", [f"retrain.{name}={value}" for name, value in settings.items()])
    cost, steps, before = halving_cost(config, kept + more), 0, 0
    for rung in rungs(config.retrain, kept + more):
        steps += (rung.iterations - before) * rung.entrants
        before = rung.iterations
    assert (cost.generator_steps, cost.discriminator_steps) == (steps, 5 * steps)
    if not more:
        assert cost == full_cost(config)


def test_warm_up_and_adaptation_are_told() -> None:
    """A stage's line says what its first iteration trains more, and what candidates train before they are scored."""
    settings = ("search.warm_up_epochs=1.5", "search.reward.adaptation_steps=20")
    lines = plan(tiny_config(*settings)).splitlines()[1:4]
    assert all("each of 2 epochs (the first 1.5 more) and 3 candidates x 32 images" in line for line in lines)
    assert all("32 images after 20 steps of adaptation; then 4 candidates" in line for line in lines)
    assert "more" not in plan(tiny_config()) and "adaptation" not in plan(tiny_config())


def test_a_plan_tells_repeated_cells() -> None:
    """The stages' sizes are the search's; the line before the trainings has theirs."""
    lines = plan(load_config("folder-128")).splitlines()
    assert "stage 3, 32x32 images" in lines[3]
    assert lines[4] == "  then 2 cells more repeat the last one, for 128x128 images"
