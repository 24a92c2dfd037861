"""A pipeline run's notes in the run store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autogan_core.errors import ConfigError
from autogan_core.storage import DirectoryStore
from autogan_kubeflow.components.pipeline_run.job import JOB_VARIABLE, Job, JobCard, StepRecord

CARD = JobCard("mlas-search", "digits@0123456789ab-0123456789ab", "2026-01-02T03:04:05+00:00", "mlas-x", "ns", "me")


def test_what_is_noted_is_found(tmp_path: Path) -> None:
    """Card, pages and summary are None at first, and read back later by another process."""
    job = Job(DirectoryStore(tmp_path), "one")
    assert (job.card(), job.page("report"), job.summary()) == (None, None, None)
    job.open(CARD)
    job.keep_page("report", "gs://b/report.html")
    job.keep_summary("# done")
    again = Job(DirectoryStore(tmp_path), "one")
    assert (again.card(), again.page("report"), again.summary()) == (CARD, "gs://b/report.html", "# done")
    assert Job(DirectoryStore(tmp_path), "two").card() is None


def test_steps_are_noted(tmp_path: Path) -> None:
    """Begun, failed and ended well are told apart by another process, in the order of their begins; the last word on a
    step replaces the former."""
    job = Job(DirectoryStore(tmp_path), "one")
    assert (job.step("search"), job.steps(), job.failures()) == (None, [], {})
    first = StepRecord.begin("search", "pod-x", 1, 3)
    second = replace(StepRecord.begin("retrain-1011", "", 1, 1), began="9999")
    job.note(second.fail("it diverged", final=True))
    job.note(first)
    again = Job(DirectoryStore(tmp_path), "one")
    assert [record.step for record in again.steps()] == ["search", "retrain-1011"]
    assert again.step("search") == first and not first.ended
    assert again.failures() == {"retrain-1011": "it diverged"}
    job.note(first.fail("the bucket was away", exhausted=True))
    assert again.failures()["search"] == "the bucket was away"
    job.note(first.succeed())
    record = again.step("search")
    assert record is not None and record.ended and not record.failure and not record.exhausted
    assert list(again.failures()) == ["retrain-1011"]


def test_the_process_knows_its_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names it; outside a pipeline there is none."""
    monkeypatch.delenv(JOB_VARIABLE, raising=False)
    assert Job.current(DirectoryStore(tmp_path)) is None
    monkeypatch.setenv(JOB_VARIABLE, "one")
    job = Job.current(DirectoryStore(tmp_path))
    assert job is not None and job.identifier == "one"


@pytest.mark.parametrize("identifier", ["", "a/b", ".", "../x"])
def test_an_id_is_one_word(tmp_path: Path, identifier: str) -> None:
    """Nothing is written outside the jobs' folder."""
    with pytest.raises(ConfigError, match="must be one word"):
        Job(DirectoryStore(tmp_path), identifier)
