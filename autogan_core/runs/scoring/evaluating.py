"""The protocol under which one process evaluates a run: the run's own, or another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import torch

from autogan_core.config import Config
from autogan_core.errors import ConfigError
from autogan_core.metrics.class_scores import ClassScores
from autogan_core.metrics.class_scoring import score_classes
from autogan_core.metrics.features.extractor import classifier_recipe, in_precision
from autogan_core.metrics.features.recipes import RECIPE
from autogan_core.metrics.final_protocol import FinalProtocol
from autogan_core.metrics.frechet import reference_moments
from autogan_core.metrics.scorer import Scorer
from autogan_core.networks.generator import BaseGenerator
from autogan_core.runs.scoring.copy_check import TrainingImages
from autogan_core.runs.scoring.inputs import Inputs, make_inputs, real_scores
from autogan_core.runtime.cache_folder import cache_folder
from autogan_core.search_space import Architecture


class Evaluator:
    """What final scores are computed by. The search and the trainings know nothing of it."""

    def __init__(self, own: Config, asked: Config, get_own: Callable[[], Inputs], device: torch.device) -> None:
        """Keeps what is given; nothing is loaded yet.

        Args:
            own: the run's configuration.
            asked: the same with the protocol to evaluate under.
            get_own: gives the run's own inputs.
            device: what to compute on.
        """
        self._own, self._asked, self._get_own, self._device = own, asked, get_own, device

    @property
    def differences(self) -> list[str]:
        """One line ``key: own -> asked`` for every setting in which the protocol differs from the run's own."""
        return self._own.differences(self._asked)

    @cached_property
    def protocol(self) -> FinalProtocol:
        """The protocol; of a run that is scored on a classifier with the recipe of that one."""
        own = self._own.scores.features == "classifier"
        return FinalProtocol.of(self._asked.scores, classifier_recipe(self._get_own().extractor) if own else RECIPE)

    @cached_property
    def inputs(self) -> Inputs:
        """The images with the protocol's features and reference: the run's own as far as they serve.

        Raises:
            DataError: a classifier is wanted, and the images have no labels or too few.
            WeightsUnavailableError: InceptionV3's weights are missing, damaged, or cannot be downloaded.
        """
        inputs, asked, cache = self._get_own(), FinalProtocol.of(self._asked.scores, None), cache_folder()
        dataset = inputs.dataset
        if asked.features != self._own.scores.features:
            scores = self._asked.scores.model_copy(update={"precision": asked.precision or "auto"})
            return make_inputs(self._asked.model_copy(update={"scores": scores}), self._device, cache, dataset)
        if asked.precision not in (None, inputs.extractor.precision):  # rewards may be in a faster one
            extractor = in_precision(inputs.extractor, asked.precision)
            reference = reference_moments(dataset, extractor, cache, self._asked.scores.batch_size)
            return Inputs(dataset, extractor, reference, real_scores(self._asked, dataset, extractor, cache))
        if asked.splits == self._own.scores.splits:
            return inputs
        return replace(inputs, real_scores=real_scores(self._asked, dataset, inputs.extractor, cache))

    @cached_property
    def training_images(self) -> TrainingImages:
        """What generated images are compared with to find copies, by the protocol's features. Raises like `inputs`."""
        inputs, mirror = self.inputs, self._own.training.mirror
        return TrainingImages(inputs.dataset, inputs.extractor, cache_folder(), mirror)

    def class_scores(self, generator: BaseGenerator, architecture: Architecture, scorer: Scorer) -> ClassScores | None:
        """How well a generator draws each class, against the training images that it is checked for copies of.

        Args:
            generator: in eval mode.
            architecture: lies in its space.
            scorer: by the protocol's features.

        Returns:
            The scores; None of an unconditional generator. Raises like `inputs`.
        """
        if not generator.classes:
            return None
        images = self.training_images
        labels = self.inputs.dataset.require_labels()[images.indices]
        return score_classes(generator, architecture, scorer, images.features, labels)

    def require_own(self, work: str) -> None:
        """Refuses to go on with a search or a training that somebody has asked to be scored in another way.

        Args:
            work: what would be gone on with, for the message.

        Raises:
            ConfigError: the protocol is not the run's own; the message lists the differences.
        """
        if differences := self.differences:
            raise ConfigError(
                f"{work} is not finished, and goes on under the run's own settings alone; leave these changes out, and "
                "evaluate under them when it is:\n  " + "\n  ".join(differences)
            )
