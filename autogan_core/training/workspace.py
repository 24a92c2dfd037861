"""The workspace of a training: the same for the shared GAN and for a derived one."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from autogan_core.config import Config
from autogan_core.data import ImageDataset
from autogan_core.metrics.scorer import Scorer
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.storage import RunStore

DATA_SET = "data set"
"""The key under which a stored state carries its images' fingerprint."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A run's settings, images, scores and folder, and the devices that work on it."""

    config: Config
    """The configuration of the run."""
    dataset: ImageDataset
    """The images to train on, on the CPU."""
    scorer: Scorer
    """Scores candidates and validates trainings."""
    store: RunStore
    """The run's own folder."""
    world: World
    """The ranks that work together, each on its device; one for a derived GAN."""
    monitor: Monitor
    """Receives progress and measurements."""
    identity: str | None = None
    """The run's, as it was written when the run was made; None: the fingerprint of its settings."""

    @property
    def state_identity(self) -> dict[str, str]:
        """What every stored state of the run carries, for `Snapshot.require`."""
        configuration = self.identity or self.config.fingerprint()
        return {"configuration": configuration, DATA_SET: self.dataset.fingerprint}

    @property
    def device(self) -> torch.device:
        """The device of this process."""
        return self.world.device
