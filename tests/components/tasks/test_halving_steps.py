"""Successive halving through the steps' own functions, rung by rung as a pipeline calls them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kfp import dsl

from autogan_core.errors import NonFiniteLossError
from autogan_core.runs import opening
from autogan_core.runs.folder.run_config import stored_config
from autogan_core.runs.run import Run
from autogan_core.search_space import NAMED, Architecture
from autogan_core.storage import DirectoryStore
from autogan_core.training.derived_gan import DerivedGAN
from autogan_kubeflow.components.pipeline_run.record import PipelineRun
from autogan_kubeflow.components.step_runtime.loop_item import LoopItem
from autogan_kubeflow.components.steps.choose_architectures import choose_architectures
from autogan_kubeflow.components.steps.choose_finalists import choose_finalists
from autogan_kubeflow.components.steps.choose_survivors import choose_survivors
from autogan_kubeflow.components.steps.evaluate import evaluate
from autogan_kubeflow.components.steps.prepare_data import prepare_data
from autogan_kubeflow.components.steps.record_scores import record_scores
from autogan_kubeflow.components.steps.report import report
from autogan_kubeflow.components.steps.retrain import retrain
from autogan_kubeflow.components.steps.search import search
from autogan_kubeflow.components.steps.summarize import summarize
from autogan_kubeflow.components.steps.train import train
from tests.components.tasks.stand_in import FORM, KATIB, Artifacts

HALVING = "\nretrain.incumbents=[sn-gan]\nretrain.generator_iterations=8"
SUCCEEDED = SimpleNamespace(state="SUCCEEDED", error_message=None)


pytestmark = pytest.mark.usefixtures("process")


class Pipeline:
    """Calls the steps in a pipeline's order."""

    def __init__(self, store: Path, new: Artifacts) -> None:
        self.store, self._new = str(store), new

    def prepare(self, **changes: Any) -> str:
        """The first step; returns the run's reference."""
        form = {**FORM, "overrides": FORM["overrides"] + HALVING, "top_k": 1, "pool": 4, **changes}
        return str(prepare_data.python_func(**form, store=self.store, data=self._new(dsl.Dataset, "data")))

    def search(self, run: str) -> list[str]:
        """Returns the work of the first rung."""
        outputs = {
            "rungs": self._new.path("rungs"),
            "history": self._new(dsl.Artifact, "history"),
            "metrics": self._new(dsl.Metrics, "metrics"),
        }
        arguments = {**KATIB, "run": run, "backend": "local", "keep_experiment": False, "store": self.store}
        found: list[str] = search.python_func(**arguments, **outputs)
        return found

    def halve(self, run: str, pool: list[str]) -> tuple[list[str], list[dict[str, Any]]]:
        """All rungs but the last; returns the work of the last one, and the metrics of every training."""
        rungs, measured, work = LoopItem.loads(pool[0]).rungs, [], pool
        for rung in range(1, rungs):
            if rung > 1:
                standings = self._new(dsl.Markdown, "standings")
                work = choose_survivors.python_func(
                    run=run, pool=pool, rung=rung, store=self.store, standings=standings
                )
            for item in work:
                metrics = self._new(dsl.Metrics, "metrics")
                train.python_func(loop_item=item, store=self.store, metrics=metrics)
                measured.append(metrics.metadata)
        standings = self._new(dsl.Markdown, "standings")
        last = choose_finalists.python_func(run=run, pool=pool, rungs=rungs, store=self.store, standings=standings)
        return last, measured

    def finish(self, work: list[str]) -> tuple[list[Any], list[str]]:
        """The last rung; returns the scores' artifacts and the pages of samples."""
        scores, pages = [], []
        for item in work:
            model, scored, samples = (
                self._new(dsl.Model, "model"),
                self._new(dsl.Metrics, "scores"),
                self._new(dsl.HTML, "samples"),
            )
            retrain.python_func(loop_item=item, store=self.store, model=model)
            evaluate.python_func(loop_item=item, model=model, store=self.store, scores=scored, samples=samples)
            scores.append(scored)
            pages.append(Path(samples.path).read_text())
        return scores, pages

    def pages(self) -> dict[str, Any]:
        """The artifacts of the steps that report."""
        return {"page": self._new(dsl.HTML, "page"), "text": self._new(dsl.Markdown, "text")} | {
            "metrics": self._new(dsl.Metrics, "metrics")
        }


def open_run(folder: Path, like: Path) -> Run:
    """A run with the settings of another one."""
    config = stored_config(DirectoryStore(like))
    assert config is not None
    return opening.open_run(folder, config, device="cpu")


