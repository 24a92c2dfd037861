"""A search iteration: what it trains, scores, commits and refuses."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import torch

from autogan_core.config import Config, RewardConfig
from autogan_core.errors import ConflictError, NonFiniteLossError, PreemptedError, StateError, SupersededError
from autogan_core.history import Assignment, Record
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.checkpoints import Checkpoint, IterationCheckpoints
from autogan_core.shared_gan.shared_gan import SharedGAN
from autogan_core.shared_gan.trial_records import shared_state, slot_costs
from autogan_core.storage import CommittedState, DirectoryStore, RunStore, Snapshot, open_store
from autogan_core.training.adversarial.gan import GAN, StepLosses
from autogan_core.training.cost import Cost
from autogan_core.training.workspace import Workspace
from tests.core.tiny import CPU, BeginningsMonitor, tiny_config, tiny_dataset, tiny_scorer

A, B, C = (Architecture.parse(text) for text in ("1011", "0120", "1110"))
SEARCH = Assignment(0, 0, "search", (A, B, A), (A, A, C))
DERIVE = Assignment(1, 0, "derive", (A, B, C))


def shared_gan(folder: Path, config: Config | None = None, store: RunStore | None = None, **options: Any) -> SharedGAN:
    monitor = options.pop("monitor", None) or Monitor()
    workspace = Workspace(
        config or tiny_config(),
        tiny_dataset(),
        tiny_scorer(folder / "cache"),
        store or DirectoryStore(folder),
        World.single(CPU),
        monitor,
    )
    return SharedGAN(workspace, **options)


def state(folder: Path) -> Snapshot:
    snapshot = shared_state(DirectoryStore(folder)).load(CPU)
    assert snapshot is not None
    return snapshot


def test_only_the_training_architectures_weights_move(tmp_path: Path) -> None:
    """A search iteration moves weights of architectures it trained, and none that only a candidate uses."""
    shared = shared_gan(tmp_path)
    fresh = {name: tensor.clone() for name, tensor in shared._gan.state_dict().items()}
    record = shared.run(SEARCH)
    after = state(tmp_path).tensors
    moved = {n for n in fresh if n.endswith("weight") and not torch.equal(fresh[n], after[n])}
    assert "generator.cells.0.block1.pre.conv.weight" in moved
    assert not any("post" in name or "cells.1" in name for name in moved)
    assert len(record.rewards) == 3
    assert all(reward is not None and 1 <= reward <= 5 for reward in record.rewards)
    assert record.rewards[0] == record.rewards[2]


def test_deriving_trains_nothing(tmp_path: Path) -> None:
    """A derive assignment scores on the weights as they are."""
    shared = shared_gan(tmp_path)
    shared.run(SEARCH)
    before = state(tmp_path).tensors
    record = shared.run(DERIVE)
    after = state(tmp_path)
    assert after.meta["slot"] == 1
    learned = [n for n in before if "running" not in n and "num_batches" not in n]
    assert all(torch.equal(before[name], after.tensors[name]) for name in learned)
    assert len(set(record.rewards)) == 3


def test_a_committed_slot_is_not_run_again(tmp_path: Path) -> None:
    """Another process asked for a committed slot returns the stored record; for the next one it goes on from there."""
    first = shared_gan(tmp_path).run(SEARCH)
    before = (tmp_path / "shared" / "state.json").read_bytes()
    again = shared_gan(tmp_path)
    assert again.run(SEARCH) == first
    assert (tmp_path / "shared" / "state.json").read_bytes() == before
    with pytest.raises(StateError, match="slot 0 was another assignment"):
        again.run(Assignment(0, 0, "search", (B,), (B,)))


def test_other_configurations_are_refused(tmp_path: Path) -> None:
    """State of a run with other settings is an error that names what differs."""
    shared_gan(tmp_path).run(SEARCH)
    other = shared_gan(tmp_path, tiny_config("training.generator_lr=1e-3"))
    with pytest.raises(StateError, match="the shared GAN in the run store belongs to another configuration"):
        other.run(DERIVE)


def test_resuming_equals_not_stopping(tmp_path: Path) -> None:
    """Three slots in one process and in three end in the same rewards and bits."""
    grown = Assignment(2, 1, "search", (Architecture.parse("1011-10111"),), (Architecture.parse("1011-01201"),) * 2)
    one = shared_gan(tmp_path / "one")
    together = [one.run(a) for a in (SEARCH, DERIVE, grown)]
    apart = [shared_gan(tmp_path / "apart").run(a) for a in (SEARCH, DERIVE, grown)]
    assert together == apart
    for name, tensor in state(tmp_path / "one").tensors.items():
        assert torch.equal(tensor, state(tmp_path / "apart").tensors[name]), name


def test_growing_keeps_the_earlier_cells_and_clears_the_loss_windows(tmp_path: Path) -> None:
    """The second stage starts from the first one's weights, and its loss windows hold its own losses only."""
    shared = shared_gan(tmp_path)
    shared.run(SEARCH)
    before = state(tmp_path).tensors
    assert len(before["losses.discriminator"]) == 8
    grown = Assignment(1, 1, "search", (Architecture.parse("0120-01201"),), (Architecture.parse("0120-01201"),))
    shared.run(grown)
    after = state(tmp_path)
    name = "generator.cells.0.block1.pre.conv.weight"
    assert torch.equal(before[name], after.tensors[name])
    assert len(after.tensors["losses.discriminator"]) == 8
    assert after.meta["stage"] == 1
    # One more iteration of the same stage adds to them.
    shared.run(Assignment(2, 1, "search", grown.candidates, grown.training))
    assert len(state(tmp_path).tensors["losses.discriminator"]) == 16


