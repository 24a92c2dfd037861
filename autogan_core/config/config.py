"""All settings of a run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any

from autogan_core.config.data import DataConfig
from autogan_core.config.keys import changeable, flatten
from autogan_core.config.model import ModelConfig
from autogan_core.config.ranges import Range
from autogan_core.config.retraining import RetrainConfig
from autogan_core.config.scores import ScoresConfig
from autogan_core.config.search import SearchConfig
from autogan_core.config.section import MayChange, Section
from autogan_core.config.training import TrainingConfig
from autogan_core.operations import NORMALISATIONS
from autogan_core.search_space import SearchSpace

ADDED: Mapping[str, Any] = {
    "search.growth": None,
    "search.controller.baseline": "moving-average",
    "search.controller.advantage": "plain",
    "search.controller.passes": 1,
    "search.controller.objective": "reinforce",
    "retrain.start": "scratch",
    "retrain.pool": None,
    "retrain.incumbents": [],
    "search.shared_training": "policy",
    "search.warm_up_epochs": 0.0,
    "search.reward.statistics": "recalibrated",
    "search.reward.adaptation_steps": 0,
    "model.classes": 0,
    "training.loss": "hinge",
    "training.augmentation": "none",
    "training.adaptive_images": 100_000,
    "training.mirror": False,
    "model.repeated_cells": 0,
    "training.checkpointing": False,
    "data.layout": "plain",
    "data.background": "stored",
    "data.unusable": "refuse",
    "search.space.kernel": ["3x3"],
    "search.space.end": ["none"],
    "search.space.loss": [],
    "search.networks": "generator",
    "search.discriminator.kernel": ["3x3", "1x1", "5x5", "separable"],
    "search.discriminator.down": ["average", "max", "strided"],
    "search.discriminator.shortcut": ["without", "with"],
    "search.discriminator.end": ["none", "attention"],
    "search.evolution.population": 64,
    "search.evolution.tournament": 16,
}
"""Settings that are newer than the oldest stored runs, and the JSON values by which those runs were done.

