"""AutoGAN's search for GAN generator architectures: the algorithm, free of any cluster.

Nothing in this package imports Kubernetes, Kubeflow or gRPC (import-linter holds it to that), so the same code
runs on a laptop, in a Katib trial and in a pipeline step.

What a program needs is here::

    import autogan_core as autogan

    run = autogan.open_run("runs/mine", autogan.load_config("digits", ["search.iterations=3"]))
    for record in run.search_records():
        print(record.assignment.slot, record.rewards)
    [best, *others] = run.halve()
    print(run.evaluate([best]))
    images = run.sample(best, "best", count=16, seed=0).numpy()  # uint8 (16, C, S, S)

These names are imported when they are first used, since torch takes seconds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autogan_core.config import Config as Config
    from autogan_core.errors import AutoGANError as AutoGANError
    from autogan_core.history import Record as Record
    from autogan_core.networks.generator import BaseGenerator as BaseGenerator
    from autogan_core.presets import load_config as load_config
    from autogan_core.presets import preset_names as preset_names
    from autogan_core.runs.opening import open_run as open_run
    from autogan_core.runs.run import Run as Run
    from autogan_core.runtime.monitor import Monitor as Monitor
    from autogan_core.search.stage import Beam as Beam
    from autogan_core.search_space import NAMED as NAMED
    from autogan_core.search_space import Architecture as Architecture

__version__ = "0.1.0"

_HOMES = {
    "Architecture": "autogan_core.search_space",
    "AutoGANError": "autogan_core.errors",
    "Beam": "autogan_core.search.mlas",
    "Config": "autogan_core.config",
    "BaseGenerator": "autogan_core.networks.generator",
    "Monitor": "autogan_core.runtime.monitor",
    "NAMED": "autogan_core.search_space",
    "Record": "autogan_core.history",
    "Run": "autogan_core.runs.run",
    "load_config": "autogan_core.presets",
    "open_run": "autogan_core.runs.opening",
    "preset_names": "autogan_core.presets",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Imports one of the names above where it is defined."""
    if name not in _HOMES:
        raise AttributeError(f"module 'autogan_core' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The public names, for completion in a notebook."""
    return sorted([*globals(), *_HOMES])
