"""What a person sees while a run works, and the logs that stay."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from autogan_core.cli.terminal import RunMonitor, print_summary


def test_plain_lines_where_there_is_no_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task prints its last step, and one line at most in each interval, with the latest values and the time left."""
    now = [0.0]
    monkeypatch.setattr("autogan_core.cli.terminal.time.monotonic", lambda: now[0])
    out = io.StringIO()
    monitor = RunMonitor(Console(file=out, soft_wrap=True), tmp_path)
    with monitor.task("training", 40) as task:
        for step in range(40):
            now[0] += 1.0
            task.advance(1, {"loss_d": step / 10} if step % 2 else {"loss_g": -1.0})
    assert out.getvalue().splitlines() == [
        "training: 15/40, 25 s left  loss_g=-1 loss_d=1.3",
        "training: 30/40, 10 s left  loss_g=-1 loss_d=2.9",
        "training: 40/40  loss_g=-1 loss_d=3.9",
    ]


def test_a_resumed_task_begins_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first line and the bar show what an earlier process did, and the time left is judged by this one's pace."""
    now = [0.0]
    monkeypatch.setattr("autogan_core.cli.terminal.time.monotonic", lambda: now[0])
    plain, bars = io.StringIO(), io.StringIO()
    with RunMonitor(Console(file=plain, soft_wrap=True), None).task("training", 40, done=10) as task:
        for _ in range(30):
            now[0] += 1.0
            task.advance()
    assert plain.getvalue().splitlines() == ["training: 10/40", "training: 25/40, 15 s left", "training: 40/40"]
    monitor = RunMonitor(Console(file=bars, force_terminal=True, width=120), None)
    with monitor.task("training", 40, done=10):
        assert monitor._progress is not None
        monitor._progress.refresh()
    assert "10/40" in bars.getvalue()


def test_nested_bars_on_a_terminal(tmp_path: Path) -> None:
    """Both tasks show their counts and values; afterwards another outermost task can start."""
    out = io.StringIO()
    monitor = RunMonitor(Console(file=out, force_terminal=True, width=120), tmp_path)
    for _ in range(2):
        with monitor.task("searching", 3) as outer:
            outer.advance(2, {"reward_mean": 1.25})
            with monitor.task("scoring", 8) as inner:
                inner.advance(5)
            assert monitor._progress is not None
            monitor._progress.refresh()
        assert monitor._progress is None
    shown = out.getvalue()
    assert "2/3" in shown
    assert "reward_mean=1.25" in shown


def test_measurements_go_to_both_logs(tmp_path: Path) -> None:
    """Every value stands in metrics.jsonl and in TensorBoard's events of its kind, at its step."""
    monitor = RunMonitor(Console(file=io.StringIO()), tmp_path)
    monitor.log("search", 4, {"reward_mean": 2.5})
    monitor.log("search", 5, {"reward_mean": 3.0})
    monitor.log("retrain/1011", 100, {"fid_1k": 20.0})
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [(line["kind"], line["step"]) for line in lines] == [("search", 4), ("search", 5), ("retrain/1011", 100)]
    assert lines[1]["reward_mean"] == 3.0
    events = EventAccumulator(str(tmp_path / "tensorboard" / "search"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("reward_mean")] == [(4, 2.5), (5, 3.0)]


def test_architectures_are_whole_on_a_narrow_terminal(tmp_path: Path) -> None:
    """Whoever wants to train or draw with one copies it from the table; scores of all kinds stand beside it."""
    scores = {
        **{"is_5k_10split": 8.45, "is_5k_10split_std": 0.13},
        **{"fid_5k": 0.87, "fid_5k_low": 0.31, "fid_5k_high": 1.05},
        **{"kid_5k": 0.00441, "kid_5k_std": 0.0029, "precision_5k": 0.65, "recall_5k": 0.6},
    }
    checkpoint = {"iteration": 50_000, "scores": scores, "copies": {"words": "no copies among 5,000 images"}}
    generator = {"architecture": "0211-12111-10112", "best": checkpoint, "last": checkpoint, "words": "..."}
    generators = [{**generator, "origin": None, "collapsed": False}]
    summary = {"by_protocol": [], "generators": generators, "real_scores": {}, "beams": []}
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    out = io.StringIO()
    print_summary(Console(file=out, width=80), tmp_path / "report.html")
    [best, _] = [line.split() for line in out.getvalue().splitlines() if "8.45" in line]
    assert best == ["0211-12111-10112", "best,", "50,000", "8.45", "±", "0.13", "0.87", "0.0044", "0.65", "0.60"]
    assert "FID is biased upwards on so few images: read KID.\n" in out.getvalue()
    assert out.getvalue().count("0211-12111-10112 drew no copies among 5,000 images\n") == 1
