"""A trial of the weight-sharing search: one iteration, on the weights of its run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from autogan_core.config import Config
from autogan_core.errors import AutoGANError
from autogan_core.runs.run import Run
from autogan_core.runs.scoring.stored_inputs import load_inputs
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.storage import open_store
from autogan_kubeflow.components.katib_protocol import NEW_RUN, from_parameters, to_metrics

logger = logging.getLogger(__name__)


def run_folder(run: str, trial: str) -> str:
    """Locates a run in the run store.

    Args:
        run: ``<namespace>/<first trial>``, or ``<namespace>/new`` for the trial that opens it under its own name.
            Katib makes these names random, so an Experiment that is applied again opens another run.
        trial: this trial's name.

    Returns:
        The run's folder, relative to the store.
    """
    namespace, _, first_trial = run.partition("/")
    return f"runs/{namespace}/{trial if first_trial == NEW_RUN else first_trial}"


def run_search_iteration(
    parameters: Mapping[str, str],
    trial: str,
    config: Config,
    store_uri: str,
    cache: Path,
    world: World,
    monitor: Monitor,
    stop: Callable[[], bool],
) -> dict[str, float]:
    """Trains and scores what Katib assigned, unless that is committed already.

    Args:
        parameters: the assignment, by Katib's names.
        trial: this trial's name.
        config: of the run.
        store_uri: the run store: prepared inputs, and all runs.
        cache: for what is read from a bucket.
        world: all ranks of the trial.
        monitor: receives progress and measurements.
        stop: whether to store the progress and give up.

    Returns:
        The metrics to report, by Katib's names.

    Raises:
        ConfigError: the assignment is malformed, or lies outside the search space.
        AutoGANError: see `SharedGAN.run` and `load_inputs`; or no candidate could be scored.
    """
    assignment, run = from_parameters(parameters)
    folder = run_folder(run, trial)
    logger.info(
        "slot %d, stage %d, %s: %d candidates in %s",
        *(assignment.slot, assignment.stage + 1, assignment.phase, len(assignment.candidates), folder),
    )
    inputs = load_inputs(config, open_store(store_uri, cache), world.device)
    store = open_store(f"{store_uri.rstrip('/')}/{folder}", cache)
    record = Run(store, config, world, monitor, lambda: inputs).shared_gan(stop).run(assignment)
    metrics = to_metrics(record, config.search.reward)
    if not metrics:
        raise AutoGANError(
            f"none of the {len(record.rewards)} candidates of slot {assignment.slot} could be scored: their images "
            "gave no finite score; if it happens again, lower training.generator_lr"
        )
    return metrics
