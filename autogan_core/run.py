"""One run on one machine: a folder that holds its configuration, history, weights, scores and report."""

from __future__ import annotations

import logging
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from autogan_core.config import Config
from autogan_core.data import ImageDataset, load_dataset
from autogan_core.derived_gan import DerivedGAN, Training
from autogan_core.devices import describe_device
from autogan_core.distributed import World
from autogan_core.errors import ConfigError
from autogan_core.metrics import (
    FeatureExtractor,
    generator_macs,
    generator_parameters,
    load_extractor,
    reference_moments,
    score_real,
)
from autogan_core.mlas import Beam, MultiLevelSearch
from autogan_core.monitor import Monitor
from autogan_core.presets import CONFIG_FILE, stored_config
from autogan_core.report import CheckpointScores, GeneratorResult, RunResults
from autogan_core.scoring import Scorer, sample_images
from autogan_core.search import HistoryFile, run_search
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.shared_gan import SharedGAN
from autogan_core.storage import DirectoryStore, read_document, write_atomically, write_document
from autogan_core.torch_seeding import seeded_generator

logger = logging.getLogger(__name__)

CHECKPOINTS = ("best", "last")
GRID_IMAGES = 64


class Run:
    """The phases of a run. Each continues where an earlier process left off, and returns at once when it is done."""

    def __init__(self, folder: Path, config: Config, device: torch.device, monitor: Monitor) -> None:
        """Opens the folder, or makes it.

        Raises:
            ConfigError: the folder holds a run of another configuration; the message lists the differences.
        """
        self.folder, self.config, self.device, self.monitor = folder, config, device, monitor
        self._store = DirectoryStore(folder)
        stored = stored_config(folder)
        if stored is None:
            write_atomically(folder / CONFIG_FILE, config.model_dump_json(indent=1).encode())
        elif differences := stored.differences(config):
            raise ConfigError(
                f"{folder} holds a run with other settings; choose another --run-dir, or go back to its own:\n  "
                + "\n  ".join(differences)
            )

    @cached_property
    def dataset(self) -> ImageDataset:
        """The images, loaded once."""
        return load_dataset(self.config.data, self.config.model, self.config.seed)

    @cached_property
    def extractor(self) -> FeatureExtractor:
        """What scores are computed on."""
        return load_extractor(self.config.scores, self.dataset, self.device, cache_folder())

    @cached_property
    def space(self) -> SearchSpace:
        """The search space."""
        return self.config.search_space()

    @cached_property
    def mlas(self) -> MultiLevelSearch:
        """The search."""
        return MultiLevelSearch(self.space, self.config.search, self.config.seed)

    @cached_property
    def _scorer(self) -> Scorer:
        reference = reference_moments(self.dataset, self.extractor, cache_folder(), self.config.scores.batch_size)
        return Scorer.of(self.config, self.extractor, reference)

    @property
    def _history_file(self) -> HistoryFile:
        return HistoryFile(self.folder / "history.jsonl")

    def search(self) -> tuple[Beam, ...]:
        """Searches; returns the last stage's beams, best first."""
        with self._timed("search"):
            history = self._history_file.read()
            if not self.mlas.finished(history):
                shared_gan = SharedGAN(
                    self.config,
                    self.space,
                    self.dataset,
                    self._scorer,
                    self._store,
                    World.single(self.device),
                    self.monitor,
                )
                failures = self.config.search.max_failures
                history = run_search(self.mlas, shared_gan, self._history_file, failures, self.monitor)
        return self.mlas.beams(history)

    def found(self) -> list[Architecture]:
        """The architectures that the search found, best first, as many as are to be retrained.

        Raises:
            ConfigError: the search is not finished.
        """
        history = self._history_file.read()
        if not self.mlas.finished(history):
            raise ConfigError(
                f"the search in {self.folder} is not finished; run 'autogan search' first, or name an ARCH"
            )
        beams = self.mlas.beams(history)[: self.config.retrain.num_architectures]
        return [beam.architecture for beam in beams]

    def retrain(self, architectures: Sequence[Architecture]) -> list[Training]:
        """Trains each architecture from scratch."""
        with self._timed("retrain"):
            return [self._derived(architecture).train() for architecture in architectures]

    def evaluate(self, architectures: Sequence[Architecture]) -> dict[Architecture, dict[str, CheckpointScores]]:
        """Final-protocol scores of each architecture's best and last checkpoint.

        Raises:
            StateError: an architecture has not been trained in this folder.
        """
        with self._timed("evaluate"):
            return {architecture: self._evaluate(architecture) for architecture in architectures}

    def sample(self, architecture: Architecture, checkpoint: str, count: int, seed: int) -> Tensor:
        """Uncurated images of a trained generator, uint8 (count, C, S, S), on the CPU."""
        generator = self._derived(architecture).generator(checkpoint)
        batches = sample_images(generator.eval(), architecture, count, self.config.scores.batch_size, seed, "sample")
        return torch.cat([batch.cpu() for batch in batches])

    def trained(self) -> list[Architecture]:
        """Every architecture that has been trained in this folder, sorted."""
        names = self._store.folders("retrain")
        return [Architecture.parse(name) for name in names if self._store.exists(f"retrain/{name}/state.json")]

    def results(self, command: str) -> RunResults:
        """Everything that the report shows, from what the folder holds.

        Args:
            command: the command line that repeats the run.
        """
        history = self._history_file.read()
        beams = self.mlas.beams(history) if self.mlas.finished(history) else ()
        rewards = {beam.architecture: beam.reward for beam in beams}
        ranked = sorted(self.trained(), key=lambda a: -rewards.get(a, float("-inf")))
        real = score_real(self.dataset, self.extractor, self.config.scores.splits, self.config.scores.batch_size)
        rng = seeded_generator(torch.device("cpu"), self.config.seed, "real samples")
        shown = torch.randperm(len(self.dataset.images), generator=rng)[:GRID_IMAGES]
        return RunResults(
            config=self.config,
            command=command,
            space=self.space,
            git_revision=git_revision(),
            created=datetime.now(UTC),
            device=describe_device(self.device),
            dataset_size=len(self.dataset.images),
            classifier_accuracy=getattr(self.extractor, "accuracy", None),
            history=tuple(history),
            entropy={r.assignment.slot: self.mlas.entropy(history, r.assignment.slot) for r in history},
            beams=tuple((beam.architecture, beam.reward) for beam in beams),
            generators=tuple(self._result(rank, a, rewards.get(a)) for rank, a in enumerate(ranked, start=1)),
            real_samples=self.dataset.images[shown],
            real_scores=real.named(),
            seconds=self._seconds(),
        )

    def _result(self, rank: int, architecture: Architecture, search_reward: float | None) -> GeneratorResult:
        training = self._derived(architecture).result()
        final = self._evaluate(architecture)
        channels = self.config.retrain.generator_channels
        return GeneratorResult(
            rank=rank,
            architecture=architecture,
            search_reward=search_reward,
            parameters=generator_parameters(architecture, self.config.model, channels),
            macs=generator_macs(architecture, self.config.model, channels),
            seconds=training.seconds,
            best=final["best"],
            last=final["last"],
            curve=tuple(CheckpointScores(v.iteration, v.named) for v in training.validations),
            collapsed=training.collapsed,
            samples=self.sample(architecture, "best", GRID_IMAGES, self.config.seed),
        )

    def _derived(self, architecture: Architecture) -> DerivedGAN:
        if architecture.depth != self.config.model.num_cells:
            raise ConfigError(
                f"{architecture} has {architecture.depth} cells, but model.num_cells is {self.config.model.num_cells}"
            )
        return DerivedGAN(architecture, self.config, self.dataset, self._scorer, self._store, self.device, self.monitor)

    def _evaluate(self, architecture: Architecture) -> dict[str, CheckpointScores]:
        derived = self._derived(architecture)
        name = f"{derived.state_name}/scores.json"
        generators = {checkpoint: derived.generator(checkpoint) for checkpoint in CHECKPOINTS}
        training = derived.result()
        iterations = {"best": training.best.iteration, "last": training.last.iteration}
        if self._store.exists(name):
            stored = {k: CheckpointScores(**v) for k, v in read_document(self._store, name).items()}
            if {k: v.iteration for k, v in stored.items()} == iterations:
                return stored
        final = {}
        with self.monitor.task(f"scoring {architecture}", len(CHECKPOINTS)) as task:
            for checkpoint, generator in generators.items():
                scores = self._scorer.score(
                    generator,
                    architecture,
                    "evaluate",
                    num_images=self.config.scores.num_images,
                    splits=self.config.scores.splits,
                    with_fid=True,
                ).named()
                final[checkpoint] = CheckpointScores(iterations[checkpoint], scores)
                task.advance()
        write_document(self._store, name, {k: asdict(v) for k, v in final.items()})
        return final

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        """Adds the time that a phase took to what earlier processes spent on it, also when it is interrupted."""
        started = time.monotonic()
        try:
            yield
        finally:
            seconds = self._seconds()
            seconds[phase] = seconds.get(phase, 0.0) + time.monotonic() - started
            write_document(self._store, "seconds.json", seconds)

    def _seconds(self) -> dict[str, float]:
        if not self._store.exists("seconds.json"):
            return {}
        seconds: dict[str, float] = read_document(self._store, "seconds.json")
        return seconds


def cache_folder() -> Path:
    """Where classifiers and reference statistics are kept between runs: $AUTOGAN_CACHE, else the user's cache."""
    if "AUTOGAN_CACHE" in os.environ:
        return Path(os.environ["AUTOGAN_CACHE"])
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "autogan"


def git_revision() -> str | None:
    """The commit of the code that runs, with ``-dirty`` after uncommitted changes; None outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
