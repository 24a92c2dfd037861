"""How the classifier learns from a data set's labels, and how its accuracy is measured on images that it never saw."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from autogan_core.data import ImageDataset
from autogan_core.errors import DataError
from autogan_core.metrics.features.augmentation import augmented
from autogan_core.metrics.features.classifier_network import SEED, ClassifierNetwork, new_network
from autogan_core.metrics.features.recipes import RECIPE, RECIPES, Recipe

BATCH = 128
MIN_STEPS = 50
HELD_OUT = 5
"""One in so many images of each class measures the accuracy when the publisher gives no test set."""

_Labelled = tuple[Tensor, Tensor]


def train_classifier(
    dataset: ImageDataset, device: torch.device, recipe: int = RECIPE
) -> tuple[ClassifierNetwork, float]:
    """Trains the network by cross-entropy with Adam and a one-cycle learning rate.

    Unlabelled images are left out. The seed is fixed and torch's global generators are left as they were. The same CPU
    with as many threads gives the same weights again; other machines, and GPUs, sum in other orders, so runs to be
    compared must share a cache.

    Args:
        dataset: images and labels.
        device: what to train on.
        recipe: a number of `RECIPES`.

    Returns:
        The network, in evaluation mode on ``device``, and its accuracy in [0, 1]: on the test images where there are
        any, else on a held-out fifth of each class, which it is then not trained on.

    Raises:
        DataError: fewer than two classes have five labelled images.
    """
    training, test = _split(dataset)
    shapes = (dataset.images.shape[1], dataset.images.shape[2], dataset.num_classes)
    network, how = new_network(*shapes, recipe).to(device), RECIPES[recipe]
    train_network(network, *training, num_steps(len(training[1]), how), how=how)
    return network, accuracy(network, *test)


def num_steps(num_images: int, how: Recipe = RECIPES[RECIPE]) -> int:
    """Training steps, of `BATCH` images each, for so many images."""
    return max(min(how.epochs * num_images, how.max_images_seen) // BATCH, MIN_STEPS)


def train_network(
    network: ClassifierNetwork,
    images: Tensor,
    labels: Tensor,
    steps: int,
    seed: int = SEED,
    how: Recipe = RECIPES[RECIPE],
) -> None:
    """Trains a network where it is and leaves it in evaluation mode.

    Args:
        network: its weights are changed.
        images: uint8 (N, C, S, S), on the CPU.
        labels: int64 (N,).
        steps: batches of `BATCH` images, or of all where there are fewer.
        seed: of the order and of the augmentation.
        how: the learning rate, and whether images are `augmented`.
    """
    device = next(network.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=how.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, how.learning_rate, total_steps=steps)
    network.train()
    for batch in itertools.islice(_batches(len(labels), seed), steps):
        shown = augmented(images[batch], generator) if how.augments else images[batch]
        logits = network(shown.to(device))[1]
        optimizer.zero_grad()
        F.cross_entropy(logits, labels[batch].to(device)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    network.eval().requires_grad_(False)


@torch.no_grad()
def accuracy(network: ClassifierNetwork, images: Tensor, labels: Tensor) -> float:
    """Share of uint8 images (N, C, S, S) that a network in evaluation mode classifies as ``labels`` (N,) say."""
    device = next(network.parameters()).device
    correct = 0
    for part, truth in zip(torch.split(images, 1000), torch.split(labels, 1000), strict=True):
        correct += int((network(part.to(device))[1].argmax(1).cpu() == truth).sum())
    return correct / len(labels)


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


def _batches(count: int, seed: int) -> Iterator[Tensor]:
    """Endless shuffled batches of indices, without an epoch's incomplete last one (BatchNorm needs two images)."""
    generator = torch.Generator().manual_seed(seed)
    size = min(BATCH, count)
    while True:
        order = torch.randperm(count, generator=generator)
        yield from torch.split(order[: count - count % size], size)
