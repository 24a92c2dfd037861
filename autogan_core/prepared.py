"""A run's inputs in its run store: images, feature weights and reference statistics, fetched once and verified."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from autogan_core.config import Config
from autogan_core.data import ImageDataset, load_dataset
from autogan_core.data.download import ARCHIVES, download
from autogan_core.errors import ConflictError, DataError, StateError
from autogan_core.metrics import (
    FeatureExtractor,
    Moments,
    dump_extractor,
    load_extractor,
    reference_moments,
    restore_extractor,
)
from autogan_core.scoring import Scorer
from autogan_core.storage import CommittedState, RunStore, Snapshot

logger = logging.getLogger(__name__)

FORMAT = 1
"""Version of what is stored and how it is made; raise it with any change, so that older inputs are not used."""
PLACES_THAT_DECIDE = frozenset({"folder", "npz"})
"""Loaders whose images are known by nothing but their path."""


@dataclass(frozen=True)
class Inputs:
    """Everything that a trial needs and does not make itself."""

    dataset: ImageDataset
    """On the CPU."""
    extractor: FeatureExtractor
    """What scores are computed on, on the trial's device."""
    reference: Moments
    """Of the training images' features, for FID."""

    def scorer(self, config: Config) -> Scorer:
        """What scores generators as ``config`` says."""
        return Scorer.of(config, self.extractor, self.reference)


def prepare(config: Config, store: RunStore, device: torch.device, cache: Path) -> Inputs:
    """Puts a configuration's inputs into the store, unless they are there and intact; returns them.

    Several may run at once: one commits, the others take what it committed, so that all use the same classifier.

    Args:
        config: says which.
        store: where to.
        device: what to compute on.
        cache: folder of classifiers and reference statistics of earlier runs on this machine; a data set that has to
            be fetched goes there too.

    Raises:
        DataError: the data set is damaged, or neither here nor to be fetched, or has no labels for the classifier that
            is wanted.
        WeightsUnavailableError: InceptionV3's weights are missing, damaged, or cannot be downloaded.
    """
    state = CommittedState(store, _name(config))
    try:
        stored = _load(state, device)
        if stored is not None:
            logger.info("the inputs are in the run store already: %s", store.location(_name(config)))
            return stored
    except StateError as error:
        logger.warning("the stored inputs are made anew: %s", error)
    try:
        state.commit(_snapshot(_make(config, device, cache)))
    except ConflictError:
        logger.info("another process has stored the inputs meanwhile; they are used")
    return load_inputs(config, store, device)


def load_inputs(config: Config, store: RunStore, device: torch.device) -> Inputs:
    """A configuration's inputs from the store alone; neither the network nor the data set's files are asked.

    Raises:
        DataError: they have not been prepared.
        StateError: they are damaged.
    """
    inputs = _load(CommittedState(store, _name(config)), device)
    if inputs is None:
        raise DataError(
            f"the inputs of this configuration are not in the run store ({store.location(_name(config))}); run "
            "'python -m components.prepare_data' with the same configuration first"
        )
    return inputs


def _name(config: Config) -> str:
    """The inputs' name in the store: a digest of exactly the settings that decide them."""
    data, model = config.data, config.model
    decisive: dict[str, Any] = {
        "format": FORMAT,
        "data": data.model_dump(mode="json", exclude={"path"}),
        "path": str(data.path) if data.name in PLACES_THAT_DECIDE else None,
        "seed": None if data.max_images is None else config.seed,  # it chooses the images
        "image": [model.image_channels, model.image_size],
        "features": config.scores.features,
    }
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
    return f"inputs/{data.name}-{digest[:16]}"


def _make(config: Config, device: torch.device, cache: Path) -> Inputs:
    dataset = _load_or_fetch(config, cache)
    extractor = load_extractor(config.scores, dataset, device, cache)
    reference = reference_moments(dataset, extractor, cache, config.scores.batch_size)
    return Inputs(dataset, extractor, reference)


def _load_or_fetch(config: Config, cache: Path) -> ImageDataset:
    """The data set as it lies here; if it does not, and nobody said where it lies, as its publisher has it."""
    try:
        return load_dataset(config.data, config.model, config.seed)
    except DataError as error:
        if config.data.path is not None or config.data.name not in ARCHIVES:
            raise
        logger.info("%s; fetching it", error)
        path = download(config.data.name, cache / "data")
        return load_dataset(config.data.model_copy(update={"path": path}), config.model, config.seed)


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
    return Inputs(dataset, extractor, reference)
