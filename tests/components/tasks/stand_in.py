"""What kfp hands to a step: the fields of a form, and artifacts."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from tests.core.tiny import OVERRIDES

FORM: dict[str, Any] = {
    "pipeline_run": "one",
    "pipeline": "mlas-search",
    "preset": "digits",
    "overrides": "\n".join(OVERRIDES),
    "dataset": "",
    "data_uri": "",
    "seed": 0,
    "reward": "",
    "top_k": -1,
    "pool": -1,
    "retrain_iterations": -1,
    "backend": "local",
    "katib_namespace": "",
    "experiment_name": "",
    "trial_workers": 0,
    "timeout_hours": 0.0,
    "run": "digits",
    "max_rungs": 3,
}
KATIB = {"katib_namespace": "", "experiment_name": "", "trial_workers": 0, "timeout_hours": 0.0}


class Artifacts:
    """Makes the artifacts that kfp would hand to a step."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, kind: type[Any], name: str) -> Any:
        return kind(name=name, uri=self.path(name), metadata={})

    def path(self, name: str) -> str:
        """Of a file that a step writes."""
        return str(self._folder / uuid.uuid4().hex / name)
