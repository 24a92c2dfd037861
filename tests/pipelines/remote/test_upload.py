"""Uploading a pipeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autogan_core.errors import ConfigError
from autogan_kubeflow.pipelines.catalogue import compiled
from tests.pipelines.fake_kfp_api import NAME, FakeKfp


def test_a_pipeline_is_made_once_and_gets_versions(autogan: Callable[..., str], fake: FakeKfp, host: str) -> None:
    """Both carry the description of the file, which the web interface would not look for there; the link leads to the
    version."""
    file = str(compiled(NAME))
    first, second = (autogan("upload", NAME, "--file", file) for _ in range(2))
    (made,) = fake.pipelines
    assert (made["name"], made["display_name"]) == (NAME, NAME)
    assert made["description"].startswith("Trains architectures on a data set that they were not searched on")
    assert {version["description"] for version in fake.versions.values()} == {made["description"]}
    page = f"uploaded: {host}/#/pipelines/details/{made['pipeline_id']}/version/"
    assert [line.removeprefix(page).strip() for line in (first, second)] == list(fake.versions)


def test_it_goes_where_its_user_is(autogan: Callable[..., str], fake: FakeKfp) -> None:
    """With profiles, the pipeline is made in one of them."""
    fake.multi_user = True
    autogan("upload", NAME, "--namespace", "team-a")
    assert [made["namespace"] for made in fake.pipelines] == ["team-a"]


def test_another_file_is_refused(autogan: Callable[..., str], fake: FakeKfp, tmp_path: Path) -> None:
    """Before anything is sent."""
    (tmp_path / "a.yaml").write_text(compiled("mlas-search").read_text())
    with pytest.raises(ConfigError, match="is not the pipeline 'transfer-evaluation' but mlas-search"):
        autogan("upload", NAME, "--file", str(tmp_path / "a.yaml"))
    assert fake.requests == []
