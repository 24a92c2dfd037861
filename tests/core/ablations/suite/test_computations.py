"""Pieces of work: their order, their sharing between processes, and their time."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from autogan_core.ablations.suite import computations as module
from autogan_core.ablations.suite.computations import Computation, Ledger, complete, in_order
from autogan_core.runtime.monitor import Monitor, Task
from autogan_core.training.cost import Cost

HOLDER = """
import fcntl, sys
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.readline()
"""
"""A process that holds a lock until a line, or the end, comes in."""


@dataclass
class Piece:
    """Work that writes down that it was done."""

    name: str
    log: list[str]
    needs: Sequence[Computation] = ()
    action: Callable[[], None] = lambda: None
    finished: bool = field(default=False)

    def cost(self) -> Cost:
        return Cost(1, 2, 3)

    def done(self) -> bool:
        return self.finished

    def run(self) -> None:
        self.action()
        self.log.append(self.name)
        self.finished = True


@pytest.fixture
def log() -> list[str]:
    """Names of what was done, in order."""
    return []


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """An empty one."""
    return Ledger(tmp_path)


@contextmanager
def held_by_another_process(lock: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that works on a piece, until it is told to stop."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time that work takes: ``now`` is moved by hand; sleeping takes none."""
    time = SimpleNamespace(now=0.0, sleep=lambda seconds: None)
    time.monotonic = lambda: time.now
    monkeypatch.setattr(module, "time", time)
    return time


def test_needs_come_first_and_everything_once(log: list[str]) -> None:
    """Two pieces that name the same need alike share it; depth does not matter."""
    root = Piece("root", log)
    middle = Piece("middle", log, [root])
    left, right = Piece("left", log, [middle]), Piece("right", log, [Piece("root", log), middle])
    assert [computation.name for computation in in_order([right, left, root])] == ["root", "middle", "right", "left"]


def test_everything_is_done_in_its_order(log: list[str], ledger: Ledger) -> None:
    """What needs something runs after it, and what is done already is left alone."""
    first = Piece("first", log)
    complete(in_order([Piece("second", log, [first]), Piece("old", log, finished=True)]), ledger, Monitor())
    assert log == ["first", "second"]


def test_progress_is_told(log: list[str], ledger: Ledger) -> None:
    """Every piece counts once, also one that was done before."""
    told: list[tuple[str, int] | int] = []

    class Listening(Monitor):
        @contextmanager
        def task(self, description: str, total: int, done: int = 0) -> Iterator[Task]:
            told.append((description, total))
            yield SimpleNamespace(advance=lambda steps=1, values=None: told.append(steps))

    complete([Piece("a", log), Piece("b", log, finished=True)], ledger, Listening())
    assert told == [("experiments", 2), 1, 1]


def test_another_processes_work_is_left_to_it_and_taken_up_when_it_dies(
    log: list[str], ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The piece that a second process holds, and what needs it, wait; all else goes on; a dead process holds none."""
    taken = Piece("mine/taken", log)
    pieces = [taken, Piece("needs-it", log, [taken]), Piece("free", log)]
    with held_by_another_process(tmp_path / "mine_taken.lock") as other:

        def die(seconds: float) -> None:
            log.append("waited")
            other.kill()
            other.wait()

        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=die))
        complete(pieces, ledger, Monitor())
    assert log == ["free", "waited", "mine/taken", "needs-it"]


def test_what_another_process_has_finished_is_not_done_again(
    log: list[str], ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one ends its work before it lets go, and this one only notes that."""
    taken = Piece("taken", log)
    with held_by_another_process(tmp_path / "taken.lock") as other:

        def finish(seconds: float) -> None:
            taken.finished = True
            other.communicate("\n")

        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=finish))
        complete([taken, Piece("needs-it", log, [taken])], ledger, Monitor())
    assert log == ["needs-it"]
    assert not (tmp_path / "taken.json").exists()


