"""Containers as processes that are forked from one that has imported everything: most of a container's start is that.

A trial of the smoke test works for a second, and ``import torch`` with all that a trial needs takes it eight.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import torch

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        "autogan_kubeflow.components.suggestion.server",
        "autogan_kubeflow.components.trial.search_iteration",
        "autogan_kubeflow.components.trial.reporting",
        "torch._dynamo",
    ]
)


def start(module: str, environment: Mapping[str, str], log: Path, arguments: Sequence[str] = ()) -> ForkServerProcess:
    """Starts ``python -m module arguments`` with this environment alone.

    Its exit code is None while it runs and minus the signal that killed it, as with `subprocess`.
    """
    process = _CONTEXT.Process(target=_run, args=(module, dict(environment), log, tuple(arguments)))
    process.start()
    return process


def _run(module: str, environment: Mapping[str, str], log: Path, arguments: Sequence[str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    torch.set_num_threads(int(environment["OMP_NUM_THREADS"]))  # OpenMP itself read it long before
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (sys.stdout.fileno(), sys.stderr.fileno()):
        os.dup2(descriptor, stream)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
