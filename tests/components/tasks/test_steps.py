"""The steps' own functions, one after the other as a pipeline calls them, on a directory and on a bucket."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from kfp import dsl
from safetensors import safe_open

from autogan_core.config import ModelConfig
from autogan_core.networks.generator import BaseGenerator, Generator
from autogan_core.runs.run import Run
from autogan_core.runs.scoring.inputs import make_inputs
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.storage import DirectoryStore
from autogan_kubeflow.components.pipeline_run.record import PIPELINE_RUN_VARIABLE
from autogan_kubeflow.components.pipeline_run.runs import StoreRef
from autogan_kubeflow.components.step_runtime.loop_item import LoopItem
from autogan_kubeflow.components.steps.choose_architectures import choose_architectures
from autogan_kubeflow.components.steps.evaluate import evaluate
from autogan_kubeflow.components.steps.prepare_data import prepare_data
from autogan_kubeflow.components.steps.record_scores import record_scores
from autogan_kubeflow.components.steps.report import report
from autogan_kubeflow.components.steps.retrain import retrain
from autogan_kubeflow.components.steps.search import search
from autogan_kubeflow.components.steps.summarize import summarize
from tests.components.tasks.stand_in import FORM, KATIB, Artifacts
from tests.core.conftest import BUCKET, fake_gcs, gcs  # noqa: F401 - fixtures
from tests.core.tiny import CPU, tiny_config

SUCCEEDED = SimpleNamespace(state="SUCCEEDED", error_message=None)


pytestmark = pytest.mark.usefixtures("process")


@pytest.fixture(params=["directory", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URI of an empty run store of either kind."""
    if request.param == "directory":
        return str(tmp_path / "store")
    request.getfixturevalue("gcs")
    return f"gs://{BUCKET}/{uuid.uuid4().hex}"


@pytest.mark.slow
def test_a_search_from_its_form_to_its_report(store: str, new: Artifacts, tmp_path: Path) -> None:
    """The steps end where the driver of one machine ends, and leave artifacts that say what they are."""
    data = new(dsl.Dataset, "data")
    reference = prepare_data.python_func(**FORM, store=store, data=data)
    card = json.loads(Path(data.path).read_text())
    assert (card["images"], card["image_shape"], card["name"]) == (64, [1, 16, 16], "digits")
    assert data.metadata["data_fingerprint"] == card["fingerprint"]
    assert data.uri.endswith("data.json")

    history, measured = new(dsl.Artifact, "history"), new(dsl.Metrics, "metrics")
    arguments = {**KATIB, "run": reference, "backend": "local", "keep_experiment": False, "store": store}
    found = search.python_func(**arguments, rungs=new.path("rungs"), history=history, metrics=measured)
    driver = driven(tmp_path / "driver", card["fingerprint"])
    assert [LoopItem.loads(text).parsed for text in found] == driver.found()
    assert [LoopItem.loads(text).rank for text in found] == [1, 2]
    lines = [json.loads(line) for line in Path(history.path).read_text().splitlines()]
    assert lines == [{"format": 1, **record.to_json()} for record in driver.history]
    assert measured.metadata["best_reward"] == driver.beams()[0].reward == LoopItem.loads(found[0]).reward
    assert measured.metadata["slots"] == 6

    scores = []
    for text in found:
        model, scored, samples = new(dsl.Model, "model"), new(dsl.Metrics, "scores"), new(dsl.HTML, "samples")
        retrain.python_func(loop_item=text, store=store, model=model)
        evaluate.python_func(loop_item=text, model=model, store=store, scores=scored, samples=samples)
        architecture = LoopItem.loads(text).parsed
        expected = driver.evaluate([architecture])[architecture]
        assert {f"best_{key}": value for key, value in expected.best.scores.items()}.items() <= scored.metadata.items()
        assert_generator(model, driver.generator(architecture, "best"))
        assert expected.best.copies is not None
        assert scored.metadata["best_copies"] == expected.best.copies.copies
        page = Path(samples.path).read_text()
        assert page.count("data:image/png") == 2
        assert f"Copies of training images: {expected.best.copies.words}." in page
        scores.append(scored)

    page, text, metrics = new(dsl.HTML, "page"), new(dsl.Markdown, "text"), new(dsl.Metrics, "metrics")
    report.python_func(run=reference, scores=scores, store=store, page=page, text=text, metrics=metrics)
    assert all(LoopItem.loads(item).architecture in Path(page.path).read_text() for item in found)
    assert LoopItem.loads(found[0]).architecture in Path(text.path).read_text()
    assert metrics.metadata["fid_64_classifier"] > 0
    assert all(isinstance(value, float) for each in (metrics, measured, *scores) for value in each.metadata.values())
    provenance = json.loads(Path(metrics.path).read_text())["provenance"]
    assert provenance["protocol"].startswith("64 images, 2 splits, classifier features (")
    assert provenance["git_revision"]

    summary = new(dsl.Markdown, "summary")
    summarize.python_func(status=SUCCEEDED, pipeline_run="one", store=store, summary=summary)
    words = Path(summary.path).read_text()
    assert words.startswith("# mlas-search succeeded")
    assert all(LoopItem.loads(item).architecture in words for item in found)
    assert "report.html" in words


