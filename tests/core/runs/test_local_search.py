"""The local search: it resumes from its history, survives kills, and gives up on repeated failure."""

from __future__ import annotations

import multiprocessing
import random
from pathlib import Path

import pytest
import torch

from autogan_core.errors import AutoGANError, ConflictError, NonFiniteLossError, StateError
from autogan_core.history import Assignment, Record
from autogan_core.runs.local_search import HistoryFile, measurements, search_records
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.search.mlas import MultiLevelSearch
from autogan_core.search.stage import Beam
from autogan_core.search_space import NAMED, SearchSpace
from autogan_core.shared_gan.shared_gan import SharedGAN
from autogan_core.storage import DirectoryStore, RunStore
from autogan_core.training.workspace import Workspace
from tests.core.tiny import CPU, tiny_config, tiny_dataset, tiny_scorer

KILLS = 10


def search_in(folder: Path) -> tuple[Beam, ...]:
    """A whole search in a folder, going on from what it holds."""
    torch.set_num_threads(1)
    config, space = tiny_config("search.iterations=12"), SearchSpace.full()
    search = MultiLevelSearch(space, config.search, config.seed)
    store, scorer = DirectoryStore(folder), tiny_scorer(folder / "cache")
    shared = SharedGAN(Workspace(config, tiny_dataset(), scorer, store, World.single(CPU), Monitor()))
    history_file = HistoryFile(store)
    for _ in search_records(search, shared, history_file, 3, Monitor()):
        pass
    return search.beams(history_file.read())


@pytest.mark.slow
def test_killed_ten_times_at_random_a_search_ends_as_if_left_alone(tmp_path: Path) -> None:
    """SIGKILLed at ten random moments and rerun, the search has the same history, byte for byte, and the same beams."""
    expected = search_in(tmp_path / "whole")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.core.runs.test_local_search"])
    rng = random.Random(7)
    killed = 0
    while killed < KILLS:
        process = context.Process(target=search_in, args=(tmp_path / "killed",))
        process.start()
        process.join(rng.uniform(0.05, 0.5))
        assert process.is_alive(), "the search is too short for ten kills; give it more iterations"
        process.kill()
        process.join()
        killed += 1
    assert search_in(tmp_path / "killed") == expected
    histories = [(tmp_path / part / "history.jsonl").read_bytes() for part in ("whole", "killed")]
    assert histories[0] == histories[1]


def test_a_kill_between_commit_and_history_loses_nothing(tmp_path: Path) -> None:
    """When the last slot was committed but not yet in the history, it is told without being run again."""
    expected = search_in(tmp_path / "one")
    path = tmp_path / "one" / "history.jsonl"
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    before = (tmp_path / "one" / "shared" / "state.json").stat().st_mtime_ns
    assert search_in(tmp_path / "one") == expected
    assert path.read_bytes() == whole
    assert (tmp_path / "one" / "shared" / "state.json").stat().st_mtime_ns == before


RECORD = Record(Assignment(0, 0, "derive", (NAMED["paper-top1"].prefix(1),)), (2.5,))
OTHER = Record(Assignment(1, 0, "derive", (NAMED["paper-top1"].prefix(1),)), failure="diverged")


def test_a_history_grows_by_whole_records(store: RunStore) -> None:
    """It is empty at first, keeps the order of its records, and can be taken over as a whole."""
    history = HistoryFile(store)
    assert history.read() == []
    history.append(RECORD)
    history.append(OTHER)
    assert HistoryFile(store).read() == [RECORD, OTHER]
    history.write([OTHER])
    assert history.read() == [OTHER]


def test_of_two_that_append_at_once_one_is_refused(tmp_path: Path) -> None:
    """The history holds what the faster one appended, and the slower one is told."""

    class Overtaken(DirectoryStore):
        def replace(self, name: str, content: bytes, token: str | None) -> str:
            HistoryFile(DirectoryStore(tmp_path)).append(RECORD)
            return super().replace(name, content, token)

    with pytest.raises(ConflictError, match=r"history\.jsonl was changed by another process"):
        HistoryFile(Overtaken(tmp_path)).append(OTHER)
    assert HistoryFile(DirectoryStore(tmp_path)).read() == [RECORD]


@pytest.mark.parametrize("line", [b"{}", b"not json", b'{"slot": 1}', b"[]"])
def test_damaged_lines_are_an_error(tmp_path: Path, line: bytes) -> None:
    """A whole line that is no record is not skipped silently."""
    path = tmp_path / "history.jsonl"
    path.write_bytes(line + b"\n")
    with pytest.raises(StateError, match=r"history\.jsonl is damaged"):
        HistoryFile(DirectoryStore(tmp_path)).read()


class FailingGAN(SharedGAN):
    """Fails in the given slots."""

    def __init__(self, folder: Path, slots: set[int]) -> None:
        scorer = tiny_scorer(folder / "cache")
        store = DirectoryStore(folder)
        super().__init__(Workspace(tiny_config(), tiny_dataset(), scorer, store, World.single(CPU), Monitor()))
        self.slots = slots

    def run(self, assignment: Assignment) -> Record:
        if assignment.slot in self.slots:
            raise NonFiniteLossError(f"slot {assignment.slot} diverged")
        return super().run(assignment)


def test_failures_are_recorded_and_the_search_goes_on(tmp_path: Path) -> None:
    """A failed slot stands in the history with its reason; a failed derivation is made up for."""
    config = tiny_config()
    search = MultiLevelSearch(SearchSpace.full(), config.search, config.seed)
    history_file = HistoryFile(DirectoryStore(tmp_path))
    history = list(search_records(search, FailingGAN(tmp_path, {1, 3}), history_file, 3, Monitor()))
    assert history == history_file.read()
    assert [r.assignment.slot for r in history if r.failure] == [1, 3]
    assert history[1].failure == "slot 1 diverged"
    assert search.finished(history)
    assert len(search.beams(history)) == 2


def test_too_many_failures_in_a_row_end_the_search(tmp_path: Path) -> None:
    """Three in a row are enough; the error quotes the last one."""
    config = tiny_config()
    search = MultiLevelSearch(SearchSpace.full(), config.search, config.seed)
    with pytest.raises(AutoGANError, match="last 3 search iterations failed; the last one because slot 2 diverged"):
        failing, history_file = FailingGAN(tmp_path, {0, 1, 2}), HistoryFile(DirectoryStore(tmp_path))
        list(search_records(search, failing, history_file, 3, Monitor()))


def test_measurements_of_a_slot() -> None:
    """Mean and best leave out what has no reward; failures have neither."""
    assignment = Assignment(3, 1, "search", (NAMED["paper-top1"].prefix(2),) * 3)
    record = Record(assignment, (1.0, None, 4.0), reset=True)
    expected = {"stage": 2, "entropy": 3.5, "reward_mean": 2.5, "reward_best": 4.0, "reset": 1.0, "failed": 0.0}
    assert measurements(record, 3.5) == expected
    failed = measurements(Record(assignment, failure="killed"), 3.5)
    assert failed == {"stage": 2, "entropy": 3.5, "reset": 0.0, "failed": 1.0}
