"""A pool halved for real: one winner whoever trains and whatever is killed, and no step made twice."""

from __future__ import annotations

import multiprocessing
import random
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from autogan_core.errors import AutoGANError, NonFiniteLossError, StateError
from autogan_core.metrics.scorer import Scorer
from autogan_core.runs.planning.cost import final_cost, full_cost, halving_cost, spent_cost
from autogan_core.runtime.monitor import Task
from autogan_core.search_space import Architecture
from autogan_core.storage import DirectoryStore
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.adversarial.loss_reader import LossValues
from autogan_core.training.cost import Cost
from autogan_core.training.derived_gan import DerivedGAN
from tests.core.runs.halved_run import ITERATIONS, halved_config, open_halved, trained_files

KILLS = 5

pytestmark = pytest.mark.timeout(400)


def halve_in(folder: Path) -> list[Architecture]:
    """A whole halving in a folder, going on from what it holds."""
    return open_halved(folder).halve()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a halving that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    halve_in(folder)
    return folder


def test_the_better_half_goes_on(whole: Path) -> None:
    """At each rung those of the lowest FID at just its iterations enter the next one; the two that are left are what
    the run found, best first, and nobody else was trained further than his rung."""
    run = open_halved(whole)
    pool, rungs, ladder = run.pool(), run.rungs(), run.ladder()
    assert [entrant.origin for entrant in pool] == ["beam", "beam", "incumbent", "candidate", "candidate", "candidate"]
    assert [(rung.iterations, rung.entrants) for rung in rungs] == list(zip(ITERATIONS, (6, 3, 2), strict=True))
    entered = [e.architecture for e in pool]
    for rung in rungs:
        assert run.entrants(rung) == entered
        fids = {a: ladder.fid(a, rung) for a in entered}
        best = sorted(fids, key=lambda a: (fids[a], str(a)))
        going_on = best[: rungs[rung.index + 1].entrants] if rung is not rungs[-1] else best
        for architecture in set(entered) - set(going_on):
            training = ladder.training(architecture)
            assert training is not None and training.last.iteration == rung.iterations
        entered = going_on
    assert run.found() == run.finalists() == run.worth_scoring() == entered
    assert len(run.trained()) == 6
    assert [standing.outcome for standing in ladder.standings()] == ["finalist"] * 2 + ["fell out"] * 4
    assert [standing.rung for standing in ladder.standings()] == [2, 2, 1, 0, 0, 0]
    assert [standing.entrant.architecture for standing in ladder.standings()[:2]] == entered


