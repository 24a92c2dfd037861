"""Final scores by several protocols, which are kept side by side."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from autogan_core.config import Config
from autogan_core.errors import ConfigError
from autogan_core.metrics.features.classifier_accuracy import ACCURACY
from autogan_core.metrics.frechet import reference_moments
from autogan_core.metrics.scorer import Scorer
from autogan_core.metrics.scores import Scores
from autogan_core.presets import overridden
from autogan_core.runs import opening
from autogan_core.runs.run import Run
from autogan_core.runs.run_results import collect_results
from autogan_core.runs.scoring import evaluating
from autogan_core.runs.scoring.final_scores import SCORES_FORMAT, stored_evaluations, stored_scores
from autogan_core.runs.scoring.inputs import Inputs
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.search_space import NAMED, Architecture
from autogan_core.storage import DirectoryStore, read_document, write_document
from tests.core.tiny import CPU, FixedExtractor, final_score_names, tiny_config, tiny_dataset

TRAINED = (NAMED["paper-top1"], Architecture.parse("0020-01210-02200"))
MORE_IMAGES = tiny_config("scores.num_images=96")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with two trained generators, which nobody has scored; and a cache with its classifier."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGAN_CACHE", str(folder / "cache"))
        open_run(folder / "run").retrain(TRAINED)
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to work in."""
    monkeypatch.setenv("AUTOGAN_CACHE", str(trained / "cache"))
    return Path(shutil.copytree(trained / "run", tmp_path / "run"))


def open_run(folder: Path, config: Config | None = None) -> Run:
    """The run as a new process opens it."""
    return opening.open_run(folder, config or tiny_config(), device="cpu")


def protocols(folder: Path, architecture: Architecture = TRAINED[0]) -> list[tuple[int, int, str]]:
    """Images, splits and features of what is stored, in its order."""
    stored = stored_evaluations(DirectoryStore(folder), f"retrain/{architecture}", tiny_config().scores)
    return [(e.protocol.num_images, e.protocol.splits, e.protocol.features) for e in stored]


