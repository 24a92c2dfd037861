"""The time of a run: the plan's steps, times what was measured of them."""

from __future__ import annotations

import pytest

from autogan_core.runs.planning import pace
from autogan_core.runs.planning.duration import expected_time
from autogan_core.runs.planning.scoring_rate import ScoringRate
from autogan_core.runs.planning.step_time import StepTime
from tests.core.tiny import CPU, tiny_config

STEP = StepTime(discriminator=100.0, generator=1000.0)
RATE = ScoringRate(extraction=1.0, fid=10.0, kid_subset=0.5, neighbours=4.0, classifier_step=2.0)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Round times in place of measured ones."""
    monkeypatch.setattr(pace, "step_time", lambda *_, **__: STEP)
    monkeypatch.setattr(pace, "scoring_rate", lambda *_: RATE)
    monkeypatch.setattr(pace, "generation_seconds", lambda *_: 3.0)
    monkeypatch.setattr(pace, "seconds", lambda *_: 0.25)


@pytest.mark.usefixtures("measured")
def test_every_step_and_image_of_the_plan_counts() -> None:
    """Three stages of one iteration, two trainings with three validations, two final scores each; by hand."""
    time = expected_time(tiny_config(), CPU, 64)
    training = 8 * 100.0 + 4 * 1000.0  # two epochs of 4 batches, a generator step with every other one
    candidate = 32 * 3.0 + 32 * (3.0 + 1.0)  # recalibrated on 32 images, scored on 32, without FID
    assert time.search == pytest.approx(3 * (training + (3 + 4) * candidate))
    validation = 32 * 3.0 + 32 * 4.0 + 10.0
    assert time.retraining == pytest.approx(2 * (12 * 100.0 + 6 * (1000.0 + 0.25) + 3 * validation))
    compared = 100 * 0.5 * 0.064**2 + 4.0 * 0.0128**2
    assert time.scoring == pytest.approx(4 * (32 * 3.0 + 64 * 4.0 + 10.0 + compared))
    assert time.preparation == pytest.approx(50 * 2.0 + 3 * 64 * 1.0)  # a classifier takes 50 steps at least
    assert time.total == time.search + time.retraining + time.scoring + time.preparation


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize(
    ("override", "more"),
    [
        ("search.warm_up_epochs=1", 3 * (4 * 100.0 + 2 * 1000.0)),
        ("search.reward.adaptation_steps=2", 21 * (2 * 100.0 + 1000.0)),
        ("search.reward.score=log-fid", 21 * 10.0),
    ],
)
def test_what_a_search_does_more_takes_longer(override: str, more: float) -> None:
    """Warm-up once in a stage; adaptation and FID for each candidate."""
    plain, longer = (expected_time(config, CPU, 64).search for config in (tiny_config(), tiny_config(override)))
    assert longer - plain == pytest.approx(more)


@pytest.mark.usefixtures("measured")
def test_a_pool_counts_rung_by_rung() -> None:
    """Halving trains more than its finalist: four for 2 steps, two of them for 2 more, one to 6."""
    pool = ("retrain.pool=4", "retrain.num_architectures=1", "retrain.generator_iterations=6")
    steps = expected_time(tiny_config(*pool), CPU, 64).retraining
    one = expected_time(tiny_config("retrain.num_architectures=1"), CPU, 64).retraining
    assert 2 * one < steps < 4 * one


def test_a_real_measurement_is_finite_and_quick() -> None:
    """A tiny run's own networks, without a measured one replaced: all phases take between nothing and a minute."""
    config = tiny_config()
    time = expected_time(config, CPU, 64)
    for phase in (time.preparation, time.search, time.retraining, time.scoring):
        assert 0.001 < phase < 60
