"""The history of scores: kept whole by concurrent writers, and told apart into new and reused scores."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from autogan_core.errors import ConflictError, StateError
from autogan_core.report.score_history import Evaluation, HistoryLine, ScoreHistory, origins
from autogan_core.search_space import NAMED
from autogan_core.storage import DirectoryStore, RunStore, seal, updating

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCORES = {"is_5k_10split": 8.02, "is_5k_10split_std": 0.12, "fid_5k": 12.31}
TOP1 = Evaluation(NAMED["paper-top1"], 2500, SCORES, NOON, collapsed=False)
TOP2 = Evaluation(NAMED["paper-top2"], 1500, {"fid_5k": 20.5}, NOON, collapsed=True)
LINE = HistoryLine("job-0", NOON, "transfer/a", "stl10", "data-0", "code-0", "0123456789ab", (TOP1, TOP2))


def later(days: int, **changes: object) -> HistoryLine:
    """The line of another job so many days later, with other changes."""
    return replace(LINE, pipeline_run=f"job-{days}", time=NOON + timedelta(days=days), **changes)  # type: ignore[arg-type]


def again(evaluation: Evaluation, days: int = 1) -> Evaluation:
    """An evaluation computed anew, so many days later."""
    return replace(evaluation, evaluated=evaluation.evaluated + timedelta(days=days))


@pytest.mark.parametrize("line", [LINE, replace(LINE, revision=None, evaluations=())])
def test_lines_come_back(store: RunStore, line: HistoryLine) -> None:
    """A line without and with scores reads back as it was, from a directory and from a bucket."""
    history = ScoreHistory(store, "scores/transfer")
    assert history.read() == ()
    assert history.add(line) == (line,)
    assert history.read() == (line,)
    assert store.names("scores") == ["transfer.json"]


def test_oldest_first_whatever_the_order_of_arrival(tmp_path: Path) -> None:
    """A job that ended earlier but added its line later stands before the others."""
    history = ScoreHistory(DirectoryStore(tmp_path), "scores")
    for days in (1, 3, 2, 0):
        history.add(later(days))
    assert [line.pipeline_run for line in history.read()] == ["job-0", "job-1", "job-2", "job-3"]


def test_a_retried_step_replaces_its_line(tmp_path: Path) -> None:
    """The same job adds no second line: its last one stands, at its own time."""
    history = ScoreHistory(DirectoryStore(tmp_path), "scores")
    history.add(LINE)
    history.add(later(1))
    retried = replace(LINE, time=NOON + timedelta(days=2), evaluations=(TOP1,))
    assert history.add(retried) == (later(1), retried)
    assert history.read() == (later(1), retried)


def test_every_one_of_many_writers_gets_in(store: RunStore) -> None:
    """Eight writers at once lose no line."""
    lines = [later(days) for days in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda line: ScoreHistory(store, "scores").add(line), lines))
    assert ScoreHistory(store, "scores").read() == tuple(lines)
    assert all(line in after for line, after in zip(lines, found, strict=True))


class Contested(DirectoryStore):
    """A store in which another job adds its line just before each of the first ``rivals`` replacements."""

    rivals = 1

    def replace(self, name: str, content: bytes, token: str | None) -> str:
        """See `RunStore.replace`."""
        if self.rivals:
            self.rivals -= 1
            ScoreHistory(DirectoryStore(self.root), "scores").add(later(10 + self.rivals))
        return super().replace(name, content, token)


def test_a_beaten_writer_adds_to_what_the_winner_left(tmp_path: Path) -> None:
    """The line of the process that was faster stays."""
    lines = ScoreHistory(Contested(tmp_path), "scores").add(LINE)
    assert [line.pipeline_run for line in lines] == ["job-0", "job-10"]


def test_a_writer_that_is_always_beaten_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gives up with a conflict, and the others' lines are all there."""
    monkeypatch.setattr(updating, "ATTEMPTS", 3)
    store = Contested(tmp_path)
    store.rivals = 3
    with pytest.raises(ConflictError, match="scores.json was changed by other processes 3 times in a row; try again"):
        ScoreHistory(store, "scores").add(LINE)
    assert [line.pipeline_run for line in ScoreHistory(store, "scores").read()] == ["job-10", "job-11", "job-12"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"{", id="cut off"),
        pytest.param(seal({"lines": [LINE.to_json()]}).replace(b"8.02", b"9.02"), id="a changed score"),
        pytest.param(seal({"lines": [{"job": "a"}]}), id="fields missing"),
        pytest.param(seal({"lines": [{**LINE.to_json(), "time": "noon"}]}), id="a bad time"),
        pytest.param(seal({"lines": [{**LINE.to_json(), "evaluations": [7]}]}), id="a bad evaluation"),
        pytest.param(
            seal({"lines": [{**LINE.to_json(), "evaluations": [{**TOP1.to_json(), "architecture": "9999"}]}]}),
            id="a bad architecture",
        ),
        pytest.param(seal({"history": []}), id="another document"),
    ],
)
def test_damage_is_noticed_and_left_alone(tmp_path: Path, content: bytes) -> None:
    """Neither reading nor adding takes a damaged history for an empty one; the message names the file."""
    store = DirectoryStore(tmp_path)
    store.write("scores.json", content)
    for action in (ScoreHistory(store, "scores").read, lambda: ScoreHistory(store, "scores").add(LINE)):
        with pytest.raises(StateError, match=r"scores\.json is damaged: .* restore it from a copy, or remove this one"):
            action()
    assert store.read("scores.json") == content


