"""Who enters which rung, as the steps of a pipeline decide it: from the pool that travels and what the store holds."""

from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from kfp import dsl

from autogan_core.errors import AutoGANError, StateError
from autogan_core.search_space import NAMED, Architecture
from autogan_core.storage import CommittedState, DirectoryStore, Snapshot
from autogan_core.training.failures import keep_failure
from autogan_core.training.validation import Validation
from autogan_kubeflow.components.step_runtime.loop_item import LoopItem, write_rungs
from autogan_kubeflow.components.step_runtime.step import Step
from autogan_kubeflow.components.tasks.halving import choose_entrants, pool_ladder, rung_items
from tests.core.tiny import tiny_config

A, B, C = (Architecture.parse(f"{first}-10011-10103") for first in ("1011", "1010", "1001"))
SNGAN = NAMED["sn-gan"]


class Pool:
    """A run with a pool of four, of which two and at last one go on."""

    def __init__(self, folder: Path, *overrides: str) -> None:
        settings = ("retrain.num_architectures=1", "retrain.incumbents=[sn-gan]", "retrain.generator_iterations=8")
        config = tiny_config(f"data.fingerprint={'a' * 64}", *settings, *overrides)
        self.step = Step(str(folder), "one")
        self.reference = str(self.step.store_ref.create(config, "mine"))
        self.store = DirectoryStore(folder / "mine")
        ladder = pool_ladder(self.step.store_ref.records(self.reference), {A: 2.0, B: 1.5, C: None})
        self.work = rung_items(self.reference, ladder, 1)

    def train(self, architecture: Architecture, *fids: float) -> None:
        """Stores what a training has come to at the end of each rung."""
        validations = [asdict(Validation(2 ** (i + 1), 1.0, fid, {})) for i, fid in enumerate(fids)]
        state = CommittedState(self.store, f"retrain/{architecture}")
        state.pointer()
        state.commit(Snapshot({"validations": validations, "seconds": 1.0}, {"x": torch.zeros(1)}))

    def diverge(self, architecture: Architecture) -> None:
        """Stores that a training has diverged."""
        keep_failure(self.store, f"retrain/{architecture}", "a loss is NaN")

    def enter(self, rung: int, folder: Path) -> tuple[list[LoopItem], str]:
        """The work of a rung, and the standings."""
        artifact: Any = dsl.Markdown(name="standings", uri=str(folder / "standings"), metadata={})
        work = choose_entrants(self.step, self.reference, self.work, rung, artifact)
        return [LoopItem.loads(text) for text in work], Path(artifact.path).read_text()


def test_a_pool_down_to_its_winner(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The better half goes on from each rung, best first; who falls out, where and why is logged and published."""
    pool = Pool(tmp_path)
    first = [LoopItem.loads(text) for text in pool.work]
    assert [(w.parsed, w.reward, w.rank) for w in first] == [(A, 2.0, 1), (B, 1.5, 2), (C, None, 3), (SNGAN, None, 4)]
    assert {(w.rung, w.rungs, w.iterations, w.entrants) for w in first} == {(1, 3, 2, 4)}
    write_rungs(str(tmp_path / "new" / "rungs"), pool.work)
    assert (tmp_path / "new" / "rungs").read_text() == "3"

    pool.train(A, 30.0)
    pool.train(B, 10.0)
    pool.train(SNGAN, 20.0)
    with pytest.raises(StateError, match=rf"rung 1 of 3 is not finished: {C} "):
        pool.enter(2, tmp_path)
    pool.diverge(C)
    with caplog.at_level(logging.INFO):
        second, standings = pool.enter(2, tmp_path)
    assert [(w.parsed, w.reward, w.rank) for w in second] == [(B, 1.5, 1), (SNGAN, None, 2)]
    assert {(w.rung, w.rungs, w.iterations, w.entrants) for w in second} == {(2, 3, 4, 2)}
    assert f"{A} falls out: FID 30.00 at step 2 is not among the best 2" in caplog.messages
    assert f"{C} falls out: diverged in rung 1: a loss is NaN" in caplog.messages
    assert standings.splitlines() == [
        "# Rung 2 of 3: to step 4",
        "",
        "| architecture | FID at 2 |  |",
        "|---|---|---|",
        f"| {B} | 10.00 | goes on |",
        "| sn-gan | 20.00 | goes on |",
        f"| {A} | 30.00 | FID 30.00 at step 2 is not among the best 2 |",
        f"| {C} |  | diverged in rung 1: a loss is NaN |",
    ]

    pool.train(B, 10.0, 9.0)
    pool.train(SNGAN, 20.0, 8.0)
    [winner], standings = pool.enter(3, tmp_path)
    assert (winner.parsed, winner.rung, winner.iterations) == (SNGAN, 3, 8)
    assert standings.splitlines()[4:] == [
        "| sn-gan | 20.00 | 8.00 | goes on |",
        f"| {B} | 10.00 | 9.00 | FID 9.00 at step 4 is not among the best 1 |",
        f"| {A} | 30.00 |  | FID 30.00 at step 2 is not among the best 2 |",
        f"| {C} |  |  | diverged in rung 1: a loss is NaN |",
    ]


def test_a_pool_that_diverges_as_a_whole(tmp_path: Path) -> None:
    """Nobody is left, which is an error that quotes the reasons."""
    pool = Pool(tmp_path)
    for architecture in (A, B, C, SNGAN):
        pool.diverge(architecture)
    with pytest.raises(
        AutoGANError, match=r"every training of mine@.* has diverged: diverged in rung 1: a loss is NaN"
    ):
        pool.enter(2, tmp_path)


def test_without_halving_all_are_finalists(tmp_path: Path) -> None:
    """There is one rung, no incumbent joins, and nothing has to be trained to know who enters."""
    pool = Pool(tmp_path, "retrain.incumbents=[]")
    work, standings = pool.enter(1, tmp_path)
    assert [w.parsed for w in work] == [A, B, C]
    assert {(w.rung, w.rungs, w.iterations) for w in work} == {(1, 1, 8)}
    assert standings == "All 3 architectures are trained to the end.\n"