COLLAPSING = ("search.dynamic_reset.window=2", "search.dynamic_reset.threshold=1e9")


def test_a_collapse_resets_before_the_next_training_and_not_before_scoring(tmp_path: Path) -> None:
    """Training ends when the windows are seen to be full of still losses; derivation then scores the trained weights;
    the next search slot, in another process too, starts from fresh ones."""
    config = tiny_config(*COLLAPSING)
    record = shared_gan(tmp_path, config).run(SEARCH)
    assert record.reset
    assert len(record.scored) == 3
    trained = state(tmp_path)
    assert trained.meta["reset_pending"]
    assert len(trained.tensors["losses.discriminator"]) == 0
    derived = shared_gan(tmp_path, config)
    assert not derived.run(DERIVE).reset
    name = "generator.cells.1.block1.post.conv.weight"  # no architecture of stage 0 uses it
    assert state(tmp_path).meta["reset_pending"]
    assert torch.equal(state(tmp_path).tensors[name], trained.tensors[name])
    again = shared_gan(tmp_path, config)
    again.run(Assignment(2, 0, "search", (A,), (A,)))
    assert not torch.equal(state(tmp_path).tensors[name], trained.tensors[name])


def test_disabled_resetting_trains_to_the_end(tmp_path: Path) -> None:
    """Without dynamic resetting still losses change nothing."""
    record = shared_gan(tmp_path, tiny_config(*COLLAPSING, "search.dynamic_reset.enabled=false")).run(SEARCH)
    assert not record.reset
    assert not state(tmp_path).meta["reset_pending"]


