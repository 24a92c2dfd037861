"""A generator that was trained elsewhere, kept as if it had been trained here, to be drawn with and scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import torch
from torch import Tensor

from autogan_core.config import Config
from autogan_core.errors import ConfigError
from autogan_core.storage import CommittedState, RunStore, Snapshot
from autogan_core.training.design import Design
from autogan_core.training.trained_generator import PARTS
from autogan_core.training.validation import Origin


def keep_imported(
    design: Design,
    weights: Mapping[str, Tensor],
    origin: Origin,
    config: Config,
    store: RunStore,
    device: torch.device,
    identity: str,
) -> None:
    """Stores weights as the best and the last checkpoint of a training that has made no steps here.

    Args:
        design: what they are the generator of.
        weights: the generator's state dict.
        origin: where they come from.
        config: the run's.
        store: the run's own folder.
        device: what to build the networks on.
        identity: the run's.

    Raises:
        ConfigError: the weights are of other sizes than the run's generators, or the design has been trained here.
        ConflictError: another process stores a training of it.
    """
    state = CommittedState(store, f"retrain/{design.name}")
    if state.pointer() is not None:
        raise ConfigError(
            f"{design.name} has been trained or imported in {store.location('').rstrip('/')} already; import it into "
            "another run folder"
        )
    gan = design.gan(config, device, config.seed)
    try:
        gan.generator.load_state_dict(weights)
    except RuntimeError as error:
        raise ConfigError(f"{origin.file} does not fit the run's generators: {error}") from error
    # The discriminator is fresh: nobody trains on, but a state is read as a whole.
    tensors = gan.state_dict()
    generator = gan.generator.state_dict()
    for prefix in PARTS.values():
        tensors |= {f"{prefix}{name}": tensor.clone() for name, tensor in generator.items()}
    meta = {"validations": [], "seconds": 0.0, "configuration": identity, "origin": asdict(origin)}
    state.commit(Snapshot(meta, tensors))
