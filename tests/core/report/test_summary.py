"""The summary for programs."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from autogan_core.config import parse_config
from autogan_core.report import RunResults
from autogan_core.report.results.observations import observe
from autogan_core.report.summary import summary_json
from tests.core.report.fake_run import FAILURE, fake_check, fake_config, fake_protocols, fake_run


def refuse(constant: str) -> NoReturn:
    """JSON has no NaN."""
    raise AssertionError(constant)


def summary(results: RunResults) -> dict[str, Any]:
    """The summary, read strictly."""
    observations = observe(results.records, [architecture for architecture, _ in results.beams], results.space)
    tree: dict[str, Any] = json.loads(summary_json(results, observations), parse_constant=refuse)
    return tree


def test_summary_has_the_numbers() -> None:
    """Configuration, beams, scores, times, resets, failures and observations are there as they were given."""
    tree = summary(fake_run())
    assert parse_config(tree["config"]) == fake_config()
    assert tree["fingerprint"] == fake_config().fingerprint()
    assert tree["best_generator"] == "1011-10011-10103"
    assert tree["beams"][1] == {
        "architecture": "0020-01210-02200",
        "words": "post none deconv | post bn deconv shortcut | post in deconv",
        "reward": pytest.approx(6.29),
    }
    first, second = tree["generators"]
    assert first["best"]["scores"]["fid_5k_classifier"] == 12.31
    assert (first["macs"], first["parameters"], first["seconds"]) == (1_765_015_552, 4_406_251, 4050.0)
    assert second["collapsed"]
    assert second["last"]["scores"]["is_5k_10split_classifier"] == 2.41
    assert [point["iteration"] for point in second["curve"]] == list(range(250, 2501, 250))
    assert tree["seconds"] == {"search": 512.0, "retrain": 8100.0, "evaluate": 61.2}
    assert tree["search"]["failures"] == {"8": FAILURE}
    assert tree["search"]["resets"] == [4, 13]
    assert tree["search"]["candidates_scored"] == 3 * (5 * 12 + 10) - 12 - 1
    assert [o["source"] for o in tree["observations"]] == ["beams", "policy"] * 4


def test_scores_are_told_by_protocol() -> None:
    """In the order of the results, each generator by its architecture."""
    assert summary(fake_run())["by_protocol"] == []
    first, second = summary(replace(fake_run(), by_protocol=fake_protocols()))["by_protocol"]
    assert (first["protocol"], first["real_scores"]) == (
        "2,000 images, 10 splits, Inception features",
        {"is_1797_10split": 5.5},
    )
    assert [generator["architecture"] for generator in first["generators"]] == ["1011-10011-10103"]
    assert first["generators"][0]["best"] == {
        "iteration": 2500,
        "scores": {"is_2k_10split": 4.21, "is_2k_10split_std": 0.07, "fid_2k": 63.5},
    }
    assert [generator["last"]["iteration"] for generator in second["generators"]] == [2500, 2500]


def test_the_check_for_copies_is_told_without_its_picture() -> None:
    """With its words, and the pairs by their indices; a checkpoint that was not checked has none."""
    run = fake_run()
    first = run.generators[0]
    checked = replace(first, best=replace(first.best, copies=fake_check(3)))
    tree = summary(replace(run, generators=(checked, *run.generators[1:])))["generators"][0]
    found = tree["best"]["copies"]
    assert (found["copies"], found["checked"], "strip" in found) == (3, 5000, False)
    assert found["words"] == fake_check(3).words
    assert found["closest"][1] == {"generated": 20, "training": 11, "mirrored": True, "ratio": 0.1}
    assert "copies" not in tree["last"]


def test_numbers_that_are_not_finite_become_null() -> None:
    """A NaN score and an observation without anything to count leave valid JSON."""
    results = replace(fake_run(), real_scores={"fid_1k": math.nan}, history=(), beams=(), generators=())
    tree = summary(results)
    assert tree["real_scores"] == {"fid_1k": None}
    assert tree["best_generator"] is None
    assert tree["observations"][0]["uniform"] is None
