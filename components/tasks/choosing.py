"""Which architectures a transfer evaluation trains: named ones, and those of an earlier search."""

from __future__ import annotations

from autogan_core.errors import ConfigError
from autogan_core.runs.folder.run_config import stored_config
from autogan_core.runs.run_records import RunRecords
from autogan_core.search_space import Architecture
from autogan_core.storage import open_store
from autogan_kubeflow.components.pipeline_run.checks import check_depth, check_rungs
from autogan_kubeflow.components.pipeline_run.form import UNSET, named_to_evaluate, positive
from autogan_kubeflow.components.pipeline_run.runs import StoreRef
from autogan_kubeflow.components.step_runtime.step import Step
from autogan_kubeflow.components.tasks.halving import pool_ladder, rung_items


def choose(step: Step, reference: str, architectures: str, search_run: str, top_k: int, max_rungs: int) -> list[str]:
    """Chooses the architectures to evaluate.

    Returns:
        The work of the first rung: each architecture once, named ones first, incumbents last.

    Raises:
        ConfigError: none is given, one does not parse or does not fit the images, or the search is not there or not
            finished; or the pipeline has no room for so many rungs.
    """
    named = [(architecture, None) for architecture in named_to_evaluate(architectures, search_run)]
    searched = _best_of(step.store_ref, search_run, top_k) if search_run else []
    records = step.store_ref.records(reference)
    completed = records.config.model.completed
    rewards: dict[Architecture, float | None] = {completed(a): reward for a, reward in [*named, *searched]}
    for architecture in rewards:
        check_depth(architecture, records.config)
    ladder = pool_ladder(records, rewards)
    check_rungs(len(ladder.rungs), max_rungs)
    return rung_items(reference, ladder, 1)


def _best_of(store_ref: StoreRef, search_run: str, top_k: int) -> list[tuple[Architecture, float | None]]:
    store = open_store(search_run if "/" in search_run else f"{store_ref.uri}/{search_run}", store_ref.cache)
    config = stored_config(store)
    if config is None:
        raise ConfigError(
            f"there is no search in {store.location('').rstrip('/')}; set architectures_search_run to a run's folder"
        )
    records = RunRecords(store, config)
    if not records.searched:
        raise ConfigError(
            f"the search in {store.location('').rstrip('/')} is not finished; wait for it, or name architectures"
        )
    count = config.retrain.num_architectures if top_k == UNSET else positive("train_top_k", top_k)
    rewards = {beam.architecture: beam.reward for beam in records.beams()}
    best = records.found() if config.retrain.halves else list(rewards)
    rewards |= {config.model.completed(architecture): reward for architecture, reward in rewards.items()}
    return [(architecture, rewards.get(architecture)) for architecture in best[:count]]
