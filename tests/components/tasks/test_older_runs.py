"""Runs of an earlier version in a bucket, under the steps of today's pipelines."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from kfp import dsl

from autogan_core.runs.folder.run_config import stored_identity
from autogan_core.runtime.provenance import code_fingerprint
from autogan_core.storage import open_store
from autogan_kubeflow.components.pipeline_run.runs import RunReference, StoreRef
from autogan_kubeflow.components.step_runtime.loop_item import LoopItem
from autogan_kubeflow.components.steps.evaluate import evaluate
from autogan_kubeflow.components.steps.report import report
from autogan_kubeflow.components.steps.retrain import retrain
from autogan_kubeflow.components.steps.search import search
from tests.components.tasks.stand_in import KATIB, Artifacts
from tests.core.conftest import BUCKET, fake_gcs, gcs  # noqa: F401 - fixtures
from tests.core.older_runs import STORES

pytestmark = pytest.mark.usefixtures("process")


@pytest.fixture
def bucket(gcs: object, tmp_path: Path) -> str:  # noqa: F811 - the fixture
    """URI of the run store of commit 14af42c, every file an object."""
    uri, root = f"gs://{BUCKET}/{uuid.uuid4().hex}", STORES / "14af42c"
    store = open_store(uri, tmp_path / "read-cache")
    for path in root.rglob("*"):
        if path.is_file():
            store.write(str(path.relative_to(root)), path.read_bytes())
    return uri


@pytest.mark.slow
@pytest.mark.parametrize("name", ["whole", "killed"])
def test_it_goes_on_to_the_end(bucket: str, name: str, new: Artifacts, tmp_path: Path) -> None:
    """From wherever it stands, with the inputs that its version has stored, to that version's own scores and report."""
    store_ref = StoreRef(bucket, tmp_path / "store-cache", "cpu")
    identity = stored_identity(store_ref.folder(name))
    assert identity is not None
    reference = str(RunReference(name, identity[:12], code_fingerprint()[:12]))
    outputs = {
        "rungs": new.path("rungs"),
        "history": new(dsl.Artifact, "history"),
        "metrics": new(dsl.Metrics, "metrics"),
    }
    found = search.python_func(run=reference, **KATIB, backend="local", keep_experiment=False, store=bucket, **outputs)
    whole = json.loads((STORES / "14af42c/whole/summary.json").read_text())
    its: dict[str, Any] = {generator["architecture"]: generator for generator in whole["generators"]}
    assert {LoopItem.loads(item).architecture for item in found} == its.keys()
    scores = []
    for item in found:
        model, scored, samples = new(dsl.Model, "model"), new(dsl.Metrics, "scores"), new(dsl.HTML, "samples")
        retrain.python_func(loop_item=item, store=bucket, model=model)
        evaluate.python_func(loop_item=item, model=model, store=bucket, scores=scored, samples=samples)
        for key, value in its[LoopItem.loads(item).architecture]["best"]["scores"].items():
            assert scored.metadata[f"best_{key}"] == pytest.approx(value, rel=1e-3)
        scores.append(scored)
    page, text, metrics = new(dsl.HTML, "page"), new(dsl.Markdown, "text"), new(dsl.Metrics, "metrics")
    report.python_func(run=reference, scores=scores, store=bucket, page=page, text=text, metrics=metrics)
    written = json.loads(store_ref.folder(name).read("summary.json"))
    assert written["best_generator"] == whole["best_generator"]
    assert [table["protocol"].rpartition(", ")[2] for table in written["by_protocol"]] == ["recipe 1"]
