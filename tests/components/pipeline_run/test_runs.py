"""References of runs, and the folders that they stand for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autogan_kubeflow.components.pipeline_run.runs as runs
from autogan_core.config import Config
from autogan_core.errors import ConfigError, StateError
from autogan_core.runtime.monitor import Monitor
from autogan_core.storage import write_document
from autogan_kubeflow.components.pipeline_run.form import RESERVED, RUN_NAME
from autogan_kubeflow.components.pipeline_run.runs import RunReference, StoreRef
from autogan_kubeflow.components.step_runtime.loop_item import LoopItem
from tests.core.tiny import tiny_config

FINGERPRINT = "a" * 64
HEX = st.text("0123456789abcdef", min_size=12, max_size=12)


def store_ref(folder: Path) -> StoreRef:
    return StoreRef(str(folder), folder / "cache", "cpu")


def config(*overrides: str) -> Config:
    return tiny_config(f"data.fingerprint={FINGERPRINT}", *overrides)


@given(st.builds(RunReference, st.from_regex(RUN_NAME, fullmatch=True), HEX, HEX))
def test_a_reference_is_its_text(reference: RunReference) -> None:
    """Every reference reads back from its text."""
    assert RunReference.parse(str(reference)) == reference


@pytest.mark.parametrize("text", ["", "digits", "digits@1-2", "../x@0123456789ab-0123456789ab"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    """A path that leaves the run store is none."""
    with pytest.raises(ConfigError, match="is no run"):
        RunReference.parse(text)


def test_a_run_is_named_after_what_decides_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal settings, images and code give one folder; a change of any gives another, in whose name it shows."""
    here = store_ref(tmp_path)
    reference = here.create(config())
    assert here.create(config()) == reference
    assert here.create(config("data.path=elsewhere")) == reference
    assert reference.folder == f"digits-{reference.configuration}-{reference.code}"
    settings = here.create(config("search.top_k=3"))
    images = here.create(tiny_config(f"data.fingerprint={'b' * 64}"))
    monkeypatch.setattr(runs, "code_fingerprint", lambda: "c" * 64)
    code = here.create(config())
    assert len({reference, settings, images, code}) == 4
    assert (code.configuration, code.code) == (reference.configuration, "c" * 12)


def test_a_search_under_katib_is_another_run(tmp_path: Path) -> None:
    """It does not take a local search's result for its own, unless it is told to by name; configuration and code are
    the same."""
    here = store_ref(tmp_path)
    local, katib = here.create(config()), here.create(config(), backend="katib")
    assert katib.folder == f"digits-katib-{local.configuration}-{local.code}"
    assert (katib.configuration, katib.code) == (local.configuration, local.code)
    assert here.create(config(), "mine", "katib") == here.create(config(), "mine", "local")


def test_a_name_continues_what_lies_there(tmp_path: Path) -> None:
    """The folder has the name; other settings in it are refused."""
    here = store_ref(tmp_path)
    reference = here.create(config(), "mine")
    assert reference.folder == "mine"
    assert (tmp_path / "mine" / "config.json").exists()
    assert here.create(config(), "mine") == reference
    with pytest.raises(ConfigError, match=r"search\.top_k: 2 -> 3"):
        here.create(config("search.top_k=3"), "mine")
    for name in RESERVED:
        with pytest.raises(ConfigError, match=f"run_name is '{name}'"):
            here.create(config(), name)


def test_a_run_is_opened_with_its_own_settings(tmp_path: Path) -> None:
    """A later step needs the reference alone; a run that was replaced meanwhile is not taken for it."""
    here = store_ref(tmp_path)
    reference = here.create(config(), "mine")
    run = here.open(str(reference), Monitor())
    assert run.config == config()
    assert run.location == str(tmp_path / "mine")
    write_document(here.folder("mine"), "config.json", config("search.top_k=3").model_dump(mode="json"))
    for text in (str(reference), str(reference).replace("mine", "gone")):
        with pytest.raises(StateError, match="is not the run that this pipeline began"):
            here.open(text, Monitor())


@given(
    st.integers(1, 99),
    st.sampled_from(["1011-10011-10103", "0000-00001-11002"]),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
)
def test_work_survives_its_journey(rank: int, architecture: str, reward: float | None) -> None:
    """What a loop gets is what the step before it returned."""
    work = LoopItem("digits@0123456789ab-0123456789ab", rank, architecture, reward, 2, 4, 500, 8)
    assert LoopItem.loads(work.dumps()) == work
    assert str(work.parsed) == architecture


def test_trainings_have_titles() -> None:
    """They say how far, and which rung it is if there are several."""
    work = LoopItem("digits@0123456789ab-0123456789ab", 1, "1011-10011-10103", None, 2, 4, 5000, 8)
    assert work.training == "Train 1011-10011-10103 to 5,000 steps (rung 2 of 4)"
    assert replace(work, rung=1, rungs=1).training == "Train 1011-10011-10103 to 5,000 steps"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"run": "r", "rank": 1, "architecture": "9999"}'])
def test_what_is_no_work_is_refused(text: str) -> None:
    """The message quotes it."""
    with pytest.raises(ConfigError, match="this is no work item"):
        LoopItem.loads(text)
