"""The results of a finished run, as the report needs them. The driver fills these; nothing here computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from autogan_core.config import Config
from autogan_core.history import Record
from autogan_core.metrics.class_scores import ClassScores
from autogan_core.metrics.protocols import FEATURES, LONG_NAMES, find_score
from autogan_core.report.results.copies import CopyCheck
from autogan_core.report.results.decided import Decided
from autogan_core.report.results.ladder import LadderResult
from autogan_core.search_space import Architecture, SearchSpace

if TYPE_CHECKING:
    from torch import Tensor

PAGE = "report.html"
"""Name of the report's page in a run's folder."""


@dataclass(frozen=True)
class CheckpointScores:
    """The scores of one generator checkpoint."""

    iteration: int
    """Generator steps made so far."""
    scores: dict[str, float]
    """Protocol-named, such as ``is_5k_10split_classifier``, its ``_std`` and ``fid_5k_classifier``."""
    copies: CopyCheck | None = None
    """Whether its images are copies of training images; None in validations, and where an earlier version scored."""
    classes: ClassScores | None = None
    """How well it draws each class; None in validations, and of generators without classes."""


@dataclass(frozen=True, eq=False)
class GeneratorResult:
    """One architecture, trained to the end (paper, section 3.3.3)."""

    rank: int
    """Place from 1: among the beams by search reward, or after successive halving among the finalists by FID."""
    architecture: Architecture
    """What was trained."""
    search_reward: float | None
    """The architecture's reward in the search; None when it did not come from one."""
    parameters: int
    """Trainable numbers in the generator."""
    macs: int
    """Multiply-accumulates for one image; the paper's "FLOPs"."""
    seconds: float
    """Wall time of the training, validations included."""
    last: CheckpointScores
    """Final-protocol scores of the last checkpoint."""
    best: CheckpointScores
    """Final-protocol scores of the checkpoint with the lowest validation FID."""
    curve: tuple[CheckpointScores, ...]
    """The validations made during training, first to last; their protocol may use fewer images."""
    collapsed: bool
    """Whether the last checkpoint is much worse than the best."""
    samples: Tensor
    """Uncurated images of the best checkpoint, uint8 (N, C, S, S)."""
    precision: str | None = None
    """What its training computed in, ``float32`` or ``bfloat16``; None where an earlier version has not stored it."""
    origin: str | None = None
    """Where it was imported from, in words; None of one that was trained in this run."""


@dataclass(frozen=True, slots=True)
class ProtocolScores:
    """What a run's generators score by one protocol."""

    protocol: str
    """Images, splits, features and classifier in words."""
    real_scores: dict[str, float]
    """Protocol-named scores of the training images themselves; empty where they are not known."""
    generators: Mapping[int, tuple[CheckpointScores, CheckpointScores]]
    """Rank -> best and last checkpoint, for those that have been scored by it."""


@dataclass(frozen=True, eq=False)
class RunResults:
    """Everything that the report tells."""

    config: Config
    """The resolved configuration."""
    command: str
    """The command line that repeats the run."""
    space: SearchSpace
    """What the search could choose from; the reference for entropies and preferences."""
    git_revision: str | None
    """Commit of the code; None when it is not known."""
    created: datetime
    """When the run ended."""
    device: str
    """The hardware, in words."""
    dataset_size: int | None
    """Training images; None where they are not at hand."""
    classifier_accuracy: float | None
    """Held-out accuracy in [0, 1] of the classifier that scores the images; None with Inception features."""
    history: tuple[Record, ...]
    """The search; empty when architectures were given instead of searched."""
    entropy: dict[int, float]
    """Slot -> entropy of the policy over the cell being searched, in nats."""
    beams: tuple[tuple[Architecture, float], ...]
    """The last stage's architectures and rewards, best first."""
    generators: tuple[GeneratorResult, ...]
    """The retrained ones; empty for a search alone."""
    real_samples: Tensor | None
    """Training images, uint8 (N, C, S, S); None where they are not at hand."""
    real_scores: dict[str, float]
    """Protocol-named scores of the training images themselves."""
    seconds: dict[str, float]
    """Phase -> wall time."""
    ladder: LadderResult | None = None
    """The pool's successive halving; None when all beams were trained to the end."""
    by_protocol: tuple[ProtocolScores, ...] = ()
    """Every protocol by which generators have been scored, the one asked for last first. The generators' own scores are
    by the first of them that all have."""

    decided: Decided | None = None
    """The advice that the run follows; None if a person has chosen its settings."""

    @property
    def features(self) -> str:
        """What the generators' final scores are computed on: ``Inception`` or ``classifier``; without any, rewards."""
        found = (find_score(g.best.scores, kind) for g in self.generators for kind in LONG_NAMES)
        return next((score.features for score in found if score), FEATURES[self.config.scores.features])

    @property
    def records(self) -> tuple[Record, ...]:
        """The history in the order of its slots."""
        return tuple(sorted(self.history, key=lambda record: record.assignment.slot))

    def max_entropy(self, stage: int) -> float:
        """Entropy of uniform choices in ``stage`` (0-based), in nats."""
        depths = [0, *self.config.search.stage_depths(self.space.num_cells)]
        return self.space.max_entropy(*depths[stage : stage + 2])

    @property
    def best_generator(self) -> GeneratorResult | None:
        """The first finalist of a successive halving, else the generator that the paper would choose.

        The paper chooses by the Inception score of the best checkpoint after retraining (section 3.3.3).
        """
        finalists = self.ladder.finalists if self.ladder else ()
        if finalists:
            return next((g for g in self.generators if g.architecture == finalists[0]), None)

        def inception_score(generator: GeneratorResult) -> float:
            score = find_score(generator.best.scores, "is")
            return score.value if score else float("-inf")

        return max(self.generators, key=inception_score, default=None)
