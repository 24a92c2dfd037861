"""Everything about a pipeline's form that can be told before anything is looked at, sent or made.

The command line calls it before it sends, the first step before it fetches; so what one refuses the other does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autogan_core.config import Config
from autogan_core.errors import ConfigError
from autogan_core.runs.halving.halving import given_pool, largest_pool, rungs
from autogan_core.search_space import Architecture
from autogan_core.storage.uris import uri_trouble
from autogan_kubeflow.components.katib_experiments import Placement, build_experiment
from autogan_kubeflow.components.katib_experiments.settings import PLACES
from autogan_kubeflow.components.kubernetes_rules import check_name
from autogan_kubeflow.components.pipeline_run.form import (
    check_backend,
    check_run_name,
    data_location,
    is_place,
    named_to_evaluate,
    read_form,
)
from autogan_kubeflow.components.shared_places import check_shared_data, check_shared_store

_ANY_FINGERPRINT = "0" * 64
_FROM_CONFIG_MAP = "gs://from-the-config-map"


def check_run(
    form: Mapping[str, Any],
    *,
    data_uri: str,
    name: str,
    backend: str,
    katib: Mapping[str, Any],
    store: str,
    max_rungs: int | None = None,
    remote: bool = False,
) -> Config:
    """Checks the fields of a run.

    Args:
        form: `read_form`'s arguments.
        data_uri: where a named data set's files lie.
        name: the run's; "" for one that is made from the others.
        backend: where the search runs.
        katib: `katib_request`'s keywords; what is missing is as the form has it.
        store: the run store; "" for the one of the ConfigMap.
        max_rungs: of successive halving that the pipeline has room for; None if that is not known.
        remote: whether pods will do the work, and this machine's files are out of their reach.

    Returns:
        The configuration that the form describes.

    Raises:
        ConfigError: one sentence with the field, the value and what to do.
    """
    config = read_form(**form)
    check_data_places(config, form.get("dataset", ""), data_uri, remote=remote)
    if name:
        check_run_name(name)
    if max_rungs is not None:
        check_rungs(len(rungs(config.retrain, largest_pool(config))), max_rungs)
    if store and (remote or check_backend(backend) == "katib"):
        check_shared_store(store, "run_store_uri")
    if check_backend(backend) == "katib":
        check_search(config, store, **katib)
    return config


def check_data_places(config: Config, dataset: str, data_uri: str, *, remote: bool) -> None:
    """Checks where the images are said to lie.

    Args:
        config: of the form.
        dataset: the field ``data_set``.
        data_uri: the field ``data_files_uri``.
        remote: whether pods will read them.

    Raises:
        ConfigError: nowhere, in two places, out of the pods' reach, or by a mistyped location.
    """
    location, field = data_location(dataset, data_uri), "data_set" if is_place(dataset) else "data_files_uri"
    if location and remote:
        check_shared_data(location, field)
    elif location and (trouble := uri_trouble(location)):
        raise ConfigError(f"{field} is {location!r}, which {trouble}")
    path = config.data.path
    if not location and path is None and config.data.name in PLACES:
        raise ConfigError(
            f"settings_overrides sets data.name to '{config.data.name}' without a place; set the field data_set to the "
            "place instead, such as gs://bucket/photos"
        )
    for setting, here in (("data.path", path), ("scores.inception_weights", config.scores.inception_weights)):
        if remote and here is not None and not (location and setting == "data.path"):
            raise ConfigError(
                f"settings_overrides sets {setting} to '{here}', which is on this machine, and no pod can read it; "
                "leave it out" + (", and set data_set or data_files_uri" if setting == "data.path" else "")
            )


def check_search(
    config: Config,
    store: str,
    *,
    namespace: str = "",
    name: str = "",
    workers: int = 0,
    timeout_hours: float = 0.0,
    keep: bool = False,
) -> None:
    """Checks what a search asks of Katib.

    Args:
        config: what to search for; its images will be pinned by the first step.
        store: the run store; "" for the one of the ConfigMap.
        namespace: of the Experiment; "" for the pods' own.
        name: of the Experiment; "" for one made from the run.
        workers: pods beside the master of each trial.
        timeout_hours: 0 for none.
        keep: not looked at.

    Raises:
        ConfigError: a name, number or setting that Katib or its trials would refuse.
    """
    check_wishes(workers, timeout_hours)
    if namespace:
        check_name(namespace, "katib_namespace")
    placement = Placement(store=store or _FROM_CONFIG_MAP, workers=workers)
    data = config.data.model_copy(update={"fingerprint": config.data.fingerprint or _ANY_FINGERPRINT})
    build_experiment(name or "unnamed", config.model_copy(update={"data": data}), placement)


def check_wishes(workers: int, timeout_hours: float) -> None:
    """Checks the numbers of a search under Katib.

    Raises:
        ConfigError: one is out of its range.
    """
    if not 0 <= timeout_hours < float("inf"):
        raise ConfigError(f"katib_timeout_hours is {timeout_hours:g}; set it to a number from 0 on (0: no limit)")
    if workers < 0:
        raise ConfigError(f"katib_trial_workers is {workers}; set it to a whole number from 0 on")


def check_evaluated(
    config: Config, architectures: str, search_run: str, max_rungs: int | None, *, remote: bool
) -> None:
    """Checks which architectures a transfer evaluation is to train.

    Args:
        config: of the form.
        architectures: the field of that name.
        search_run: the field ``architectures_search_run``.
        max_rungs: like `check_run`'s.
        remote: like `check_run`'s.

    Raises:
        ConfigError: one does not parse, or does not fit the images; there is none; or they make too many rungs.
    """
    named = named_to_evaluate(architectures, search_run)
    for architecture in named:
        check_depth(architecture, config)
    if "/" not in search_run and search_run:
        check_run_name(search_run, "architectures_search_run")
    elif search_run and remote:
        check_shared_store(search_run, "architectures_search_run")
    if named and not search_run and max_rungs is not None:
        check_rungs(len(rungs(config.retrain, len(given_pool(config, named)))), max_rungs)


def check_depth(architecture: Architecture, config: Config) -> None:
    """Checks that an architecture has as many cells as the generators.

    Raises:
        ConfigError: it has others.
    """
    if config.model.completed(architecture).depth != config.model.depth:
        raise ConfigError(
            f"{architecture} has {architecture.depth} cells, but model.num_cells is {config.model.num_cells}; choose "
            "another preset, or set it in settings_overrides"
        )


def check_rungs(count: int, room: int) -> None:
    """Checks that a pool's rungs find room in the pipeline.

    Args:
        count: rungs of the pool.
        room: how many the pipeline was compiled for.

    Raises:
        ConfigError: there are too many.
    """
    if count > room:
        raise ConfigError(
            f"successive halving makes {count} rungs of this pool, but this pipeline has room for {room}; choose a "
            f"smaller pool or a larger train_top_k, or compile the pipeline with --rungs {count}"
        )
