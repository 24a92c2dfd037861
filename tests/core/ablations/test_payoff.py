"""The arms of `payoff`, tiny but real, and what is made of them."""

from __future__ import annotations

import itertools
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from autogan_core.ablations import payoff
from autogan_core.ablations.equal_cost.arm_record import ArmRecord
from autogan_core.ablations.equal_cost.equal_cost import search_spent, training_prices
from autogan_core.ablations.equal_cost.paid_arm import GivenArm, ScratchArm
from autogan_core.ablations.equal_cost.searched_arm import SearchedArm
from autogan_core.ablations.suite.computations import in_order
from autogan_core.ablations.suite.outcome import Outcome
from autogan_core.ablations.suite.searches import Retraining, Search
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.trainings import Given
from autogan_core.ablations.suite.variants import MLAS, RANDOM_SHARED
from autogan_core.errors import NonFiniteLossError
from autogan_core.search_space import NAMED, Architecture
from autogan_core.training.derived_gan import DerivedGAN
from autogan_core.training.design import searched
from autogan_core.training.validation import Validation
from tests.core.ablations.tiny_suite import digest, tiny_suite

SETTINGS = (
    "search.shared_epochs=1",
    "search.controller_steps=2",
    "search.num_candidates=3",
    "search.training_draws=3",
    "retrain.num_architectures=1",
    "retrain.pool=4",
    "retrain.incumbents=[sn-gan]",
    "retrain.generator_iterations=8",
    "retrain.validate_every=2",
)
"""Three cells; a pool of four with three rungs."""


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """Both searches of one seed are done."""
    suite = tiny_suite(tmp_path_factory.mktemp("payoff"), *SETTINGS)
    for variant in (MLAS, RANDOM_SHARED):
        Search(suite, variant, 0).run()
    return suite


@pytest.fixture(scope="module")
def found(suite: Suite) -> SearchedArm:
    """Our arm, done."""
    arm = SearchedArm(Search(suite, MLAS, 0))
    arm.run()
    return arm


def test_ours_is_what_a_run_does(suite: Suite, found: SearchedArm) -> None:
    """The finalist of `Run.halve` in the same folder, with its best checkpoint's scores; nothing is trained again."""
    before = digest(suite.folder / found.search.name / "retrain")
    run = found.search.open()
    assert [str(architecture) for architecture in run.halve()] == [found.record().trained]
    assert digest(suite.folder / found.search.name / "retrain") == before
    trained = found.record().trained or ""
    assert found.outcome() == Outcome.of(0, trained, run.final_scores(Architecture.parse(trained)))
    assert "sn-gan" in {entrant.name for entrant in run.pool()}


def test_ours_pays_for_search_rungs_and_validations(found: SearchedArm) -> None:
    """4 + 2 + 1 trainings of 2, 2 and 4 steps, validated at 2, 4, 6 and 8: counted, and paid by each architecture."""
    record, config, run = found.record(), found.search.config, found.search.open()
    searched_first = search_spent(config, run.history, found.store)
    trained, before = record.total.cost, searched_first.cost
    assert record.searched == searched_first
    assert trained.generator_steps - before.generator_steps == 4 * 2 + 2 * 2 + 4
    assert trained.discriminator_steps - before.discriminator_steps == 2 * (4 * 2 + 2 * 2 + 4)
    assert trained.scored_images - before.scored_images == (4 + 2 + 2) * 32
    assert [point.spent.macs for point in record.points] == sorted(point.spent.macs for point in record.points)
    assert record.points[-1].spent == record.total
    first = training_prices(config, searched(run.pool()[0].architecture))
    steps = 2 * first.generator_step + 4 * first.discriminator_step + 32 * first.scored_image
    assert record.points[0].spent.macs == pytest.approx(searched_first.macs + steps)
    assert record.trainings == 4 and record.iterations == 8
    assert record.seconds > found.search.seconds()


def test_random_search_on_shared_weights_knows_no_incumbents(suite: Suite) -> None:
    """Its pool is as large, filled with candidates; its search is the one of the experiment `random-search`."""
    arm = SearchedArm(Search(suite, RANDOM_SHARED, 0))
    arm.run()
    pool = arm.search.open().pool()
    assert len(pool) == 4
    assert {entrant.origin for entrant in pool} == {"beam", "candidate"}
    assert arm.needs == (Search(suite, RANDOM_SHARED, 0),)
    assert arm.record().origin in ("beam", "candidate")


@pytest.mark.parametrize("name", ["sn-gan", "wgan-gp", "dcgan"])
def test_a_known_generator_gets_all_of_it_as_training(suite: Suite, found: SearchedArm, name: str) -> None:
    """As many steps as what ours spent pays for, search included, and not one more."""
    arm = GivenArm(found, Given(name))
    arm.run()
    record, config, ours = arm.record(), arm.config, found.record().total.macs
    design = Given(name).design(config)
    prices, n_critic = training_prices(config, design), design.training(config).n_critic
    validated = n_critic * prices.discriminator_step + prices.generator_step + 32 * prices.scored_image
    assert ours - validated < record.total.macs <= ours
    assert record.total.cost.generator_steps == record.iterations == config.retrain.generator_iterations
    assert record.total.cost.discriminator_steps == n_critic * record.iterations
    assert len(record.points) == math.ceil(record.iterations / 2)
    assert record.searched.macs == 0
    assert arm.outcome().failure is None
    assert arm.outcome().trained == design.name


