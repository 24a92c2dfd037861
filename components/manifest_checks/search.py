"""Checks of what an Experiment searches for: name, budget, metrics, space, settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from autogan_core.errors import ConfigError
from autogan_core.presets import load_config
from autogan_kubeflow.components.katib_experiments.builder import EXPERIMENT_NAME
from autogan_kubeflow.components.katib_experiments.settings import (
    algorithm_settings,
    check_data,
    nas_config,
    parameters,
)
from autogan_kubeflow.components.katib_protocol import ALGORITHM, SCRATCH_OBJECTIVES, goal_refusal, reward_names
from autogan_kubeflow.components.kubernetes_rules import check_name as check_object_name
from autogan_kubeflow.components.manifest_checks.pods import check_labels
from autogan_kubeflow.components.manifest_checks.request import as_katib_sends
from autogan_kubeflow.components.manifest_checks.tree import dig, items, mapping, said
from autogan_kubeflow.components.suggestion.experiment import parse_experiment

_SAFE = re.compile(r"[A-Za-z0-9_.,:/-]+")
_RESUME = ("Never", "LongRunning", "FromVolume")
_COLLECTORS = {"Push": "push", "StdOut": "print"}


def check_name(experiment: Mapping[str, Any]) -> Iterator[str]:
    """Lists problems of the metadata."""
    name = dig(experiment, "metadata", "name")
    if not isinstance(name, str) or not EXPERIMENT_NAME.fullmatch(name):
        yield f"metadata.name must be at most 40 lower-case letters, digits and '-', the first a letter, not {name!r}"
    namespace = dig(experiment, "metadata", "namespace")
    if not namespace:
        yield "metadata.namespace is missing; the namespace must be one that Katib watches"
    else:
        yield from said(check_object_name, str(namespace), "metadata.namespace")
    yield from check_labels(mapping(experiment, "metadata", "labels"), "metadata")
    for role, replica in mapping(
        experiment, "spec", "trialTemplate", "trialSpec", "spec", "pytorchReplicaSpecs"
    ).items():
        labels, pod = mapping(experiment, "metadata", "labels"), mapping(replica, "template", "metadata", "labels")
        for key in sorted(labels.keys() & pod.keys()):
            yield f"metadata.labels.{key}: Katib would write it over the {role}'s label of that name"


def check_budget(experiment: Mapping[str, Any]) -> Iterator[str]:
    """Problems of the trial counts and the resume policy."""
    spec = mapping(experiment, "spec")
    most, parallel, failed = (spec.get(f"{key}TrialCount") for key in ("max", "parallel", "maxFailed"))
    if type(most) is not int or most < 1:
        yield f"maxTrialCount must be written and positive, not {most!r}"
        return
    if type(parallel) is not int or not 1 <= parallel <= most:
        yield f"parallelTrialCount must be written and lie from 1 to maxTrialCount ({most}), not {parallel!r}"
    if type(failed) is not int or not 0 <= failed <= most:
        yield f"maxFailedTrialCount must be written and lie from 0 to maxTrialCount ({most}), not {failed!r}"
    if spec.get("resumePolicy") not in _RESUME:
        yield f"resumePolicy must be one of {', '.join(_RESUME)}, not {spec.get('resumePolicy')!r}"


def check_objective(experiment: Mapping[str, Any]) -> Iterator[str]:
    """Lists problems of the metrics."""
    objective = mapping(experiment, "spec", "objective")
    name, more = objective.get("objectiveMetricName"), objective.get("additionalMetricNames", [])
    if objective.get("type") != "maximize":
        yield f"objective.type must be maximize, not {objective.get('type')!r}: rewards grow with quality"
    if not isinstance(name, str) or not name:
        yield "objective.objectiveMetricName is missing"
    if "goal" in objective:
        yield goal_refusal(objective["goal"])
    if name in more or len(set(more)) < len(more):
        yield "objective.additionalMetricNames must not repeat a name"
    strategies = [(item.get("name"), item.get("value")) for item in items(objective, "metricStrategies")]
    for metric in [metric for metric in (name, *more) if (metric, "latest") not in strategies]:
        yield f"objective.metricStrategies must name '{metric}' with value latest; Katib takes the maximum otherwise"
    for metric in [metric for metric, _ in strategies if metric not in (name, *more)]:
        yield f"objective.metricStrategies names '{metric}', which is no metric of this Experiment"


def check_collector(experiment: Mapping[str, Any]) -> Iterator[str]:
    """Differences between the metrics collector and the trial's settings for it."""
    kind = dig(experiment, "spec", "metricsCollectorSpec", "collector", "kind")
    if kind not in _COLLECTORS:
        yield f"metricsCollectorSpec.collector.kind must be Push or StdOut, not {kind!r}"
    elif _env(experiment).get("AUTOGAN_METRICS") != _COLLECTORS[kind]:
        yield f"AUTOGAN_METRICS must be '{_COLLECTORS[kind]}', since the metrics collector is {kind}"


