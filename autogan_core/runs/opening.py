"""Opening a run: the one way in for the command line, for notebooks and for programs."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autogan_core.config import Config
from autogan_core.errors import ConfigError
from autogan_core.presets import load_config
from autogan_core.runs.folder.claims import FolderClaims
from autogan_core.runs.folder.finding import is_run, no_run_in
from autogan_core.runs.folder.run_config import own_config, stored_config, stored_recipe
from autogan_core.runs.folder.same_images import require_same_images
from autogan_core.runs.planning.preflight import check_before
from autogan_core.runs.run import Run
from autogan_core.runs.scoring.inputs import Inputs, make_inputs, pinned
from autogan_core.runtime.cache_folder import cache_folder
from autogan_core.runtime.devices import open_device
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.storage import DirectoryStore


def open_run(
    folder: Path | str,
    config: Config | str | None = None,
    *,
    device: str = "auto",
    monitor: Monitor | None = None,
    read_images: bool = True,
) -> Run:
    """Opens the run in a folder, or creates it there.

    Several processes may open it. A search or a training that another one is at is refused.

    Args:
        folder: of the run, on this machine; created with the run.
        config: what to do: a configuration (see `load_config`), a preset's name, or the path of a preset's .yaml file.
            None opens the run that is there. The protocol of the final scores (``scores.num_images``, ``splits``,
            ``features`` and ``precision``) may be another one than the run's own: then the run evaluates under it, and
            neither searches nor trains.
        device: ``auto``, ``cpu`` or ``cuda``; auto takes a GPU if there is one.
        monitor: receives progress and measurements; None: nobody does.
        read_images: whether the images and features of a new run are loaded before it is made; False: when a phase
            first needs them.

    Returns:
        The run. Images and features are loaded when a phase first needs them, those of a new run as said above.

    Raises:
        ConfigError: there is no run in the folder and no configuration is given; the folder holds a run of another
            configuration (the message lists the differences); there is no such preset or device; or a new run could
            not come to its end (see `check_before`).
        OSError: the folder cannot be written.
        DataError: the images of a new run cannot be used with its settings; nothing is written to the folder.
        WeightsUnavailableError: InceptionV3's weights, which a new run needs, cannot be had; likewise.
        StateError: the stored configuration is damaged.
    """
    folder = Path(os.path.expanduser(folder))
    store = DirectoryStore(folder)
    chosen = load_config(config) if isinstance(config, str) else config
    if chosen is None:
        chosen = stored_config(store)
    if chosen is None:
        raise ConfigError(no_run_in(folder))
    new = not is_run(folder)
    if new:
        check_before(chosen, folder, cache_folder())
    settings, opened = own_config(store, chosen), open_device(device, chosen.cpu_threads)
    recipe, told = stored_recipe(store), monitor or Monitor()

    @functools.cache
    def inputs() -> Inputs:
        cache = cache_folder()
        _, dataset = pinned(settings, cache, told)
        require_same_images(store, dataset, settings.data)
        return make_inputs(settings, opened, cache, dataset, told, recipe)

    if new and read_images:
        # What cannot be used must not leave a run behind that refuses the settings which would mend it.
        with _removed_if_it_fails(folder):
            inputs()
    return Run(
        store,
        settings,
        World.single(opened),
        told,
        inputs,
        chosen.scores,
        FolderClaims(folder),
    )


@contextmanager
def _removed_if_it_fails(folder: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):  # what is not empty is somebody's
            folder.rmdir()
        raise
