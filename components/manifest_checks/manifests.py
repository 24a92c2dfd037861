"""Checks of manifests, without a cluster, against Katib, the jobs' controllers and our own rules.

Katib's resources have no schema: a misspelt key is dropped silently, and some mistakes show only as trials that are
never created. These checks say so before anything is applied.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.manifest_checks import search as check_search
from autogan_kubeflow.components.manifest_checks import train_job as check_train_job
from autogan_kubeflow.components.manifest_checks import trial as check_trial
from autogan_kubeflow.components.manifest_checks.pods import check_pod
from autogan_kubeflow.components.manifest_checks.tree import mapping

_EXPERIMENT_RULES = (
    check_search.check_name,
    check_search.check_budget,
    check_search.check_objective,
    check_search.check_collector,
    check_search.check_space,
    check_search.check_request,
    check_search.check_agreement,
)
_TEMPLATE_RULES = (
    check_trial.check_template,
    check_trial.check_references,
    check_trial.check_placeholders,
    check_trial.check_job,
)


def check_document(document: Mapping[str, Any]) -> list[str]:
    """Checks one Kubernetes object.

    Experiments and the runtimes of their trials are checked completely, other objects only for the pods they create.

    Returns:
        A sentence for each problem, which begins with the object's kind and name.
    """
    label = f"{document.get('kind')} {mapping(document, 'metadata').get('name')}"
    if document.get("kind") == "Experiment":
        problems = [problem for rule in _EXPERIMENT_RULES for problem in rule(document)]
        problems += [problem for rule in _TEMPLATE_RULES for problem in rule(mapping(document, "spec"))]
    elif document.get("kind") in check_train_job.RUNTIMES:
        problems = list(check_train_job.check_runtime(mapping(document, "spec")))
    else:
        template = mapping(document, "spec", "template")
        problems = list(check_pod(template, "pod")) if template else []
    return [f"{label}: {problem}" for problem in problems]


def check_text(text: str) -> tuple[int, list[str]]:
    """Checks every object of a YAML stream.

    Returns:
        The number of objects, and the problems of all of them.

    Raises:
        ConfigError: the text is no YAML, or something in it is no Kubernetes object.
    """
    try:
        documents = [document for document in yaml.safe_load_all(text) if document is not None]
    except yaml.YAMLError as error:
        raise ConfigError(f"this is no YAML: {' '.join(str(error).split())}") from error
    if not documents:
        raise ConfigError("there is nothing to check; give YAML with at least one Kubernetes object")
    for document in documents:
        if not isinstance(document, Mapping) or "kind" not in document:
            raise ConfigError(f"a Kubernetes object is a mapping with a kind, not {str(document)[:60]!r}")
    return len(documents), [problem for document in documents for problem in check_document(document)]