CLASSES = ("model.classes=10", "search.space.norm=[none, bn, in, cbn]")


def test_classes_go_through_the_steps(tmp_path: Path, new: Artifacts) -> None:
    """Labels learnt in steps give the search, weights, class names and scores of the command line, and their means
    among the metrics."""
    store, data = str(tmp_path / "store"), new(dsl.Dataset, "data")
    form = FORM | {"overrides": "\n".join((FORM["overrides"], *CLASSES, "retrain.num_architectures=1"))}
    reference = prepare_data.python_func(**form, store=store, data=data)
    card = json.loads(Path(data.path).read_text())
    assert card["class_names"] == list("0123456789")
    history, metrics = new(dsl.Artifact, "history"), new(dsl.Metrics, "metrics")
    arguments = {**KATIB, "run": reference, "backend": "local", "keep_experiment": False, "store": store}
    [item] = search.python_func(**arguments, rungs=new.path("rungs"), history=history, metrics=metrics)
    model, scored, samples = new(dsl.Model, "model"), new(dsl.Metrics, "scores"), new(dsl.HTML, "samples")
    retrain.python_func(loop_item=item, store=store, model=model)
    evaluate.python_func(loop_item=item, model=model, store=store, scores=scored, samples=samples)

    driver = driven(tmp_path / "driver", card["fingerprint"], *CLASSES, "retrain.num_architectures=1")
    [architecture] = driver.found()
    assert LoopItem.loads(item).parsed == architecture
    assert_generator(model, driver.generator(architecture, "best"))
    classes = driver.evaluate([architecture])[architecture].best.classes
    assert classes is not None and classes.mean_accuracy is not None and classes.mean_fid is not None
    expected = {"best_class_accuracy": classes.mean_accuracy, "best_class_fid": classes.mean_fid}
    assert expected.items() <= scored.metadata.items()
    with safe_open(model.path, "pt") as file:
        assert json.loads(file.metadata()["class_names"]) == list("0123456789")
    assert "class after class" in Path(samples.path).read_text()


def driven(folder: Path, fingerprint: str, *overrides: str) -> Run:
    """The same search by the driver of one machine, with all its architectures trained."""
    config = tiny_config(f"data.fingerprint={fingerprint}", *overrides)
    run = Run(
        DirectoryStore(folder), config, World.single(CPU), Monitor(), lambda: make_inputs(config, CPU, folder / "cache")
    )
    run.search()
    run.retrain(run.found())
    return run


def assert_generator(model: Any, expected: BaseGenerator) -> None:
    """The artifact holds all that is needed to build the generator, and its very weights."""
    with safe_open(model.path, "pt") as file:
        header, weights = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    space = SearchSpace.only(Architecture.parse(header["architecture"]))
    config = ModelConfig.model_validate_json(header["model"])
    generator = Generator(space, config, int(header["channels"]))
    generator.load_state_dict(weights)
    for name, tensor in expected.state_dict().items():
        assert torch.equal(weights[name], tensor), name


