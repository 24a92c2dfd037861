"""Runs that an earlier version has stored, as that one left them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from autogan_core.config import Config
from autogan_core.runs.folder.run_config import stored_config
from autogan_core.runs.run import Run
from autogan_core.runs.scoring.stored_inputs import load_inputs
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.storage import DirectoryStore
from tests.core.tiny import CPU

STORES = Path(__file__).parents[1] / "data/runs"
RUNS = sorted(f"{path.parent.parent.name}/{path.parent.name}" for path in STORES.glob("*/*/config.json"))
"""Every stored run: the version, and the run's folder in its store."""


@dataclass(frozen=True)
class OlderStore:
    """A copy of one version's run store."""

    root: Path

    @classmethod
    def copied(cls, version: str, target: Path) -> OlderStore:
        """A copy of what ``version`` has stored, to work in."""
        return cls(Path(shutil.copytree(STORES / version, target / version)))

    def config(self, name: str) -> Config:
        """A run's settings as this version reads them."""
        config = stored_config(DirectoryStore(self.root / name))
        assert config is not None
        return config

    def open(self, name: str, config: Config | None = None) -> Run:
        """A run of it as a new process opens it, by its own settings unless others are given, with its own inputs."""
        own, inputs = self.config(name), DirectoryStore(self.root)
        run, asked = DirectoryStore(self.root / name), config or own
        settings = asked.under(own.scores)
        return Run(run, settings, World.single(CPU), Monitor(), lambda: load_inputs(own, inputs, CPU), asked.scores)