def test_a_failed_iteration_commits_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A diverged training is an error, the store keeps the last commit, and the next slot starts from that."""
    shared = shared_gan(tmp_path)
    real_step = GAN.train_step

    def diverge(self: GAN, *arguments: object) -> StepLosses:
        real_step(self, *arguments)  # type: ignore[arg-type]
        raise NonFiniteLossError("the generator's loss became inf")

    with monkeypatch.context() as patch:
        patch.setattr(GAN, "train_step", diverge)
        with pytest.raises(NonFiniteLossError):
            shared.run(SEARCH)
    assert not (tmp_path / "shared").exists()
    second = Assignment(1, 0, "search", SEARCH.candidates, SEARCH.training)
    expected = shared_gan(tmp_path / "clean").run(second)
    assert shared.run(second) == expected


@pytest.mark.parametrize("score", ["inception-score", "inverse-fid"])
def test_rewards(tmp_path: Path, score: str) -> None:
    """1 / FID is small and positive; a complexity penalty lowers a reward by MACs times its weight."""
    config = tiny_config(f"search.reward.score={score}")
    plain = shared_gan(tmp_path / "plain", config).run(SEARCH)
    assert all(reward is not None and reward > 0 for reward in plain.rewards)
    penalised_config = tiny_config(f"search.reward.score={score}", "search.reward.penalty_per_gflop=1000")
    penalised = shared_gan(tmp_path / "penalised", penalised_config).run(SEARCH)
    macs_of_a = 2 * 2 * 4 * 8 + 9 * 4 * 16 + 4 * 4 * 4 * 4 * (18 + 1)  # linear, to_rgb, cell with shortcut
    assert plain.rewards[0] is not None and penalised.rewards[0] is not None
    assert plain.rewards[0] - penalised.rewards[0] == pytest.approx(1000 * macs_of_a / 1e9, rel=1e-6)


RULERS = (
    ("search.reward.adaptation_steps=3", "search.reward.score=is-over-fid"),
    ("search.reward.statistics=running", "search.reward.score=log-fid"),
)


@pytest.mark.parametrize("settings", RULERS)
def test_scoring_leaves_what_training_made(tmp_path: Path, settings: tuple[str, ...]) -> None:
    """With adaptation on a copy, or on running statistics, what is committed is what training ended with, to the bit;
    a derivation commits the same again."""
    shared = shared_gan(tmp_path, tiny_config(*settings))
    trained: list[dict[str, torch.Tensor]] = []
    real = shared._score

    def score(*arguments: Any) -> Any:
        trained.append({name: tensor.clone() for name, tensor in shared._gan.state_dict().items()})
        return real(*arguments)

    shared._score = score  # type: ignore[assignment,method-assign]
    for assignment in (SEARCH, DERIVE):
        assert None not in shared.run(assignment).rewards
        committed = state(tmp_path).tensors
        assert all(torch.equal(tensor, committed[name]) for name, tensor in trained[0].items())


@pytest.mark.parametrize("settings", RULERS)
def test_every_ruler_survives_a_preemption(tmp_path: Path, settings: tuple[str, ...]) -> None:
    """Stopped between two candidates, the slot ends with the rewards and bits that it would have had."""
    config = tiny_config(*settings)
    expected = [shared_gan(tmp_path / "whole", config).run(assignment) for assignment in (SEARCH, DERIVE)]
    with pytest.raises(PreemptedError):
        shared_gan(tmp_path / "parts", config, stop=StopAfter(4)).run(SEARCH)
    assert [shared_gan(tmp_path / "parts", config).run(assignment) for assignment in (SEARCH, DERIVE)] == expected
    assert_equal_states(tmp_path / "whole", tmp_path / "parts")


def test_a_score_by_another_protocol(tmp_path: Path) -> None:
    """Committed weights are scored by any protocol, by the run's own if none is given, and stay as they are stored."""
    shared = shared_gan(tmp_path)
    record = shared.run(SEARCH)
    [own] = shared.score([A], 0)
    assert own.inception_score == record.rewards[0]
    assert own.fid is not None
    [adapted] = shared.score([A], 0, protocol=RewardConfig(num_images=48, splits=3, adaptation_steps=2))
    assert (adapted.num_images, adapted.splits) == (48, 3)
    assert shared.score([A], 0) == [own]


def test_the_first_training_of_a_stage_warms_its_cell_up(tmp_path: Path) -> None:
    """Four steps an epoch: 8 and 6 more in the first search slot of a stage, in other processes too and after a stop;
    a derivation is no training. What each slot cost is stored."""
    config = tiny_config("search.warm_up_epochs=1.5", "search.reward.adaptation_steps=1")
    again = Assignment(1, 0, "search", (B,), (B,))
    grown = Assignment(3, 1, "search", GROWN.candidates, GROWN.training)
    monitor = BeginningsMonitor()
    with pytest.raises(PreemptedError):
        shared_gan(tmp_path, config, stop=StopAfter(3), monitor=monitor).run(SEARCH)
    for assignment in (SEARCH, again, Assignment(2, 0, "derive", (A, B)), grown):
        shared_gan(tmp_path, config, monitor=monitor).run(assignment)
    assert [begun for begun in monitor.begun if begun[0] > 2] == [(14, 0), (14, 8), (8, 0), (14, 0)]
    assert slot_costs(DirectoryStore(tmp_path)) == {
        0: Cost(14 + 2, 7 + 2, 2 * 32),
        1: Cost(8 + 1, 4 + 1, 32),
        2: Cost(2, 2, 2 * 32),
        3: Cost(14 + 1, 7 + 1, 32),
    }


