"""A small CNN trained on the data set's own labels, for scores where InceptionV3's weights are missing or say little.

Its scores look like InceptionV3's but are not comparable with them, so they carry the suffix ``_classifier``.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from safetensors import SafetensorError
from torch import Tensor

from autogan_core.data import ImageDataset
from autogan_core.metrics.features.cache import cache_key
from autogan_core.metrics.features.classifier_network import ClassifierNetwork, dump_network, load_network
from autogan_core.metrics.features.classifier_training import train_classifier
from autogan_core.metrics.features.recipes import RECIPE
from autogan_core.storage import write_atomically

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClassifierExtractor:
    """The trained network as a `FeatureExtractor`."""

    network: ClassifierNetwork
    device: torch.device
    fingerprint: str
    """SHA-256 of the weights file."""
    accuracy: float
    """Share of test (or held-out) images that it classifies correctly."""
    weights: Path | None
    """The cached weights, for torch-fidelity's ``feature_extractor_weights_path``; None: from a run store."""
    name: str = field(default="classifier", init=False)
    suffix: str = field(default="_classifier", init=False)
    precision: Literal["float32"] = field(default="float32", init=False)
    """Whatever ``scores.precision`` says: the network is too small for less to pay."""

    @torch.no_grad()
    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, 128) and logits (N, K) of uint8 images (N, C, H, W); float32, on the extractor's device."""
        features, logits = self.network(images.to(self.device))
        return features, logits


def load_classifier(
    dataset: ImageDataset, device: torch.device, cache_dir: Path, recipe: int = RECIPE
) -> ClassifierExtractor:
    """Loads a data set's classifier from the cache, or trains it and caches it.

    Args:
        dataset: images and labels.
        device: what to compute on.
        cache_dir: folder of classifiers of earlier runs on this machine.
        recipe: a number of `RECIPES`.

    Returns:
        The extractor on ``device``, in evaluation mode.

    Raises:
        DataError: the data set has no labels, or too few.
        OSError: the cache cannot be written.
    """
    shapes = (dataset.images.shape[1], dataset.images.shape[2], dataset.num_classes)
    stem = cache_dir / f"classifier-{dataset.name}-{cache_key(dataset.fingerprint, recipe, *shapes)}"
    cached = _read_cache(stem, device)
    if cached is not None:
        return cached
    start = time.monotonic()
    logger.info("training a classifier on the labels of %s", dataset.name)
    network, accuracy = train_classifier(dataset, device, recipe)
    fingerprint = _write_cache(stem, network, accuracy, dataset)
    logger.info("trained the classifier in %.0f s: accuracy %.4f", time.monotonic() - start, accuracy)
    return ClassifierExtractor(network, device, fingerprint, accuracy, _weights(stem))


def _weights(stem: Path) -> Path:
    return stem.with_name(stem.name + ".safetensors")


def _card(stem: Path) -> Path:
    return stem.with_name(stem.name + ".json")


def _read_cache(stem: Path, device: torch.device) -> ClassifierExtractor | None:
    if not _card(stem).exists():
        return None
    try:
        card = json.loads(_card(stem).read_text())
        fingerprint = hashlib.sha256(_weights(stem).read_bytes()).hexdigest()
        if fingerprint != card["weights_sha256"]:
            raise ValueError(f"its SHA-256 is {fingerprint}, not {card['weights_sha256']}")
        network = load_network(_weights(stem)).to(device)
        return ClassifierExtractor(network, device, fingerprint, float(card["accuracy"]), _weights(stem))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        logger.warning("the cached classifier %s is damaged (%s); it is trained again", _weights(stem), error)
        return None


def _write_cache(stem: Path, network: ClassifierNetwork, accuracy: float, dataset: ImageDataset) -> str:
    weights = dump_network(network)
    fingerprint = hashlib.sha256(weights).hexdigest()
    card = {
        "accuracy": accuracy,
        "dataset": dataset.name,
        "dataset_fingerprint": dataset.fingerprint,
        "recipe": network.shapes["recipe"],
        "weights_sha256": fingerprint,
    }
    write_atomically(_weights(stem), weights)
    write_atomically(_card(stem), json.dumps(card, indent=2).encode())  # last: it vouches for the weights
    return fingerprint