def test_repeating_a_pipeline_repeats_no_work(tmp_path: Path, new: Artifacts, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same form, images and code every step finds its result in the run store."""
    store = str(tmp_path / "store")
    arguments = {**KATIB, "backend": "local", "keep_experiment": False, "store": store}

    def whole() -> tuple[str, list[str], dict[str, Any]]:
        reference = prepare_data.python_func(**FORM | {"run": ""}, store=store, data=new(dsl.Dataset, "data"))
        found = search.python_func(
            run=reference,
            **arguments,
            rungs=new.path("rungs"),
            history=new(dsl.Artifact, "history"),
            metrics=new(dsl.Metrics, "metrics"),
        )
        model, scored, samples = new(dsl.Model, "model"), new(dsl.Metrics, "scores"), new(dsl.HTML, "samples")
        retrain.python_func(loop_item=found[0], store=store, model=model)
        evaluate.python_func(loop_item=found[0], model=model, store=store, scores=scored, samples=samples)
        return reference, found, scored.metadata

    first = whole()
    monkeypatch.setattr("autogan_core.shared_gan.shared_gan.SharedGAN.run", None)
    monkeypatch.setattr("autogan_core.training.derived_gan.DerivedGAN._train_until", None)
    monkeypatch.setattr("autogan_core.metrics.scorer.Scorer.score", None)
    monkeypatch.setattr("autogan_core.runs.scoring.stored_inputs.make_inputs", None)
    assert whole() == first


def test_a_transfer_evaluation_adds_a_line_each_time(
    tmp_path: Path, new: Artifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named architectures and a search's best are evaluated once; a step that is tried again adds no line."""
    store = str(tmp_path / "store")
    searched = prepare_data.python_func(**FORM, store=store, data=new(dsl.Dataset, "data"))
    outputs = {
        "rungs": new.path("rungs"),
        "history": new(dsl.Artifact, "history"),
        "metrics": new(dsl.Metrics, "metrics"),
    }
    found = search.python_func(run=searched, **KATIB, backend="local", keep_experiment=False, store=store, **outputs)
    form = {
        **FORM,
        "pipeline": "transfer-evaluation",
        "run": "",
        "overrides": FORM["overrides"] + "\ndata.max_images=60",
    }
    target = prepare_data.python_func(**form, store=store, data=new(dsl.Dataset, "data"))
    work = choose_architectures.python_func(
        run=target,
        architectures=f"sn-gan {LoopItem.loads(found[0]).architecture}",
        search_run="digits",
        top_k=1,
        max_rungs=3,
        store=store,
        rungs=new.path("rungs"),
    )
    assert [LoopItem.loads(item).architecture for item in work] == [
        str(Architecture.parse("sn-gan")),
        LoopItem.loads(found[0]).architecture,
    ]
    assert [LoopItem.loads(item).reward for item in work] == [None, LoopItem.loads(found[0]).reward]
    scores = []
    for item in work:
        model, scored = new(dsl.Model, "model"), new(dsl.Metrics, "scores")
        retrain.python_func(loop_item=item, store=store, model=model)
        evaluate.python_func(loop_item=item, model=model, store=store, scores=scored, samples=new(dsl.HTML, "samples"))
        scores.append(scored)
    for pipeline_run, lines in (("one", 1), ("one", 1), ("two", 2)):
        monkeypatch.setenv(PIPELINE_RUN_VARIABLE, pipeline_run)
        page, text, metrics = new(dsl.HTML, "page"), new(dsl.Markdown, "text"), new(dsl.Metrics, "metrics")
        record_scores.python_func(
            pipeline_run=pipeline_run,
            run=target,
            items=work,
            scores=scores,
            history="",
            store=store,
            page=page,
            text=text,
            metrics=metrics,
        )
        assert metrics.metadata["lines"] == lines
        assert "reused" in Path(text.path).read_text() or lines == 1
        assert "<svg" in Path(page.path).read_text()
    assert (tmp_path / "store" / "scores" / "digits.html").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"top_k": 0}, "train_top_k is 0"),
        ({"dataset": "imagenet"}, "data_set is 'imagenet'"),
        ({"backend": "argo"}, "backend is 'argo'"),
        ({"backend": "katib"}, "which is a folder, and pods share none; give gs://"),
        ({"run": "../up"}, "run_name is '../up'"),
        ({"pool": 20, "top_k": 1}, "makes 6 rungs of this pool, but this pipeline has room for 3"),
        ({"data_uri": "no/such/folder", "dataset": "cifar10"}, "no/such/folder"),
    ],
)
def test_a_wrong_form_makes_nothing(
    tmp_path: Path, new: Artifacts, change: dict[str, Any], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The first step says one sentence, and the run store holds nothing but the reason, which the summary quotes."""
    store = tmp_path / "store"
    with pytest.raises(SystemExit) as caught:
        prepare_data.python_func(**FORM | change, store=str(store), data=new(dsl.Dataset, "data"))
    assert caught.value.code == 1
    assert message in capfd.readouterr().err
    assert [path.name for path in store.iterdir()] == ["jobs"]
    summary = new(dsl.Markdown, "summary")
    failed = SimpleNamespace(state="FAILED", error_message="Task prepare-data failed.")
    summarize.python_func(status=failed, pipeline_run="one", store=str(store), summary=summary)
    words = Path(summary.path).read_text()
    assert message in words
    assert "nothing was made" in words


def test_images_that_cannot_be_used_make_no_run(
    tmp_path: Path, new: Artifacts, capfd: pytest.CaptureFixture[str]
) -> None:
    """Images without labels leave no run under the name, so that it is free for other settings."""
    np.savez(tmp_path / "set.npz", images=np.zeros((70, 16, 16), np.uint8))
    store = tmp_path / "store"
    with pytest.raises(SystemExit):
        change = {"dataset": str(tmp_path / "set.npz")}
        prepare_data.python_func(**FORM | change, store=str(store), data=new(dsl.Dataset, "data"))
    assert "has no labels, which the classifier features need" in capfd.readouterr().err
    assert not (store / "digits").exists()


@pytest.mark.usefixtures("gcs")
@pytest.mark.parametrize("backend", ["local", "katib"])
def test_a_bucket_that_refuses_is_found_out_first(
    new: Artifacts, backend: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """No such bucket is one sentence, before images are read or an Experiment is made."""
    with pytest.raises(SystemExit):
        prepare_data.python_func(
            **FORM | {"backend": backend}, store="gs://nope-bucket/x", data=new(dsl.Dataset, "data")
        )
    assert "there is no bucket 'nope-bucket'; create it, or" in capfd.readouterr().err


def test_another_models_scores_are_refused(tmp_path: Path, new: Artifacts, capfd: pytest.CaptureFixture[str]) -> None:
    """The step scores what the training of the same item made, and says so if it is given something else."""
    work = LoopItem("digits@0123456789ab-0123456789ab", 1, "1011-10011-10103", None, 1, 1, 6, 1)
    model = new(dsl.Model, "model")
    model.metadata |= {"architecture": "0000-00001-11002", "reference": work.run}
    with pytest.raises(SystemExit):
        evaluate.python_func(
            loop_item=work.dumps(),
            model=model,
            store=str(tmp_path),
            scores=new(dsl.Metrics, "scores"),
            samples=new(dsl.HTML, "samples"),
        )
    assert "is 0000-00001-11002 of the run" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architectures": "paper-top9"}, "paper-top9"),
        ({"architectures": ""}, "there is nothing to evaluate"),
        ({"architectures": "1011"}, "has 1 cells, but model.num_cells is 3"),
        ({"search_run": "gone"}, "there is no search in"),
        ({"search_run": "digits"}, "is not finished; wait for it"),
    ],
)
def test_architectures_that_cannot_be_chosen(
    tmp_path: Path, new: Artifacts, change: dict[str, str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The sentence says which, and what to do."""
    store = str(tmp_path / "store")
    reference = prepare_data.python_func(**FORM, store=store, data=new(dsl.Dataset, "data"))
    arguments = {
        "architectures": "paper-top1",
        "search_run": "",
        "top_k": -1,
        "max_rungs": 3,
        "rungs": new.path("rungs"),
        **change,
    }
    with pytest.raises(SystemExit):
        choose_architectures.python_func(run=reference, store=store, **arguments)
    assert message in capfd.readouterr().err


def test_a_step_needs_nothing_that_only_the_compiler_has() -> None:
    """In a pod kfp has no ``dsl.component``: all that the steps' bodies import works without it."""
    names = (
        *("preparing", "searching", "training", "halving", "evaluating", "reporting", "choosing", "recording"),
        "summing_up",
    )
    imports = ", ".join(f"autogan_kubeflow.components.tasks.{name}" for name in names)
    code = f"import os; os.environ['_KFP_RUNTIME'] = 'true'; import kfp.dsl, sys, {imports}; "
    check = "assert not hasattr(kfp.dsl, 'component'); assert 'autogan_kubeflow.components.steps' not in sys.modules"
    subprocess.run([sys.executable, "-c", code + check], check=True, timeout=100)


def test_what_must_always_find_room_needs_no_torch() -> None:
    """Summary asks for little memory, and the watcher of every step begins each attempt in a process as it was."""
    rooms = ("tasks.summing_up", "pipeline_run.workflow", "step_runtime.step", "tasks.choosing", "tasks.halving")
    for module in rooms:
        code = f"import sys, autogan_kubeflow.components.{module}; assert 'torch' not in sys.modules"
        subprocess.run([sys.executable, "-c", code], check=True, timeout=100)


def test_places_are_values(tmp_path: Path) -> None:
    """A store's URI with and without a last slash is one place for runs."""
    config = tiny_config(f"data.fingerprint={'a' * 64}")
    with_slash = StoreRef(f"{tmp_path}/", tmp_path, "cpu").create(config, "mine")
    assert StoreRef(str(tmp_path), tmp_path, "cpu").create(config, "mine") == with_slash