@pytest.mark.slow
def test_the_steps_choose_what_one_machine_chooses(tmp_path: Path, new: Artifacts) -> None:
    """The finalist, its scores and the FID of every rung are those of the driver of one machine, to the bit; the job
    remembers which training was on which rung."""
    pipeline = Pipeline(tmp_path / "store", new)
    run = pipeline.prepare()
    pool = pipeline.search(run)
    assert len(pool) == 4 and str(NAMED["sn-gan"]) in {LoopItem.loads(item).architecture for item in pool}
    last, measured = pipeline.halve(run, pool)
    scores, _ = pipeline.finish(last)
    driver = open_run(tmp_path / "driver", tmp_path / "store" / "digits")
    driver.search()
    assert [LoopItem.loads(item).parsed for item in last] == driver.halve()
    assert len(measured) == 4 + 2
    final = driver.final_scores(driver.found()[0])
    assert {f"best_{key}": value for key, value in final.best.scores.items()}.items() <= scores[0].metadata.items()
    report.python_func(run=run, scores=scores, store=pipeline.store, **pipeline.pages())
    steps = {record.step: record for record in PipelineRun(DirectoryStore(tmp_path / "store"), "one").steps()}
    sngan = steps[f"train-{NAMED['sn-gan']}-rung-1"]
    assert sngan.title == f"Train {NAMED['sn-gan']} to 2 steps (rung 1 of 3)"
    assert sngan.ended and not sngan.failure
    assert steps[f"retrain-{driver.found()[0]}"].title.endswith(" to 8 steps (rung 3 of 3)")
    summary = new(dsl.Markdown, "summary")
    summarize.python_func(status=SUCCEEDED, pipeline_run="one", store=pipeline.store, summary=summary)
    assert "## Rung 3 of 3: to step 8" in Path(summary.path).read_text()


def test_a_training_that_diverges_falls_out(
    tmp_path: Path, new: Artifacts, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its step ends well and says why, in whichever rung; the others go on and are recorded. If all of a last rung do,
    that is an error."""
    lost = {NAMED["sn-gan"]: 0}
    original = DerivedGAN._train_until

    def train_until(gan: DerivedGAN, start: int, *arguments: Any) -> Any:
        if gan.architecture in lost and start >= lost[gan.architecture]:
            raise NonFiniteLossError("a loss is NaN")
        return original(gan, start, *arguments)

    monkeypatch.setattr(DerivedGAN, "_train_until", train_until)
    pipeline = Pipeline(tmp_path / "store", new)
    run = pipeline.prepare(pipeline="transfer-evaluation", top_k=2, pool=-1)
    others = [NAMED["paper-top1"], NAMED["paper-top2"], Architecture.parse("1010-10011-10103")]
    pool = choose_architectures.python_func(
        run=run,
        architectures=" ".join(map(str, others)),
        search_run="",
        top_k=-1,
        max_rungs=3,
        store=pipeline.store,
        rungs=new.path("rungs"),
    )
    assert [LoopItem.loads(item).parsed for item in pool] == [*others, NAMED["sn-gan"]]
    last, measured = pipeline.halve(run, pool)
    assert [bool(metrics) for metrics in measured] == [True, True, True, False]
    assert f"{NAMED['sn-gan']} falls out: diverged in rung 1: a loss is NaN" in capfd.readouterr().err
    entered = [LoopItem.loads(item).parsed for item in last]
    assert len(entered) == 2 and NAMED["sn-gan"] not in entered
    lost[entered[1]] = 4
    scores, pages = pipeline.finish(last)
    assert "has diverged: a loss is NaN" in pages[1] and scores[1].metadata == {}
    assert scores[0].metadata
    arguments = {
        "pipeline_run": "one",
        "run": run,
        "items": last,
        "scores": scores,
        "history": "",
        "store": pipeline.store,
    }
    outputs = pipeline.pages()
    record_scores.python_func(**arguments, **outputs)
    recorded = {name.partition("_")[0] for name in outputs["metrics"].metadata} - {"lines"}
    assert recorded == {str(entered[0])}
    with pytest.raises(SystemExit):
        record_scores.python_func(**arguments | {"items": last[1:], "scores": scores[1:]}, **pipeline.pages())
    assert "every training of the last rung has diverged: a loss is NaN" in capfd.readouterr().err


def test_too_many_rungs_are_refused(tmp_path: Path, new: Artifacts, capfd: pytest.CaptureFixture[str]) -> None:
    """Before anything is made, or where the pool is known only later, before anything is trained."""
    pipeline = Pipeline(tmp_path / "store", new)
    with pytest.raises(SystemExit):
        pipeline.prepare(pool=5, max_rungs=3)
    assert "makes 4 rungs of this pool, but this pipeline has room for 3" in capfd.readouterr().err
    run = pipeline.prepare(pipeline="transfer-evaluation", pool=-1)
    with pytest.raises(SystemExit):
        choose_architectures.python_func(
            run=run,
            architectures="paper-top1 paper-top2 paper-top3 1010-10011-10103",
            search_run="",
            top_k=-1,
            max_rungs=3,
            store=pipeline.store,
            rungs=new.path("rungs"),
        )
    assert "makes 4 rungs of this pool, but this pipeline has room for 3" in capfd.readouterr().err
