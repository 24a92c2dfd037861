"""The few things that are done by kubectl, because people do them so: rendering and applying the manifests."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from acceptance.errors import AcceptanceError
from autogan_core.errors import ConfigError

TIMEOUT_S = 120
_FORWARDED = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")


def run(*arguments: str) -> str:
    """Runs ``kubectl`` with the kubeconfig of the environment.

    Returns:
        The standard output.

    Raises:
        ConfigError: there is no kubectl.
        AcceptanceError: it failed; the message quotes its last words.
    """
    try:
        done = subprocess.run(["kubectl", *arguments], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except FileNotFoundError as error:
        raise ConfigError("there is no kubectl on the PATH; install the version of your cluster") from error
    except subprocess.TimeoutExpired as error:
        raise AcceptanceError(
            f"'kubectl {' '.join(arguments)}' took more than {TIMEOUT_S} s; see that 'kubectl get nodes' answers"
        ) from error
    if done.returncode != 0:
        said = " ".join(done.stderr.split()) or f"exit status {done.returncode}"
        raise AcceptanceError(f"'kubectl {' '.join(arguments)}' failed: {said}")
    return done.stdout


def kustomize(folder: Path) -> list[dict[str, Any]]:
    """The objects that a folder with a ``kustomization.yaml`` makes. Raises as `run` does."""
    return [document for document in yaml.safe_load_all(run("kustomize", str(folder))) if document]


@contextmanager
def forwarded(namespace: str, target: str, port: int) -> Iterator[int]:
    """Forwards a free local port to a service or pod as long as the context lasts.

    Args:
        namespace: of the target.
        target: such as ``service/ml-pipeline``.
        port: of the target.

    Yields:
        The local port.

    Raises:
        AcceptanceError: kubectl could not.
    """
    command = ["kubectl", "port-forward", "--namespace", namespace, target, f":{port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            found = _FORWARDED.search(first)
            if found is None:
                raise AcceptanceError(f"'{' '.join(command)}' failed: {first.strip() or 'it said nothing'}")
            yield int(found[1])
        finally:
            process.terminate()
