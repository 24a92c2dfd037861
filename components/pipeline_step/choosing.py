"""Which architectures a transfer evaluation trains: named ones, and those of an earlier search."""

from __future__ import annotations

from autogan_core.errors import ConfigError
from autogan_core.mlas import MultiLevelSearch
from autogan_core.run_config import stored_config
from autogan_core.search import HistoryFile
from autogan_core.search_space import Architecture
from autogan_core.storage import open_store
from components.pipeline_step.form import UNSET, parse_architectures, positive
from components.pipeline_step.runs import Place
from components.pipeline_step.step import Step
from components.pipeline_step.work import Work


def choose(here: Step, reference: str, architectures: str, search_run: str, top_k: int) -> list[str]:
    """The work of the steps that follow: each architecture once, the named ones first.

    Raises:
        ConfigError: none is given, one does not parse or does not fit the images, or the search is not there or not
            finished.
    """
    named = [(architecture, None) for architecture in parse_architectures(architectures)]
    searched = _best_of(here.place, search_run, top_k) if search_run else []
    rewards: dict[Architecture, float | None] = {**dict(named), **dict(searched)}
    if not rewards:
        raise ConfigError(
            "there is nothing to evaluate: set architectures (such as paper-top1), architectures_search_run, or both"
        )
    model = here.place.records(reference).config.model
    for architecture in rewards:
        if architecture.depth != model.num_cells:
            raise ConfigError(
                f"{architecture} has {architecture.depth} cells, but model.num_cells is {model.num_cells}; choose "
                "another preset, or set it in settings_overrides"
            )
    ranked = enumerate(rewards.items(), start=1)
    return [Work(reference, rank, str(a), reward).dumps() for rank, (a, reward) in ranked]


def _best_of(place: Place, search_run: str, top_k: int) -> list[tuple[Architecture, float]]:
    store = open_store(search_run if "/" in search_run else f"{place.uri.rstrip('/')}/{search_run}", place.cache)
    config = stored_config(store)
    if config is None:
        raise ConfigError(
            f"there is no search in {store.location('').rstrip('/')}; set architectures_search_run to a run's folder"
        )
    search = MultiLevelSearch(config.search_space(), config.search, config.seed)
    history = HistoryFile(store).read()
    if not search.finished(history):
        raise ConfigError(
            f"the search in {store.location('').rstrip('/')} is not finished; wait for it, or name architectures"
        )
    count = config.retrain.num_architectures if top_k == UNSET else positive("train_top_k", top_k)
    return [(beam.architecture, beam.reward) for beam in search.beams(history)[:count]]
