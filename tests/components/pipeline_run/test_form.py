"""A pipeline's form: what it means, and one sentence for whatever is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from autogan_core.errors import ConfigError
from autogan_core.presets import load_config
from autogan_core.search_space import NAMED, Architecture
from autogan_kubeflow.components.pipeline_run.form import (
    DATASETS,
    check_backend,
    check_run_name,
    data_location,
    parse_architectures,
    read_form,
)


def test_an_empty_form_is_the_preset() -> None:
    """What is left empty or at -1 stays as the preset says."""
    form: dict[str, Any] = {
        "overrides": "",
        "dataset": "",
        "seed": 0,
        "top_k": -1,
        "pool": -1,
        "retrain_iterations": -1,
    }
    for preset, reward in (("digits", ""), ("cifar10", "from-preset")):
        assert read_form(preset=preset, reward=reward, **form) == load_config(preset)


def test_every_field_has_its_setting() -> None:
    """Overrides come line by line or separated by semicolons, and the fields of their own win over them."""
    config = read_form(
        preset="digits",
        overrides=" search.iterations=3 \n\nretrain.num_architectures=2; search.reward.score=inception-score;\n",
        dataset="fashion-mnist",
        seed=7,
        reward="inverse-fid",
        top_k=3,
        pool=12,
        retrain_iterations=9,
    )
    assert (config.search.iterations, config.data.name, config.seed) == (3, "fashion-mnist", 7)
    assert config.search.reward.score == "inverse-fid"
    assert (config.retrain.num_architectures, config.retrain.pool, config.retrain.generator_iterations) == (3, 12, 9)


@pytest.mark.parametrize(
    ("dataset", "data_uri", "name", "location"),
    [
        ("", "", "digits", ""),
        ("", "gs://bucket/digits", "digits", "gs://bucket/digits"),
        ("cifar10", "/data/cifar", "cifar10", "/data/cifar"),
        ("gs://bucket/photos", "", "folder", "gs://bucket/photos"),
        ("./photos", "", "folder", "./photos"),
        ("gs://bucket/images.npz", "", "npz", "gs://bucket/images.npz"),
        ("images.npz", "", "npz", "images.npz"),
    ],
)
def test_data_sets_by_name_path_and_uri(dataset: str, data_uri: str, name: str, location: str) -> None:
    """A name is a loader's; what looks like a place is one."""
    assert read_form(preset="digits", dataset=dataset).data.name == name
    assert data_location(dataset, data_uri) == location


def test_data_sets_that_describe_themselves_have_no_name() -> None:
    """The names that may stand in the field are those of published data sets."""
    assert DATASETS == ("digits", "fashion-mnist", "cifar10", "stl10")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"top_k": 0}, "train_top_k is 0; set it to a whole number from 1 on, or to -1 for the preset's"),
        ({"top_k": -2}, "train_top_k is -2"),
        ({"preset": "cifar10", "top_k": 6}, r"retrain.num_architectures \(6\) exceeds search.top_k \(5\)"),
        ({"top_k": 4}, r"pool \(2\) must be at least num_architectures \(4\)"),
        ({"pool": 0}, "train_pool is 0; set it to a whole number from 1 on, or to -1 for the preset's"),
        ({"pool": 1, "top_k": 2}, r"pool \(1\) must be at least num_architectures \(2\)"),
        ({"retrain_iterations": 0}, "train_iterations is 0; set it to"),
        ({"seed": -1}, "settings_seed is -1; set it to a whole number from 0 on"),
        ({"dataset": "imagenet"}, "data_set is 'imagenet'; set it to one of digits, .* or to the path or URI"),
        ({"dataset": "folder"}, "data_set is 'folder'"),
        (
            {"reward": "accuracy"},
            "search_reward is 'accuracy'; set it to one of from-preset, inception-score, inverse-fid",
        ),
        ({"reward": "inverse_fid"}, "search_reward is 'inverse_fid'; did you mean 'inverse-fid'?"),
        ({"preset": "cifar"}, "settings_preset is 'cifar'; did you mean 'cifar10'?"),
        (
            {"preset": "x"},
            "settings_preset is 'x'; set it to one of cifar10, digits, fashion-mnist, folder-128",
        ),
        (
            {"overrides": "search.iteration=3"},
            "there is no setting 'search.iteration'; did you mean 'search.iterations'",
        ),
        ({"overrides": "faster"}, "takes section.key=value, not 'faster'"),
    ],
)
def test_wrong_fields_are_named(fields: dict[str, Any], message: str) -> None:
    """The sentence has the field, the value and what to do."""
    with pytest.raises(ConfigError, match=message) as caught:
        read_form(**{"preset": "digits", **fields})
    assert "\n" not in str(caught.value)


def test_two_places_are_refused() -> None:
    """A data set that is a place needs no second one."""
    with pytest.raises(ConfigError, match="which are two places; leave data_files_uri empty"):
        data_location("gs://bucket/photos", "gs://bucket/others")


def test_backends() -> None:
    """There are two."""
    assert (check_backend("local"), check_backend("katib")) == ("local", "katib")
    with pytest.raises(ConfigError, match="search_backend is 'argo'; set it to one of local, katib"):
        check_backend("argo")


@pytest.mark.parametrize("name", ["", "inputs", "jobs", "../up", "a/b", ".hidden", "Upper", "a" * 64])
def test_names_that_are_none(name: str) -> None:
    """A run's folder lies in the store, and is nothing else's."""
    with pytest.raises(ConfigError, match=f"run_name is '{name}'; use at most 63"):
        check_run_name(name)
    with pytest.raises(ConfigError, match="score_history is"):
        check_run_name(name, "score_history")
    check_run_name("digits-2.1_b")


def test_architectures_by_name_and_compact_text() -> None:
    """Commas, spaces and newlines separate them; the first that is none is named."""
    top1, other = NAMED["paper-top1"], Architecture.parse("1011-10011-10103")
    assert parse_architectures(" paper-top1, 1011-10011-10103\n") == [top1, other]
    assert parse_architectures("") == []
    with pytest.raises(ConfigError, match="paper-top9"):
        parse_architectures("paper-top1 paper-top9")
