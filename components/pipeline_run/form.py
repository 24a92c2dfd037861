"""From the fields of a pipeline's form to a configuration. Whatever is wrong with them is said here, first.

KFP's UI lists a form's fields by the alphabet and shows no descriptions, so a field's name begins with its group and
says what it means. The steps' parameters have shorter names; messages name the field, which is what a person sees.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Literal, get_args

from autogan_core.config import Config, DataConfig, RewardScore
from autogan_core.errors import ConfigError
from autogan_core.presets import load_config, preset_names
from autogan_core.search_space import Architecture
from autogan_core.vectors import joined

FIELDS = {
    "architectures": "architectures",
    "search_run": "architectures_search_run",
    "data_uri": "data_files_uri",
    "dataset": "data_set",
    "experiment_name": "katib_experiment_name",
    "keep_experiment": "katib_keep_experiment",
    "katib_namespace": "katib_namespace",
    "timeout_hours": "katib_timeout_hours",
    "trial_workers": "katib_trial_workers",
    "run": "run_name",
    "store": "run_store_uri",
    "history": "score_history",
    "backend": "search_backend",
    "reward": "search_reward",
    "overrides": "settings_overrides",
    "preset": "settings_preset",
    "seed": "settings_seed",
    "retrain_iterations": "train_iterations",
    "pool": "train_pool",
    "top_k": "train_top_k",
}
"""The field of the form behind each parameter of the steps."""
MOST_EXACT = 2**53 - 1
"""Kubeflow carries all numbers as floats of 64 bits."""
UNSET = -1
"""Stands in a number's field for "as the preset says": forms and kfp's local runner know no empty number."""
FROM_PRESET = "from-preset"
"""Stands in a drop-down for the same; KFP's UI cannot show an empty choice."""
REWARDS = get_args(RewardScore)
BACKENDS = ("local", "katib")
"""The backends of a search: the step's own pod, or a Katib Experiment."""
CHOICES: Mapping[str, Sequence[str | bool]] = {
    "katib_keep_experiment": (False, True),
    "search_backend": BACKENDS,
    "search_reward": (FROM_PRESET, *REWARDS),
    "settings_preset": tuple(preset_names()),
}
"""The fields with a fixed set of values, which are drop-downs in KFP's UI."""
SELF_DESCRIBING = ("folder", "npz")
"""Loaders of data sets that are known by where they lie."""
RUN_NAME = re.compile(r"[a-z0-9][-_.a-z0-9]{0,62}")
RESERVED = ("inputs", "jobs", "pipelines", "runs", "scores", "scratch")
"""Folders of the run store that hold something else."""
DATASETS = tuple(name for name in get_args(DataConfig.model_fields["name"].annotation) if name not in SELF_DESCRIBING)


def read_form(
    *,
    preset: str,
    overrides: str = "",
    dataset: str = "",
    seed: int = 0,
    reward: str = FROM_PRESET,
    top_k: int = UNSET,
    pool: int = UNSET,
    retrain_iterations: int = UNSET,
) -> Config:
    """Reads the configuration that a form describes.

    Args:
        preset: the name of one that ships.
        overrides: ``section.key=value`` each, separated by ``;`` or line breaks (KFP's form has single lines); they
            come after the preset and before the other fields.
        dataset: one of `DATASETS`; or the path or URI of a folder or an archive of images, parquet files, or an
            .npz file; "" for the preset's own.
        seed: seeds everything random.
        reward: one of `REWARDS`; `FROM_PRESET` or "" for the preset's.
        top_k: architectures to train to the end, from 1; `UNSET` for the preset's.
        pool: architectures that successive halving starts from, from 1; `UNSET` for the preset's.
        retrain_iterations: generator steps of each such training, from 1; `UNSET` for the preset's.

    Returns:
        The validated configuration.

    Raises:
        ConfigError: one sentence with the field, the value and what to do.
    """
    lines = [part.strip() for part in re.split(r"[;\n]", overrides) if part.strip()]
    if dataset:
        lines.append(f"data.name={_loader(dataset)}")
    if reward not in ("", FROM_PRESET):
        lines.append(f"search.reward.score={check_choice('search_reward', reward)}")
    if top_k != UNSET:
        lines.append(f"retrain.num_architectures={positive('train_top_k', top_k)}")
    if pool != UNSET:
        lines.append(f"retrain.pool={positive('train_pool', pool)}")
    if retrain_iterations != UNSET:
        lines.append(f"retrain.generator_iterations={positive('train_iterations', retrain_iterations)}")
    if not 0 <= seed <= MOST_EXACT:
        raise ConfigError(f"settings_seed is {seed}; set it to a whole number from 0 on, at most {MOST_EXACT}")
    return load_config(check_choice("settings_preset", preset), lines, seed=seed)


