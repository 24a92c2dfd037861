"""The configuration that a run keeps."""

from __future__ import annotations

import functools

import pytest

from autogan_core.config import ADDED
from autogan_core.errors import ConfigError, StateError
from autogan_core.metrics.features.recipes import RECIPE
from autogan_core.presets import load_config
from autogan_core.runs.folder import run_config
from autogan_core.runs.folder.finding import CONFIG_FILE
from autogan_core.runs.folder.run_config import CONFIG_FORMAT, MadeRun, keep_config, stored_config, stored_recipe
from autogan_core.storage import RunStore, read_document, write_document

OLDER = "search.controller.baseline=moving-average"
CONFIG = load_config("digits", ["search.top_k=2", OLDER], seed=5)


def test_a_run_keeps_its_configuration(store: RunStore) -> None:
    """Where a run has been, its settings are read back; elsewhere there are none. Keeping them twice is nothing new."""
    assert stored_config(store) is None
    keep_config(store, CONFIG)
    assert stored_config(store) == CONFIG
    keep_config(store, CONFIG)
    assert stored_config(store) == CONFIG


def test_another_configuration_is_refused_with_its_differences(store: RunStore) -> None:
    """Settings that decide the result are listed, old value and new; where the data lies is none of them."""
    keep_config(store, CONFIG)
    with pytest.raises(ConfigError, match=r"holds a run with other settings(?s:.*)search\.top_k: 2 -> 3$"):
        keep_config(store, load_config("digits", ["search.top_k=3", OLDER], seed=5))
    keep_config(store, load_config("digits", ["search.top_k=2", "data.path=elsewhere", OLDER], seed=5))
    assert stored_config(store) == CONFIG


def test_of_two_processes_that_make_a_run_one_does(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower one finds the other's run, and is refused if its settings are others."""
    other = load_config("digits", ["search.top_k=3", OLDER], seed=5)
    made = run_config.made_run

    def slow(store: RunStore) -> MadeRun | None:
        monkeypatch.setattr(run_config, "made_run", made)
        keep_config(store, CONFIG)
        return None

    monkeypatch.setattr(run_config, "made_run", slow)
    with pytest.raises(ConfigError, match=r"search\.top_k: 2 -> 3$"):
        keep_config(store, other)
    assert stored_config(store) == CONFIG


def test_a_run_of_an_earlier_version_goes_on_with_its_settings(store: RunStore) -> None:
    """A stored configuration without newer settings is taken for one that has what it ran with."""
    tree = CONFIG.model_dump(mode="json")
    del tree["search"]["growth"], tree["search"]["controller"]["baseline"]
    write_document(store, CONFIG_FILE, tree)
    keep_config(store, CONFIG)
    assert stored_config(store) == CONFIG


def test_a_run_says_its_classifiers_recipe(store: RunStore) -> None:
    """A new one today's, and so does one that knows newer settings; before these there was but the first."""
    assert stored_recipe(store) == RECIPE == 2
    keep_config(store, CONFIG)
    assert read_document(store, CONFIG_FILE, CONFIG_FORMAT)["classifier_recipe"] == RECIPE
    tree = CONFIG.model_dump(mode="json")
    write_document(store, CONFIG_FILE, tree)
    assert stored_recipe(store) == 2
    for key in ADDED:
        *sections, name = key.split(".")
        functools.reduce(lambda section, part: section[part], sections, tree).pop(name)
    write_document(store, CONFIG_FILE, tree)
    assert stored_recipe(store) == 1
    assert stored_config(store) is not None


def test_images_that_are_read_in_another_way_are_told(store: RunStore, caplog: pytest.LogCaptureFixture) -> None:
    """Their fingerprint tells whether they are others; the settings by which the run was made are named before."""
    own = ["data.name=folder", "data.path=images"]
    keep_config(store, load_config("digits", [*own, "data.background=stored"]))
    keep_config(store, load_config("digits", own))
    assert "made with data.background=stored (now white); if its images are refused, go back to that" in caplog.text


def test_what_is_no_configuration_is_refused(store: RunStore) -> None:
    """Settings of another version are named, and a damaged file is not taken for one."""
    write_document(store, CONFIG_FILE, {"preset": "digits", "data": {"name": "digits"}, "speed": 1})
    with pytest.raises(ConfigError, match="there is no setting 'speed'"):
        stored_config(store)
    store.write(CONFIG_FILE, store.read(CONFIG_FILE).replace(b"digits", b"digitt"))
    with pytest.raises(StateError, match=r"config\.json is damaged"):
        stored_config(store)
