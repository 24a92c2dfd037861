"""Settings read from text by their type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autogan_core.config import setting_from_text
from autogan_core.presets import load_config, setting_text


@pytest.mark.parametrize(
    "text",
    [
        "/data/photos #1",
        "2024",
        "%x",
        "@x",
        "*.png",
        "a [b]",
        "yes",
        "1e3",
        "nullable",
        "{a: b}",
        "- x",
        "!x",
        "&x",
        "é",
    ],
)
def test_the_text_of_a_path_is_the_path(text: str) -> None:
    """Whatever YAML would make of it."""
    assert load_config("cifar10", [f"data.path={text}"]).data.path == Path(text)


@pytest.mark.parametrize("text", ["none", "None", "null", "NULL", "", " "])
def test_the_words_for_nothing(text: str) -> None:
    """Where null is allowed; a folder of such a name is written in quotes, or with ./ before it."""
    assert load_config("cifar10", [f"data.path={text}"]).data.path is None
    assert load_config("cifar10", [f"search.growth={text}"]).search.growth is None
    assert load_config("cifar10", ['data.path="null"']).data.path == Path("null")
    assert load_config("cifar10", ["data.path=./null"]).data.path == Path("null")


def test_the_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is no user's stays as it is."""
    monkeypatch.setenv("HOME", "/home/me")
    read = [load_config("cifar10", [f"data.path={text}"]).data.path for text in ("~", "~/photos", "~photos/1", "a~")]
    assert read == [Path(path) for path in ("/home/me", "/home/me/photos", "~photos/1", "a~")]


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("search.iterations", "1e2", 100),
        ("search.iterations", "1_000", 1000),
        ("search.iterations", "2.5", "2.5"),
        ("training.generator_lr", "1e-3", 1e-3),
        ("search.shared_epochs", "3", 3),
        ("search.shared_epochs", "0.5", 0.5),
        ("search.dynamic_reset.enabled", "no", False),
        ("search.dynamic_reset.enabled", "On", True),
        ("search.dynamic_reset.enabled", "maybe", "maybe"),
        ("model.image_channels", "1", 1),
        ("training.adam_betas", "0.5, 0.9", [0.5, 0.9]),
        ("training.adam_betas", "[0.5,0.9]", [0.5, 0.9]),
        ("search.space.norm", "[in, bn]", ["in", "bn"]),
        ("search.space.up", "nearest", ["nearest"]),
        ("retrain.incumbents", "[]", []),
        ("retrain.incumbents", "", []),
        ("retrain.incumbents", "[sn-gan, '1011', \"a, b\"]", ["sn-gan", "1011", "a, b"]),
        ("retrain.incumbents", "[[1, 0, 1, 1], 0101]", ["[1, 0, 1, 1]", "0101"]),
    ],
)
def test_numbers_words_and_lists(key: str, text: str, value: Any) -> None:
    """Each by the setting's type; what is none of it stays text, which the validation refuses."""
    read = setting_from_text(key, text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize("value", [None, True, 3, 0.5, [0.5, 0.9], "photos #1", "null", "None", '"x"', " x ", "a\nb"])
def test_a_value_is_written_as_it_is_read(value: Any) -> None:
    """On one line, so that the trials of an Experiment can take it from their environment."""
    keys = {
        bool: "search.dynamic_reset.enabled",
        int: "seed",
        float: "training.generator_lr",
        list: "training.adam_betas",
    }
    text = setting_text(value)
    assert setting_from_text(keys.get(type(value), "data.path"), text) == value
    assert len(text.splitlines()) == 1
