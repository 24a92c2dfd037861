"""Runs that an earlier version has begun."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from autogan_core.config import ADDED, Config, known_settings, parsing
from autogan_core.config.keys import flatten
from autogan_core.errors import ConfigError, NewerFormatError
from autogan_core.metrics.features.classifier_training import train_classifier
from autogan_core.presets import overridden
from autogan_core.report.html import write_report
from autogan_core.runs.folder.run_config import stored_recipe
from autogan_core.runs.run import Run
from autogan_core.runs.run_results import collect_results
from autogan_core.runs.scoring.stored_inputs import load_inputs, prepare
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.search_space import NAMED
from autogan_core.shared_gan.trial_records import slot_costs
from autogan_core.storage import DirectoryStore, Format, seal
from tests.core.older_runs import RUNS, STORES, OlderStore
from tests.core.tiny import CPU

ACCURACY = "accuracy_classifier"


@pytest.fixture
def older(tmp_path: Path) -> OlderStore:
    """The run store of commit 14af42c."""
    return OlderStore.copied("14af42c", tmp_path)


@pytest.mark.parametrize("run", RUNS)
def test_it_opens_under_the_identity_with_which_it_was_written(run: str, tmp_path: Path) -> None:
    """The fingerprint is the one that its weights carry: no setting that is newer changes whose they are."""
    version, name = run.split("/")
    older = OlderStore.copied(version, tmp_path)
    state = json.loads((older.root / name / "shared/state.json").read_text())["content"]
    assert older.open(name).config.fingerprint() == state["meta"]["configuration"]


def test_a_whole_run_reports_samples_and_keeps_its_scores(older: OlderStore) -> None:
    """Everything that it came to is read as it was written; nothing is searched, trained or scored again."""
    run = older.open("whole")
    before = json.loads((older.root / "whole/summary.json").read_text())
    assert [str(beam.architecture) for beam in run.search()] == [beam["architecture"] for beam in before["beams"]]
    assert {str(a) for a in run.halve()} == {generator["architecture"] for generator in before["generators"]}
    write_report(collect_results(older.open("whole"), "autogan report"), older.root / "whole")
    after = json.loads((older.root / "whole/summary.json").read_text())
    for kept in ("fingerprint", "real_scores", "classifier_accuracy", "search", "beams", "best_generator"):
        assert after[kept] == before[kept]
    for mine, its in zip(after["generators"], before["generators"], strict=True):
        assert {key: mine[key] for key in its} == its
    assert run.sample(run.found()[0], "best", 4, seed=0).shape == (4, 1, 16, 16)


def test_a_killed_run_goes_on_as_it_would_have(older: OlderStore) -> None:
    """From its checkpoint in stage 2 to the scores: what its own version has made of the same run without a kill.

    On the machine on which it was made every number is the same; another one sums in another order. Scores that its
    version did not compute, such as the classifier's accuracy, come on top.
    """
    killed, whole = older.open("killed"), older.open("whole")
    killed.search()
    assert [r.assignment for r in killed.history] == [r.assignment for r in whole.history]
    for mine, its in zip(killed.history, whole.history, strict=True):
        assert mine.rewards == pytest.approx(its.rewards, rel=1e-3)
    killed.halve()
    assert killed.found() == whole.found()
    for architecture, scores in killed.evaluate(killed.found()).items():
        its_scores = whole.final_scores(architecture)
        for checkpoint, its_checkpoint in ((scores.best, its_scores.best), (scores.last, its_scores.last)):
            known = {name: checkpoint.scores[name] for name in its_checkpoint.scores}
            assert known == pytest.approx(its_checkpoint.scores, rel=1e-3)
            assert ACCURACY in checkpoint.scores
        assert [v.iteration for v in killed.training(architecture).validations] == [2, 4, 6]


def test_a_trained_generator_of_it_is_scored_anew(older: OlderStore) -> None:
    """Without its scores they are computed again from its weights, and are the same."""
    whole = older.open("whole")
    [architecture, _] = whole.found()
    stored = whole.final_scores(architecture)
    (older.root / f"whole/retrain/{architecture}/scores.json").unlink()
    anew = older.open("whole").final_scores(architecture)
    assert {name: anew.best.scores[name] for name in stored.best.scores} == pytest.approx(stored.best.scores, rel=1e-3)
    assert ACCURACY in anew.best.scores


def test_a_whole_run_is_scored_by_another_protocol_too(older: OlderStore) -> None:
    """By the classifier that it has been scored by; the old scores stay as they were, and are found again."""
    whole = older.open("whole")
    found, old = whole.found(), whole.evaluated()
    assert old.keys() == set(found)
    other = overridden(older.config("whole"), ["scores.num_images=96", "scores.splits=3"])
    new = older.open("whole", other).evaluate(found)
    assert all("is_96_3split_classifier" in scores.best.scores for scores in new.values())
    assert older.open("whole").evaluate(found) == old == older.open("whole").evaluated()
    assert older.open("whole", other).evaluate(found) == new
    assert {e.protocol.recipe for evaluations in whole.evaluations().values() for e in evaluations} == {1}
    shown = collect_results(older.open("whole", other), "autogan report")
    assert [len(table.generators) for table in shown.by_protocol] == [2, 2]
    with pytest.raises(ConfigError, match=r"the search in .* is not finished(?s:.*)scores\.splits: 2 -> 3$"):
        older.open("killed", other).search()


def test_its_classifier_can_be_trained_again(older: OlderStore) -> None:
    """By the first recipe, as whoever keeps no inputs needs it: the one that its version has stored."""
    stored = load_inputs(older.config("whole"), DirectoryStore(older.root), CPU)
    classifier, accuracy = train_classifier(stored.dataset, CPU, stored_recipe(DirectoryStore(older.root / "whole")))
    assert accuracy == stored.extractor.accuracy
    for mine, its in zip(classifier(stored.dataset.images), stored.extractor(stored.dataset.images), strict=True):
        torch.testing.assert_close(mine, its, rtol=1e-2, atol=1e-2)


READERS: dict[str, Callable[[OlderStore], object]] = {
    "killed/config.json": lambda older: older.config("killed"),
    "killed/history.jsonl": lambda older: older.open("killed").history,
    "killed/shared/state.json": lambda older: older.open("killed").search(),
    "killed/progress/state.json": lambda older: older.open("killed").search(),
    "killed/trials/*.json": lambda older: slot_costs(DirectoryStore(older.root / "killed")),
    "inputs/*/state.json": lambda older: prepare(older.config("whole"), DirectoryStore(older.root), CPU, older.root),
    "whole/seconds.json": lambda older: older.open("whole").seconds,
    "whole/retrain/*/state.json": lambda older: older.open("whole").training(older.open("whole").found()[0]),
    "whole/retrain/*/scores.json": lambda older: older.open("whole").evaluated(),
}
"""Every kind of document that a run store holds, and what reads it."""


@pytest.mark.parametrize("documents", READERS)
def test_what_a_later_version_has_written_is_refused(documents: str, older: OlderStore) -> None:
    """The sentence names the document and both formats, and nothing is replaced; as it was written, it is read."""
    READERS[documents](OlderStore.copied("14af42c", older.root.parent / "as-written"))
    later = Format((dict,) * 98)
    for path in older.root.glob(documents):
        if path.suffix == ".jsonl":
            lines = path.read_text().splitlines()
            path.write_text("".join(json.dumps({"format": 99, **json.loads(line)}) + "\n" for line in lines))
        else:
            path.write_bytes(seal(json.loads(path.read_text())["content"], later))
    before = {path: path.read_bytes() for path in older.root.glob(documents)}
    assert before
    with pytest.raises(NewerFormatError, match=r"was written by a later version \(format 99, this one reads up to"):
        READERS[documents](older)
    assert {path: path.read_bytes() for path in older.root.glob(documents)} == before


def test_every_document_that_is_written_has_a_format(older: OlderStore) -> None:
    """Whatever a run of today stores carries its number, one that was begun earlier as well."""
    killed = older.open("killed")
    old = set((older.root / "killed").rglob("*.json*"))
    killed.search()
    killed.halve()
    write_report(collect_results(killed, "autogan report"), older.root / "killed")
    new = set((older.root / "killed").rglob("*.json")) - old
    assert {path.name for path in new} >= {"state.json", "scores.json", "seconds.json", "summary.json"}
    assert all(json.loads(path.read_text())["format"] >= 1 for path in new)
    assert json.loads((older.root / "killed/history.jsonl").read_text().splitlines()[-1])["format"] == 1


@pytest.mark.parametrize("run", RUNS)
def test_a_setting_that_is_added_changes_nothing(run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a setting that no stored run knows each opens, at its default, and its weights still are its own."""

    class LaterConfig(Config):
        sharpness: float = 1.0

    monkeypatch.setattr(parsing, "Config", LaterConfig)
    version, name = run.split("/")
    older = OlderStore.copied(version, tmp_path)
    opened = older.open(name)
    assert opened.config.flat()["sharpness"] == 1.0
    opened.search()
    assert all(opened.sample(architecture, "best", 1, seed=0).shape[0] == 1 for architecture in opened.trained())


