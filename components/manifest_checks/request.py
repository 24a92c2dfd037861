"""An Experiment as the suggestion service receives it, made from its manifest without a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from kubeflow.katib import katib_api_pb2 as api

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.manifest_checks.tree import dig, items, mapping

_ALIKE = ("algorithm", "earlyStopping", "parallelTrialCount", "maxTrialCount")
"""Fields of an Experiment's spec that have the same form in a manifest and in a request."""


def as_katib_sends(experiment: Mapping[str, Any]) -> api.Experiment:
    """Converts a manifest as Katib's controller does; what a request does not carry is left out.

    Returns:
        The Experiment of a request to the suggestion service.

    Raises:
        ConfigError: a value is not of the type that Katib takes.
    """
    spec = mapping(experiment, "spec")
    objective = mapping(spec, "objective")
    operations = [
        {"operationType": operation.get("operationType"), "parameterSpecs": _parameters(operation)}
        for operation in items(spec, "nasConfig", "operations")
    ]
    tree = {
        **{name: spec.get(name) for name in _ALIKE},
        "objective": {**objective, "type": str(objective.get("type")).upper()},
        "parameterSpecs": _parameters(spec),
        "nasConfig": {"graphConfig": dig(spec, "nasConfig", "graphConfig"), "operations": {"operation": operations}},
    }
    request = {"name": dig(experiment, "metadata", "name"), "spec": tree}
    try:
        return json_format.ParseDict(request, api.Experiment(), ignore_unknown_fields=True)
    except json_format.ParseError as error:
        raise ConfigError(f"Katib cannot read this Experiment: {str(error).rstrip('.')}") from error


def _parameters(searched: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a whole search or of one operation."""
    listed = items(searched, "parameters")
    return {"parameters": [{**each, "parameterType": str(each.get("parameterType")).upper()} for each in listed]}
