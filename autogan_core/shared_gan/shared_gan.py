"""The shared GAN: an iteration trains the supernet, then scores candidates (paper, sections 3.2 and 3.3)."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence

from torch import Tensor

from autogan_core.config import RewardConfig
from autogan_core.errors import ConflictError
from autogan_core.history import Assignment, Record
from autogan_core.metrics.scores import Scores
from autogan_core.runtime.distributed import score_sharded
from autogan_core.runtime.seeding import derive_seed
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.candidate_scoring import CandidateScoring
from autogan_core.shared_gan.checkpoints import Checkpoint, IterationCheckpoints, agreed_snapshot
from autogan_core.shared_gan.dynamic_reset import CollapseWatch
from autogan_core.shared_gan.shared_networks import shared_networks
from autogan_core.shared_gan.training_order import training_order
from autogan_core.shared_gan.trial_records import (
    committed_record,
    committed_trials,
    load_record,
    shared_state,
    store_record,
)
from autogan_core.storage import Snapshot
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.adversarial.training_stream import TrainingStream
from autogan_core.training.cost import Cost, scoring_cost, training_steps
from autogan_core.training.workspace import Workspace

logger = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 300.0
"""Default time between two checkpoints of an iteration."""
STEPS_PER_BLOCK = 4
"""Training steps between two looks at the losses, and at whether to stop. A collapse ends the training, and a loss that
is not finite fails it, at most two blocks less one step later."""


class SharedGAN:
    """Runs the search's assignments on weights that live in a run store.

    The weights, optimisers, loss windows and a pending reset are committed at the end of every assignment, after the
    rewards. An assignment that is run again after a kill starts from the previous commit, or from the checkpoint that
    was stored since, and ends in the same state; one that was committed already returns the record that was stored
    then. Of several processes that run one slot exactly one commits.

    In a world of several ranks each trains on its share of every batch and scores its share of the candidates; rank 0
    alone writes to the store. Results are those of one process, up to rounding.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        stop: Callable[[], bool] = lambda: False,
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
    ) -> None:
        """Builds the networks; nothing is read or trained yet.

        Args:
            workspace: with what; all ranks of its world are built and run alike.
            stop: whether to store a checkpoint and give up, such as after SIGTERM; asked before every block of steps
                and every candidate.
            checkpoint_seconds: time between two checkpoints.
        """
        config, dataset, store, world = workspace.config, workspace.dataset, workspace.store, workspace.world
        self._config, self._space, self._dataset = config, config.search_space(), dataset
        self._labels = dataset.labels_of(config.model.classes)
        self._store, self._world, self._monitor = store, world, workspace.monitor
        self._scoring = CandidateScoring(config, self._space, dataset, workspace.scorer, world)
        self._identity = workspace.state_identity
        self._state = shared_state(store)
        self._checkpoints = IterationCheckpoints(store, world, stop, checkpoint_seconds)
        self._watch = CollapseWatch(config.search.dynamic_reset, world)
        self._stage = 0
        self._trained_stage = -1
        self._committed_slot = -1
        self.steps = 0
        """Training steps of the slot that was committed last, over all processes that worked on it."""
        self._trials: dict[int, str] = {}
        self._reset_pending = False
        self._gan = self._initialise(slot=0)

    def run(self, assignment: Assignment) -> Record:
        """Trains (in the search phase), scores the candidates and commits.

        Returns:
            The committed record; that of an earlier call if the slot is committed already.

        Raises:
            NonFiniteLossError: training diverged; nothing is committed, so the next slot starts from the last commit.
            PreemptedError: ``stop`` said so; a checkpoint is stored, and the same call goes on from there.
            SupersededError: a later slot is committed, and this one, or this assignment of it, is not.
            ConflictError: another process committed meanwhile.
            StateError: the store's state is damaged, or belongs to another configuration or assignment.
        """
        self._restore()
        if self._committed_slot >= assignment.slot:
            record = committed_record(self._store, self._trials, assignment)
            logger.info("slot %d is committed already; nothing is trained or scored again", assignment.slot)
            return record
        checkpoint = self._resume(assignment) or self._begin(assignment)
        if assignment.phase == "search":
            self._train(assignment, checkpoint)
        record = Record(assignment, self._score(assignment, checkpoint), reset=checkpoint.collapsed)
        if checkpoint.collapsed:
            self._reset_pending = True
            self._watch.clear()
        if assignment.phase == "search":
            self._trained_stage = assignment.stage
        self.steps = checkpoint.step
        self._commit(record, self._cost(checkpoint))
        return record

    def score(
        self,
        architectures: Sequence[Architecture],
        *names: str | int,
        protocol: RewardConfig | None = None,
        with_kid: bool = False,
        with_neighbours: bool = False,
    ) -> list[Scores]:
        """Scores architectures by Inception score and FID on the committed weights, without committing anything.

        Args:
            architectures: of any depth.
            names: seed the draws, such as latent vectors.
            protocol: images, splits, statistics and steps of adaptation; None: the run's own reward's.
            with_kid: whether to compute KID too.
            with_neighbours: whether to compute precision and recall too, and KID with them.

        Returns:
            Scores in the order of ``architectures``.
        """
        self._restore()
        protocol = protocol or self._config.search.reward
        return list(
            self._scoring.scores(
                self._gan,
                architectures,
                *names,
                protocol=protocol,
                with_fid=True,
                with_kid=with_kid,
                with_neighbours=with_neighbours,
            )
        )

    def records(self) -> list[Record]:
        """Loads the records of all committed slots.

        Returns:
            The records, by slot.

        Raises:
            StateError: one is missing or damaged.
        """
        return [load_record(self._store, name) for _, name in committed_trials(self._store)]

    def _initialise(self, slot: int) -> GAN:
        seed = derive_seed(self._config.seed, "shared", slot)
        gan = shared_networks(self._config, self._space, self._world.device, seed, world=self._world)
        if self._labels is not None:
            gan.generator.learn_classes(self._labels, self._dataset.class_names)
        return gan

    def _begin(self, assignment: Assignment) -> Checkpoint:
        """Prepares weights and windows for a new iteration."""
        self._enter(assignment)
        if assignment.phase == "search" and self._reset_pending:
            self._gan, self._reset_pending = self._initialise(assignment.slot), False
        return Checkpoint()

    def _resume(self, assignment: Assignment) -> Checkpoint | None:
        """Resumes the checkpoint of this very iteration, if there is any."""
        pointer = self._state.current
        stored = self._checkpoints.begin(assignment, None if pointer is None else pointer.folder)
        if stored is None:
            return None
        checkpoint, snapshot = stored
        snapshot.require(self._identity, "an unfinished iteration")
        self._enter(assignment)
        self._reset_pending = self._reset_pending and assignment.phase != "search"
        self._load_tensors(snapshot)
        return checkpoint

    def _enter(self, assignment: Assignment) -> None:
        if assignment.stage != self._stage:
            self._watch.clear()
            self._stage = assignment.stage

    def _train(self, assignment: Assignment, checkpoint: Checkpoint) -> None:
        """Phase 1: an architecture of ``training`` for each step, until the last one or until the GAN collapses.

        The first training of a stage also warms its new cell up. A dynamic reset is none: there is no cell that would
        be newer than the others.
        """
        if checkpoint.collapsed:
            return
        images = self._dataset.at_size(self._config.model.image_size_at(assignment.depth)).to(self._world.device)
        seed = derive_seed(self._config.seed, "training", assignment.slot)
        training = self._config.training
        latent_dim = self._config.model.latent_dim
        stream = TrainingStream(images, training.discriminator_batch, latent_dim, seed, self._labels)
        first = assignment.stage > self._trained_stage
        total = training_steps(self._config, stream.steps_per_epoch, warm_up=first)
        description = f"stage {assignment.stage + 1}, slot {assignment.slot}: training the shared GAN"
        if checkpoint.origin and not checkpoint.rewards:
            logger.info(
                "slot %d: going on at step %d of %d, from checkpoint %s",
                *(assignment.slot, checkpoint.step, total, checkpoint.origin),
            )
        order = training_order(assignment, self._config.search, seed, checkpoint.step, total)
        with self._monitor.task(description, total, checkpoint.step) as task:
            while self._watch.collapsed_in is None and (block := list(itertools.islice(order, STEPS_PER_BLOCK))):
                self._checkpoint(checkpoint)
                losses = [self._gan.train_step(stream, step, architecture) for step, architecture in block]
                checkpoint.step += len(block)
                latest = self._watch.push(block[0][0], losses)
                task.advance(len(block), latest[-1].named() if latest else {})
            self._watch.finish()
        if self._watch.collapsed_in is not None:
            checkpoint.collapsed = True
            logger.warning(
                "slot %d: the losses stopped moving in step %d (%s): dynamic reset before the next training",
                *(assignment.slot, self._watch.collapsed_in, self._watch.spreads()),
            )

    def _score(self, assignment: Assignment, checkpoint: Checkpoint) -> tuple[float | None, ...]:
        """Runs phase 2, the scoring of the candidates.

        Candidates of a slot share their latent vectors, so rewards differ by architecture and not by chance; a
        candidate drawn twice is scored once.

        Returns:
            A reward for each candidate, in the assignment's order; None where the score is not finite.
        """
        rewards, ranks = checkpoint.rewards, self._world.size
        pending = [a for a in dict.fromkeys(assignment.candidates) if a not in rewards]
        own = self._scoring.rewards(self._gan, pending[self._world.rank :: ranks], assignment.slot)
        description = f"stage {assignment.stage + 1}, slot {assignment.slot}: scoring candidates"
        total = len(rewards) + len(pending)
        if checkpoint.origin and rewards:
            logger.info(
                "slot %d: going on at candidate %d of %d, from checkpoint %s",
                *(assignment.slot, len(rewards), total, checkpoint.origin),
            )
        with self._monitor.task(description, total, len(rewards)) as task:
            for start in range(0, len(pending), ranks):
                self._checkpoint(checkpoint)
                batch = pending[start : start + ranks]
                scored = score_sharded(self._world, batch, lambda _: next(own))
                rewards.update(zip(batch, scored, strict=True))
                known = [value for value in rewards.values() if value is not None]
                task.advance(len(batch), {"best_reward": max(known)} if known else {})
        if pending:
            self._gan.synchronise(source=(len(pending) - 1) % ranks)
        return tuple(rewards[architecture] for architecture in assignment.candidates)

    def _cost(self, checkpoint: Checkpoint) -> Cost:
        """The cost of a slot over all processes that worked on it, without work after a process's last checkpoint."""
        training = Cost.of_steps(checkpoint.step, self._config.training.n_critic)
        return training + scoring_cost(self._config) * len(checkpoint.rewards)

    def _checkpoint(self, checkpoint: Checkpoint) -> None:
        self._checkpoints.check(checkpoint, self._identity, self._tensors)

    def _commit(self, record: Record, cost: Cost) -> None:
        slot = record.assignment.slot
        if not self._world.is_main:
            self._committed_slot = slot
            return
        trials = {**self._trials, slot: store_record(self._store, record, cost)}
        meta = {
            "slot": slot,
            "stage": self._stage,
            "trained_stage": self._trained_stage,
            "steps": self.steps,
            "reset_pending": self._reset_pending,
            "trials": {str(number): trial for number, trial in trials.items()},
            **self._identity,
        }
        try:
            self._state.commit(Snapshot(meta, self._tensors()))
        except ConflictError as error:
            raise ConflictError(
                f"another process has committed a slot of this run while slot {slot} was under way here; nothing of "
                "this one's is kept: leave the slot to that process, or start this one again"
            ) from error
        self._committed_slot, self._trials = slot, trials
        self._checkpoints.clear()

    def _restore(self) -> None:
        snapshot = agreed_snapshot(self._state, self._world)
        if snapshot is None:  # a first iteration that failed may have left its weights
            self._gan, self._trained_stage = self._initialise(slot=0), -1
            self._watch.clear()
            return
        snapshot.require(self._identity, "the shared GAN")
        self._load_tensors(snapshot)
        self._stage, self._reset_pending = snapshot.meta["stage"], snapshot.meta["reset_pending"]
        self._trained_stage = snapshot.meta["trained_stage"]
        self._committed_slot, self.steps = snapshot.meta["slot"], snapshot.meta["steps"]
        self._trials = {int(slot): name for slot, name in snapshot.meta["trials"].items()}

    def _tensors(self) -> dict[str, Tensor]:
        return self._gan.state_dict() | self._watch.state_dict()

    def _load_tensors(self, snapshot: Snapshot) -> None:
        self._gan.load_state_dict(snapshot.tensors)
        self._watch.load_state_dict(snapshot.tensors)
