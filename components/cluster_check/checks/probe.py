"""Runs in a pod with the trials' account, image and settings, and tells what it can reach from there.

``python -m autogan_kubeflow.components.cluster_check.checks.probe``; `inside` makes the pod.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import socket
import uuid
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from autogan_core.errors import AutoGANError

TERMINATION_LOG = Path("/dev/termination-log")
"""The file from which the kubelet copies a container's last words into the pod's status."""
STORE, PREPARED, DB_MANAGER, CUDA = "store", "prepared", "db_manager", "cuda"
"""Keys of the answer."""

_STORE_DEADLINE_S = 20.0
_CONNECT_S = 5.0


def look() -> dict[str, str]:
    """What was found: "" where all is well, else what is the matter; and the version of CUDA, "" for none."""
    store = _trouble(_use_store)
    return {
        STORE: store,
        PREPARED: store or _trouble(_find_inputs),  # one deadline is enough
        DB_MANAGER: _trouble(_reach_db_manager),
        CUDA: installed_cuda() or "",
    }


def installed_cuda() -> str | None:
    """The version of CUDA that the installed torch brings; None for one without, or none at all. Imports no torch."""
    spec = importlib.util.find_spec("torch")
    version = Path(spec.origin).with_name("version.py") if spec is not None and spec.origin else None
    found = re.search(r"^cuda\b.*= '([\d.]+)'", version.read_text(), re.MULTILINE) if version is not None else None
    return found[1] if found else None


def _use_store() -> None:
    """Writes, reads and deletes an object."""
    from autogan_core.storage import open_store

    with TemporaryDirectory() as cache:
        store = open_store(os.environ.get("AUTOGAN_STORE", ""), Path(cache), deadline_seconds=_STORE_DEADLINE_S)
        folder = f"cluster-check-{uuid.uuid4().hex}"
        store.write(f"{folder}/probe", b"written")
        store.read(f"{folder}/probe")
        store.delete_folder(folder)


def _find_inputs() -> None:
    from autogan_core.runs.scoring.stored_inputs import inputs_location, is_prepared
    from autogan_core.storage import open_store
    from autogan_kubeflow.components.environment import read_config

    config = read_config(os.environ.get("AUTOGAN_PRESET", "digits"), "")
    with TemporaryDirectory() as cache:
        store = open_store(os.environ.get("AUTOGAN_STORE", ""), Path(cache), deadline_seconds=_STORE_DEADLINE_S)
        if not is_prepared(config, store):
            raise AutoGANError(f"{config.preset} is not in {inputs_location(config, store)}")


def _reach_db_manager() -> None:
    address = os.environ.get("AUTOGAN_DB_MANAGER", "")
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_S).close()
    except (OSError, ValueError) as error:
        raise AutoGANError(f"{address or 'AUTOGAN_DB_MANAGER'} cannot be reached ({error})") from error


def _trouble(attempt: Callable[[], None]) -> str:
    try:
        attempt()
    except (AutoGANError, FileNotFoundError) as error:
        return str(error)
    except Exception as error:  # whatever it is, the one who asked has to hear of it
        return f"{type(error).__name__}: {error}"
    return ""


def main(told: Path = TERMINATION_LOG) -> None:
    """Entry point.

    Args:
        told: where the answer goes, as JSON.
    """
    answer = json.dumps({key: value[:900] for key, value in look().items()})
    print(answer)
    told.write_text(answer)


if __name__ == "__main__":
    main()