def test_work_is_held_while_it_runs(log: list[str], ledger: Ledger, tmp_path: Path) -> None:
    """Another process that asks meanwhile gets a no, and a yes afterwards."""
    question = (
        "import fcntl, sys\ntry:\n    fcntl.flock(open(sys.argv[1], 'w'), fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
        "except BlockingIOError:\n    sys.exit(7)"
    )

    def ask() -> int:
        return subprocess.run([sys.executable, "-c", question, str(tmp_path / "a.lock")], check=False).returncode

    with ledger.begin(Piece("a", log)) as taken:
        assert taken
        assert ask() == 7
    assert ask() == 0


def test_two_that_share_the_work_do_each_piece_once(log: list[str], tmp_path: Path) -> None:
    """Two at the same pieces at the same time: each piece is done exactly once."""
    both = threading.Barrier(2, timeout=30)
    pieces: list[Computation] = [Piece(f"piece-{number}", log, action=lambda: None) for number in range(20)]

    def share() -> None:
        both.wait()
        complete(pieces, Ledger(tmp_path), Monitor())

    threads = [threading.Thread(target=share) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(log) == sorted(piece.name for piece in pieces)


def test_time_adds_up_over_attempts_also_of_those_that_fail(
    log: list[str], ledger: Ledger, clock: SimpleNamespace
) -> None:
    """3 seconds until it raises and 4 in the next attempt are 7; what was never begun has taken none."""

    def fail() -> None:
        clock.now += 3
        raise RuntimeError("no space left")

    def succeed() -> None:
        clock.now += 4

    piece, other = Piece("a/b", log, action=fail), Piece("c", log)
    with pytest.raises(RuntimeError, match="no space left"):
        complete([piece], ledger, Monitor())
    assert ledger.seconds([piece]) == pytest.approx(3)
    piece.action = succeed
    complete([piece], ledger, Monitor())
    assert ledger.seconds([piece]) == pytest.approx(7)
    assert ledger.seconds([piece, other]) == pytest.approx(7)


def test_a_failure_leaves_what_was_done(log: list[str], ledger: Ledger) -> None:
    """The error goes to the caller; earlier pieces stay done, and the failed one can be taken again."""

    def fail() -> None:
        raise RuntimeError("no space left")

    pieces = [Piece("good", log), Piece("bad", log, action=fail), Piece("later", log)]
    with pytest.raises(RuntimeError):
        complete(pieces, ledger, Monitor())
    assert [piece.done() for piece in pieces] == [True, False, False]
    pieces[1].action = lambda: None
    complete(pieces, ledger, Monitor())
    assert log == ["good", "bad", "later"]


def test_the_ledger_is_readable(log: list[str], ledger: Ledger, tmp_path: Path, clock: SimpleNamespace) -> None:
    """A JSON file for each piece, with its seconds."""

    def take() -> None:
        clock.now += 2.5

    complete([Piece("searches/mlas/seed-0", log, action=take)], ledger, Monitor())
    assert json.loads((tmp_path / "searches_mlas_seed-0.json").read_text()) == {"seconds": 2.5}


def test_costs_add_up_and_read_well() -> None:
    """Each count by itself, with separators for thousands."""
    total = sum([Cost(1000, 200, 5), Cost(scored_images=1_000_000)], Cost())
    assert total == Cost(1000, 200, 1_000_005)
    assert str(total) == "1,000 discriminator and 200 generator steps, 1,000,005 images scored"


def test_a_second_taker_is_turned_away(log: list[str], ledger: Ledger, tmp_path: Path, clock: SimpleNamespace) -> None:
    """While one has the piece no other gets it, not even by the same code; the time is booked by the one alone."""
    piece = Piece("a", log)
    with ledger.begin(piece) as first:
        with Ledger(tmp_path).begin(piece) as second:
            clock.now += 5
        assert first and not second
        assert ledger.seconds([piece]) == 0
    assert ledger.seconds([piece]) == pytest.approx(5)


def test_what_was_finished_just_before_it_was_taken_is_left_alone(log: list[str], ledger: Ledger) -> None:
    """Another process ended the piece between the look whether it is done and the taking of its lock."""
    looks = iter([False, True])

    class Finishing(Piece):
        def done(self) -> bool:
            return next(looks, True)

    complete([Finishing("a", log)], ledger, Monitor())
    assert log == []
