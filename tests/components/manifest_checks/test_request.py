"""The request that Katib makes of a manifest."""

from __future__ import annotations

import pytest
from kubeflow.katib import katib_api_pb2 as api

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.manifest_checks.request import as_katib_sends
from tests.components.katib import experiment


def test_a_manifest_becomes_the_request() -> None:
    """Each field of a small manifest stands where the suggestion service looks for it."""
    wanted = experiment()
    nas = wanted.spec.nas_config
    operations = [
        {
            "operationType": each.operation_type,
            "parameters": [
                {
                    "name": each.operation_type,
                    "parameterType": "categorical",
                    "feasibleSpace": {"list": list(each.parameter_specs.parameters[0].feasible_space.list)},
                }
            ],
        }
        for each in nas.operations.operation
    ]
    settings = [{"name": each.name, "value": each.value} for each in wanted.spec.algorithm.algorithm_settings]
    manifest = {
        "metadata": {"name": "mlas", "namespace": "team"},
        "spec": {
            "objective": {
                "type": "maximize",
                "objectiveMetricName": "inception-score",
                "additionalMetricNames": list(wanted.spec.objective.additional_metric_names),
                "metricStrategies": [{"name": "inception-score", "value": "latest"}],
            },
            "algorithm": {"algorithmName": "autogan", "algorithmSettings": settings},
            "parallelTrialCount": 1,
            "maxTrialCount": 9,
            "maxFailedTrialCount": 3,
            "nasConfig": {"graphConfig": {"numLayers": nas.graph_config.num_layers}, "operations": operations},
            "trialTemplate": {"retain": True},
        },
    }
    sent = as_katib_sends(manifest)
    assert not sent.spec.parameter_specs.parameters
    sent.spec.ClearField("parameter_specs")
    assert sent == wanted


def test_what_has_no_form_gives_an_empty_request() -> None:
    """Words that Katib does not know are its unknown ones; nothing else is made up."""
    sent = as_katib_sends({"spec": {"objective": {"type": "best"}, "parameters": [{"parameterType": "colour"}]}})
    assert sent.spec.objective.type == api.UNKNOWN
    assert sent.spec.parameter_specs.parameters[0].parameter_type == api.UNKNOWN_TYPE
    assert (sent.name, sent.spec.max_trial_count, list(sent.spec.nas_config.operations.operation)) == ("", 0, [])


def test_a_value_of_another_type_is_refused() -> None:
    """The message names the field."""
    with pytest.raises(ConfigError, match="Katib cannot read this Experiment: .*maxTrialCount"):
        as_katib_sends({"spec": {"maxTrialCount": "many"}})