def test_halving_again_trains_nothing(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finished halving returns its finalists at once."""
    monkeypatch.setattr(DerivedGAN, "train", None)
    assert open_halved(whole).halve() == open_halved(whole).finalists()


def test_who_goes_on_is_known_without_torch(whole: Path) -> None:
    """A pipeline's step that only decides does not pay torch's seconds and megabytes."""
    code = (
        "import sys, pathlib\n"
        "from autogan_core.runs.folder.run_config import stored_config\n"
        "from autogan_core.runs.run_records import RunRecords\n"
        "from autogan_core.storage import DirectoryStore\n"
        "store = DirectoryStore(pathlib.Path(sys.argv[1]))\n"
        "print(*RunRecords(store, stored_config(store)).finalists())\n"
        "assert 'torch' not in sys.modules"
    )
    command = [sys.executable, "-c", code, str(whole)]
    done = subprocess.run(command, check=True, timeout=100, capture_output=True, text=True)
    assert done.stdout.split() == [str(architecture) for architecture in open_halved(whole).finalists()]


def test_rung_by_rung_is_the_same_training_as_in_one_go(whole: Path, tmp_path: Path) -> None:
    """A finalist that is trained straight to the end, before any pool is known, ends with the same bits and the same
    validations, so it can still be halved."""
    winner = open_halved(whole).finalists()[0]
    run = open_halved(tmp_path)
    [training] = run.retrain([winner])
    stored = open_halved(whole).ladder().training(winner)
    assert stored is not None and training.validations == stored.validations
    assert [v.iteration for v in training.validations] == [2, 3, 4, 6, 7]
    assert trained_files(tmp_path)[str(winner)] == trained_files(whole)[str(winner)]
    assert run.halve() == open_halved(whole).finalists()


def test_steps_and_images_are_those_of_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No step is made twice: what is trained and scored is what the plan says, beside the final scores, and what the
    run says that it spent."""
    steps, images = [], []
    train_step, score = GAN.train_step, Scorer.score
    monkeypatch.setattr(GAN, "train_step", lambda self, *args: steps.append(0) or train_step(self, *args))  # type: ignore[func-returns-value]

    def counted(self: Scorer, *args: object, num_images: int, **options: object) -> object:
        images.append(num_images)
        return score(self, *args, num_images=num_images, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Scorer, "score", counted)
    config, run = halved_config(), open_halved(tmp_path)
    run.halve()
    spent = Cost(len(steps), len(steps) // config.training.n_critic, sum(images))
    assert spent.generator_steps == 3 * 2 + 1 * 4 + 2 * 7
    assert spent_cost(config, run.ladder()) == spent
    assert halving_cost(config, 6) == spent + final_cost(config, 2)
    assert full_cost(config) == Cost(2 * 7 * 2, 2 * 7, 2 * (3 * 32 + 2 * 64))


def test_several_processes_share_a_rung(whole: Path, tmp_path: Path) -> None:
    """Two runs that take turns, in another order than one alone would, find the same."""
    runs = [open_halved(tmp_path), open_halved(tmp_path)]
    for rung in runs[0].rungs():
        for number, architecture in enumerate(reversed(runs[0].entrants(rung))):
            training = runs[number % 2].train_to(architecture, rung)
            assert training is not None and training.last.iteration == rung.iterations
    assert runs[0].finalists() == runs[1].finalists() == open_halved(whole).finalists()
    assert trained_files(tmp_path) == trained_files(whole)


def test_a_missing_training_is_named(tmp_path: Path) -> None:
    """Who asks too early is told which training of which rung is missing, and how far it has come."""
    run = open_halved(tmp_path)
    first, second, _ = run.rungs()
    with pytest.raises(StateError, match=r"rung 1 of 3 is not finished: \S+ has been trained to step 0 of 2"):
        run.entrants(second)
    *others, last = run.entrants(first)
    for architecture in others:
        run.train_to(architecture, first)
    with pytest.raises(StateError, match=rf"{last} has been trained to step 0 of 2; run 'autogan retrain'"):
        run.found()
    outcomes = {standing.entrant.architecture: standing.outcome for standing in run.ladder().standings()}
    assert set(outcomes.values()) == {"under way"}
    assert run.worth_scoring() == []


@dataclass
class Diverging:
    """Lets the trainings of some architectures diverge at a step."""

    doomed: set[Architecture]
    step: int
    tried: list[Architecture] = field(default_factory=list)

    def patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From here on."""
        real = DerivedGAN._train_until

        def train_until(gan: DerivedGAN, start: int, until: int, task: Task) -> LossValues:
            self.tried.append(gan.architecture)
            if gan.architecture in self.doomed and until >= self.step:
                raise NonFiniteLossError(f"the loss of {gan.name} is nan")
            return real(gan, start, until, task)

        monkeypatch.setattr(DerivedGAN, "_train_until", train_until)


def test_a_diverged_training_falls_out_and_stops_nobody(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The winner of the whole run diverges in the second rung: the others go on, no process tries it again, and its
    steps are counted to the validation that it was heading for."""
    winner = open_halved(whole).finalists()[0]
    diverging = Diverging({winner}, step=3)
    diverging.patch(monkeypatch)
    run = open_halved(tmp_path)
    finalists = run.halve()
    assert winner not in finalists and len(finalists) == 2
    standing = next(s for s in run.ladder().standings() if s.entrant.architecture == winner)
    assert (standing.outcome, standing.rung, standing.fids[1]) == ("diverged", 1, None)
    assert "is nan" in (run.failure(winner) or "")
    assert spent_cost(run.config, run.ladder()).generator_steps == 3 * 2 + 3 + 2 * 7
    tries = diverging.tried.count(winner)
    assert open_halved(tmp_path).train_to(winner, run.rungs()[1]) is None
    assert open_halved(tmp_path).halve() == finalists
    assert diverging.tried.count(winner) == tries


def test_the_rest_goes_on_when_half_of_a_rung_diverges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four of six diverge at once: two are left, and both reach the end."""
    pool = [entrant.architecture for entrant in open_halved(tmp_path).pool()]
    Diverging(set(pool[1:5]), step=1).patch(monkeypatch)
    assert set(halve_in(tmp_path)) == {pool[0], pool[5]}


def test_when_all_diverge_that_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message quotes why; without halving the first divergence ends the run, and nothing is kept of it."""
    run = open_halved(tmp_path / "halved")
    Diverging({entrant.architecture for entrant in run.pool()}, step=1).patch(monkeypatch)
    with pytest.raises(AutoGANError, match=r"every training in .* diverged: the loss of .* is nan"):
        run.halve()
    plain = open_halved(tmp_path / "plain", halved_config("retrain.pool=null", "retrain.incumbents=[]"))
    with pytest.raises(NonFiniteLossError, match="is nan"):
        plain.halve()
    assert not list((tmp_path / "plain").rglob("failed.json"))


def test_without_halving_the_best_beams_are_trained(tmp_path: Path) -> None:
    """One rung, the beams in their order, and the same bits as trainings by name."""
    config = halved_config("retrain.pool=null", "retrain.incumbents=[]")
    run = open_halved(tmp_path / "halve", config)
    beams = [beam.architecture for beam in run.beams()]
    assert [(rung.iterations, rung.entrants) for rung in run.rungs()] == [(7, 2)]
    assert set(run.halve()) == set(beams)
    assert run.found() == beams
    other = open_halved(tmp_path / "retrain", config)
    trainings = other.retrain(beams)
    assert [[v.iteration for v in training.validations] for training in trainings] == [[3, 6, 7]] * 2
    assert trained_files(tmp_path / "halve") == trained_files(tmp_path / "retrain")


class Died(BaseException):
    """The process is gone."""


class DyingStore(DirectoryStore):
    """Lets a process die right after so many writes."""

    def __init__(self, folder: Path, writes: int) -> None:
        super().__init__(folder)
        self._left = writes

    def _written(self) -> None:
        self._left -= 1
        if self._left <= 0:
            raise Died

    def write(self, name: str, content: bytes) -> None:
        super().write(name, content)
        self._written()

    def replace(self, name: str, content: bytes, token: str | None) -> str:
        token = super().replace(name, content, token)
        self._written()
        return token

    def upload(self, path: Path, name: str) -> None:
        super().upload(path, name)
        self._written()


@pytest.mark.slow
def test_dying_after_any_write_changes_nothing(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies after its first, second, ... write, over and over, comes to the same winner and bits; a
    divergence that was stored is not lost either."""
    last = open_halved(whole).ladder().standings()[-1].entrant.architecture
    Diverging({last}, step=1).patch(monkeypatch)
    expected = halve_in(tmp_path / "whole")
    deaths, folder = 0, tmp_path / "dying"
    while True:
        try:
            found = open_halved(folder, store=DyingStore(folder, 1 + deaths % 5)).halve()
            break
        except Died:
            deaths += 1
    assert deaths > 10
    assert found == expected
    assert trained_files(folder) == trained_files(tmp_path / "whole")


@pytest.mark.slow
def test_killed_at_random_a_halving_ends_as_if_left_alone(whole: Path, tmp_path: Path) -> None:
    """SIGKILLed at random moments and run again, it has the same finalists and bits."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.core.runs.halving.test_ladder"])
    rng = random.Random(3)
    for _ in range(KILLS):
        process = context.Process(target=halve_in, args=(tmp_path,))
        process.start()
        process.join(rng.uniform(0.05, 0.6))
        process.kill()
        process.join()
    assert halve_in(tmp_path) == open_halved(whole).finalists()
    assert trained_files(tmp_path) == trained_files(whole)
