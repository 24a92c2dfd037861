"""Which run of the run store a pipeline works on.

Its reference, ``<folder>@<configuration>-<code>``, is a parameter of every step. So KFP's cache, which sees parameters
and images only, takes a step's result for another's exactly if images, settings and code are the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from autogan_core.config import Config
from autogan_core.errors import ConfigError, StateError
from autogan_core.runs.folder.run_config import keep_config, stored_config, stored_identity
from autogan_core.runtime.monitor import Monitor
from autogan_core.runtime.provenance import code_fingerprint
from autogan_core.storage import RunStore, open_store
from autogan_kubeflow.components.pipeline_run.form import RUN_NAME, check_run_name

if TYPE_CHECKING:  # torch takes seconds to import
    from autogan_core.runs.run import Run
    from autogan_core.runs.run_records import RunRecords


@dataclass(frozen=True, slots=True)
class RunReference:
    """A run's place and identity."""

    folder: str
    """The run's folder, relative to the run store."""
    configuration: str
    """Start of the run's identity, which is its configuration's fingerprint, the images' included."""
    code: str
    """Start of the code's fingerprint."""

    def __str__(self) -> str:
        return f"{self.folder}@{self.configuration}-{self.code}"

    @classmethod
    def parse(cls, text: str) -> RunReference:
        """Parses what ``str`` of a reference returns.

        Returns:
            The reference.

        Raises:
            ConfigError: it is no reference.
        """
        match = re.fullmatch(rf"({RUN_NAME.pattern})@([0-9a-f]{{12}})-([0-9a-f]{{12}})", text)
        if match is None:
            raise ConfigError(f"'{text}' is no run; it must be <folder>@<configuration>-<code>, from prepare-data")
        return cls(*match.groups())


@dataclass(frozen=True)
class StoreRef:
    """The run store of a pipeline, and where its steps work."""

    uri: str
    """A directory, or ``gs://bucket/prefix``."""
    cache: Path
    """The folder for what is read from a bucket or fetched."""
    device: str
    """``auto``, ``cpu`` or ``cuda``."""

    @cached_property
    def store(self) -> RunStore:
        """The run store itself."""
        return open_store(self.uri, self.cache)

    def create(self, config: Config, name: str = "", backend: str = "local") -> RunReference:
        """Creates the run of a pinned configuration, unless it exists.

        Args:
            config: with the images' fingerprint.
            name: of its folder; "" for one that says preset, backend (unless it is local), configuration and code, so
                that a change of any of them gets a run of its own. A name continues whatever lies there.
            backend: where the search runs.

        Returns:
            The reference by which later steps open the run.

        Raises:
            ConfigError: the name is invalid, or the run of that name has other settings.
        """
        reference = RunReference("", config.fingerprint()[:12], code_fingerprint()[:12])
        kind = config.preset if backend == "local" else f"{config.preset}-{backend}"
        folder = name or f"{kind}-{reference.configuration}-{reference.code}"
        check_run_name(folder)
        made = keep_config(self.folder(folder), config)
        return RunReference(folder, made.identity[:12], reference.code)

    def open(self, reference: str, monitor: Monitor) -> Run:
        """Opens the run of a reference.

        Returns:
            The run, on this place's device.

        Raises:
            ConfigError: the text is no reference.
            StateError: the run does not exist, or its folder holds another run by now.
        """
        from autogan_core.runs.run import Run
        from autogan_core.runs.scoring.stored_inputs import load_inputs
        from autogan_core.runtime.devices import open_device
        from autogan_core.runtime.distributed import World

        store, config = self._stored(reference)
        device = open_device(self.device, config.cpu_threads)
        return Run(store, config, World.single(device), monitor, lambda: load_inputs(config, self.store, device))

    def records(self, reference: str) -> RunRecords:
        """Read access to the run of a reference. Raises like `open`."""
        from autogan_core.runs.run_records import RunRecords

        return RunRecords(*self._stored(reference))

    def _stored(self, reference: str) -> tuple[RunStore, Config]:
        parsed = RunReference.parse(reference)
        store = self.folder(parsed.folder)
        config, identity = stored_config(store), stored_identity(store)
        if config is None or identity is None or not identity.startswith(parsed.configuration):
            raise StateError(
                f"{store.location('').rstrip('/')} is not the run that this pipeline began ({parsed.configuration}); "
                "somebody has removed or replaced it: start the pipeline again"
            )
        return store, config

    def folder(self, name: str) -> RunStore:
        """A folder of the run store, such as a run's."""
        return open_store(f"{self.uri.rstrip('/')}/{name}", self.cache)
