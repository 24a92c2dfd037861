"""The first step's work: from a form to a run with its images."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

from autogan_core.config import Config
from autogan_core.data.remote import brought_here
from autogan_core.metrics.features.recipes import RECIPE
from autogan_core.runs.folder.run_config import stored_recipe
from autogan_core.runs.halving.halving import unusable_incumbents
from autogan_core.runs.scoring.inputs import pinned
from autogan_core.runs.scoring.stored_inputs import inputs_location, prepare
from autogan_core.runtime.devices import open_device
from autogan_core.storage.uris import tidy
from autogan_kubeflow.components.pipeline_run.checks import check_run
from autogan_kubeflow.components.pipeline_run.form import data_location
from autogan_kubeflow.components.pipeline_run.record import PipelineRunCard
from autogan_kubeflow.components.step_runtime.artifact import OutputArtifact
from autogan_kubeflow.components.step_runtime.publish import publish_dataset
from autogan_kubeflow.components.step_runtime.step import Step

logger = logging.getLogger(__name__)


def prepare_run(
    step: Step,
    pipeline: str,
    form: Mapping[str, Any],
    data_uri: str,
    backend: str,
    katib: Mapping[str, Any],
    name: str,
    max_rungs: int,
    artifact: OutputArtifact,
) -> str:
    """Checks all fields before anything is made, then makes the inputs and the run.

    Args:
        step: the step.
        pipeline: its pipeline's name.
        form: `read_form`'s arguments.
        data_uri: where a named data set's files lie.
        backend: where the search will run.
        katib: `katib_request`'s keywords.
        name: the run's; "" for one that settings, images and code give.
        max_rungs: of successive halving that the pipeline has room for.
        artifact: becomes the card of the images.

    Returns:
        The run's reference.

    Raises:
        ConfigError: a field is wrong.
        DataError: the images cannot be had.
    """
    store_ref = step.store_ref
    config = check_run(
        form, data_uri=data_uri, name=name, backend=backend, katib=katib, store=store_ref.uri, max_rungs=max_rungs
    )
    location = tidy(data_location(form["dataset"], data_uri))
    for incumbent, reason in unusable_incumbents(config).items():
        logger.warning("the incumbent %s is left out: %s", incumbent, reason)
    store_ref.store.exists("config")  # a bucket that refuses is found out before images are fetched
    with brought_here(location, store_ref.cache) if location else nullcontext() as path:
        if path is not None:
            config = config.model_copy(update={"data": config.data.model_copy(update={"path": path})})
        config, dataset = pinned(config, store_ref.cache, step.progress())
    if "://" in location:  # the local copy is gone by now
        config = config.model_copy(update={"data": config.data.model_copy(update={"path": None})})
    # First what may fail on these images: a run that exists refuses the settings which would mend it.
    device = open_device(store_ref.device, config.cpu_threads)
    recipe = stored_recipe(store_ref.folder(name)) if name else RECIPE
    prepare(config, store_ref.store, device, store_ref.cache, dataset, recipe=recipe)
    reference = store_ref.create(config, name, backend)
    experiment = _experiment(config, str(reference), store_ref.uri, katib) if backend == "katib" else {}
    started = datetime.now(UTC).isoformat(timespec="seconds")
    step.known_pipeline_run.open(PipelineRunCard(pipeline, str(reference), started, **experiment))
    publish_dataset(artifact, step.open(str(reference)), dataset, inputs_location(config, store_ref.store))
    return str(reference)


def _experiment(config: Config, reference: str, store: str, katib: Mapping[str, Any]) -> dict[str, str]:
    """Namespace and name of the Experiment, for the summary to remove it."""
    from autogan_kubeflow.components.pipeline_run.katib import katib_request

    request = katib_request(config, reference, store, **katib)
    return {
        "experiment": request.name,
        "katib_namespace": request.placement.namespace,
        "owner": request.owner,
    }
