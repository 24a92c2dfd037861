"""A pipeline run's notes in the run store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autogan_core.errors import ConfigError
from autogan_core.storage import DirectoryStore
from autogan_kubeflow.components.pipeline_run.record import (
    PIPELINE_RUN_VARIABLE,
    PipelineRun,
    PipelineRunCard,
    StepRecord,
)

CARD = PipelineRunCard(
    "mlas-search", "digits@0123456789ab-0123456789ab", "2026-01-02T03:04:05+00:00", "mlas-x", "ns", "me"
)


def test_what_is_noted_is_found(tmp_path: Path) -> None:
    """Card, pages and summary are None at first, and read back later by another process."""
    pipeline_run = PipelineRun(DirectoryStore(tmp_path), "one")
    assert (pipeline_run.card(), pipeline_run.page("report"), pipeline_run.summary()) == (None, None, None)
    pipeline_run.open(CARD)
    pipeline_run.keep_page("report", "gs://bucket/report.html")
    pipeline_run.keep_summary("# done")
    again = PipelineRun(DirectoryStore(tmp_path), "one")
    assert (again.card(), again.page("report"), again.summary()) == (CARD, "gs://bucket/report.html", "# done")
    assert PipelineRun(DirectoryStore(tmp_path), "two").card() is None


def test_steps_are_noted(tmp_path: Path) -> None:
    """Begun, failed and ended well are told apart by another process, in the order of their begins; the last word on a
    step replaces the former."""
    pipeline_run = PipelineRun(DirectoryStore(tmp_path), "one")
    assert (pipeline_run.step("search"), pipeline_run.steps(), pipeline_run.failures()) == (None, [], {})
    first = StepRecord.begin("search", "pod-x", 1, 3)
    second = replace(StepRecord.begin("retrain-1011", "", 1, 1), began="9999")
    pipeline_run.note(second.fail("it diverged", final=True))
    pipeline_run.note(first)
    again = PipelineRun(DirectoryStore(tmp_path), "one")
    assert [record.step for record in again.steps()] == ["search", "retrain-1011"]
    assert again.step("search") == first and not first.ended
    assert again.failures() == {"retrain-1011": "it diverged"}
    pipeline_run.note(first.fail("the bucket was away", exhausted=True))
    assert again.failures()["search"] == "the bucket was away"
    pipeline_run.note(first.succeed())
    record = again.step("search")
    assert record is not None and record.ended and not record.failure and not record.exhausted
    assert list(again.failures()) == ["retrain-1011"]


def test_the_process_knows_its_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names it; outside a pipeline there is none."""
    monkeypatch.delenv(PIPELINE_RUN_VARIABLE, raising=False)
    assert PipelineRun.current(DirectoryStore(tmp_path)) is None
    monkeypatch.setenv(PIPELINE_RUN_VARIABLE, "one")
    pipeline_run = PipelineRun.current(DirectoryStore(tmp_path))
    assert pipeline_run is not None and pipeline_run.identifier == "one"


@pytest.mark.parametrize("identifier", ["", "a/b", ".", "../x"])
def test_an_id_is_one_word(tmp_path: Path, identifier: str) -> None:
    """Nothing is written outside the jobs' folder."""
    with pytest.raises(ConfigError, match="must be one word"):
        PipelineRun(DirectoryStore(tmp_path), identifier)