def check_space(experiment: Mapping[str, Any]) -> Iterator[str]:
    """Problems of the search space."""
    spec = mapping(experiment, "spec")
    if ("parameters" in spec) == ("nasConfig" in spec):
        yield "spec needs either nasConfig (our algorithm) or parameters (Katib's own)"
    operations = items(spec, "nasConfig", "operations")
    searched = [*items(spec, "parameters"), *(p for operation in operations for p in items(operation, "parameters"))]
    for parameter in searched:
        options = dig(parameter, "feasibleSpace", "list")
        if not isinstance(options, list) or not options:
            yield f"parameter '{parameter.get('name')}' needs a feasibleSpace.list with at least one option"
            continue
        for option in options:
            if not isinstance(option, str) or not _SAFE.fullmatch(option):
                yield f"parameter '{parameter.get('name')}': option {option!r} must be a string of A-Za-z0-9_.,:/-"


def check_request(experiment: Mapping[str, Any]) -> Iterator[str]:
    """What the suggestion service refuses about an Experiment of our own algorithm."""
    if dig(experiment, "spec", "algorithm", "algorithmName") == ALGORITHM:
        spec = mapping(experiment, "spec")
        objective = {key: value for key, value in mapping(spec, "objective").items() if key != "goal"}  # said already
        request = {**experiment, "spec": {**spec, "objective": objective}}
        for problem in said(lambda: parse_experiment(as_katib_sends(request))):
            yield f"the suggestion service refuses it: {problem}"


def check_agreement(experiment: Mapping[str, Any]) -> Iterator[str]:
    """Compares the settings of the algorithm with the settings of the trials.

    The budget is left out: the service takes it from ``maxTrialCount`` alone.

    Yields:
        A sentence for each difference.
    """
    settings = _settings(experiment)
    if not all(isinstance(value, str) for value in settings.values()):
        yield f"algorithmSettings must be strings in quotes; not all of {settings} are"
        return
    env, spec = _env(experiment), mapping(experiment, "spec")
    try:
        config = load_config(str(env.get("AUTOGAN_PRESET")), str(env.get("AUTOGAN_SET") or "").splitlines())
    except ConfigError as error:
        yield f"AUTOGAN_PRESET and AUTOGAN_SET are refused: {error}"
        return
    yield from said(check_data, config)
    if dig(spec, "objective", "objectiveMetricName") != config.search.reward.score:
        yield f"objectiveMetricName must be '{config.search.reward.score}', the trials' search.reward.score"
    if dig(spec, "algorithm", "algorithmName") != ALGORITHM:
        if config.search.reward.score not in SCRATCH_OBJECTIVES:
            yield (
                f"search.reward.score is '{config.search.reward.score}', but trials that train from scratch report "
                f"{', '.join(SCRATCH_OBJECTIVES)}; choose one of them"
            )
        if spec.get("parameters") != parameters(config):
            yield "parameters must be the trials' search space: one for each token, with the options of search.space"
        return
    rewards = reward_names(config.search)
    if dig(spec, "objective", "additionalMetricNames") != rewards:
        yield f"objective.additionalMetricNames must be {rewards[0]} to {rewards[-1]}, the trials' rewards"
    wanted = algorithm_settings(config)
    for name in sorted(wanted.keys() | settings.keys()):
        mine, theirs = settings.get(name), wanted.get(name)
        if mine is None or theirs is None or yaml.safe_load(mine) != yaml.safe_load(theirs):
            yield f"algorithmSettings: '{name}' is {mine!r}, but AUTOGAN_PRESET and AUTOGAN_SET give {theirs!r}"
    if spec.get("nasConfig") != nas_config(config):
        yield "nasConfig must be the trials' search space: model.num_cells layers with the options of search.space"


def _settings(experiment: Mapping[str, Any]) -> dict[str, Any]:
    listed = items(experiment, "spec", "algorithm", "algorithmSettings")
    return {str(item.get("name")): item.get("value") for item in listed}


def _env(experiment: Mapping[str, Any]) -> dict[str, Any]:
    job = mapping(experiment, "spec", "trialTemplate", "trialSpec", "spec")
    containers = items(job, "pytorchReplicaSpecs", "Master", "template", "spec", "containers")
    program = containers[0] if containers else mapping(job, "trainer")
    return {str(item.get("name")): item.get("value") for item in items(program, "env")}
