"""The shared GAN: an iteration trains the supernet, then scores candidates (paper, sections 3.2 and 3.3)."""

from __future__ import annotations

import itertools
import logging
import math
import random
from collections.abc import Callable, Iterator, Sequence

from torch import Tensor

from autogan_core.config import Config
from autogan_core.data import ImageDataset
from autogan_core.distributed import World, score_sharded
from autogan_core.dynamic_reset import CollapseWatch
from autogan_core.errors import ConflictError, StateError, SupersededError
from autogan_core.gan import GAN
from autogan_core.history import Assignment, Record
from autogan_core.metrics import Scores, generator_macs, needs_fid, reward
from autogan_core.monitor import Monitor
from autogan_core.progress import Progress, ProgressCheckpoints, agreed_snapshot
from autogan_core.scoring import Scorer
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.seeding import derive_seed
from autogan_core.storage import CommittedState, RunStore, Snapshot
from autogan_core.training_stream import TrainingStream
from autogan_core.trial_records import load_record, store_record

logger = logging.getLogger(__name__)

STATE = "shared"
CHECKPOINT_SECONDS = 300.0
"""Default time between two commits of an iteration's progress."""
STEPS_PER_BLOCK = 4
"""Training steps between two looks at the losses, and at whether to stop. A collapse ends the training, and a loss that
is not finite fails it, at most two blocks less one step later."""


