"""Specifications of compiled pipelines, from a file, a run or an uploaded version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from autogan_core.errors import ConfigError
from autogan_kubeflow.pipelines.catalogue import PIPELINES, compiled
from autogan_kubeflow.pipelines.remote.connection import Server
from autogan_kubeflow.pipelines.remote.rest import PipelinesError

Specification = dict[str, Any]
"""A pipeline's own part of a compiled file, in plain values."""


@dataclass(frozen=True, slots=True)
class NamedStep:
    """A step of a pipeline."""

    title: str
    """The step's name for people, such as ``Train to rung 2``."""
    repeated: bool
    """Whether it stands in a loop."""


class Specifications:
    """Finds the specifications of runs. A run of an uploaded pipeline only refers to its own."""

    def __init__(self, server: Server) -> None:
        self._version = cache(lambda pipeline, version: _uploaded(server, pipeline, version))

    def of(self, run: Any) -> Specification | None:
        """Finds the specification of a run.

        Returns:
            The specification; None where the pipeline version has been deleted.

        Raises:
            PipelinesError: refused or unreachable.
        """
        reference = run.pipeline_version_reference
        if run.pipeline_spec or not (reference and reference.pipeline_version_id):
            return own_part(run.pipeline_spec)
        found: Specification | None = self._version(reference.pipeline_id, reference.pipeline_version_id)
        return found


def own_part(document: Any) -> Specification | None:
    """A specification, given with or without its platform's part beside it; None if this is none."""
    if not isinstance(document, dict):
        return None
    found: Specification = document.get("pipeline_spec", document)
    return found if found.get("pipelineInfo", {}).get("name") else None


def in_package(package: Path, pipeline: str) -> Specification:
    """Reads the specification from a compiled file.

    Returns:
        The specification, whose pipeline is ``pipeline``.

    Raises:
        ConfigError: the file is not this pipeline, compiled.
    """
    found = own_part(read_documents(package)[0])
    if package.suffix not in (".yaml", ".yml") or found is None or found["pipelineInfo"]["name"] != pipeline:
        name = found["pipelineInfo"]["name"] if found else "no compiled pipeline at all"
        raise ConfigError(
            f"{package} is not the pipeline '{pipeline}' but {name}; give a .yaml file that 'autogan pipeline compile' "
            "wrote"
        )
    return found


def read_documents(package: Path) -> list[Any]:
    """Reads the documents of a compiled file.

    Returns:
        The pipeline's own part, then its platform's where there is one.

    Raises:
        ConfigError: the file cannot be read.
    """
    try:
        return list(yaml.safe_load_all(package.read_text())) or [None]
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        text = " ".join(str(error).split())
        raise ConfigError(f"the pipeline {package} cannot be read: {text}; compile it again") from error


def pipeline_name(document: Any) -> str | None:
    """The name inside a specification, see `own_part`; None if this is none."""
    found = own_part(document)
    return str(found["pipelineInfo"]["name"]) if found else None


def parameter_default(specification: Specification, name: str) -> Any:
    """The default of a field of the form; None where there is none, and no such field."""
    fields = specification["root"].get("inputDefinitions", {}).get("parameters", {})
    return fields.get(name, {}).get("defaultValue")


def named_steps(specification: Specification | None) -> dict[str, NamedStep]:
    """The steps by their names in a workflow; those of our own pipelines where the specification is not known."""
    if specification is not None:
        return dict(_steps(specification))
    return {name: step for pipeline in PIPELINES for name, step in _steps(_committed(pipeline))}


def _steps(specification: Specification) -> Iterator[tuple[str, NamedStep]]:
    components = specification.get("components", {})
    looped = {
        task["componentRef"]["name"]
        for dag in (specification["root"], *components.values())
        for task in dag.get("dag", {}).get("tasks", {}).values()
        if "parameterIterator" in task
    }
    for dag_name, dag in (("", specification["root"]), *components.items()):
        for name, task in dag.get("dag", {}).get("tasks", {}).items():
            if "executorLabel" in components.get(task["componentRef"]["name"], {}):
                yield name, NamedStep(task.get("taskInfo", {}).get("name", name), dag_name in looped)


@cache
def _committed(pipeline: str) -> Specification:
    document: Specification = next(yaml.safe_load_all(compiled(pipeline).read_text()))
    return document


def _uploaded(server: Server, pipeline_id: str, version_id: str) -> Specification | None:
    try:
        return own_part(server.client.get_pipeline_version(pipeline_id, version_id).pipeline_spec)
    except PipelinesError as error:
        if error.status == 404:
            return None
        raise
