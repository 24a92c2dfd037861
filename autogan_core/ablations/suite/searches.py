"""Searches as pieces of work: each variant on each seed, measured along the way, and what it found retrained."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from torch import Tensor

from autogan_core.ablations.suite.computations import Computation, sole
from autogan_core.ablations.suite.outcome import Outcome, outcome_of, succeeded
from autogan_core.ablations.suite.policy_draws import Draws, read_draws, score_draws
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.variants import Variant
from autogan_core.config import Config
from autogan_core.history import Assignment, Phase, Record
from autogan_core.runs.halving.halving import largest_pool
from autogan_core.runs.run import Run
from autogan_core.runs.scoring.final_scores import stored_scores
from autogan_core.runtime.distributed import World
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.shared_gan import SharedGAN
from autogan_core.storage import DirectoryStore, RunStore, read_document, write_document
from autogan_core.training.cost import Cost, scoring_cost, search_cost
from autogan_core.training.failures import attempt, failure

_BEAMS = "beams.json"
"""The last file of a search."""


@dataclass(frozen=True, slots=True)
class SlotMeasures:
    """The measurements of one slot of a search."""

    slot: int
    stage: int
    """The stage, from 0."""
    phase: Phase
    """``search`` or ``derive``."""
    seconds: float
    """Training and scoring, over all processes that worked on it; probes are not counted."""
    steps: int
    """Training steps; 0 in a derivation."""
    reward: float | None
    """Mean over its candidates; None when it failed."""
    reset: bool
    """Whether dynamic resetting ended its training."""
    inception_score: float | None
    """Mean over the probed candidates; None where nothing is probed."""
    fid: float | None


@dataclass(frozen=True)
class Search:
    """A variant's search on one seed, in a run folder like any other's."""

    suite: Suite
    variant: Variant
    seed: int
    needs: Sequence[Computation] = ()

    @property
    def name(self) -> str:
        """See `Computation.name`; also the run's folder."""
        return f"searches/{self.variant.name}/seed-{self.seed}"

    @property
    def config(self) -> Config:
        """The configuration of the run."""
        plan, overrides = self.suite.plan, self.variant.overrides
        config = plan.config(self.seed, *overrides)
        if self.variant.incumbents or not config.retrain.incumbents:
            return config
        return plan.config(self.seed, *overrides, "retrain.incumbents=[]", f"retrain.pool={largest_pool(config)}")

    def open(self) -> Run:
        """Opens the search's run, or creates it."""
        suite = self.suite
        return Run(self.store, self.config, World.single(suite.device), suite.monitor, lambda: suite.inputs())

    def cost(self) -> Cost:
        """See `Computation.cost`. Resets may end the training earlier."""
        config = self.config
        stages, budget = len(config.search.stage_depths(config.model.num_cells)), self.suite.plan.budget
        probes = (config.search.iterations + stages) * budget.probed_architectures if self.variant.probed else 0
        draws = stages * 2 * budget.compared_draws if self.variant.compared else 0
        return search_cost(config, steps_per_epoch(self.suite, config)) + scoring_cost(config) * (probes + draws)

    def done(self) -> bool:
        """See `Computation.done`."""
        return self.store.exists(_BEAMS)

    def run(self) -> None:
        """See `Computation.run`. The beams are kept by themselves: reading them from the history replays the search."""
        run = self.open()
        beams = run.search(lambda shared_gan: _MeasuredTrials(self, run, shared_gan))
        rewards = {str(beam.architecture): beam.reward for beam in beams}
        write_document(self.store, _BEAMS, {"rewards": list(rewards.items())})

    def beams(self) -> list[Architecture]:
        """The beams of the search, best first; only once it is done."""
        return [Architecture.parse(text) for text, _ in read_document(self.store, _BEAMS)["rewards"]]

    def found(self) -> list[Architecture]:
        """The best ``retrain.num_architectures`` architectures; only once the search is done."""
        return [self.config.model.completed(a) for a in self.beams()[: self.config.retrain.num_architectures]]

    def measures(self) -> list[SlotMeasures]:
        """The measurements of the search, slot by slot."""
        return [_measures(self.store, record) for record in self.open().history]

    def draws(self) -> list[Draws]:
        """Draws of the policy and uniform ones, scored before each stage was derived; only of a compared variant."""
        run = self.open()
        derived = {r.assignment.stage: r.assignment.slot for r in run.history if r.assignment.phase == "derive"}
        return [read_draws(self.store, derived[stage]) for stage in sorted(derived)]

    def seconds(self) -> float:
        """Time of the whole search, without probes."""
        return sum(measures.seconds for measures in self.measures())

    @property
    def store(self) -> RunStore:
        """The run's folder."""
        return DirectoryStore(self.suite.folder / self.name)

    @property
    def trainings_lock(self) -> Path:
        """Held by whoever trains what it found: see `sole`."""
        return self.suite.folder / "work" / f"{self.name.replace('/', '_')}_trainings.lock"


