"""A run whose search is over and whose pool of six takes a second to halve."""

from __future__ import annotations

from pathlib import Path

import torch

from autogan_core.config import Config
from autogan_core.runs.run import Run
from autogan_core.runs.scoring.inputs import Inputs
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.storage import DirectoryStore, RunStore
from tests.components.scripted_katib import local_records
from tests.core.tiny import CPU, FixedExtractor, tiny_config, tiny_dataset, tiny_scorer

POOL = ("retrain.pool=6", "retrain.incumbents=[sn-gan]", "retrain.generator_iterations=7", "retrain.validate_every=3")
"""Rungs of 6, 3 and 2 architectures, to 2, 4 and 7 generator steps."""
ITERATIONS = (2, 4, 7)


def halved_config(*overrides: str) -> Config:
    """Of the pool, with more overrides on top."""
    return tiny_config(*POOL, *overrides)


def open_halved(folder: Path, config: Config | None = None, store: RunStore | None = None) -> Run:
    """The run in a folder, with a scripted search's history.

    Args:
        folder: the run's.
        config: None for the pool's own.
        store: None for the folder itself.
    """
    torch.set_num_threads(1)
    config = config or halved_config()

    def inputs() -> Inputs:
        return Inputs(tiny_dataset(), FixedExtractor(), tiny_scorer(folder / "cache").reference, {})

    run = Run(store or DirectoryStore(folder), config, World.single(CPU), Monitor(), inputs)
    if not run.history:
        run.keep_history(local_records(config))
    return run


def trained_files(folder: Path) -> dict[str, bytes]:
    """The tensors in force of every training, by architecture."""
    states = sorted((folder / "retrain").glob("*/0*/tensors.safetensors"))
    return {path.parent.parent.name: path.read_bytes() for path in states}
