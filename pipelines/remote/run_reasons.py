"""The reasons why a run on Kubeflow Pipelines failed, as far as the API knows them, and where to look further.

KFP 2.17 gives no reasons. Our steps leave theirs in the run store, which may or may not be readable from here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from autogan_core.errors import AutoGANError
from autogan_core.runtime.cache_folder import cache_folder
from autogan_core.storage import RunStore, open_store
from autogan_core.storage.uris import tidy
from autogan_kubeflow.components.pipeline_run.form import FIELDS
from autogan_kubeflow.components.pipeline_run.record import PipelineRun
from autogan_kubeflow.pipelines.remote.run_steps import FINISHED, RunStep, run_error
from autogan_kubeflow.pipelines.remote.specification import NamedStep, Specification, parameter_default

STORE_DEADLINE_S = 10.0
"""People wait, and the reasons are in the logs, too."""


def reasons(
    run: Any, specification: Specification | None, steps: list[RunStep], names: Mapping[str, NamedStep]
) -> list[str]:
    """KFP's own reasons, then those that the steps have left; a line each, empty if there are none."""
    said = [run_error(run), *(f"{step.title}: {step.error}" for step in steps if step.error)]
    return [line for line in said if line] + list(_recorded(run, specification, names))


def _recorded(run: Any, specification: Specification | None, names: Mapping[str, NamedStep]) -> Iterator[str]:
    uri = _store_uri(run, specification)
    if not uri:
        return
    try:
        store: RunStore = open_store(uri, cache_folder(), deadline_seconds=STORE_DEADLINE_S)
        records = PipelineRun(store, run.run_id).steps()
    except AutoGANError as error:
        yield f"what the steps say lies in {uri}/jobs/{run.run_id}, which cannot be read from here: {error}"
        return
    for record in records:
        title = record.title or _title(record.step, names)
        if record.failure:
            attempt = f" (attempt {record.attempt} of {record.attempts})" if record.attempts > 1 else ""
            yield f"{title}{attempt}: {' '.join(record.failure.split())}"
        elif not record.ended and run.state in FINISHED:
            yield f"{title}: began at {record.began} and never ended; its pod was stopped, deleted or killed"


def _store_uri(run: Any, specification: Specification | None) -> str:
    """The run store; "" where only the cluster knows it."""
    given = (run.runtime_config and run.runtime_config.parameters) or {}
    default = parameter_default(specification, FIELDS["store"]) if specification else None
    return tidy(str(given.get(FIELDS["store"]) or default or os.environ.get("AUTOGAN_STORE", "")))


def _title(step: str, names: Mapping[str, NamedStep]) -> str:
    """A step as people call it, from what it calls itself."""
    return names[step].title if step in names else step


def where_to_look(namespace: str | None, run_id: str) -> str:
    """The command that shows the last lines of every pod of a run."""
    return f"kubectl logs {_pods(namespace, run_id)} --container main --tail 3 --prefix"


def why_waiting(namespace: str | None, run_id: str) -> str:
    """The command that shows for what a run's pods wait."""
    return f"kubectl describe pods {_pods(namespace, run_id)}"


def _pods(namespace: str | None, run_id: str) -> str:
    return f"--namespace {namespace or 'kubeflow'} --selector pipeline/runid={run_id}"