def test_random_search_from_scratch_spends_the_same(suite: Suite, found: SearchedArm) -> None:
    """Its halving is at least as large and as long as what is paid for says, and finalists take what is left."""
    arm = ScratchArm(found)
    arm.run()
    record, config, ours = arm.record(), arm.config, found.record().total.macs
    assert config.retrain.generator_iterations >= 8
    assert record.trainings == config.retrain.pool
    assert record.iterations >= config.retrain.generator_iterations
    assert 0.9 * ours < record.total.macs < 1.1 * ours
    assert record.origin == "random"
    assert record.trained is not None
    assert Architecture.parse(record.trained) not in NAMED.values()


@pytest.mark.parametrize("kind", ["ours", "scratch", "given"])
def test_a_finished_arm_is_not_repeated(suite: Suite, found: SearchedArm, kind: str) -> None:
    """Another object finds it done, and to run it again changes no weight, score or record."""
    arm = {"ours": found, "scratch": ScratchArm(found), "given": GivenArm(found, Given("sn-gan"))}[kind]
    arm.run()
    folder = suite.folder / (found.search.name if kind == "ours" else arm.name)

    def content() -> dict[str, bytes]:
        files = digest(folder).items()
        return {path: text for path, (_, text) in files if not path.endswith("seconds.json")}

    before = content()
    assert arm.done()
    arm.run()
    assert content() == before


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ours", "scratch", "given"])
def test_a_killed_arm_goes_on(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: SearchedArm, kind: str
) -> None:
    """Killed in its third validation and then begun again: every point and the end of one that nobody stopped."""
    other = tiny_suite(tmp_path, *SETTINGS)
    shutil.copytree(suite.folder / found.search.name, other.folder / found.search.name)
    again = SearchedArm(Search(other, MLAS, 0))
    if kind == "ours":
        shutil.rmtree(other.folder / found.search.name / "retrain")
        (other.folder / found.search.name / "payoff.json").unlink()
    whole, arm = {
        "ours": (found, again),
        "scratch": (ScratchArm(found), ScratchArm(again)),
        "given": (GivenArm(found, Given("paper-top1")), GivenArm(again, Given("paper-top1"))),
    }[kind]
    whole.run()
    calls, validate = itertools.count(1), DerivedGAN._validate

    def dies(self: DerivedGAN, iteration: int) -> Validation:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return validate(self, iteration)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(DerivedGAN, "_validate", dies)
        arm.run()
    assert not arm.done()
    arm.run()
    assert replace(arm.record(), seconds=0.0) == replace(whole.record(), seconds=0.0)
    assert arm.outcome() == whole.outcome()


@pytest.mark.parametrize("kind", ["ours", "given"])
def test_a_training_that_diverges_is_an_outcome(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: SearchedArm, kind: str
) -> None:
    """The arm is done and says why it has nothing to show; ours has spent its search and the rung at most."""
    other = tiny_suite(tmp_path, *SETTINGS)
    shutil.copytree(suite.folder / found.search.name, other.folder / found.search.name)
    again = SearchedArm(Search(other, MLAS, 0))
    if kind == "ours":
        shutil.rmtree(other.folder / found.search.name / "retrain")

    def diverges(*_: object) -> Validation:
        raise NonFiniteLossError("the loss is NaN")

    monkeypatch.setattr(DerivedGAN, "_validate", diverges)
    arm = again if kind == "ours" else GivenArm(again, Given("sn-gan"))
    arm.run()
    record = arm.record()
    assert arm.done() and record.trained is None and record.points == ()
    assert "the loss is NaN" in (arm.outcome().failure or "")
    if kind == "ours":
        assert record.total.cost.generator_steps - record.searched.cost.generator_steps == 4 * 2


def test_both_works_that_train_what_was_found_agree(suite: Suite, found: SearchedArm) -> None:
    """`comparison` retrains the best beam in the same folder: whoever comes first, its scores are the same."""
    retraining = Retraining(found.search)
    retraining.run()
    before = found.record()
    (suite.folder / found.search.name / "payoff.json").unlink()
    found.run()
    assert replace(found.record(), seconds=0.0) == replace(before, seconds=0.0)


def test_records_survive_their_json(found: SearchedArm) -> None:
    """Every number comes back as it was."""
    record = found.record()
    assert ArmRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


def test_the_best_so_far_is_what_was_there_at_that_cost(found: SearchedArm) -> None:
    """Nothing before the first validation; then the lowest FID by then, never a later one."""
    points = found.record().points
    assert found.record().fid_at(points[0].spent.macs - 1) is None
    assert found.record().fid_at(points[0].spent.macs) == points[0].fid
    assert found.record().fid_at(math.inf) == min(point.fid for point in points)


def test_works_share_the_searches_and_are_named_once(suite: Suite) -> None:
    """Two searches for each seed under their usual names; every arm of the budget beside the four that always are."""
    names = [computation.name for computation in in_order(payoff.computations(suite))]
    assert len(names) == len(set(names))
    assert names[:2] == ["searches/mlas/seed-0", "searches/mlas/seed-0/halving"]
    assert {"searches/random-shared/seed-0", "payoff/seed-0/random-scratch", "payoff/seed-0/e2gan"} < set(names)
    fewer = replace(suite.plan, budget=suite.plan.budget.model_copy(update={"payoff_arms": ("dcgan",)}))
    left = Suite(fewer, suite.folder, suite.device, suite.monitor, lambda config: suite.inputs(), "")
    assert [computation.name for computation in payoff.computations(left)] == [
        "searches/mlas/seed-0/halving",
        "searches/random-shared/seed-0/halving",
        "payoff/seed-0/random-scratch",
        "payoff/seed-0/sn-gan",
        "payoff/seed-0/dcgan",
    ]