def data_location(dataset: str, data_uri: str) -> str:
    """Determines the location of the data set's files.

    Returns:
        A path or URI; "" for the loader's usual place.

    Raises:
        ConfigError: both fields name a place.
    """
    if _loader(dataset) in SELF_DESCRIBING and data_uri:
        raise ConfigError(
            f"data_set is '{dataset}' and data_files_uri '{data_uri}', which are two places; leave data_files_uri "
            "empty, or give data_set a name"
        )
    return dataset if _loader(dataset) in SELF_DESCRIBING else data_uri


def check_backend(backend: str) -> Literal["local", "katib"]:
    """Checks the field ``search_backend``.

    Returns:
        ``backend``, if it is valid.

    Raises:
        ConfigError: there is no such backend.
    """
    return "local" if check_choice("search_backend", backend) == "local" else "katib"


def is_place(dataset: str) -> bool:
    """Whether the field ``data_set`` names a place, not a data set by its name. Raises like `data_location`."""
    return _loader(dataset) in SELF_DESCRIBING


def check_choice(field: str, value: str) -> str:
    """Checks a text field against `CHOICES`.

    Returns:
        ``value``, if it is one of the choices.

    Raises:
        ConfigError: it is none of the choices.
    """
    choices = [str(choice) for choice in CHOICES[field]]
    if value not in choices:
        raise ConfigError(refused_choice(field, value, choices))
    return value


def refused_choice(field: str, value: str, choices: Sequence[str]) -> str:
    """Why a value is none of a field's choices."""
    if field == "settings_preset" and (PurePosixPath(value).suffix or "/" in value):
        return (
            f"{field} is '{value}', a file, which the pods do not have; set it to one of {', '.join(choices)}, and "
            "give the differences in settings_overrides"
        )
    near = difflib.get_close_matches(value, choices, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else f"; set it to one of {', '.join(choices)}"
    return f"{field} is '{value}'{hint}"


def check_run_name(name: str, field: str = "run_name") -> None:
    """Checks the name of a run, or of a history of scores.

    Raises:
        ConfigError: it cannot be a folder's, or is the name of something else in the run store.
    """
    if not RUN_NAME.fullmatch(name) or name in RESERVED:
        raise ConfigError(
            f"{field} is '{name}'; use at most 63 of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit, "
            f"and none of {', '.join(RESERVED)}"
        )


def parse_architectures(text: str) -> list[Architecture]:
    """Parses names, compact texts or released vectors of architectures, separated by commas or white space.

    Returns:
        The architectures, in the order of the text.

    Raises:
        ConfigError: a word is no architecture.
    """
    words = re.findall(r"\[[^\]]*\]|[^,\s]+", text)
    return [Architecture.parse(word) for word in joined(words)]


def named_to_evaluate(architectures: str, search_run: str) -> list[Architecture]:
    """Reads the field ``architectures`` of a pipeline that evaluates.

    Returns:
        The architectures that it names, none if those of a search are evaluated alone.

    Raises:
        ConfigError: a word is no architecture, or neither field gives one.
    """
    named = parse_architectures(architectures)
    if not named and not search_run:
        raise ConfigError(
            "there is nothing to evaluate: set architectures (such as paper-top1), architectures_search_run, or both"
        )
    return named


def _loader(dataset: str) -> str:
    """The loader for the field ``data_set``; "" when it is empty."""
    if not dataset or dataset in DATASETS:
        return dataset
    if PurePosixPath(dataset).suffix in (".npz", ".npy"):
        return "npz"
    if "/" in dataset:
        return "folder"
    raise ConfigError(
        f"data_set is '{dataset}'; set it to one of {', '.join(DATASETS)}, or to the path or URI of a folder or an "
        "archive of images, parquet files, or an .npz file"
    )


def positive(field: str, value: int) -> int:
    """Checks a field that counts something.

    Returns:
        ``value``, if it is at least 1.

    Raises:
        ConfigError: it is less.
    """
    if value < 1:
        raise ConfigError(f"{field} is {value}; set it to a whole number from 1 on, or to {UNSET} for the preset's")
    return value