def scores_only(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Lets so many checkpoints be scored; the next one is never finished."""
    score, left = Scorer.score, iter(range(times))

    def limited(self: Scorer, *arguments: object, **options: object) -> Scores:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return score(self, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Scorer, "score", limited)


def test_two_protocols_are_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second leaves the first's scores as they are, and asked for again both are found without scoring anything;
    the one asked for last comes first."""
    first = open_run(folder).evaluate(TRAINED)
    second = open_run(folder, MORE_IMAGES).evaluate(TRAINED)
    assert "is_64_2split_classifier" in first[TRAINED[0]].best.scores
    assert "is_96_2split_classifier" in second[TRAINED[0]].best.scores
    assert protocols(folder) == [(96, 2, "classifier"), (64, 2, "classifier")]
    scores_only(monkeypatch, 0)
    assert open_run(folder).evaluate(TRAINED) == first
    assert protocols(folder) == [(64, 2, "classifier"), (96, 2, "classifier")]
    assert open_run(folder, MORE_IMAGES).evaluate(TRAINED) == second
    assert open_run(folder).config == open_run(folder, MORE_IMAGES).config == tiny_config()
    assert open_run(folder).evaluated() == first
    assert stored_scores(DirectoryStore(folder), f"retrain/{TRAINED[0]}", tiny_config().scores) == first[TRAINED[0]]


def test_the_batch_size_changes_no_score(folder: Path, tmp_path: Path) -> None:
    """One training, scored and sampled in batches of 1, 7 and 100 instead of its own 32, has the same IS and FID up to
    rounding (6e-7 as measured; another number of images moves them by percents), and draws the same images."""
    own = open_run(folder)
    first = own.evaluate(TRAINED[:1])[TRAINED[0]].last.scores
    images = own.sample(TRAINED[0], "last", 40, seed=0).int()
    for size in (1, 7, 100):
        copy = Path(shutil.copytree(folder, tmp_path / str(size)))
        (copy / f"retrain/{TRAINED[0]}/scores.json").unlink()
        run = open_run(copy, tiny_config(f"scores.batch_size={size}"))
        scores = run.evaluate(TRAINED[:1])[TRAINED[0]].last.scores
        for name in ("is_64_2split_classifier", "fid_64_classifier"):
            assert scores[name] == pytest.approx(first[name], rel=5e-6)
        assert (run.sample(TRAINED[0], "last", 40, seed=0).int() - images).abs().max() <= 1


def test_a_check_for_copies_is_stored_with_the_scores(folder: Path) -> None:
    """Of both checkpoints; it is found again, in a report without the images too, and a document without one opens."""
    found = open_run(folder).evaluate(TRAINED[:1])[TRAINED[0]]
    for checkpoint in (found.best, found.last):
        assert checkpoint.copies is not None
        assert (checkpoint.copies.checked, checkpoint.copies.compared) == (64, 64)
        assert len(checkpoint.copies.closest) == 10
    stored = open_run(folder).evaluated()[TRAINED[0]]
    assert (stored.best.copies, stored.last.copies) == (found.best.copies, found.last.copies)
    generators = collect_results(open_run(folder), "autogan report").generators
    [shown] = [generator for generator in generators if generator.architecture == TRAINED[0]]
    assert shown.best.copies == found.best.copies
    store, name = DirectoryStore(folder), f"retrain/{TRAINED[0]}/scores.json"
    content = read_document(store, name, SCORES_FORMAT)
    del content["evaluations"][0]["copies"]
    write_document(store, name, content, SCORES_FORMAT)
    older = open_run(folder).evaluate(TRAINED[:1])[TRAINED[0]]
    assert (older.best.copies, older.best.scores) == (None, found.best.scores)


def test_a_kill_between_two_protocols_loses_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in the second architecture, the second protocol goes on with that one alone; the first's scores stay."""
    first = open_run(folder).evaluate(TRAINED)
    with monkeypatch.context() as patch:
        scores_only(patch, 3)  # both checkpoints of one architecture, and one of the other
        with pytest.raises(KeyboardInterrupt):
            open_run(folder, MORE_IMAGES).evaluate(TRAINED)
    assert [len(protocols(folder, architecture)) for architecture in TRAINED] == [2, 1]
    scores_only(monkeypatch, 2)
    open_run(folder, MORE_IMAGES).evaluate(TRAINED)
    assert [len(protocols(folder, architecture)) for architecture in TRAINED] == [2, 2]
    assert open_run(folder).evaluate(TRAINED) == first


def test_a_report_shows_the_scores_by_protocol(folder: Path) -> None:
    """All protocols, the one asked for last first, each with the real images by it. The generators' own scores are by
    the first that all have, or by the one that the run was opened with, which are computed if need be."""
    first = open_run(folder).evaluate(TRAINED)
    splits = tiny_config("scores.splits=4", "scores.num_images=96")
    second = open_run(folder, splits).evaluate(TRAINED)
    open_run(folder, MORE_IMAGES).evaluate(TRAINED[:1])
    shown = collect_results(open_run(folder), "autogan report")
    assert [table.protocol.split(",")[:2] for table in shown.by_protocol] == [
        ["96 images", " 2 splits"],
        ["96 images", " 4 splits"],
        ["64 images", " 2 splits"],
    ]
    assert shown.by_protocol[0].protocol.endswith("of test images right), recipe 2")
    assert [len(table.generators) for table in shown.by_protocol] == [1, 2, 2]
    assert ["is_64_4split_classifier" in table.real_scores for table in shown.by_protocol] == [False, True, False]
    assert shown.real_scores == shown.by_protocol[1].real_scores
    assert {g.architecture: g.best for g in shown.generators} == {a: scores.best for a, scores in second.items()}
    asked = collect_results(open_run(folder, MORE_IMAGES), "autogan report")
    assert [len(table.generators) for table in asked.by_protocol] == [2, 2, 2]
    assert all("fid_96_classifier" in generator.best.scores for generator in asked.generators)
    assert open_run(folder).evaluate(TRAINED) == first


def test_other_features_have_inputs_of_their_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are made for the protocol on the run's images when nothing is stored, and not asked for when it is."""
    made: list[Config] = []

    def make(config: Config, *_: object) -> Inputs:
        made.append(config)
        extractor = FixedExtractor()
        return Inputs(
            tiny_dataset(), extractor, reference_moments(tiny_dataset(), extractor, folder, 32), {"is_64": 2.0}
        )

    monkeypatch.setattr(evaluating, "make_inputs", make)
    other = tiny_config("scores.features=inception")
    found = open_run(folder, other).evaluate(TRAINED[:1])
    assert found[TRAINED[0]].best.scores.keys() == final_score_names(64, 2, "_fixed")
    assert open_run(folder, other).evaluate(TRAINED[:1]) == found
    assert [config.scores.features for config in made] == ["inception"]
    assert protocols(folder) == [(64, 2, "inception")]
    assert open_run(folder).evaluated() == {}


class ReducedExtractor(FixedExtractor):
    """One that computes in float16, as InceptionV3 does on a GPU."""

    suffix, fingerprint, precision = "_float16", "reduced", "float16"  # type: ignore[assignment]


def test_final_scores_are_float32_where_rewards_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a run's float16 features validations say so in their names, and final scores are float32, with a reference of
    their own; scores that an earlier version stored keep name and place, and are another protocol."""
    monkeypatch.setenv("AUTOGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(evaluating, "in_precision", lambda _, wanted: {"float32": FixedExtractor()}[wanted])
    own = ReducedExtractor()
    inputs = Inputs(tiny_dataset(), own, reference_moments(tiny_dataset(), own, tmp_path, 32), {"is_64_float16": 2.0})
    store, config = DirectoryStore(tmp_path / "run"), tiny_config("scores.features=inception")

    def reopened(*overrides: str) -> Run:
        asked = overridden(config, overrides).scores
        return Run(store, config, World.single(CPU), Monitor(), lambda: inputs, asked)

    [training] = reopened().retrain(TRAINED[:1])
    assert "fid_32_float16" in training.last.named and training.precision == "float32"
    scores = reopened().evaluate(TRAINED[:1])[TRAINED[0]]
    assert scores.last.scores.keys() == final_score_names(64, 2, "_fixed")
    name = f"retrain/{TRAINED[0]}/scores.json"
    document = read_document(store, name, SCORES_FORMAT)
    [evaluation] = document["evaluations"]
    assert evaluation["protocol"]["precision"] == "float32"
    assert evaluation["real_scores"].keys() == {"is_64_2split_fixed", "is_64_2split_std_fixed"}
    evaluation["protocol"]["precision"] = "auto"
    write_document(store, name, document, SCORES_FORMAT)
    assert reopened().evaluated() == {TRAINED[0]: scores}
    again = reopened().evaluate(TRAINED[:1])[TRAINED[0]]
    assert again.last == scores.last and again.evaluated >= scores.evaluated
    stored = reopened().evaluations()[TRAINED[0]]
    assert [e.protocol.precision for e in stored] == ["float32", "auto"]
    assert stored[1].scores == scores
    monkeypatch.setattr(evaluating, "in_precision", None)
    reduced = reopened("scores.precision=float16").evaluate(TRAINED[:1])[TRAINED[0]]
    assert "fid_64_float16" in reduced.last.scores


def test_only_evaluations_may_be_by_another_protocol(folder: Path) -> None:
    """A search or a training that is not finished goes on under the run's own, and says which settings to leave out;
    a finished one stays what it is. Other settings are refused as ever."""
    for change in ("scores.features=inception", "scores.num_images=96", "scores.splits=4", "scores.precision=float32"):
        run = open_run(folder, tiny_config(change))
        name = change.partition("=")[0]
        with pytest.raises(ConfigError, match=rf"the search in .* is not finished(?s:.*){name}: .* -> "):
            run.search()
        with pytest.raises(ConfigError, match=rf"the training of 1111-11110-11110 in .*is not finished(?s:.*){name}: "):
            run.retrain([NAMED["sn-gan"]])
        assert [training.last.iteration for training in run.retrain(TRAINED)] == [6, 6]
    assert not (folder / "history.jsonl").exists()
    with pytest.raises(
        ConfigError, match=r"other settings; choose another folder(?s:.*)search\.reward\.splits: 2 -> 4$"
    ):
        open_run(folder, tiny_config("scores.splits=4", "search.reward.splits=4"))
    open_run(folder).search()
    assert open_run(folder, MORE_IMAGES).search() == open_run(folder).beams()
    with pytest.raises(ConfigError, match="the training of .* is not finished"):
        open_run(folder, MORE_IMAGES).halve()


def test_scores_of_an_earlier_checkpoint_are_not_shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are computed anew for the one that there is, by each protocol when it is asked for."""
    open_run(folder).evaluate(TRAINED[:1])
    open_run(folder, MORE_IMAGES).evaluate(TRAINED[:1])
    path = folder / f"retrain/{TRAINED[0]}/scores.json"
    store, name = DirectoryStore(folder), str(path.relative_to(folder))
    content = json.loads(path.read_text())["content"]
    content["evaluations"][0]["last"]["iteration"] = 4
    path.unlink()
    write_document(store, name, content, SCORES_FORMAT)
    assert [len(evaluations) for evaluations in open_run(folder).evaluations().values()] == [1]
    scores_only(monkeypatch, 2)
    for config in (None, MORE_IMAGES):
        assert open_run(folder, config).evaluate(TRAINED[:1])[TRAINED[0]].last.iteration == 6
    assert len(protocols(folder)) == 2


def test_an_older_document_is_of_the_runs_own_protocol(folder: Path) -> None:
    """It is read as such, and kept in the newer form beside what is added; a classifier's recipe is told by whether
    the accuracy was stored."""
    store, name = DirectoryStore(folder), f"retrain/{TRAINED[0]}/scores.json"
    open_run(folder).evaluate(TRAINED[:1])
    own = read_document(store, name, SCORES_FORMAT)["evaluations"][0]
    older = {key: own[key] for key in ("best", "last", "evaluated")}
    write_document(store, name, older)
    [read] = stored_evaluations(store, f"retrain/{TRAINED[0]}", tiny_config().scores)
    assert (read.protocol, read.real_scores) == (open_run(folder).evaluator.protocol, {})
    open_run(folder, MORE_IMAGES).evaluate(TRAINED[:1])
    assert protocols(folder) == [(96, 2, "classifier"), (64, 2, "classifier")]
    assert read_document(store, name, SCORES_FORMAT)["evaluations"][1]["best"] == older["best"]
    for checkpoint in ("best", "last"):
        del older[checkpoint]["scores"][ACCURACY]
    write_document(store, name, older)
    [read] = stored_evaluations(store, f"retrain/{TRAINED[0]}", tiny_config().scores)
    assert read.protocol == replace(open_run(folder).evaluator.protocol, recipe=1)


def test_scores_by_another_classifier_stand_apart(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Those of the recipe that there is are computed beside them, with one sentence; no table holds both."""
    store, name = DirectoryStore(folder), f"retrain/{TRAINED[0]}/scores.json"
    open_run(folder).evaluate(TRAINED)
    content = read_document(store, name, SCORES_FORMAT)
    content["evaluations"][0]["protocol"]["recipe"] = 1
    write_document(store, name, content, SCORES_FORMAT)
    with caplog.at_level(logging.WARNING):
        open_run(folder).evaluate(TRAINED)
    assert [record.getMessage() for record in caplog.records] == [
        f"{TRAINED[0]} has scores by a classifier of recipe 1, but the classifier that there is was trained by recipe "
        "2: its scores are of another protocol, and are kept apart"
    ]
    assert protocols(folder) == [(64, 2, "classifier")] * 2
    assert open_run(folder).evaluated().keys() == set(TRAINED)
    shown = collect_results(open_run(folder), "autogan report")
    assert [len(table.generators) for table in shown.by_protocol] == [2, 1]
