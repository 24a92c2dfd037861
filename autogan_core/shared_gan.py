"""The shared GAN: an iteration trains the supernet, then scores candidates (paper, sections 3.2 and 3.3)."""

from __future__ import annotations

import json
import logging
import math
import random

import torch

from autogan_core.config import Config
from autogan_core.data import ImageDataset
from autogan_core.dynamic_reset import LossWindows
from autogan_core.errors import StateError
from autogan_core.gan import GAN, TrainingStream
from autogan_core.history import Assignment, Record
from autogan_core.metrics import generator_macs, needs_fid, reward
from autogan_core.monitor import Monitor
from autogan_core.scoring import Scorer
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.seeding import derive_seed
from autogan_core.storage import RunStore, Snapshot, commit, load

logger = logging.getLogger(__name__)

STATE = "shared"


class SharedGAN:
    """Runs the search's assignments on weights that live in a run store.

    The weights, optimisers, loss windows and a pending reset are committed at the end of every assignment, after the
    rewards. An assignment that is run again after a kill starts from the previous commit and ends in the same state;
    one that was committed already returns the record that was stored then.
    """

    def __init__(
        self,
        config: Config,
        space: SearchSpace,
        dataset: ImageDataset,
        scorer: Scorer,
        store: RunStore,
        device: torch.device,
        monitor: Monitor,
    ) -> None:
        self._config, self._space, self._dataset = config, space, dataset
        self._scorer, self._store, self._device, self._monitor = scorer, store, device, monitor
        self._identity = {"configuration": config.fingerprint(), "data set": dataset.fingerprint}
        self._windows = LossWindows(config.search.dynamic_reset)
        self._stage = 0
        self._committed_slot = -1
        self._reset_pending = False
        self._gan = self._initialise(slot=0)

    def run(self, assignment: Assignment) -> Record:
        """Trains (in the search phase), scores the candidates and commits.

        Raises:
            NonFiniteLossError: training diverged; nothing is committed, so the next slot starts from the last commit.
            StateError: the store's state is damaged, belongs to another configuration, or is ahead of this slot.
        """
        self._restore()
        if self._committed_slot >= assignment.slot:
            return self._committed_record(assignment)
        if assignment.stage != self._stage:
            self._windows.clear()
            self._stage = assignment.stage
        collapsed = False
        if assignment.phase == "search":
            if self._reset_pending:
                self._gan, self._reset_pending = self._initialise(assignment.slot), False
            collapsed = self._train(assignment)
        record = Record(assignment, self._score(assignment), reset=collapsed)
        if collapsed:
            self._reset_pending = True
            self._windows.clear()
        self._commit(record)
        return record

    def _initialise(self, slot: int) -> GAN:
        search = self._config.search
        return GAN(
            self._space,
            self._config.model,
            self._config.training,
            generator_channels=search.generator_channels,
            discriminator_channels=search.discriminator_channels,
            device=self._device,
            seed=derive_seed(self._config.seed, "shared", slot),
        )

    def _train(self, assignment: Assignment) -> bool:
        """Phase 1: an architecture of ``training`` for each step. Returns whether the GAN collapsed."""
        images = self._dataset.at_size(self._config.model.stage_image_size(assignment.stage)).to(self._device)
        seed = derive_seed(self._config.seed, "training", assignment.slot)
        training = self._config.training
        stream = TrainingStream(images, training.discriminator_batch, self._config.model.latent_dim, seed)
        choice = random.Random(seed)
        total = stream.steps_per_epoch * self._config.search.shared_epochs
        description = f"stage {assignment.stage + 1}, slot {assignment.slot}: training the shared GAN"
        with self._monitor.task(description, total) as task:
            for step in range(total):
                losses = self._gan.train_step(stream, step, choice.choice(assignment.training))
                self._windows.push(losses.discriminator, losses.generator)
                task.advance(1, losses.named())
                if self._windows.collapsed:
                    logger.warning(
                        "slot %d: the losses stopped moving in step %d (%s): dynamic reset before the next training",
                        assignment.slot,
                        step,
                        self._windows.spreads(),
                    )
                    return True
        return False

    def _score(self, assignment: Assignment) -> tuple[float | None, ...]:
        """Phase 2. Candidates of a slot share their latent vectors, so rewards differ by architecture, not by luck;
        a candidate drawn twice is scored once."""
        rewards: dict[Architecture, float | None] = {}
        description = f"stage {assignment.stage + 1}, slot {assignment.slot}: scoring candidates"
        with self._monitor.task(description, len(assignment.candidates)) as task:
            for architecture in assignment.candidates:
                if architecture not in rewards:
                    rewards[architecture] = self._reward(architecture, assignment.slot)
                known = [value for value in rewards.values() if value is not None]
                task.advance(1, {"best_reward": max(known)} if known else {})
        return tuple(rewards[architecture] for architecture in assignment.candidates)

    def _reward(self, architecture: Architecture, slot: int) -> float | None:
        search = self._config.search
        scores = self._scorer.score(
            self._gan.generator,
            architecture,
            "reward",
            slot,
            num_images=search.reward.num_images,
            splits=search.reward.splits,
            with_fid=needs_fid(search.reward),
        )
        macs = generator_macs(architecture, self._config.model, search.generator_channels)
        value = reward(scores, search.reward, macs)
        return value if math.isfinite(value) else None

    def _commit(self, record: Record) -> None:
        slot = record.assignment.slot
        self._store.write(_trial(slot), json.dumps(record.to_json(), allow_nan=False).encode())
        meta = {"slot": slot, "stage": self._stage, "reset_pending": self._reset_pending, **self._identity}
        commit(self._store, STATE, slot, Snapshot(meta, self._gan.state() | self._windows.state()))
        self._committed_slot = slot

    def _restore(self) -> None:
        snapshot = load(self._store, STATE, self._device)
        if snapshot is None:  # a first iteration that failed may have left its weights
            self._gan = self._initialise(slot=0)
            self._windows.clear()
            return
        snapshot.require(self._identity, "the shared GAN")
        self._gan.load_state(snapshot.tensors)
        self._windows.load_state(snapshot.tensors)
        self._stage, self._reset_pending = snapshot.meta["stage"], snapshot.meta["reset_pending"]
        self._committed_slot = snapshot.meta["slot"]

    def _committed_record(self, assignment: Assignment) -> Record:
        record = Record.from_json(json.loads(self._store.read(_trial(assignment.slot))))
        if record.assignment != assignment:
            raise StateError(
                f"the run store's slot {assignment.slot} was another assignment; the history and the run store "
                "belong to different runs, choose another run folder"
            )
        return record


def _trial(slot: int) -> str:
    return f"trials/{slot:05d}.json"
