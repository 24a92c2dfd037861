"""A pipeline run's notes in the run store."""

from __future__ import annotations

from pathlib import Path

import pytest

from autogan_core.errors import ConfigError
from autogan_core.storage import DirectoryStore
from components.pipeline_step.job import JOB_VARIABLE, Job, JobCard

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


def test_only_final_failures_stop_another_attempt(tmp_path: Path) -> None:
    """Both kinds are quoted in the summary; a later attempt's reason replaces the former."""
    job = Job(DirectoryStore(tmp_path), "one")
    assert job.failure("search") is None
    assert job.failures() == {}
    job.fail("search", "the bucket was away", final=False)
    job.fail("retrain-1011", "it diverged", final=True)
    assert job.failure("search") is None
    assert job.failure("retrain-1011") == "it diverged"
    assert job.failures() == {"retrain-1011": "it diverged", "search": "the bucket was away"}
    job.fail("search", "no such bucket", final=True)
    assert job.failure("search") == "no such bucket"


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
