"""A trial without weight sharing: one architecture, trained from scratch for a short budget (the paper's baseline).

Katib's own algorithms choose its cells, token by token, as plain categorical parameters.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import torch

from autogan_core.config import Config
from autogan_core.errors import ConfigError
from autogan_core.metrics.reward import inverse_fid, log_fid
from autogan_core.runs.scoring.stored_inputs import load_inputs
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.search_space import SWITCH_WORDS, Architecture
from autogan_core.storage import open_store
from autogan_core.training.derived_gan import DerivedGAN
from autogan_core.training.design import searched

logger = logging.getLogger(__name__)


def architecture_from(environment: Mapping[str, str], num_cells: int) -> Architecture:
    """Reads the architecture from ``AUTOGAN_CELL_1`` to ``AUTOGAN_CELL_<num_cells>``.

    Each holds ``conv norm up shortcut`` and, behind the first, a word for each earlier cell's skip connection, such as
    ``post bn nearest with without``; then the convolution and the end, where they are searched.

    Returns:
        An architecture of ``num_cells`` cells.

    Raises:
        ConfigError: a cell is missing or malformed; the message names the variable.
    """
    return Architecture.parse(
        " | ".join(_cell(f"AUTOGAN_CELL_{i + 1}", environment, num_skips=i) for i in range(num_cells))
    )


def _cell(variable: str, environment: Mapping[str, str], num_skips: int) -> str:
    words, switches = environment.get(variable, "").split(), slice(3, 4 + num_skips)
    if len(words) < 4 + num_skips or any(word not in SWITCH_WORDS for word in words[switches]):
        raise ConfigError(
            f"{variable} is '{environment.get(variable, '')}'; write conv, norm, up, and for the shortcut"
            + (f" and each of {num_skips} skips" if num_skips else "")
            + f" {' or '.join(SWITCH_WORDS)}"
        )
    skips = [str(j + 1) for j, word in enumerate(words[4 : 4 + num_skips]) if word == "with"]
    shortcut = ["shortcut"] if words[3] == "with" else []
    beyond = words[4 + num_skips :]  # convolution and end, where they are searched
    return " ".join([*words[:3], *beyond, *shortcut, *([f"skip:{','.join(skips)}"] if skips else [])])


def train_from_scratch(
    architecture: Architecture,
    trial: str,
    config: Config,
    store_uri: str,
    cache: Path,
    device: torch.device,
    monitor: Monitor,
) -> dict[str, float]:
    """Trains for ``retrain.generator_iterations`` steps, or on from where a killed attempt was; returns the metrics.

    Args:
        architecture: what to train.
        trial: its name; its checkpoints lie in ``scratch/<trial>`` in the run store.
        config: of the Experiment.
        store_uri: the run store.
        cache: for what is read from a bucket.
        device: what to train on.
        monitor: receives progress and measurements.

    Returns:
        The objective, and the other scores: the best Inception score, 1 / FID and -ln FID of all validations.
    """
    architecture = config.model.completed(architecture)
    logger.info("training %s (%s) from scratch", architecture, architecture.readable)
    inputs = load_inputs(config, open_store(store_uri, cache), device)
    store = open_store(f"{store_uri.rstrip('/')}/scratch/{trial}", cache)
    workspace = inputs.workspace(config, store, World.single(device), monitor)
    training = DerivedGAN(searched(architecture), workspace).train()
    return {
        "inception-score": max(validation.inception_score for validation in training.validations),
        "inverse-fid": inverse_fid(training.best.fid),
        "log-fid": log_fid(training.best.fid),
    }
