"""Parameters on the command line, checked before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from autogan_core.errors import ConfigError
from pipelines.parameters import read_arguments


def test_values_have_their_parameters_types() -> None:
    """Text stays text, even if it looks like a number; only what was given is returned, the last of equals."""
    given = ["preset=digits", "run=007", "top_k=1", "top_k=2", "timeout_hours=3", "keep_experiment=true"]
    assert read_arguments("mlas-search", given) == {
        "preset": "digits",
        "run": "007",
        "top_k": 2,
        "timeout_hours": 3.0,
        "keep_experiment": True,
    }
    assert read_arguments("transfer-evaluation", []) == {}


@pytest.mark.parametrize(
    ("pipeline", "given", "message"),
    [
        ("mlas-search", "top_k", "--param takes name=value, not 'top_k'"),
        ("mlas-search", "topk=3", "mlas-search has no parameter 'topk'; did you mean 'top_k'"),
        ("mlas-search", "xyz=3", "mlas-search has no parameter 'xyz'; it has"),
        ("mlas-search", "top_k=many", "top_k is 'many'; set it to a whole number"),
        ("mlas-search", "top_k=1.5", "top_k is '1.5'; set it to a whole number"),
        ("mlas-search", "top_k=true", "top_k is 'true'; set it to a whole number"),
        ("mlas-search", "keep_experiment=1", "keep_experiment is '1'; set it to true or false"),
        ("mlas-search", "timeout_hours=soon", "timeout_hours is 'soon'; set it to a number"),
        ("mlas-search", "timeout_hours=-1", "timeout_hours is -1; set it to a number from 0 on"),
        ("mlas-search", "top_k=0", "top_k is 0; set it to a whole number from 1 on"),
        ("mlas-search", "dataset=imagenet", "dataset is 'imagenet'"),
        ("mlas-search", "backend=argo", "backend is 'argo'"),
        ("mlas-search", "experiment_name=Upper", "an Experiment's name has at most 40 lower-case letters"),
        ("mlas-search", "run=inputs", "the name is 'inputs'"),
        ("mlas-search", "store=runs", "store is 'runs', a folder, which the pods of a pipeline do not share"),
        ("transfer-evaluation", "architectures=paper-top9", "paper-top9"),
        ("transfer-evaluation", "architectures=", "there is nothing to evaluate"),
        ("transfer-evaluation", "top_k=0", "top_k is 0"),
        ("transfer-evaluation", "history=a/b", "the name is 'a/b'"),
    ],
)
def test_wrong_parameters_are_one_sentence(pipeline: str, given: str, message: str) -> None:
    """What is wrong, the value seen, and what to do."""
    with pytest.raises(ConfigError, match=message) as caught:
        read_arguments(pipeline, [given])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [None, "", "a: b", "[", "root: {}"])
def test_a_file_that_is_no_pipeline(tmp_path: Path, content: str | None) -> None:
    """The message says how to make one."""
    path = tmp_path / "p.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"is no compiled pipeline \(\w+\); make one with 'autogan pipeline compile'"):
        read_arguments("mlas-search", [], path)
