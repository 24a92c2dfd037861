"""The architectures of the study, and their trainings from scratch."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from autogan_core.ablations.rulers.scratch_curves import Curve, Point, ScratchTraining, uniform_architectures
from autogan_core.errors import NonFiniteLossError
from autogan_core.search_space import Architecture
from autogan_core.training.derived_gan import DerivedGAN
from tests.core.ablations.suite.test_searches import KilledError, KillingMonitor
from tests.core.ablations.tiny_suite import TWO_CELLS, tiny_plan, tiny_suite

SN_GAN = Architecture.parse("1111-11110")


class TestUniformArchitectures:
    """Which architectures are asked about."""

    def test_are_distinct_and_do_not_depend_on_the_other_seeds(self) -> None:
        """As many as the budget says, in the whole space; the first seed alone decides."""
        found = uniform_architectures(tiny_plan(seeds=(3,)))
        assert len(set(found)) == len(found) == 3
        assert {a.depth for a in found} == {3}
        assert uniform_architectures(tiny_plan(seeds=(3, 4))) == found
        assert uniform_architectures(tiny_plan(seeds=(4,))) != found

    def test_a_space_that_holds_too_few_gives_all(self) -> None:
        """One option each, but for the up-sampling of two cells: nine in all, and no more than the budget's three."""
        only = ("conv=[pre]", "norm=[bn]", "shortcut=[with]", "skip=[with]")
        plan = tiny_plan("model.num_cells=2", "search.iterations=2", *(f"search.space.{part}" for part in only))
        assert len(uniform_architectures(plan)) == 3
        narrow = tiny_plan(*plan.overrides, "search.space.up=[nearest]")
        assert uniform_architectures(narrow) == list(narrow.config(0).search_space().enumerate())


class TestCurve:
    """What a training's points tell."""

    def test_early_points_are_halvings_of_the_length(self) -> None:
        """Of eight points the fourth, the second and the first; of two the first, once."""
        curve = Curve(SN_GAN, tuple(Point(50 * i, 1.0, 80.0 / i) for i in range(1, 9)), 0.1, 2.0)
        assert {divisor: point.iteration for divisor, point in curve.early.items()} == {2: 200, 4: 100, 8: 50}
        short = Curve(SN_GAN, (Point(1, 1.0, 9.0), Point(2, 1.0, 8.0)), 0.1, 2.0)
        assert [point.iteration for point in short.early.values()] == [1]

    def test_slope_is_the_change_over_a_doubling(self) -> None:
        """FID falls from 20 to 10: by ln 2; a training with one point has no slope."""
        curve = Curve(SN_GAN, (Point(100, 1.0, 20.0), Point(200, 1.0, 10.0)), 0.1, 2.0)
        assert curve.slope == pytest.approx(-math.log(2))
        assert math.isnan(Curve(SN_GAN, (Point(100, 1.0, 20.0),), 0.1, 2.0).slope)

    def test_survives_json(self) -> None:
        """What is written is read."""
        curve = Curve(SN_GAN, (Point(100, 1.5, 20.0), Point(200, 2.0, 10.0)), 0.1, 2.0)
        assert Curve.from_json(SN_GAN, json.loads(json.dumps(curve.to_json()))) == curve


class TestScratchTraining:
    """The piece of work."""

    def test_lasts_as_the_budget_says(self, tmp_path: Path) -> None:
        """Two epochs of 64 images in batches of 16, two discriminator steps for a generator step: four of these."""
        training = ScratchTraining(tiny_suite(tmp_path, *TWO_CELLS), SN_GAN)
        retrain = training.config.retrain
        assert (retrain.generator_iterations, retrain.validate_every, retrain.validation_images) == (4, 1, 64)
        cost = training.cost()
        assert (cost.discriminator_steps, cost.generator_steps, cost.scored_images) == (8, 4, 5 * 64)

    def test_goes_on_after_a_kill(self, tmp_path: Path) -> None:
        """Killed in the middle: the same points as a training in one go, each made once."""
        whole = ScratchTraining(tiny_suite(tmp_path / "whole", *TWO_CELLS), SN_GAN)
        whole.run()
        killed = tiny_suite(tmp_path / "killed", *TWO_CELLS, monitor=KillingMonitor("training", 2))
        with pytest.raises(KilledError):
            ScratchTraining(killed, SN_GAN).run()
        again = ScratchTraining(tiny_suite(tmp_path / "killed", *TWO_CELLS), SN_GAN)
        assert not again.done()
        again.run()
        assert again.done()
        found, wanted = again.curve(), whole.curve()
        assert found is not None and wanted is not None
        assert (found.points, found.kid) == (wanted.points, wanted.kid)
        assert [point.iteration for point in found.points] == [1, 2, 3, 4]

    def test_divergence_is_an_outcome(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is not tried again, and there is no curve."""

        def diverge(self: DerivedGAN) -> None:
            raise NonFiniteLossError("the loss is NaN")

        monkeypatch.setattr(DerivedGAN, "train", diverge)
        training = ScratchTraining(tiny_suite(tmp_path, *TWO_CELLS), SN_GAN)
        training.run()
        assert training.done()
        assert training.curve() is None
