"""From a configuration to a Katib Experiment."""

from __future__ import annotations

import re
from typing import Any

from autogan_core.config import Config, TrainingConfig
from autogan_core.errors import ConfigError
from autogan_kubeflow.components.katib_experiments.placement import Placement
from autogan_kubeflow.components.katib_experiments.pytorch_job import PYTORCH_JOB, pytorch_job
from autogan_kubeflow.components.katib_experiments.settings import (
    algorithm_settings,
    cell_tokens,
    check_data,
    nas_config,
    num_trials,
    overrides,
    parameters,
)
from autogan_kubeflow.components.katib_experiments.train_job import TRAIN_JOB, train_job, training_runtime
from autogan_kubeflow.components.katib_protocol import ALGORITHM, FIELDS, check_lengths, reward_names
from autogan_kubeflow.components.kubernetes_rules import environment_troubles

EXPERIMENT_NAME = re.compile(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?")
"""Katib appends to the name, hence 40 characters at most."""
JOB_KINDS = {"pytorchjob": PYTORCH_JOB, "trainjob": TRAIN_JOB}
_SCRATCH_ARGUMENTS = ["--from-scratch"]


def build_experiment(
    name: str,
    config: Config,
    placement: Placement | None = None,
    *,
    from_scratch: bool = False,
    parallel_trials: int = 1,
) -> dict[str, Any]:
    """Builds an Experiment that runs the search of ``config``.

    Args:
        name: unique in the whole cluster, since Katib's database knows no namespaces; a re-used one starts afresh.
        config: what to search for; from a preset that ships with the image.
        placement: where and on what; None: one GPU for each trial.
        from_scratch: Katib's ``random`` algorithm, each trial training one architecture from scratch, and
            ``search.iterations`` trials in all; instead of our controller over a shared GAN.
        parallel_trials: trials at a time. Trials that share weights follow one another, so 1 for them.

    Returns:
        Plain values for YAML or the Kubernetes API.

    Raises:
        ConfigError: a name that Katib refuses, a preset or images that the trials would lack, parallel trials on shared
            weights, more pods than a batch has images, or more text than a pod or Katib takes.
    """
    check_experiment_name(name)
    check_data(config)
    if not from_scratch:
        check_lengths(config.search, config.model.num_cells, num_trials(config))
    if parallel_trials != 1 and not from_scratch:
        raise ConfigError(
            f"trials that share weights run one at a time, so parallel_trials must be 1, not {parallel_trials}"
        )
    placement = placement or Placement()
    _check_workers(placement.workers, config.training)
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {"name": name, "namespace": placement.namespace, "labels": _labels(name)},
        "spec": {
            "objective": _objective(config, [] if from_scratch else reward_names(config.search)),
            "algorithm": _algorithm(config, from_scratch),
            **_budget(config, from_scratch, parallel_trials),
            "resumePolicy": "LongRunning",
            "metricsCollectorSpec": {"collector": {"kind": "Push" if placement.metrics == "push" else "StdOut"}},
            **({"parameters": parameters(config)} if from_scratch else {"nasConfig": nas_config(config)}),
            "trialTemplate": _trial_template(name, config, placement, from_scratch),
        },
    }


def build_runtime(name: str, placement: Placement, *, from_scratch: bool = False) -> dict[str, Any] | None:
    """Builds the runtime of an Experiment's TrainJobs, which must be in the cluster before the Experiment.

    Args:
        name: of the Experiment.
        placement: of the Experiment.
        from_scratch: as in `build_experiment`.

    Returns:
        The manifest; None for PyTorchJobs, which need no runtime.
    """
    if placement.job != "trainjob":
        return None
    return training_runtime(name, placement, _labels(name), _SCRATCH_ARGUMENTS if from_scratch else [])


def check_experiment_name(name: str) -> None:
    """Checks an Experiment's name.

    Raises:
        ConfigError: Katib would refuse it.
    """
    if not EXPERIMENT_NAME.fullmatch(name):
        raise ConfigError(
            f"an Experiment's name has at most 40 lower-case letters, digits and '-', the first a letter, not '{name}'"
        )


def _check_workers(workers: int, training: TrainingConfig) -> None:
    batch = max(training.discriminator_batch, training.generator_batch)
    if workers >= batch:
        raise ConfigError(
            f"{workers} workers and the master are more pods than there are images in a batch ({batch}); set at most "
            f"{batch - 1} workers, or larger batches (training.generator_batch)"
        )


def _labels(name: str) -> dict[str, str]:
    # Katib copies these onto the pods of suggestion and trials: network policies must not select by them.
    return {"app.kubernetes.io/part-of": "autogan-kubeflow", "app.kubernetes.io/instance": name}


def _objective(config: Config, rewards: list[str]) -> dict[str, Any]:
    metric = config.search.reward.score
    return {
        "type": "maximize",
        "objectiveMetricName": metric,
        **({"additionalMetricNames": rewards} if rewards else {}),
        "metricStrategies": [{"name": name, "value": "latest"} for name in (metric, *rewards)],
    }


def _algorithm(config: Config, from_scratch: bool) -> dict[str, Any]:
    settings = {"random_state": str(config.seed)} if from_scratch else algorithm_settings(config)
    return {
        "algorithmName": "random" if from_scratch else ALGORITHM,
        "algorithmSettings": [{"name": name, "value": value} for name, value in settings.items()],
    }


def _budget(config: Config, from_scratch: bool, parallel_trials: int) -> dict[str, int]:
    trials = config.search.iterations if from_scratch else num_trials(config)
    return {
        "parallelTrialCount": min(parallel_trials, trials),
        "maxTrialCount": trials,
        "maxFailedTrialCount": min(trials, max(config.search.max_failures, trials // 10)),
    }


def _trial_template(name: str, config: Config, placement: Placement, from_scratch: bool) -> dict[str, Any]:
    kind = JOB_KINDS[placement.job]
    cells = cell_tokens(config)
    fields = [token for cell in cells for token in cell] if from_scratch else list(FIELDS)
    assigned = (
        _scratch_env(cells) if from_scratch else {f"AUTOGAN_{field.upper()}": _placeholder(field) for field in fields}
    )
    env = {
        "AUTOGAN_TRIAL": _placeholder("trialName"),
        **assigned,
        "AUTOGAN_PRESET": config.preset,
        "AUTOGAN_SET": "\n".join(overrides(config)),
        "AUTOGAN_METRICS": placement.metrics,
    }
    for trouble in environment_troubles(env):
        raise ConfigError(f"{trouble}; change fewer settings of the preset, or shorten their lists")
    return {
        "primaryContainerName": kind.container,
        "primaryPodLabels": dict(kind.main_pod),
        **kind.conditions(),
        "retain": True,
        "trialParameters": [
            {"name": "trialName", "reference": "${trialSpec.Name}"},
            *({"name": field, "reference": field} for field in fields),
        ],
        "trialSpec": (
            train_job(placement, env, name)
            if kind is TRAIN_JOB
            else pytorch_job(placement, env, _SCRATCH_ARGUMENTS if from_scratch else [])
        ),
    }


def _scratch_env(cells: list[list[str]]) -> dict[str, str]:
    return {f"AUTOGAN_CELL_{i}": " ".join(map(_placeholder, names)) for i, names in enumerate(cells, start=1)}


def _placeholder(name: str) -> str:
    return f"${{trialParameters.{name}}}"
