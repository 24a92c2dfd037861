"""A run's inputs in its run store: images, feature weights and reference statistics, fetched once and verified."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from autogan_core.config import ADDED, OWN_IMAGES, TOLD_BY_IMAGES, Config
from autogan_core.data import ImageDataset, load_dataset
from autogan_core.data.base.download import ARCHIVES, download
from autogan_core.errors import ConflictError, DataError, NewerFormatError, StateError
from autogan_core.metrics.features.cache import cache_key
from autogan_core.metrics.features.extractor import FeatureExtractor, dump_extractor, load_extractor, restore_extractor
from autogan_core.metrics.features.recipes import RECIPE
from autogan_core.metrics.kid import real_features
from autogan_core.metrics.scorer import Scorer
from autogan_core.metrics.scores import Moments, reference_moments, score_real
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.storage import CommittedState, DirectoryStore, RunStore, Snapshot, read_document, write_document
from autogan_core.training.workspace import Workspace

logger = logging.getLogger(__name__)

FORMAT = 3
"""Version of what is stored and how it is made; raise it with any change, so that older inputs are not used.

Not with the classifier's recipe: the classifier that a store has goes on scoring its runs, so that their scores stay
comparable.
"""
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
        """Features of some training images, for KID. They are not stored, but computed when they are wanted first."""
        return real_features(self.dataset, self.extractor, KID_BATCH)


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


def prepare(
    config: Config,
    store: RunStore,
    device: torch.device,
    cache: Path,
    dataset: ImageDataset | None = None,
    monitor: Monitor | None = None,
    recipe: int = RECIPE,
) -> Inputs:
    """Puts a configuration's inputs into the store, unless they are there and intact.

    Several may run at once: one commits, the others take what it committed, so that all use the same classifier.

    Args:
        config: says which data set, features and reference.
        store: the run store.
        device: what to compute on.
        cache: folder of classifiers and reference statistics of earlier runs on this machine; a data set that has to
            be fetched goes there too.
        dataset: the images, if they have been loaded.
        monitor: is told how far the reading of images is; None: nobody is.
        recipe: by which a classifier is trained if the store has none, a number of `RECIPES`.

    Returns:
        The inputs that the store holds.

    Raises:
        DataError: the data set is damaged, or neither here nor to be fetched, or has no labels for the classifier that
            is wanted.
        NewerFormatError: a later version has stored them.
        WeightsUnavailableError: InceptionV3's weights are missing, damaged, or cannot be downloaded.
    """
    state = CommittedState(store, _name(config))
    try:
        stored = _load(state, device)
        if stored is not None:
            logger.info("the inputs are in the run store already: %s", inputs_location(config, store))
            return stored
    except StateError as error:
        logger.warning("the stored inputs are made anew: %s", error)
    try:
        state.commit(_snapshot(make_inputs(config, device, cache, dataset, monitor, recipe)))
    except ConflictError:
        logger.info("another process has stored the inputs meanwhile; they are used")
    return load_inputs(config, store, device)


def load_inputs(config: Config, store: RunStore, device: torch.device) -> Inputs:
    """Loads a configuration's inputs from the store alone, without network or data set files.

    Returns:
        Images, extractor and reference statistics.

    Raises:
        DataError: they have not been prepared.
        StateError: they are damaged.
    """
    inputs = _load(CommittedState(store, _name(config)), device)
    if inputs is None:
        raise DataError(
            f"the inputs of this configuration are not in the run store ({inputs_location(config, store)}); run "
            "'python -m components.prepare_data' with the same configuration first"
        )
    return inputs


def is_prepared(config: Config, store: RunStore) -> bool:
    """Checks whether the store holds a configuration's inputs, without reading them.

    Returns:
        True if they are committed there.

    Raises:
        StateError: they are damaged.
    """
    return CommittedState(store, _name(config)).pointer() is not None


def inputs_location(config: Config, store: RunStore) -> str:
    """The location of a configuration's inputs, whether they exist or not: a path or a URI."""
    return store.location(_name(config))


def _name(config: Config) -> str:
    """The inputs' name in the store: a digest of exactly the settings that decide them."""
    data, model = config.data, config.model
    by_place = data.name in OWN_IMAGES and data.fingerprint is None
    reading = {key: value for key, value in _reading(config).items() if by_place and value != ADDED[f"data.{key}"]}
    decisive: dict[str, Any] = {
        "format": FORMAT,
        "data": {**data.model_dump(mode="json", exclude={"path", *_reading(config)}), **reading},
        "path": str(data.path) if by_place else None,
        "seed": None if data.max_images is None else config.seed,  # it chooses the images
        "image": [model.image_channels, model.image_size],
        "features": config.scores.features,
        "precision": config.scores.precision if config.scores.features == "inception" else None,
        "splits": config.scores.splits,
    }
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
    return f"inputs/{data.name}-{digest[:16]}"


def _reading(config: Config) -> dict[str, Any]:
    """The settings of the images that are `TOLD_BY_IMAGES`, by their names in ``data``."""
    return {key.removeprefix("data."): config.flat()[key] for key in TOLD_BY_IMAGES}


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


def _snapshot(inputs: Inputs) -> Snapshot:
    dataset, reference = inputs.dataset, inputs.reference
    card, weights = dump_extractor(inputs.extractor)
    images = {
        "images": dataset.images,
        "labels": dataset.labels,
        "test_images": dataset.test_images,
        "test_labels": dataset.test_labels,
    }
    tensors: dict[str, Tensor] = {f"dataset.{name}": tensor for name, tensor in images.items() if tensor is not None}
    tensors |= {f"extractor.{name}": tensor for name, tensor in weights.items()}
    tensors["reference.mean"] = torch.from_numpy(reference.mean)
    tensors["reference.covariance"] = torch.from_numpy(reference.covariance)
    meta = {
        "dataset": {
            "name": dataset.name,
            "num_classes": dataset.num_classes,
            "fingerprint": dataset.fingerprint,
        },
        "extractor": card,
        "reference": {"count": reference.count},
        "real_scores": inputs.real_scores,
    }
    return Snapshot(meta, tensors)


def _load(state: CommittedState, device: torch.device) -> Inputs | None:
    snapshot = state.load(torch.device("cpu"))
    if snapshot is None:
        return None
    images = snapshot.part("dataset.")
    dataset = ImageDataset(
        images=images["images"],
        labels=images.get("labels"),
        test_images=images.get("test_images"),
        test_labels=images.get("test_labels"),
        **snapshot.meta["dataset"],
    )
    extractor = restore_extractor(snapshot.meta["extractor"], snapshot.part("extractor."), device)
    moments = snapshot.part("reference.")
    reference = Moments(
        moments["mean"].numpy(), moments["covariance"].numpy(), int(snapshot.meta["reference"]["count"])
    )
    return Inputs(dataset, extractor, reference, dict(snapshot.meta["real_scores"]))