class SharedGAN:
    """Runs the search's assignments on weights that live in a run store.

    The weights, optimisers, loss windows and a pending reset are committed at the end of every assignment, after the
    rewards. An assignment that is run again after a kill starts from the previous commit, or from the progress that
    was stored since, and ends in the same state; one that was committed already returns the record that was stored
    then. Of several processes that run one slot exactly one commits.

    In a world of several ranks each trains on its share of every batch and scores its share of the candidates; rank 0
    alone writes to the store. Results are those of one process, up to rounding.
    """

    def __init__(
        self,
        config: Config,
        space: SearchSpace,
        dataset: ImageDataset,
        scorer: Scorer,
        store: RunStore,
        world: World,
        monitor: Monitor,
        *,
        stop: Callable[[], bool] = lambda: False,
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
    ) -> None:
        """Args:
        config: of the run.
        space: holds every assignment's architectures.
        dataset: to train on.
        scorer: scores candidates.
        store: the run's.
        world: the ranks that work together, each on its device; all are built and run alike.
        monitor: is told of training and scoring.
        stop: whether to store the progress and give up, such as after SIGTERM; asked before every block of steps and
            every candidate.
        checkpoint_seconds: time between two commits of the progress.
        """
        self._config, self._space, self._dataset = config, space, dataset
        self._scorer, self._store, self._world, self._monitor = scorer, store, world, monitor
        self._identity = {"configuration": config.fingerprint(), "data set": dataset.fingerprint}
        self._state = CommittedState(store, STATE)
        self._checkpoints = ProgressCheckpoints(store, world, stop, checkpoint_seconds)
        self._watch = CollapseWatch(config.search.dynamic_reset, world)
        self._stage = 0
        self._committed_slot = -1
        self.steps = 0
        """Training steps of the slot that was committed last, over all processes that worked on it."""
        self._trials: dict[int, str] = {}
        self._reset_pending = False
        self._gan = self._initialise(slot=0)

    def run(self, assignment: Assignment) -> Record:
        """Trains (in the search phase), scores the candidates and commits.

        Raises:
            NonFiniteLossError: training diverged; nothing is committed, so the next slot starts from the last commit.
            PreemptedError: ``stop`` said so; the progress is stored, and the same call goes on from there.
            SupersededError: a later slot is committed, and this one, or this assignment of it, is not.
            ConflictError: another process committed meanwhile.
            StateError: the store's state is damaged, or belongs to another configuration or assignment.
        """
        self._restore()
        if self._committed_slot >= assignment.slot:
            record = self._committed_record(assignment)
            logger.info("slot %d is committed already; nothing is trained or scored again", assignment.slot)
            return record
        progress = self._resume(assignment) or self._begin(assignment)
        if assignment.phase == "search":
            self._train(assignment, progress)
        record = Record(assignment, self._score(assignment, progress), reset=progress.collapsed)
        if progress.collapsed:
            self._reset_pending = True
            self._watch.clear()
        self.steps = progress.step
        self._commit(record)
        return record

    def score(self, architectures: Sequence[Architecture], *names: str | int) -> list[Scores]:
        """Both scores of architectures on the committed weights, by the reward's protocol; commits nothing.

        Args:
            architectures: of any depth.
            names: what the latent vectors are drawn for.
        """
        self._restore()
        return list(self._scores(architectures, *names, with_fid=True))

    def records(self) -> list[Record]:
        """The records of all committed slots, in their order.

        Raises:
            StateError: one is missing or damaged.
        """
        pointer = self._state.pointer()
        trials = {} if pointer is None else pointer.content["meta"]["trials"]
        return [load_record(self._store, trials[slot]) for slot in sorted(trials, key=int)]

    def _initialise(self, slot: int) -> GAN:
        search = self._config.search
        return GAN.over(
            self._space,
            self._config.model,
            self._config.training,
            generator_channels=search.generator_channels,
            discriminator_channels=search.discriminator_channels,
            device=self._world.device,
            seed=derive_seed(self._config.seed, "shared", slot),
            world=self._world,
        )

    def _begin(self, assignment: Assignment) -> Progress:
        """Prepares weights and windows for a new iteration."""
        self._enter(assignment)
        if assignment.phase == "search" and self._reset_pending:
            self._gan, self._reset_pending = self._initialise(assignment.slot), False
        return Progress()

    def _resume(self, assignment: Assignment) -> Progress | None:
        """Takes up the stored progress of this very iteration, if there is any."""
        pointer = self._state.current
        stored = self._checkpoints.begin(assignment, None if pointer is None else pointer.folder)
        if stored is None:
            return None
        progress, snapshot = stored
        snapshot.require(self._identity, "an unfinished iteration")
        self._enter(assignment)
        self._reset_pending = self._reset_pending and assignment.phase != "search"
        self._load_tensors(snapshot)
        return progress

    def _enter(self, assignment: Assignment) -> None:
        if assignment.stage != self._stage:
            self._watch.clear()
            self._stage = assignment.stage

    def _train(self, assignment: Assignment, progress: Progress) -> None:
        """Phase 1: an architecture of ``training`` for each step, until the last one or until the GAN collapses."""
        if progress.collapsed:
            return
        images = self._dataset.at_size(self._config.model.image_size_at(assignment.depth)).to(self._world.device)
        seed = derive_seed(self._config.seed, "training", assignment.slot)
        training = self._config.training
        stream = TrainingStream(images, training.discriminator_batch, self._config.model.latent_dim, seed)
        total = stream.steps_per_epoch * self._config.search.shared_epochs
        description = f"stage {assignment.stage + 1}, slot {assignment.slot}: training the shared GAN"
        if progress.origin and not progress.rewards:
            logger.info(
                "slot %d: going on at step %d of %d, from checkpoint %s",
                *(assignment.slot, progress.step, total, progress.origin),
            )
        draws = _draws(assignment, seed, progress.step, total)
        with self._monitor.task(description, total, progress.step) as task:
            while self._watch.collapsed_in is None and (block := list(itertools.islice(draws, STEPS_PER_BLOCK))):
                self._checkpoint(progress)
                losses = [self._gan.train_step(stream, step, architecture) for step, architecture in block]
                progress.step += len(block)
                latest = self._watch.push(block[0][0], losses)
                task.advance(len(block), latest[-1].named() if latest else {})
            self._watch.finish()
        if self._watch.collapsed_in is not None:
            progress.collapsed = True
            logger.warning(
                "slot %d: the losses stopped moving in step %d (%s): dynamic reset before the next training",
                *(assignment.slot, self._watch.collapsed_in, self._watch.spreads()),
            )

    def _score(self, assignment: Assignment, progress: Progress) -> tuple[float | None, ...]:
        """Phase 2. Candidates of a slot share their latent vectors, so rewards differ by architecture, not by luck;
        a candidate drawn twice is scored once."""
        rewards, ranks = progress.rewards, self._world.size
        pending = [a for a in dict.fromkeys(assignment.candidates) if a not in rewards]
        fid = needs_fid(self._config.search.reward)
        own = self._scores(pending[self._world.rank :: ranks], assignment.slot, with_fid=fid)
        description = f"stage {assignment.stage + 1}, slot {assignment.slot}: scoring candidates"
        total = len(rewards) + len(pending)
        if progress.origin and rewards:
            logger.info(
                "slot %d: going on at candidate %d of %d, from checkpoint %s",
                *(assignment.slot, len(rewards), total, progress.origin),
            )
        with self._monitor.task(description, total, len(rewards)) as task:
            for start in range(0, len(pending), ranks):
                self._checkpoint(progress)
                batch = pending[start : start + ranks]
                scored = score_sharded(self._world, batch, lambda a: self._reward(a, next(own)))
                rewards.update(zip(batch, scored, strict=True))
                known = [value for value in rewards.values() if value is not None]
                task.advance(len(batch), {"best_reward": max(known)} if known else {})
        if pending:
            self._gan.synchronise(source=(len(pending) - 1) % ranks)
        return tuple(rewards[architecture] for architecture in assignment.candidates)

    def _scores(self, architectures: Sequence[Architecture], *names: str | int, with_fid: bool) -> Iterator[Scores]:
        """The scores of each architecture; the next one's images are under way while one's scores are read."""
        reward = self._config.search.reward
        return self._scorer.score_all(
            self._gan.generator,
            architectures,
            "reward",
            *names,
            num_images=reward.num_images,
            splits=reward.splits,
            with_fid=with_fid,
        )

    def _reward(self, architecture: Architecture, scores: Scores) -> float | None:
        search = self._config.search
        macs = generator_macs(architecture, self._config.model, search.generator_channels)
        value = reward(scores, search.reward, macs)
        return value if math.isfinite(value) else None

    def _checkpoint(self, progress: Progress) -> None:
        self._checkpoints.check(progress, self._identity, self._tensors)

    def _commit(self, record: Record) -> None:
        slot = record.assignment.slot
        if not self._world.is_main:
            self._committed_slot = slot
            return
        trials = {**self._trials, slot: store_record(self._store, record)}
        meta = {
            "slot": slot,
            "stage": self._stage,
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
            self._gan = self._initialise(slot=0)
            self._watch.clear()
            return
        snapshot.require(self._identity, "the shared GAN")
        self._load_tensors(snapshot)
        self._stage, self._reset_pending = snapshot.meta["stage"], snapshot.meta["reset_pending"]
        self._committed_slot, self.steps = snapshot.meta["slot"], snapshot.meta.get("steps", 0)
        self._trials = {int(slot): name for slot, name in snapshot.meta["trials"].items()}

    def _tensors(self) -> dict[str, Tensor]:
        return self._gan.state() | self._watch.state()

    def _load_tensors(self, snapshot: Snapshot) -> None:
        self._gan.load_state(snapshot.tensors)
        self._watch.load_state(snapshot.tensors)

    def _committed_record(self, assignment: Assignment) -> Record:
        slot, name = assignment.slot, self._trials.get(assignment.slot)
        record = None if name is None else load_record(self._store, name)
        if record is not None and record.assignment == assignment:
            return record
        if slot < self._committed_slot:
            raise SupersededError(
                f"slot {slot} of this run was superseded: slot {self._committed_slot} is committed, and slot {slot} "
                "never was with this assignment; ask for the slots that follow"
            )
        raise StateError(
            f"the run store's slot {slot} was another assignment; the history and the run store belong to different "
            "runs, choose another run folder"
        )


def _draws(assignment: Assignment, seed: int, start: int, total: int) -> Iterator[tuple[int, Architecture]]:
    """Steps from ``start`` on, each with the architecture to train in it; earlier draws are made and dropped."""
    choice = random.Random(seed)
    draws = (choice.choice(assignment.training) for _ in range(total))
    return itertools.islice(enumerate(draws), start, None)
