"""The recipes by which classifiers have been trained. What one run scores is scored by one recipe, to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a classifier learns; its network is `classifier_network`'s."""

    learning_rate: float
    """The highest of the one-cycle schedule."""
    epochs: int
    """Epochs of training."""
    max_images_seen: int
    """Ends training before ``epochs`` on large sets."""
    augments: bool
    """Whether it sees moved and mirrored images."""


RECIPES: Mapping[int, Recipe] = {
    1: Recipe(learning_rate=3e-3, epochs=10, max_images_seen=150_000, augments=False),
    2: Recipe(learning_rate=1e-2, epochs=20, max_images_seen=600_000, augments=True),
}
"""Every recipe by its number. With the second 600,000 images are 12 epochs of CIFAR-10, two to three minutes of one CPU
core, and the digits take six seconds. Right on test images: CIFAR-10 at 16x16 76 %, Fashion-MNIST 91.1 % at 16x16 and
92.1 % at 32x32, digits all."""
RECIPE = 2
"""The recipe of new runs. A change to network or training is a new recipe; the others stay, for the runs that have been
begun with them."""
