"""Parameters on the command line, checked before anything is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.pipeline_run.form import FIELDS
from autogan_kubeflow.pipelines.catalogue import PIPELINES, compiled
from autogan_kubeflow.pipelines.parameters import read_arguments, read_parameters


def test_values_have_their_parameters_types() -> None:
    """Text stays text, even if it looks like a number; only what was given is returned, the last of equals."""
    numbers = ["train_top_k=1", "train_top_k=2", "katib_timeout_hours=3"]
    given = ["settings_preset=digits", "run_name=007", *numbers, "katib_keep_experiment=true"]
    assert read_arguments("mlas-search", given) == {
        "settings_preset": "digits",
        "run_name": "007",
        "train_top_k": 2,
        "katib_timeout_hours": 3.0,
        "katib_keep_experiment": True,
    }
    assert read_arguments("transfer-evaluation", []) == {}


@pytest.mark.parametrize(
    ("pipeline", "given", "message"),
    [
        ("mlas-search", "train_top_k", "--param takes name=value, not 'train_top_k'"),
        ("mlas-search", "train_topk=3", "mlas-search has no parameter 'train_topk'; did you mean 'train_top_k'"),
        ("mlas-search", "preset=digits", "mlas-search has no parameter 'preset'; did you mean 'settings_preset'"),
        ("mlas-search", "xyz=3", "mlas-search has no parameter 'xyz'; it has data_files_uri, data_set, katib_"),
        ("mlas-search", "search_run=a", "mlas-search has no parameter 'search_run'; did you mean 'search_reward'"),
        ("mlas-search", "train_top_k=many", "train_top_k is 'many'; set it to a whole number"),
        ("mlas-search", "train_top_k=1.5", "train_top_k is '1.5'; set it to a whole number"),
        ("mlas-search", "train_top_k=true", "train_top_k is 'true'; set it to a whole number"),
        ("mlas-search", "katib_keep_experiment=1", "katib_keep_experiment is '1'; set it to true or false"),
        ("mlas-search", "katib_timeout_hours=soon", "katib_timeout_hours is 'soon'; set it to a number"),
        ("mlas-search", "katib_timeout_hours=-1", "katib_timeout_hours is -1; set it to a number from 0 on"),
        ("mlas-search", "train_top_k=0", "train_top_k is 0; set it to a whole number from 1 on"),
        ("mlas-search", "data_set=imagenet", "data_set is 'imagenet'"),
        ("mlas-search", "search_backend=argo", "search_backend is 'argo'; set it to one of local, katib"),
        ("mlas-search", "search_reward=", "search_reward is ''; set it to one of from-preset, inception-score, inv"),
        ("mlas-search", "settings_preset=mnist", "settings_preset is 'mnist'; set it to one of cifar10, digits, fas"),
        ("mlas-search", "katib_experiment_name=Upper", "an Experiment's name has at most 40 lower-case letters"),
        ("mlas-search", "run_name=inputs", "run_name is 'inputs'"),
        ("mlas-search", "run_store_uri=runs", "run_store_uri is 'runs', which is a folder, and pods share none; give"),
        (
            "mlas-search",
            "run_store_uri=s3://b/x",
            "run_store_uri is 's3://b/x', which has the scheme s3://, not gs",
        ),
        (
            "mlas-search",
            "run_store_uri=gs:/bucket/x",
            "run_store_uri is 'gs:/bucket/x', which is misspelt; write gs://b",
        ),
        ("mlas-search", "run_store_uri=gs://YOUR-BUCKET", "still has the placeholder YOUR-BUCKET"),
        ("mlas-search", "run_store_uri=gs://", "run_store_uri is 'gs://', which names no bucket"),
        (
            "mlas-search",
            "data_set=./photos",
            "data_set is './photos', which is on this machine, and no pod can read it",
        ),
        ("mlas-search", "data_set=/data/photos.npz", "data_set is '/data/photos.npz', which is on this machine"),
        ("mlas-search", "data_files_uri=/data/cifar", "data_files_uri is '/data/cifar', which is on this machine"),
        (
            "mlas-search",
            "data_set=gs:/bucket/photos",
            "data_set is 'gs:/bucket/photos', which is misspelt; write gs://b",
        ),
        (
            "mlas-search",
            "data_set=gs://bucket/x/../",
            "data_set is 'gs://bucket/x/../', which has a prefix that has a p",
        ),
        ("mlas-search", "data_set=gs://bucket/", "data_set is 'gs://bucket/', a whole bucket; name a file or a folder"),
        (
            "mlas-search",
            "settings_overrides=data.name=folder",
            "settings_overrides sets data.name to 'folder' without a",
        ),
        (
            "mlas-search",
            "settings_overrides=data.path=/data",
            "settings_overrides sets data.path to '/data', which is on",
        ),
        (
            "mlas-search",
            "settings_overrides=scores.inception_weights=/w",
            "sets scores.inception_weights to '/w', which",
        ),
        (
            "mlas-search",
            "settings_overrides=search.space.up=[a",
            "search.space.up is .*; set it to a list, each one of",
        ),
        (
            "mlas-search",
            "settings_overrides=search.iterations=many",
            "search.iterations is 'many'; set it to",
        ),
        ("mlas-search", "settings_overrides=search.training_draws=9000", "training_draws is 9000, whose architectures"),
        (
            "mlas-search",
            "settings_preset=mine.yaml",
            "settings_preset is 'mine.yaml', a file, which the pods do not have",
        ),
        (
            "mlas-search",
            "settings_preset=./presets/mine",
            "a file, which the pods do not have; set it to one of cifar10",
        ),
        ("mlas-search", "settings_seed=-1", "settings_seed is -1; set it to a whole number from 0 on"),
        (
            "mlas-search",
            "settings_seed=9007199254740993",
            "settings_seed is '9007199254740993'; set it to a whole number",
        ),
        ("mlas-search", "train_top_k=1:30", "train_top_k is '1:30'; set it to a whole number"),
        ("mlas-search", "train_top_k=0x10", "train_top_k is '0x10'; set it to a whole number"),
        (
            "mlas-search",
            "train_pool=1000",
            "successive halving makes 9 rungs of this pool, but this pipeline has room f",
        ),
        ("mlas-search", "katib_timeout_hours=.nan", "katib_timeout_hours is '.nan'; set it to a number"),
        ("mlas-search", "katib_timeout_hours=inf", "katib_timeout_hours is 'inf'; set it to a number"),
        ("mlas-search", "katib_timeout_hours=1:30", "katib_timeout_hours is '1:30'; set it to a number"),
        ("mlas-search", "katib_trial_workers=-1", "katib_trial_workers is -1; set it to a whole number from 0 on"),
        ("mlas-search", "katib_namespace=My NS", "katib_namespace is 'My NS'; write a name of at most 63 lower-case"),
        ("mlas-search", "settings_overrides=seed=1;" + " " * 70000, "the parameters have 70,.* bytes together"),
        ("transfer-evaluation", "architectures=1011-10011", "1011-10011 has 2 cells, but model.num_cells is 3; choose"),
        (
            "transfer-evaluation",
            "architectures_search_run=runs/a",
            "architectures_search_run is 'runs/a', which is a fo",
        ),
        ("transfer-evaluation", "architectures_search_run=..", "architectures_search_run is '..'; use at most 63 of"),
        ("transfer-evaluation", "data_set=photos.npz", "data_set is 'photos.npz', which is on this machine"),
        ("transfer-evaluation", "architectures=paper-top9", "paper-top9"),
        ("transfer-evaluation", "architectures=", "there is nothing to evaluate"),
        ("transfer-evaluation", "train_top_k=0", "train_top_k is 0"),
        ("transfer-evaluation", "score_history=a/b", "score_history is 'a/b'"),
        ("transfer-evaluation", "search_run=a", "no parameter 'search_run'; did you mean 'architectures_search_run'"),
    ],
)
def test_wrong_parameters_are_one_sentence(pipeline: str, given: str, message: str) -> None:
    """What is wrong, the value seen, and what to do."""
    with pytest.raises(ConfigError, match=message) as caught:
        read_arguments(pipeline, [given])
    assert "\n" not in str(caught.value)


def test_a_local_run_may_read_files_of_this_machine() -> None:
    """Folders and weights here are within its reach; a mistyped bucket is not taken for one."""
    backend = "search_backend=local"
    for text in ("data_set=./photos", "data_files_uri=/data/cifar", "settings_overrides=data.path=/data"):
        assert read_arguments("mlas-search", [backend, text], remote=False)
    with pytest.raises(ConfigError, match="data_set is 'gs:/bucket/x', which is misspelt"):
        read_arguments("mlas-search", [backend, "data_set=gs:/bucket/x"], remote=False)


def test_buckets_may_have_blanks_and_slashes_around() -> None:
    """They are taken as typed, and tidied where they are opened."""
    given = ["run_store_uri= gs://bucket/x/ ", "data_set=gs://bucket/photos/"]
    assert read_arguments("mlas-search", given)


@pytest.mark.parametrize("content", [None, "", "a: b", "[", "root: {}"])
def test_a_file_that_is_no_pipeline(tmp_path: Path, content: str | None) -> None:
    """The message says how to make one."""
    path = tmp_path / "p.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"is no compiled pipeline \(\w+\); make one with 'autogan pipeline compile'"):
        read_arguments("mlas-search", [], path)


def test_the_choices_are_those_of_the_file(tmp_path: Path) -> None:
    """What a compiled pipeline allows is what its server would, be it more or less than this program knows."""
    text = compiled("mlas-search").read_text()
    path = tmp_path / "p.yaml"
    path.write_text(text.replace("        - local\n", ""))
    assert read_arguments("mlas-search", ["search_backend=local"]) == {"search_backend": "local"}
    with pytest.raises(ConfigError, match="search_backend is 'local'; set it to one of katib"):
        read_arguments("mlas-search", ["search_backend=local"], path)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_every_field_is_a_step_s_parameter(pipeline: str) -> None:
    """The table of names has each field once, so that no old name is left without a hint."""
    assert set(read_parameters(compiled(pipeline))) <= set(FIELDS.values())
    assert len(set(FIELDS.values())) == len(FIELDS)
