"""What a test is told, and what is refused before anything is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from acceptance.cli import moved
from acceptance.settings import PipelinesAccess, Settings
from autogan_core.errors import ConfigError


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"namespace": "Autogan"}, "at most 29 lower-case"),
        ({"namespace": "a" * 30}, "at most 29 lower-case"),
        ({"store": "s3://bucket"}, "write gs://bucket"),
        ({"emulator_image": None}, "no bucket to work on; give STORE="),
        ({"gcs_key": Path("key.json")}, "credentials were given, but no bucket"),
    ],
)
def test_what_cannot_work_is_refused(given: dict[str, Any], sentence: str) -> None:
    """With one sentence that says what to give instead."""
    with pytest.raises(ConfigError, match=sentence):
        Settings(folder=Path("x"), **({"emulator_image": "e:1"} | given))


def test_each_test_has_a_folder_of_its_own_in_a_bucket() -> None:
    """Two tests below one prefix do not meet; an emulator needs no such thing, and its pods find it by name."""
    first, second = (Settings(folder=Path("x"), store="gs://bucket/some/prefix/") for _ in range(2))
    assert first.store_uri.startswith("gs://bucket/some/prefix/autogan-acceptance-")
    assert first.store_uri != second.store_uri
    assert first.emulator_host is None
    emulated = Settings(folder=Path("x"), emulator_image="e:1", namespace="mine")
    assert emulated.store_uri == "gs://autogan/acceptance"
    assert emulated.emulator_host == "http://fake-gcs-server.mine:4443"


def test_names_of_experiments_are_short_enough() -> None:
    """The longest namespace still gives a name that Katib takes."""
    assert len(Settings(folder=Path("x"), store="gs://bucket", namespace="n" * 29).experiment) == 40


def test_with_profiles_the_steps_run_in_one() -> None:
    """As the account that Kubeflow makes there; without, where Kubeflow Pipelines is."""
    assert (PipelinesAccess(profile="me").pods_namespace, PipelinesAccess(profile="me").account) == (
        "me",
        "default-editor",
    )
    assert (PipelinesAccess().pods_namespace, PipelinesAccess().account) == ("kubeflow", "pipeline-runner")


@pytest.mark.parametrize(
    ("image", "place", "tag", "expected"),
    [
        ("team/runtime:1", None, None, "team/runtime:1"),
        ("team/runtime:1", "registry.test:5000/us", None, "registry.test:5000/us/runtime:1"),
        ("localhost:5000/team/runtime:1", None, "2", "localhost:5000/team/runtime:2"),
        ("runtime", "us", "2", "us/runtime:2"),
    ],
)
def test_the_default_images_can_be_taken_from_elsewhere(
    image: str, place: str | None, tag: str | None, expected: str
) -> None:
    """Registry and tag are changed apart."""
    assert moved(image, place, tag) == expected
