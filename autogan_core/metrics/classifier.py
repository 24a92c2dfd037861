"""A small CNN trained on the data set's own labels, for scores where InceptionV3 is not to be had or says little.

Its scores look like InceptionV3's but are not comparable with them, so they carry the suffix ``_classifier``.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.nn import functional as F

from autogan_core.data import ImageDataset
from autogan_core.errors import DataError
from autogan_core.metrics.cache import cache_key
from autogan_core.metrics.classifier_network import SEED, ClassifierNetwork, dump_network, load_network, new_network
from autogan_core.storage import write_atomically

logger = logging.getLogger(__name__)

RECIPE = 1
"""Version of network and training; raise it with any change to them, so that older caches are not used."""
BATCH = 128
LEARNING_RATE = 3e-3
EPOCHS = 10
MAX_IMAGES_SEEN = 150_000
"""Ends training before `EPOCHS` on large sets: 2.5 epochs of fashion-mnist, 91 % on its test set."""
MIN_STEPS = 50
HELD_OUT = 5
"""One in so many images of each class measures the accuracy when the publisher gives no test set."""

_Labelled = tuple[Tensor, Tensor]


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


def load_classifier(dataset: ImageDataset, device: torch.device, cache_dir: Path) -> ClassifierExtractor:
    """The classifier of a data set: from the cache, or trained now and put there.

    Raises:
        DataError: the data set has no labels, or too few.
        OSError: the cache cannot be written.
    """
    shapes = (dataset.images.shape[1], dataset.images.shape[2], dataset.num_classes)
    stem = cache_dir / f"classifier-{dataset.name}-{cache_key(dataset.fingerprint, RECIPE, *shapes)}"
    cached = _read_cache(stem, device)
    if cached is not None:
        return cached
    start = time.monotonic()
    logger.info("training a classifier on the labels of %s", dataset.name)
    network, accuracy = train_classifier(dataset, device)
    fingerprint = _write_cache(stem, network, accuracy, dataset)
    logger.info("trained the classifier in %.0f s: accuracy %.4f", time.monotonic() - start, accuracy)
    return ClassifierExtractor(network, device, fingerprint, accuracy, _weights(stem))


def train_classifier(dataset: ImageDataset, device: torch.device) -> tuple[ClassifierNetwork, float]:
    """Trains the network by cross-entropy with Adam and a one-cycle learning rate; unlabelled images are left out.

    The seed is fixed and torch's global generators are left as they were. The same CPU with as many threads gives the
    same weights again; other machines, and GPUs, sum in other orders, so runs to be compared must share a cache.

    Returns:
        The network, in evaluation mode on ``device``, and its accuracy in [0, 1]: on the test images where there are
        any, else on a held-out fifth of each class, which it is then not trained on.

    Raises:
        DataError: fewer than two classes have five labelled images.
    """
    (images, labels), test = _split(dataset)
    network = new_network(dataset.images.shape[1], dataset.images.shape[2], dataset.num_classes).to(device)
    steps = max(min(EPOCHS * len(labels), MAX_IMAGES_SEEN) // BATCH, MIN_STEPS)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    network.train()
    for batch in itertools.islice(_batches(len(labels)), steps):
        logits = network(images[batch].to(device))[1]
        optimizer.zero_grad()
        F.cross_entropy(logits, labels[batch].to(device)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    network.eval().requires_grad_(False)
    return network, _accuracy(network, test, device)


def _split(dataset: ImageDataset) -> tuple[_Labelled, _Labelled]:
    images, labels = _labelled(dataset.images, dataset.require_labels())
    usable = int((labels.bincount() >= HELD_OUT).sum())
    if usable < 2:
        raise DataError(
            f"{dataset.name} has {usable} classes of at least {HELD_OUT} labelled images, but the classifier features "
            "need 2; set scores.features=inception"
        )
    if dataset.test_images is not None and dataset.test_labels is not None:
        return (images, labels), _labelled(dataset.test_images, dataset.test_labels)
    shuffled = torch.randperm(len(labels), generator=torch.Generator().manual_seed(SEED))
    classes = [shuffled[labels[shuffled] == k] for k in range(dataset.num_classes)]
    held_out = torch.cat([indices[: len(indices) // HELD_OUT] for indices in classes])
    rest = torch.cat([indices[len(indices) // HELD_OUT :] for indices in classes])
    return (images[rest], labels[rest]), (images[held_out], labels[held_out])


def _labelled(images: Tensor, labels: Tensor) -> _Labelled:
    known = labels >= 0
    return (images, labels) if bool(known.all()) else (images[known], labels[known])


def _batches(count: int) -> Iterator[Tensor]:
    """Endless shuffled batches of indices, without an epoch's incomplete last one (BatchNorm needs two images)."""
    generator = torch.Generator().manual_seed(SEED)
    size = min(BATCH, count)
    while True:
        order = torch.randperm(count, generator=generator)
        yield from torch.split(order[: count - count % size], size)


@torch.no_grad()
def _accuracy(network: ClassifierNetwork, test: _Labelled, device: torch.device) -> float:
    correct = 0
    for images, labels in zip(torch.split(test[0], 1000), torch.split(test[1], 1000), strict=True):
        correct += int((network(images.to(device))[1].argmax(1).cpu() == labels).sum())
    return correct / len(test[1])


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
        "recipe": RECIPE,
        "weights_sha256": fingerprint,
    }
    write_atomically(_weights(stem), weights)
    write_atomically(_card(stem), json.dumps(card, indent=2).encode())  # last: it vouches for the weights
    return fingerprint
