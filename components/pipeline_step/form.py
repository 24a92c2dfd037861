"""From the fields of a pipeline's form to a configuration. Whatever is wrong with them is said here, first."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Literal, get_args

from autogan_core.config import Config, DataConfig
from autogan_core.errors import ConfigError
from autogan_core.presets import load_config
from autogan_core.search_space import Architecture

UNSET = -1
"""Stands in a number's field for "as the preset says": forms and kfp's local runner know no empty number."""
BACKENDS = ("local", "katib")
"""Where a search runs: in the step's own pod, or as a Katib Experiment."""
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
    reward: str = "",
    top_k: int = UNSET,
    retrain_iterations: int = UNSET,
) -> Config:
    """The configuration that a form describes.

    Args:
        preset: the name of one that ships.
        overrides: ``section.key=value`` each, separated by ``;`` or line breaks (KFP's form has single lines); they
            come after the preset and before the other fields.
        dataset: one of `DATASETS`; or the path or URI of a folder of images or an .npz file; "" for the preset's own.
        seed: seeds everything random.
        reward: ``inception-score`` or ``inverse-fid``; "" for the preset's.
        top_k: architectures to train from scratch, from 1; `UNSET` for the preset's.
        retrain_iterations: generator steps of each such training, from 1; `UNSET` for the preset's.

    Raises:
        ConfigError: one sentence with the field, the value and what to do.
    """
    lines = [part.strip() for part in re.split(r"[;\n]", overrides) if part.strip()]
    if dataset:
        lines.append(f"data.name={_loader(dataset)}")
    if reward:
        lines.append(f"search.reward.score={reward}")
    if top_k != UNSET:
        lines.append(f"retrain.num_architectures={positive('top_k', top_k)}")
    if retrain_iterations != UNSET:
        lines.append(f"retrain.generator_iterations={positive('retrain_iterations', retrain_iterations)}")
    if seed < 0:
        raise ConfigError(f"seed is {seed}; set it to a whole number from 0 on")
    return load_config(preset, lines, seed=seed)


def data_location(dataset: str, data_uri: str) -> str:
    """Where the data set's files lie: a path or URI; "" for the loader's usual place.

    Raises:
        ConfigError: both fields name a place.
    """
    if _loader(dataset) in SELF_DESCRIBING and data_uri:
        raise ConfigError(
            f"dataset is '{dataset}' and data_uri '{data_uri}', which are two places; leave data_uri empty, or give "
            "dataset a name"
        )
    return dataset if _loader(dataset) in SELF_DESCRIBING else data_uri


def check_backend(backend: str) -> Literal["local", "katib"]:
    """The backend.

    Raises:
        ConfigError: it is none.
    """
    if backend == "local":
        return "local"
    if backend == "katib":
        return "katib"
    raise ConfigError(f"backend is '{backend}'; set it to one of {', '.join(BACKENDS)}")


def check_run_name(name: str) -> None:
    """Checks the name of a run, or of a history of scores.

    Raises:
        ConfigError: it cannot be a folder's, or is the name of something else in the run store.
    """
    if not RUN_NAME.fullmatch(name) or name in RESERVED:
        raise ConfigError(
            f"the name is '{name}'; use at most 63 of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit, "
            f"and none of {', '.join(RESERVED)}"
        )


def parse_architectures(text: str) -> list[Architecture]:
    """Architectures by name or in compact text, separated by commas or white space.

    Raises:
        ConfigError: one of them is none.
    """
    return [Architecture.parse(word) for word in re.split(r"[,\s]+", text) if word]


def _loader(dataset: str) -> str:
    """The loader for the field ``dataset``; "" when it is empty."""
    if not dataset or dataset in DATASETS:
        return dataset
    if PurePosixPath(dataset).suffix == ".npz":
        return "npz"
    if "/" in dataset:
        return "folder"
    raise ConfigError(
        f"dataset is '{dataset}'; set it to one of {', '.join(DATASETS)}, or to the path or URI of a folder of images "
        "or an .npz file"
    )


def positive(field: str, value: int) -> int:
    """The value of a field that counts something, from 1.

    Raises:
        ConfigError: it is less.
    """
    if value < 1:
        raise ConfigError(f"{field} is {value}; set it to a whole number from 1 on, or to {UNSET} for the preset's")
    return value