A stored configuration that lacks one has this value, whatever the default is by now. At this value it does not count in
the fingerprint, so that stored weights still fit their run."""


class Config(Section):
    """A whole run."""

    preset: str
    """Name of the preset that it started from."""
    seed: Annotated[int, Range(ge=0, lt=2**63)] = 0
    """Seeds everything random in the run."""
    cpu_threads: Annotated[Annotated[int, Range(ge=1, le=4096)] | None, MayChange()] = None
    """Threads for work on the CPU; None: one per core. Their number changes the last digits of every sum."""
    data: DataConfig
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()
    search: SearchConfig = SearchConfig()
    retrain: RetrainConfig = RetrainConfig()
    scores: ScoresConfig = ScoresConfig()

    def check(self) -> None:
        """See `Section.check`."""
        search, retrain = self.search, self.retrain
        search.stage_iterations(self.model.num_cells)
        if search.num_candidates < search.top_k:
            raise ValueError(
                f"search.num_candidates ({search.num_candidates}) must be at least search.top_k ({search.top_k})"
            )
        if retrain.halves:
            most, known = retrain.pool or search.top_k + len(retrain.incumbents), "the pool"
        else:
            most, known = search.top_k, "search.top_k"
        if retrain.num_architectures > most:
            raise ValueError(f"retrain.num_architectures ({retrain.num_architectures}) exceeds {known} ({most})")
        for norm in search.space.norm:
            if NORMALISATIONS[norm].needs_classes and not self.model.classes:
                raise ValueError(
                    f"search.space.norm has {norm} ({NORMALISATIONS[norm].phrase}), but model.classes is 0; set it to "
                    f"the number of classes, or leave {norm} out"
                )
        if len(search.space.loss) > 1 and not search.reward.adaptation_steps:
            raise ValueError(
                f"search.space.loss has {len(search.space.loss)} losses, but candidates are scored on the same shared "
                "weights, whichever they choose; set search.reward.adaptation_steps, such as 20, or take one loss"
            )
        if search.networks == "both" and not search.reward.adaptation_steps:
            raise ValueError(
                "search.networks is both, but candidates are scored on the same shared weights, whatever their "
                "discriminator; set search.reward.adaptation_steps, such as 20, or search.networks=generator"
            )
        for network in ("generator_channels", "discriminator_channels"):
            mine, searched = getattr(retrain, network), getattr(search, network)
            if retrain.start == "shared" and mine != searched:
                raise ValueError(
                    f"retrain.start is 'shared', which goes on with the search's weights, but retrain.{network} is "
                    f"{mine} and search.{network} is {searched}; set retrain.{network}={searched}, or "
                    "retrain.start=scratch"
                )
        for name, images, splits in (
            ("search.reward", search.reward.num_images, search.reward.splits),
            ("scores", self.scores.num_images, self.scores.splits),
        ):
            if images < 2 * splits:
                raise ValueError(f"{name}.num_images ({images}) must be at least twice {name}.splits ({splits})")
        # Trainings are validated, and the real images scored, by the final scores' splits, none of which may be empty.
        for name, count in (
            ("retrain.validation_images", retrain.validation_images),
            ("data.max_images", self.data.max_images),
        ):
            if count is not None and count < self.scores.splits:
                raise ValueError(f"{name} ({count}) must be at least scores.splits ({self.scores.splits})")

    def search_space(self) -> SearchSpace:
        """The space that the settings of the search and ``model.num_cells`` span."""
        return self.search.search_space(self.model.num_cells)

    def flat(self) -> dict[str, Any]:
        """Every setting by its dotted name, as JSON values."""
        return dict(flatten(self.model_dump(mode="json")))

    def fingerprint(self) -> str:
        """Hashes every setting that decides the result: the identity of a run that is made with them.

        Without `LOCATIONS` and `TOLD_BY_IMAGES`, and without those `ADDED` that make no difference to runs from before
        they were added.

        Returns:
            SHA-256 as 64 hex digits.
        """
        return fingerprint_of(self.flat())

    def under(self, scores: ScoresConfig) -> Config:
        """This configuration with the protocol of ``scores``: no setting changes that is none of `PROTOCOL`."""
        names = [name.removeprefix("scores.") for name in PROTOCOL]
        protocol = {name: getattr(scores, name) for name in names}
        return self.model_copy(update={"scores": self.scores.model_copy(update=protocol)})

    def differences(self, other: Config) -> list[str]:
        """One line ``key: mine -> other's`` for every setting that differs and is none of `MAY_CHANGE`."""
        mine, theirs = self.flat(), other.flat()
        return [
            f"{key}: {mine.get(key)} -> {theirs.get(key)}"
            for key in sorted(mine.keys() | theirs.keys())
            if key not in MAY_CHANGE and mine.get(key) != theirs.get(key)
        ]


MAY_CHANGE = frozenset(name for name, mark in changeable(Config) if not mark.protocol)
"""Settings that may change in a run, which goes on with the new value. All others decide results."""

LOCATIONS = frozenset(name for name, mark in changeable(Config) if mark.location)
"""Those of them that say where a thing lies: runs that differ in nothing else have the same identity."""

PROTOCOL = frozenset(name for name, mark in changeable(Config) if mark.protocol)
"""Settings of the final scores' protocol. What a run has trained may be scored under other ones than the run's own."""
TOLD_BY_IMAGES = frozenset(name for name, mark in changeable(Config) if mark.images)
"""Those of them that decide nothing but the images: a run whose images they change is refused by these images'
fingerprint, and one whose images they leave alone, such as a run on digits, is the same run."""


def fingerprint_of(settings: Mapping[str, Any]) -> str:
    """Hashes settings by their dotted names: see `Config.fingerprint`.

    A stored run's are those that its own version wrote, whatever has been added since.

    Returns:
        SHA-256 as 64 hex digits.
    """
    decisive = {
        key: value
        for key, value in settings.items()
        if key not in LOCATIONS | TOLD_BY_IMAGES and not (key in ADDED and value == ADDED[key])
    }
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
