"""What the command line and the first step refuse alike."""

from __future__ import annotations

from typing import Any

import pytest

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.pipeline_run.checks import check_evaluated, check_run, check_rungs
from autogan_kubeflow.components.pipeline_run.form import read_form

RUN: dict[str, Any] = {"data_uri": "", "name": "", "backend": "katib", "katib": {}, "store": "gs://bucket/x"}
DIGITS: dict[str, Any] = {"preset": "digits", "dataset": ""}


def test_a_right_form_is_its_configuration() -> None:
    """Also one whose images only the first step will know, and one whose store only the pods know."""
    photos = DIGITS | {"dataset": "gs://bucket/photos"}
    for form, changes in ((DIGITS, {}), (photos, {}), (DIGITS, {"store": ""}), (photos, {"remote": True})):
        assert check_run(form, **RUN | changes) == read_form(**form)


@pytest.mark.parametrize(
    ("form", "changes", "message"),
    [
        ({}, {"store": "runs"}, "run_store_uri is 'runs', which is a folder, and pods share none"),
        ({}, {"backend": "argo"}, "search_backend is 'argo'"),
        ({}, {"name": "Mine"}, "run_name is 'Mine'"),
        ({}, {"katib": {"namespace": "A B"}}, "katib_namespace is 'A B'"),
        ({}, {"katib": {"name": "x" * 41}}, "at most 40 lower-case letters"),
        ({}, {"katib": {"workers": -1}}, "katib_trial_workers is -1"),
        (
            {},
            {"katib": {"workers": 5000}},
            "5000 workers and the master are more pods than there are images in a batch",
        ),
        ({}, {"katib": {"timeout_hours": float("nan")}}, "katib_timeout_hours is nan"),
        ({"pool": 100}, {"max_rungs": 2}, "but this pipeline has room for 2"),
        ({"dataset": "gs:/b/photos"}, {}, "data_set is 'gs:/b/photos', which is misspelt; write gs://b/photos"),
        ({"overrides": "data.name=folder"}, {}, "sets data.name to 'folder' without a place; set the field data_set"),
        ({"overrides": "search.controller_steps=9000"}, {}, "controller_steps is 9000, whose architectures have"),
    ],
)
def test_what_is_refused(form: dict[str, Any], changes: dict[str, Any], message: str) -> None:
    """One sentence with the field and the value, before anything is looked at."""
    with pytest.raises(ConfigError, match=message) as caught:
        check_run(DIGITS | form, **RUN | changes)
    assert "\n" not in str(caught.value)


def test_a_local_search_may_keep_its_run_in_a_folder() -> None:
    """Only pods need a bucket."""
    assert check_run(DIGITS, **RUN | {"backend": "local", "store": "runs"})
    with pytest.raises(ConfigError, match="run_store_uri is 'runs'"):
        check_run(DIGITS, **RUN | {"backend": "local", "store": "runs", "remote": True})


def test_named_architectures_fit_the_images_and_the_pipeline() -> None:
    """Their depth is the generators', and their rungs find room; those of a search are known to the steps alone."""
    config = read_form(preset="stl10", overrides="retrain.incumbents=[sn-gan]; retrain.num_architectures=1")
    check_evaluated(config, "paper-top1", "photos-1", 1, remote=True)
    with pytest.raises(ConfigError, match="1011-10011 has 2 cells, but model.num_cells is 3; choose another preset"):
        check_evaluated(config, "1011-10011", "", None, remote=True)
    with pytest.raises(ConfigError, match="makes 3 rungs of this pool, but this pipeline has room for 2"):
        check_evaluated(config, "paper-top1 paper-top2 paper-top3", "", 2, remote=True)


def test_a_pipeline_has_room_for_so_many_rungs() -> None:
    """More are refused, with what to do."""
    check_rungs(5, 5)
    with pytest.raises(
        ConfigError, match=r"makes 6 rungs of this pool, but this pipeline has room for 5; .* --rungs 6"
    ):
        check_rungs(6, 5)