@dataclass(frozen=True)
class Retraining:
    """What a search found, trained from scratch and scored by the final protocol (paper, section 3.3.3)."""

    search: Search

    @property
    def name(self) -> str:
        """See `Computation.name`."""
        return f"{self.search.name}/retrain"

    @property
    def needs(self) -> Sequence[Computation]:
        """See `Computation.needs`."""
        return (self.search,)

    def cost(self) -> Cost:
        """See `Computation.cost`."""
        config = self.search.config
        return sum([training_cost(config, config.training.n_critic)] * config.retrain.num_architectures, Cost())

    def done(self) -> bool:
        """See `Computation.done`."""
        return self.search.done() and all(self._tried(architecture) for architecture in self.search.found())

    def run(self) -> None:
        """See `Computation.run`."""
        run = self.search.open()
        with sole(self.search.trainings_lock):
            for architecture in self.search.found():
                attempt(self.search.store, f"retrain/{architecture}", partial(self._train, run, architecture))

    def outcome(self) -> Outcome:
        """The final architecture: the highest Inception score after retraining, at the best checkpoint."""
        found = self.search.found()
        store, seed, protocol = self.search.store, self.search.seed, self.search.config.scores
        outcomes = [outcome_of(store, seed, str(architecture), protocol) for architecture in found]
        return max(succeeded(outcomes) or outcomes[:1], key=lambda outcome: outcome.inception_score)

    def samples(self, count: int) -> Tensor:
        """Images of the final architecture's best checkpoint, uint8 (count, C, S, S); only if it has scores."""
        final = Architecture.parse(self.outcome().trained)
        return self.search.open().sample(final, "best", count, self.search.seed)

    def seconds(self) -> float:
        """Time that the final architecture's training took; only if it has scores."""
        return self.search.open().training(Architecture.parse(self.outcome().trained)).seconds

    def _train(self, run: Run, architecture: Architecture) -> None:
        run.retrain([architecture])
        run.evaluate([architecture])

    def _tried(self, architecture: Architecture) -> bool:
        store, name, protocol = self.search.store, f"retrain/{architecture}", self.search.config.scores
        return stored_scores(store, name, protocol) is not None or failure(store, name) is not None


def steps_per_epoch(suite: Suite, config: Config) -> int:
    """Discriminator steps of an epoch on the plan's data."""
    return math.ceil(suite.num_images / config.training.discriminator_batch)


def training_cost(config: Config, n_critic: int) -> Cost:
    """What training one generator from scratch and its final scores take; ``n_critic`` as its design has it."""
    retrain = config.retrain
    validations = math.ceil(retrain.generator_iterations / retrain.validate_every)
    images = validations * retrain.validation_images + 2 * config.scores.num_images
    return Cost(retrain.generator_iterations * n_critic, retrain.generator_iterations, images)


class _MeasuredTrials:
    """Runs a search's assignments, and keeps beside each slot's record how long it took and what its weights score."""

    def __init__(self, search: Search, run: Run, shared_gan: SharedGAN) -> None:
        self._run, self._shared_gan, self._store = run, shared_gan, search.store
        variant, budget = search.variant, search.suite.plan.budget
        self._probed = budget.probed_architectures if variant.probed else 0
        self._draws = budget.compared_draws if variant.compared else 0

    def run(self, assignment: Assignment) -> Record:
        """See `AssignmentRunner.run`. Measures are stored before the record is known, so none is ever missing."""
        if self._draws and assignment.phase == "derive":
            score_draws(self._run, self._store, self._shared_gan, assignment.slot, self._draws)
        with self._timed(assignment.slot):
            record = self._shared_gan.run(assignment)
        probes = self._shared_gan.score(assignment.candidates[: self._probed], assignment.slot) if self._probed else []
        scores = {
            "inception_score": _finite_mean(probe.inception_score for probe in probes),
            "fid": _finite_mean(probe.fid for probe in probes),
        }
        _update(self._store, assignment.slot, {"steps": self._shared_gan.steps, **scores})
        return record

    @contextmanager
    def _timed(self, slot: int) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            spent = _stored(self._store, slot).get("seconds", 0.0)
            _update(self._store, slot, {"seconds": spent + time.monotonic() - started})


def _finite_mean(values: Iterable[float | None]) -> float | None:
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return fmean(finite) if finite else None


def _measures(store: RunStore, record: Record) -> SlotMeasures:
    assignment, stored = record.assignment, _stored(store, record.assignment.slot)
    return SlotMeasures(
        slot=assignment.slot,
        stage=assignment.stage,
        phase=assignment.phase,
        seconds=stored["seconds"],
        steps=stored.get("steps", 0) if assignment.phase == "search" else 0,
        reward=_finite_mean(reward for _, reward in record.scored),
        reset=record.reset,
        inception_score=stored.get("inception_score"),
        fid=stored.get("fid"),
    )


def _stored(store: RunStore, slot: int) -> dict[str, Any]:
    name = _slot_file(slot)
    return read_document(store, name) if store.exists(name) else {}


def _update(store: RunStore, slot: int, measured: Mapping[str, float | None]) -> None:
    write_document(store, _slot_file(slot), {**_stored(store, slot), **measured})


def _slot_file(slot: int) -> str:
    return f"measures/{slot:05d}.json"
