"""What a run takes in: images, what their features are computed on, and the reference statistics."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from autogan_core.config import Config
from autogan_core.data import ImageDataset, load_dataset
from autogan_core.data.base.download import ARCHIVES, download
from autogan_core.errors import DataError, NewerFormatError, StateError
from autogan_core.metrics.features.cache import cache_key
from autogan_core.metrics.features.extractor import FeatureExtractor, load_extractor
from autogan_core.metrics.features.recipes import RECIPE
from autogan_core.metrics.frechet import Moments, reference_moments
from autogan_core.metrics.kid import real_features
from autogan_core.metrics.scorer import Scorer
from autogan_core.metrics.scores import score_real
from autogan_core.runtime.cache_folder import cache_folder
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.storage import DirectoryStore, RunStore, read_document, write_document
from autogan_core.training.workspace import Workspace

logger = logging.getLogger(__name__)

KID_BATCH = 500
"""Real images whose features are computed at a time."""


@dataclass(frozen=True)
class Inputs:
    """Everything that a trial needs and does not make itself."""

    dataset: ImageDataset
    """Images and labels, on the CPU."""
    extractor: FeatureExtractor
    """What scores are computed on, on the trial's device, in the precision that the reference was made in."""
    reference: Moments
    """Moments of the training images' features, for FID."""
    real_scores: dict[str, float]
    """The training images' own Inception score, by its protocol: about what a perfect generator would get."""

    def scorer(self, config: Config, draw_size: int | None = None) -> Scorer:
        """Creates the scorer that ``config`` describes; ``draw_size`` as in `Scorer`."""
        return Scorer.of(config, self.extractor, self.reference, lambda: self.real_features, draw_size)

    def workspace(
        self,
        config: Config,
        store: RunStore,
        world: World,
        monitor: Monitor,
        identity: str | None = None,
        draw_size: int | None = None,
    ) -> Workspace:
        """Bundles these inputs with what else a training needs.

        Args:
            config: of the run.
            store: the run's own folder.
            world: the ranks that work together.
            monitor: receives progress and measurements.
            identity: the run's; None: the fingerprint of its settings.
            draw_size: the batch size with which the run was made; None: that of its settings.

        Returns:
            The workspace, with a scorer for the configuration.
        """
        return Workspace(config, self.dataset, self.scorer(config, draw_size), store, world, monitor, identity)

    @cached_property
    def real_features(self) -> Tensor:
        """Features of some training images, for KID: computed when they are wanted first on this machine."""
        return real_features(self.dataset, self.extractor, cache_folder(), KID_BATCH)


def pinned(config: Config, cache: Path, monitor: Monitor | None = None) -> tuple[Config, ImageDataset]:
    """Pins a configuration to the images as they are now.

    Inputs and runs of such a configuration belong to these images: others, in the same place, get their own.

    Args:
        config: says which data set and where it lies.
        cache: a data set that has to be fetched goes there.
        monitor: is told how far the reading of images is; None: nobody is.

    Returns:
        The configuration with the images' fingerprint, and the images.

    Raises:
        DataError: like `prepare`; or the images are not those that the configuration names already.
    """
    dataset = _load_or_fetch(config, cache, monitor)
    data = config.data.model_copy(update={"fingerprint": dataset.fingerprint})
    return config.model_copy(update={"data": data}), dataset


def make_inputs(
    config: Config,
    device: torch.device,
    cache: Path,
    dataset: ImageDataset | None = None,
    monitor: Monitor | None = None,
    recipe: int = RECIPE,
) -> Inputs:
    """A configuration's inputs, made here without a store. Arguments and errors are `prepare`'s."""
    dataset = dataset or _load_or_fetch(config, cache, monitor)
    extractor = load_extractor(config.scores, dataset, device, cache, recipe)
    reference = reference_moments(dataset, extractor, cache, config.scores.batch_size)
    return Inputs(dataset, extractor, reference, real_scores(config, dataset, extractor, cache))


def real_scores(config: Config, dataset: ImageDataset, extractor: FeatureExtractor, cache: Path) -> dict[str, float]:
    """The real images' own Inception score by a configuration's splits.

    Computed once per data set, extractor and splits, then cached.

    Args:
        config: how to score.
        dataset: the images.
        extractor: what to score them on.
        cache: folder of scores of earlier runs on this machine.

    Returns:
        The score and its deviation, by the names of their protocol.
    """
    # Scores in float16 have names of their own since; all others stay in the cache under the key that they had.
    named = [extractor.suffix] if extractor.precision == "float16" else []
    key = cache_key(dataset.fingerprint, extractor.fingerprint, extractor.precision, config.scores.splits, *named)
    store, name = DirectoryStore(cache), f"real-{dataset.name}-{extractor.name}-{key}.json"
    if store.exists(name):
        try:
            return read_document(store, name)
        except (NewerFormatError, StateError) as error:  # nobody's work is lost with a cache
            logger.warning("%s; it is made again", error)
    scores = score_real(dataset, extractor, config.scores.splits, config.scores.batch_size).named()
    write_document(store, name, scores)
    return scores


def _load_or_fetch(config: Config, cache: Path, monitor: Monitor | None = None) -> ImageDataset:
    """The data set as it lies here; if it does not, and nobody said where it lies, as its publisher has it."""
    try:
        return load_dataset(config.data, config.model, config.seed, monitor)
    except DataError as error:
        if config.data.path is not None or config.data.name not in ARCHIVES:
            raise
        logger.info("%s; fetching it", error)
        path = download(config.data.name, cache / "data")
        return load_dataset(config.data.model_copy(update={"path": path}), config.model, config.seed, monitor)