def test_a_failed_warm_up_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slot after a first one that diverged is the first that trains the cell, and warms it up."""
    monitor = BeginningsMonitor()
    shared = shared_gan(tmp_path, tiny_config("search.warm_up_epochs=1"), monitor=monitor)
    with monkeypatch.context() as patch:
        patch.setattr("autogan_core.training.adversarial.loss_reader.math.isfinite", lambda _: False)
        with pytest.raises(NonFiniteLossError):
            shared.run(SEARCH)
    shared.run(Assignment(1, 0, "search", (A,), (A,)))
    assert [begun for begun in monitor.begun if begun[0] > 2] == [(12, 0), (12, 0)]


GROWN = Assignment(2, 1, "search", (Architecture.parse("1011-10111"),), (Architecture.parse("1011-01201"),) * 2)


class StopAfter:
    """Says stop once, when it is asked for the n-th time."""

    def __init__(self, questions: int) -> None:
        self.questions = questions

    def __call__(self) -> bool:
        self.questions -= 1
        return self.questions == 0


@pytest.mark.parametrize("questions", [1, 2, 3, 4])
def test_a_preempted_iteration_ends_as_if_it_had_not_been(
    tmp_path: Path, questions: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Stopped before the first block of steps, between blocks and between candidates (8 steps in 2 blocks, 2 candidates
    that differ), a new process says where it goes on, and ends with the same record and bits; no progress is left."""
    before = shared_gan(tmp_path / "whole").run(SEARCH)
    second = Assignment(1, 0, "search", (B, C, B), (A, B, C, C))
    expected = shared_gan(tmp_path / "whole").run(second)
    assert shared_gan(tmp_path / "parts").run(SEARCH) == before
    with pytest.raises(PreemptedError, match="stopped on request .*; start the trial again to go on from there"):
        shared_gan(tmp_path / "parts", stop=StopAfter(questions)).run(second)
    assert state(tmp_path / "parts").meta["slot"] == 0
    checkpoint = CommittedState(DirectoryStore(tmp_path / "parts"), "progress").pointer()
    assert checkpoint is not None
    assert checkpoint.content["meta"]["step"] == min(4 * (questions - 1), 8)
    assert len(checkpoint.content["meta"]["rewards"]) == max(questions - 3, 0)
    asked, monitor = StopAfter(0), BeginningsMonitor()
    with caplog.at_level(logging.INFO):
        assert shared_gan(tmp_path / "parts", stop=asked, monitor=monitor).run(second) == expected
    assert monitor.begun == [(8, min(4 * (questions - 1), 8)), (2, max(questions - 3, 0))]
    where = f"candidate {questions - 3} of 2" if questions > 3 else f"step {4 * (questions - 1)} of 8"
    location = tmp_path / "parts" / "progress" / checkpoint.folder
    assert f"slot 1: going on at {where}, from checkpoint {location}" in caplog.messages
    assert -asked.questions == 4 - (questions - 1)
    assert_equal_states(tmp_path / "whole", tmp_path / "parts")
    assert DirectoryStore(tmp_path / "parts").folders("progress") == []


def assert_equal_states(one: Path, other: Path) -> None:
    mine, theirs = state(one), state(other)
    assert {k: v for k, v in mine.meta.items() if k != "trials"} == {
        k: v for k, v in theirs.meta.items() if k != "trials"
    }
    assert mine.tensors.keys() == theirs.tensors.keys()
    for name, tensor in mine.tensors.items():
        assert torch.equal(tensor, theirs.tensors[name]), name


def test_a_collapse_before_a_preemption_is_remembered(tmp_path: Path) -> None:
    """Stopped after the training ended in a collapse, the iteration goes on with scoring, and the reset follows."""
    config = tiny_config(*COLLAPSING)
    expected = [shared_gan(tmp_path / "whole", config).run(a) for a in (SEARCH, DERIVE)]
    with pytest.raises(PreemptedError):
        shared_gan(tmp_path / "parts", config, stop=StopAfter(3)).run(SEARCH)
    resumed = [shared_gan(tmp_path / "parts", config).run(a) for a in (SEARCH, DERIVE)]
    assert resumed == expected
    assert resumed[0].reset
    assert_equal_states(tmp_path / "whole", tmp_path / "parts")


def test_a_pending_reset_is_applied_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Stopped in the training that began with a reset, the iteration does not reset again; when the training that it
    goes on with collapses, the scoring is no going on."""
    config = tiny_config(*COLLAPSING)
    third = Assignment(2, 0, "search", (A,), (A,))
    for folder in ("whole", "parts"):
        shared_gan(tmp_path / folder, config).run(SEARCH)
    expected = shared_gan(tmp_path / "whole", config).run(third)
    with pytest.raises(PreemptedError):
        shared_gan(tmp_path / "parts", config, stop=StopAfter(2)).run(third)
    with caplog.at_level(logging.INFO):
        assert shared_gan(tmp_path / "parts", config).run(third) == expected
    assert any("losses stopped moving" in message for message in caplog.messages)
    assert [message.split(",")[0] for message in caplog.messages if "going on" in message] == [
        "slot 2: going on at step 4 of 8"
    ]
    assert_equal_states(tmp_path / "whole", tmp_path / "parts")


def test_progress_is_stored_as_time_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no time between two commits every block of steps and every candidate is committed; with much, none; rewards
    are the same."""
    commits: list[int] = []
    real = IterationCheckpoints.check

    def check(self: IterationCheckpoints, checkpoint: Checkpoint, *arguments: Any) -> None:
        real(self, checkpoint, *arguments)
        current = self._state.current
        commits.append(0 if current is None else current.version)

    monkeypatch.setattr(IterationCheckpoints, "check", check)
    often = shared_gan(tmp_path / "often", checkpoint_seconds=0.0).run(SEARCH)
    assert commits == list(range(1, 5))
    commits.clear()
    assert shared_gan(tmp_path / "never").run(SEARCH) == often
    assert commits == [0] * 4


