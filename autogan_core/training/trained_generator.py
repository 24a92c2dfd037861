"""A trained generator from its checkpoint: the configuration and the run's folder are enough, no images are."""

from __future__ import annotations

import torch
from torch import Tensor

from autogan_core.config import Config
from autogan_core.errors import StateError
from autogan_core.metrics.scorer import sample_images
from autogan_core.networks.generator import BaseGenerator
from autogan_core.search_space import Architecture
from autogan_core.storage import CommittedState, RunStore
from autogan_core.training.design import Design

PARTS = {"best": "best.", "last": "average."}
"""The names' prefix under which a training's state holds the averaged generator of each checkpoint."""
CLASS_NAMES = "class_names"
"""The key under which a training's state names the classes that its generator draws."""


def load_generator(
    design: Design, config: Config, store: RunStore, device: torch.device, checkpoint: str, identity: str
) -> BaseGenerator:
    """Loads the averaged generator of a checkpoint that `DerivedGAN` has committed.

    Args:
        design: what was trained.
        config: the run's.
        store: the run's own folder.
        device: where the generator goes.
        checkpoint: ``best`` or ``last``.
        identity: the run's, which the checkpoint must carry.

    Returns:
        The generator in eval mode, with the batch-norm statistics of its validation.

    Raises:
        StateError: the design has no checkpoint in the run store, or it is damaged or another run's.
    """
    snapshot = CommittedState(store, f"retrain/{design.name}").load(device)
    if snapshot is None:
        raise StateError(untrained(design.name))
    snapshot.require({"configuration": identity}, design.name)
    generator = design.gan(config, device, config.seed).generator
    generator.load_state_dict(snapshot.part(PARTS[checkpoint]))
    generator.class_names = tuple(snapshot.meta.get(CLASS_NAMES, ()))
    return generator.eval()


def draw(
    generator: BaseGenerator,
    architecture: Architecture,
    count: int,
    seed: int,
    batch_size: int,
    draw_size: int | None,
    label: int | None = None,
) -> Tensor:
    """Uncurated images of a generator.

    A conditional one draws every class as often, one class after the other.

    Args:
        generator: in eval mode.
        architecture: lies in its space.
        count: how many.
        seed: decides the latent vectors.
        batch_size: images generated at a time.
        draw_size: see `sample_images`.
        label: the only class to draw, with a conditional generator; None: all.

    Returns:
        uint8 (count, C, S, S), on the CPU.
    """
    labels = generator.even_labels(count) if label is None else torch.full((count,), label)
    batches = sample_images(
        generator, architecture, count, batch_size, seed, "sample", draw_size=draw_size, labels=labels
    )
    return torch.cat([images.cpu() for images in batches])


def untrained(name: str) -> str:
    """The sentence for a design that has no checkpoint."""
    return f"{name} has not been trained in this run folder; run 'autogan retrain' first"
