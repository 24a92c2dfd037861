"""The command line with everything: ``autogan --help``."""

from __future__ import annotations

import autogan_kubeflow.components.termination  # noqa: F401  (first, like the next: the imports below take time)

# isort: split
import autogan_core.cli.interrupts  # noqa: F401

# isort: split
from collections.abc import Mapping, Sequence
from typing import NoReturn

from autogan_core.cli.lazy import LazyCommand
from autogan_core.cli.main import CORE
from autogan_core.cli.main import main as run

COMMANDS: Mapping[str, LazyCommand] = {
    **CORE,
    "pipeline": LazyCommand(
        "autogan_kubeflow.pipelines.cli.pipeline:pipeline",
        "Kubeflow pipelines: the search and the transfer evaluation, on a cluster or on this machine.",
        extra="pipelines",
    ),
    "katib": LazyCommand(
        "autogan_kubeflow.pipelines.cli.katib:katib",
        "Katib: Experiments, and our algorithm in its configuration.",
        extra="katib",
    ),
    "cluster": LazyCommand(
        "autogan_kubeflow.pipelines.cli.cluster:cluster",
        "The Kubernetes cluster that searches and pipelines run on.",
        extra="katib",
    ),
}
"""The commands of the core, and those for clusters."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command line.

    Args:
        arguments: what stands behind ``autogan``; None takes the process's own.

    Raises:
        SystemExit: as `autogan_core.cli.main.main`.
    """
    run(arguments, COMMANDS)
