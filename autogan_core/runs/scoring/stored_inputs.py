"""A run's inputs in its run store, fetched or made once and verified, so that all of a run use the same."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from autogan_core.config import ADDED, OWN_IMAGES, TOLD_BY_IMAGES, Config
from autogan_core.data import ImageDataset
from autogan_core.errors import ConflictError, DataError, StateError
from autogan_core.metrics.features.extractor import dump_extractor, restore_extractor
from autogan_core.metrics.features.recipes import RECIPE
from autogan_core.metrics.frechet import Moments
from autogan_core.runs.scoring.inputs import Inputs, make_inputs
from autogan_core.runtime.monitor import Monitor
from autogan_core.storage import CommittedState, RunStore, Snapshot

logger = logging.getLogger(__name__)

FORMAT = 3
"""Version of what is stored and how it is made; raise it with any change, so that older inputs are not used.

Not with the classifier's recipe: the classifier that a store has goes on scoring its runs, so that their scores stay
comparable.
"""


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
            f"the inputs of this configuration are not in the run store ({inputs_location(config, store)}); first run "
            "'autogan katib prepare' (in the image: python -m components.prepare_data) with the same configuration"
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
            **({"class_names": list(dataset.class_names)} if dataset.class_names else {}),
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
    described = dict(snapshot.meta["dataset"])
    dataset = ImageDataset(
        images=images["images"],
        labels=images.get("labels"),
        test_images=images.get("test_images"),
        test_labels=images.get("test_labels"),
        class_names=tuple(described.pop("class_names", ())),
        **described,
    )
    extractor = restore_extractor(snapshot.meta["extractor"], snapshot.part("extractor."), device)
    moments = snapshot.part("reference.")
    reference = Moments(
        moments["mean"].numpy(), moments["covariance"].numpy(), int(snapshot.meta["reference"]["count"])
    )
    return Inputs(dataset, extractor, reference, dict(snapshot.meta["real_scores"]))