def test_each_newer_setting_says_how_older_runs_were_done() -> None:
    """Trials under Katib keep no configuration but compute the identity: at these values it is as it was."""
    first = json.loads((STORES / "14af42c/whole/config.json").read_text())["content"]
    assert known_settings() - ADDED.keys() == dict(flatten(first)).keys()


def test_the_identity_is_compared_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of today goes on though a later version would compute another fingerprint from its settings."""
    older = OlderStore.copied("14af42c", tmp_path)
    config = older.config("whole")
    inputs = load_inputs(config, DirectoryStore(older.root), CPU)
    architecture = NAMED["paper-top1"]

    def open_new() -> Run:
        return Run(DirectoryStore(tmp_path / "new"), config, World.single(CPU), Monitor(), lambda: inputs)

    open_new().retrain([architecture])
    monkeypatch.setattr(Config, "fingerprint", lambda _: "0" * 64)
    assert open_new().retrain([architecture])[0].last.iteration == 6
    assert open_new().evaluate([architecture]).keys() == {architecture}


def test_settings_that_decide_nothing_may_change(older: OlderStore) -> None:
    """A killed run goes on with another patience to what it would have come to, and a trained one with other batches
    and threads; a setting that decides is refused."""
    changed = overridden(older.config("killed"), ["search.max_failures=7", "data.path=elsewhere"])
    killed = older.open("killed", changed)
    killed.search()
    assert [r.assignment for r in killed.history] == [r.assignment for r in older.open("whole").history]
    others = overridden(changed, ["scores.batch_size=16", "cpu_threads=2"])
    killed = older.open("killed", others)
    killed.halve()
    assert older.open("killed", others).evaluate(killed.found()).keys() == set(killed.found())
    with pytest.raises(ConfigError, match=r"with other settings(?s:.*)search\.top_k: 2 -> 3$"):
        older.open("killed", overridden(changed, ["search.top_k=3"]))
