"""The Experiment of a pipeline's search: its name, its owner, and where its trials run."""

from __future__ import annotations

import hashlib
import os
from typing import Any, Literal

from autogan_core.config import Config
from autogan_kubeflow.components.katib_experiments import IMAGE, Placement, build_experiment
from autogan_kubeflow.components.katib_search import ExperimentRequest, ExperimentsAPI, default_namespace, remove_own
from autogan_kubeflow.components.pipeline_run.checks import check_wishes
from autogan_kubeflow.components.pipeline_run.record import PipelineRunCard

TRIAL_VARIABLES = ("cpu", "memory", "scratch", "queue", "priority_class")
"""Fields of `Placement` that the pipeline's own placement decides, as AUTOGAN_TRIAL_<NAME>."""
TRIAL_LISTS = ("node_selector", "tolerations")
"""More of them, with commas between the items."""


def katib_request(
    config: Config,
    reference: str,
    store: str,
    *,
    namespace: str,
    name: str,
    workers: int,
    timeout_hours: float,
    keep: bool,
) -> ExperimentRequest:
    """Builds the request for Katib.

    Equal arguments give equal requests, so that another attempt finds the Experiment again.

    Args:
        config: what to search for.
        reference: of the pipeline's run.
        store: the run store's URI.
        namespace: of the Experiment; "" for this pod's own.
        name: of the Experiment; "" for one made from the run.
        workers: pods beside the master of each trial.
        timeout_hours: 0 for none.
        keep: whether the Experiment stays after it has succeeded.

    Returns:
        Name, placement and limits of the Experiment.

    Raises:
        ConfigError: a name, number or setting that Katib or its trials would refuse.
    """
    check_wishes(workers, timeout_hours)
    given: dict[str, Any] = {
        field: tuple(value.split(",")) if field in TRIAL_LISTS else value
        for field in (*TRIAL_VARIABLES, *TRIAL_LISTS)
        if (value := os.environ.get(f"AUTOGAN_TRIAL_{field.upper()}"))
    }
    placement = Placement(
        image=os.environ.get("AUTOGAN_TRIAL_IMAGE", IMAGE),
        namespace=namespace or default_namespace(),
        device=_trial_device(),
        workers=workers,
        store=store,
        **given,
    )
    request = ExperimentRequest(
        name=name or experiment_name(config.preset, reference, store),
        owner=f"{store.rstrip('/')}/{reference}",
        placement=placement,
        keep=keep,
        timeout_seconds=timeout_hours * 3600 or None,
    )
    build_experiment(request.name, config, placement)  # says what is wrong with name, preset and placement
    return request


def experiment_name(preset: str, reference: str, store: str) -> str:
    """A name that no other run in the cluster has, such as ``mlas-cifar10-0123456789ab``."""
    digest = hashlib.sha256(f"{store.rstrip('/')}/{reference}".encode()).hexdigest()[:12]
    return f"mlas-{preset}-{digest}"


def connect(request: ExperimentRequest) -> ExperimentsAPI:
    """The cluster that the environment leads to, at the request's namespace. Raises like `ExperimentsAPI.connect`."""
    return ExperimentsAPI.connect(request.placement.namespace)


def remove_running(card: PipelineRunCard) -> bool:
    """Removes a pipeline run's Experiment if it still runs. Raises like `remove_own`."""
    return remove_own(card.experiment, card.owner, ExperimentsAPI.connect(card.katib_namespace))


def _trial_device() -> Literal["cuda", "cpu"]:
    return "cpu" if os.environ.get("AUTOGAN_TRIAL_DEVICE") == "cpu" else "cuda"