def test_scores_that_are_not_finite_are_left_out(tmp_path: Path) -> None:
    """A NaN, which JSON cannot say, costs no line; what is added is what is read."""
    bad = replace(TOP1, scores={**SCORES, "fid_5k": math.nan})
    history = ScoreHistory(DirectoryStore(tmp_path), "scores")
    (line,) = history.add(replace(LINE, evaluations=(bad,)))
    assert line.evaluations[0].scores == {"is_5k_10split": 8.02, "is_5k_10split_std": 0.12}
    assert history.read() == (line,)


def test_times_are_stored_in_utc(tmp_path: Path) -> None:
    """One in another zone is the same moment."""
    history = ScoreHistory(DirectoryStore(tmp_path), "scores")
    (line,) = history.add(replace(LINE, time=NOON.astimezone(timezone(timedelta(hours=5)))))
    assert line.time.isoformat() == "2026-03-01T12:00:00+00:00"


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        pytest.param({"evaluations": (TOP1,)}, (), id="nothing"),
        pytest.param(
            {"evaluations": (TOP1,), "code": "code-1", "run": "transfer/b"}, (), id="reused in spite of new code"
        ),
        pytest.param({"evaluations": (again(TOP1),), "data": "data-1"}, ("data changed",), id="data"),
        pytest.param({"evaluations": (again(TOP1),), "code": "code-1"}, ("code changed",), id="code"),
        pytest.param(
            {"evaluations": (again(TOP1),), "data": "data-1", "code": "code-1", "run": "transfer/b"},
            ("data changed", "code changed"),
            id="data and code",
        ),
        pytest.param({"evaluations": (again(TOP1),), "run": "transfer/b"}, ("settings changed",), id="settings"),
        pytest.param({"evaluations": (again(TOP1),)}, ("scored again",), id="the same once more"),
        pytest.param(
            {"evaluations": (replace(TOP1, scores={"fid_5k": 1.0}),)}, ("scored again",), id="other scores, same time"
        ),
        pytest.param(
            {"evaluations": (replace(TOP1, architecture=NAMED["sn-gan"]),)}, ("first time",), id="another architecture"
        ),
    ],
)
def test_origin_of_scores(changes: dict[str, object], reasons: tuple[str, ...]) -> None:
    """Scores are reused when an earlier line has just these; else what changed since the architecture's last line."""
    (origin,) = origins([LINE, later(1, **changes)])
    assert origin.reasons == reasons
    assert origin.new == bool(reasons)


def test_origins_look_past_lines_without_the_architecture() -> None:
    """New scores are held against the last line that has the architecture, reused ones found in any earlier line."""
    other = later(1, evaluations=(TOP2,), data="data-1")
    back = later(3, evaluations=(TOP1, again(TOP2, 3)))
    assert [origin.reasons for origin in origins([LINE, other, back])] == [(), ("data changed",)]
    assert [origin.reasons for origin in origins([LINE])] == [("first time",), ("first time",)]
    assert origins([]) == ()