def test_progress_of_other_work_is_ignored(tmp_path: Path) -> None:
    """Another assignment of the slot, and the same one on other weights, start from the shared state; progress that is
    damaged is no loss but of time."""
    with pytest.raises(PreemptedError):
        shared_gan(tmp_path, stop=StopAfter(2)).run(SEARCH)
    other = Assignment(0, 0, "search", (B,), (B, C))
    assert shared_gan(tmp_path).run(other) == shared_gan(tmp_path / "clean").run(other)
    assert_equal_states(tmp_path, tmp_path / "clean")
    second = Assignment(1, 0, "search", (A,), (A,))
    with pytest.raises(PreemptedError):
        shared_gan(tmp_path, stop=StopAfter(2)).run(second)
    [path] = (tmp_path / "progress").rglob("*.safetensors")
    path.write_bytes(path.read_bytes()[:-1])
    assert shared_gan(tmp_path).run(second) == shared_gan(tmp_path / "clean").run(second)
    assert_equal_states(tmp_path, tmp_path / "clean")


def test_a_superseded_slot_is_refused(tmp_path: Path) -> None:
    """A slot below the committed one that was never committed is told so; a committed one returns its record."""
    shared = shared_gan(tmp_path)
    first, third = shared.run(SEARCH), shared.run(GROWN)
    again = shared_gan(tmp_path)
    assert again.run(SEARCH) == first
    with pytest.raises(SupersededError, match="slot 1 of this run was superseded: slot 2 is committed"):
        again.run(DERIVE)
    with pytest.raises(SupersededError, match="slot 0 of this run was superseded"):
        again.run(Assignment(0, 0, "search", (B,), (B,)))
    assert again.records() == [first, third]
    assert shared_gan(tmp_path / "empty").records() == []


@pytest.mark.parametrize("same", [True, False])
def test_of_two_trials_racing_for_a_slot_one_commits(store: RunStore, tmp_path: Path, same: bool) -> None:
    """Two processes start from one state; the first to end commits, the other says so and leaves the record alone."""
    winner = shared_gan(tmp_path, store=store)
    overtaking = Assignment(0, 0, "derive", SEARCH.candidates if same else (B,))
    records: list[Record] = []

    def overtaken() -> bool:
        if not records:
            records.append(winner.run(overtaking))
        return False

    loser = shared_gan(tmp_path, store=store, stop=overtaken)
    mine = overtaking if same else SEARCH
    with pytest.raises(ConflictError, match="another process has committed a slot .* while slot 0 was under way here"):
        loser.run(mine)
    assert shared_gan(tmp_path, store=store).records() == records


def test_a_flipped_byte_in_any_file_is_noticed(store: RunStore, tmp_path: Path) -> None:
    """Each file of a run's store, damaged in one byte, is refused by its name when the run goes on or is read."""
    with pytest.raises(PreemptedError):
        run = shared_gan(tmp_path, store=store, stop=StopAfter(6))
        run.run(SEARCH)
        run.run(Assignment(1, 0, "search", (A,), (A,)))
    names = [
        *(f"trials/{name}" for name in store.names("trials")),
        *(f"{state}/state.json" for state in ("shared", "progress")),
        *(
            f"{s}/{folder}/{n}"
            for s in ("shared", "progress")
            for folder in store.folders(s)
            for n in store.names(f"{s}/{folder}")
        ),
    ]
    assert len(names) == 5
    for number, name in enumerate(names):
        content = store.read(name)
        flipped = bytearray(content)
        flipped[len(content) // 3] ^= 1
        store.write(name, bytes(flipped))
        fresh = open_fresh(store, tmp_path / f"cache-{number}")
        with pytest.raises(StateError, match=f"{name} is damaged"):
            for kind in (shared_state(fresh), CommittedState(fresh, "progress")):
                kind.load(CPU)
            shared_gan(tmp_path, store=fresh).records()
        store.write(name, content)
    assert len(shared_gan(tmp_path, store=store).records()) == 1


def open_fresh(store: RunStore, cache: Path) -> RunStore:
    """The same store as another machine sees it, with nothing cached."""
    return open_store(store.location("").rstrip("/"), cache)
