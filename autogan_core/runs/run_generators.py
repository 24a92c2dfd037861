"""The trained generators of a run: its configuration and checkpoints are enough, images and features are not needed."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from autogan_core.config import Config
from autogan_core.errors import ConfigError, StateError
from autogan_core.networks.generator import BaseGenerator
from autogan_core.runs.folder.run_config import MadeRun
from autogan_core.runs.run_records import RunRecords
from autogan_core.search_space import Architecture
from autogan_core.storage import RunStore
from autogan_core.training.design import searched
from autogan_core.training.imported_generator import keep_imported
from autogan_core.training.trained_generator import draw, load_generator, untrained
from autogan_core.training.validation import Origin, TrainingResult, stored_training


class RunGenerators(RunRecords):
    """A run's records and what it has trained."""

    def __init__(self, store: RunStore, config: Config, made: MadeRun, device: torch.device) -> None:
        """Reads from a run's folder; nothing is read yet.

        Args:
            store: the run's own folder.
            config: the run's.
            made: how it was made.
            device: what to compute on.
        """
        super().__init__(store, config)
        self._made, self._device = made, device

    def generator(self, architecture: Architecture, checkpoint: str) -> BaseGenerator:
        """The averaged generator of a trained architecture.

        Args:
            architecture: one that has been trained in this folder.
            checkpoint: ``best`` or ``last``.

        Returns:
            The generator in eval mode.

        Raises:
            ConfigError: the run's generators have another number of cells.
            StateError: the architecture has not been trained in this folder.
        """
        design, identity = searched(self._fitting(architecture)), self._made.identity
        return load_generator(design, self.config, self._store, self._device, checkpoint, identity)

    def sample(
        self, architecture: Architecture, checkpoint: str, count: int, seed: int, label: str | None = None
    ) -> Tensor:
        """Uncurated images of a `generator`.

        Args:
            architecture: one that has been trained in this folder.
            checkpoint: ``best`` or ``last``.
            count: how many.
            seed: decides the latent vectors.
            label: the only class that a conditional generator is to draw, by its name or number; None: all of them,
                one after the other.

        Returns:
            uint8 (count, C, S, S), on the CPU.

        Raises:
            ConfigError: there is no such class; or like `generator`.
        """
        size, draw_size, fitting = self.config.scores.batch_size, self._draw_size, self._fitting(architecture)
        generator = self.generator(fitting, checkpoint)
        wanted = None if label is None else generator.label(label)
        return draw(generator, fitting, count, seed, size, draw_size, wanted)

    def training(self, architecture: Architecture) -> TrainingResult:
        """The training of an architecture, as it is stored. Raises like `generator`."""
        fitting = self._fitting(architecture)
        training = stored_training(self._store, fitting)
        if training is None:
            raise StateError(untrained(str(fitting)))
        return training

    def keep_imported(self, architecture: Architecture, weights: Mapping[str, Tensor], origin: Origin) -> None:
        """Stores a generator that was trained elsewhere as one of this run's.

        Args:
            architecture: what it is.
            weights: its state dict.
            origin: where it comes from.

        Raises:
            ConfigError: its sizes are not those of the run's generators, or the run has one of this architecture.
            ConflictError: another process stores one.
        """
        design, identity = searched(self._fitting(architecture)), self._made.identity
        keep_imported(design, weights, origin, self.config, self._store, self._device, identity)

    @property
    def _draw_size(self) -> int:
        """Latent vectors drawn at a time: a batch as the run was made with, however large batches are by now."""
        return self._made.config.scores.batch_size

    def _fitting(self, architecture: Architecture) -> Architecture:
        """The architecture as it is trained, if the run's generators have as many cells."""
        model = self.config.model
        completed = model.completed(architecture)
        if completed.depth != model.depth:
            repeated = f", and with model.repeated_cells {model.depth}" if model.repeated_cells else ""
            raise ConfigError(
                f"{architecture} has {architecture.depth} cells, but model.num_cells is {model.num_cells}{repeated}"
            )
        return completed
