"""The derived GAN: one design, trained and scored along the way (paper, sections 3.3.3 and 4)."""

from __future__ import annotations

import copy
import logging
import math
import time
from collections.abc import Callable, Collection
from dataclasses import asdict

import torch
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn

from autogan_core.errors import NonFiniteLossError, StateError
from autogan_core.networks.generator import BaseGenerator
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Task
from autogan_core.runtime.seeding import derive_seed
from autogan_core.storage import CommittedState, Snapshot
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.adversarial.loss_reader import LossReader, LossValues
from autogan_core.training.adversarial.training_stream import TrainingStream
from autogan_core.training.design import Design
from autogan_core.training.trained_generator import CLASS_NAMES, PARTS, draw, untrained
from autogan_core.training.validation import (
    Origin,
    TrainingResult,
    Validation,
    best_of,
    next_validation,
    read_training,
)
from autogan_core.training.workspace import Workspace

logger = logging.getLogger(__name__)


class DerivedGAN:
    """Trains one architecture or baseline, validating and committing every ``retrain.validate_every`` generator steps.

    What is scored and kept is an exponential moving average of the generator's weights (its batch-norm statistics are
    re-estimated). The best checkpoint by FID is kept beside the last: late collapse is what users of the released code
    meet, whose best-FID checkpoint alone hides it.
    """

    def __init__(
        self,
        design: Design,
        workspace: Workspace,
        *,
        start: Callable[[GAN], None] = lambda gan: None,
    ) -> None:
        """Builds the networks; nothing is read or trained yet.

        Args:
            design: what to train.
            workspace: with what; a world of one process.
            start: puts other weights and moments than fresh ones into a training's networks before its first step,
                such as `warm_start`; the same ones whenever it is called.
        """
        config, dataset, store = workspace.config, workspace.dataset, workspace.store
        self.architecture = design.architecture
        self.name = design.name
        self._config, self._dataset, self._scorer = config, dataset, workspace.scorer
        self._device, self._monitor, self._start = workspace.device, workspace.monitor, start
        self._state = CommittedState(store, self.state_name)
        self._identity = workspace.state_identity
        self._seed = derive_seed(config.seed, "retrain", design.name)
        self._gan = design.gan(config, self._device, self._seed)
        self._labels = dataset.labels_of(config.model.classes)
        if self._labels is not None:
            self._gan.generator.learn_classes(self._labels, dataset.class_names)
        self._average: BaseGenerator = copy.deepcopy(self._gan.generator)
        self._update_average = get_ema_multi_avg_fn(config.retrain.ema_decay)  # type: ignore[no-untyped-call]
        self._best = self._weights()
        self._validations: list[Validation] = []
        self._seconds = 0.0
        self._precision: str | None = None
        self._origin: Origin | None = None

    @property
    def state_name(self) -> str:
        """The state's name in the run store."""
        return f"retrain/{self.name}"

    def train(
        self, until: int | None = None, *, milestones: Collection[int] = (), title: str | None = None
    ) -> TrainingResult:
        """Trains on, from where an earlier call or process left off.

        Where it stops and is validated changes nothing in the learning: to the end in one go or in several calls gives
        the same bits.

        Args:
            until: the generator step to stop and validate at; None: ``retrain.generator_iterations``. Nothing happens
                when it has been reached.
            milestones: generator steps to validate at beside the multiples of ``retrain.validate_every``.
            title: the task's title in the monitor; None: a title with the design's name.

        Returns:
            All validations so far, those of earlier calls included.

        Raises:
            NonFiniteLossError: training diverged; the last commit stays.
            ConflictError: another process trains the same design in this run.
            StateError: the store's state is damaged, belongs to another configuration, or was imported.
        """
        self._restore()
        if self._origin is not None:
            raise StateError(f"{self.name} is {self._origin.words}; train it in another run folder")
        every, end = self._config.retrain.validate_every, until or self._config.retrain.generator_iterations
        done = self._validations[-1].iteration if self._validations else 0
        if done >= end:
            return self._training()
        if done and (pointer := self._state.current):
            logger.info(
                "training %s: going on at step %d of %d, from checkpoint %s",
                *(self.name, done, end, self._state.location(pointer)),
            )
        if not done:
            self._start(self._gan)
            self._average.load_state_dict(self._gan.generator.state_dict())
        with self._monitor.task(title or f"training {self.name}", end, done) as task:
            while done < end:
                stop = next_validation(done, every, end, milestones)
                started = time.monotonic()
                losses = self._train_until(done, stop, task)
                validation = self._validate(stop)
                self._seconds += time.monotonic() - started
                self._monitor.log(self.state_name, stop, losses.named() | validation.named)
                self._commit(validation)
                done = stop
        return self.result()

    def result(self) -> TrainingResult:
        """Reads the state of the training, from this process or an earlier one.

        Returns:
            All validations so far.

        Raises:
            StateError: this design has no checkpoint in the run store.
        """
        self._restore()
        if not self._validations:
            raise StateError(untrained(self.name))
        return self._training()

    def generator(self, checkpoint: str) -> BaseGenerator:
        """The averaged generator of the ``best`` or the ``last`` checkpoint. Raises like `result`."""
        return self.kept()[1][checkpoint]

    def kept(self) -> tuple[TrainingResult, dict[str, BaseGenerator]]:
        """Reads the training and the generators of its checkpoints at once, while another process may go on with it.

        Returns:
            All validations so far; the averaged generators by ``best`` and ``last``. Raises like `result`.
        """
        training, best, last = self.result(), copy.deepcopy(self._average), copy.deepcopy(self._average)
        best.load_state_dict(self._best)
        return training, {"best": best, "last": last}

    def sample(self, checkpoint: str, count: int, seed: int) -> Tensor:
        """Uncurated images of a checkpoint's generator, uint8 (count, C, S, S), on the CPU. Raises like `result`."""
        generator, scorer = self.generator(checkpoint).eval(), self._scorer
        return draw(generator, self.architecture, count, seed, scorer.batch_size, scorer.draw_size)

    def _train_until(self, start: int, until: int, task: Task) -> LossValues:
        """Trains from one generator step to another, ``start < until``.

        Returns:
            The losses of the last step.

        Raises:
            NonFiniteLossError: a loss is NaN or infinite; noticed one generator step later.
        """
        images = self._dataset.at_size(self._config.model.image_size_at(self.architecture.depth)).to(self._device)
        batch, n_critic = self._gan.training.discriminator_batch, self._gan.training.n_critic
        stream = TrainingStream(images, batch, self._config.model.latent_dim, self._seed, self._labels)
        reader = LossReader(World.single(self._device))
        for iteration in range(start, until):
            first = iteration * n_critic
            losses = [self._gan.train_step(stream, step, self.architecture) for step in range(first, first + n_critic)]
            with torch.no_grad():
                self._update_average(
                    list(self._average.parameters()), list(self._gan.generator.parameters()), iteration
                )
            latest = reader.push(first, losses)
            task.advance(1, latest[0].named() if latest else {})
        return reader.finish()[0]

    def _validate(self, iteration: int) -> Validation:
        scores = self._scorer.score(
            self._average,
            self.architecture,
            "validate",
            num_images=self._config.retrain.validation_images,
            splits=self._config.scores.splits,
            with_fid=True,
        )
        if scores.fid is None or not math.isfinite(scores.fid + scores.inception_score):
            raise NonFiniteLossError(
                f"the images of {self.name} cannot be scored after {iteration} iterations "
                f"(IS {scores.inception_score}, FID {scores.fid}); lower training.generator_lr if it happens again"
            )
        return Validation(iteration, scores.inception_score, scores.fid, scores.named())

    def _commit(self, validation: Validation) -> None:
        self._validations.append(validation)
        if best_of(self._validations) is validation:
            self._best = self._weights()
        tensors = self._gan.state_dict()
        for checkpoint, weights in (("last", self._average.state_dict()), ("best", self._best)):
            tensors |= {f"{PARTS[checkpoint]}{name}": tensor for name, tensor in weights.items()}
        self._precision = str(self._gan.generator.dtype).removeprefix("torch.")
        meta = {"validations": [asdict(v) for v in self._validations], "seconds": self._seconds, **self._identity}
        if names := self._gan.generator.class_names:
            meta[CLASS_NAMES] = list(names)
        self._state.commit(Snapshot({**meta, "precision": self._precision}, tensors))
        training = self._training()
        if training.collapsed:
            logger.warning(
                "%s has collapsed: FID %.1f after %d iterations, but %.1f after %d; that one is kept as its best",
                *(self.name, validation.fid, validation.iteration, training.best.fid, training.best.iteration),
            )

    def _training(self) -> TrainingResult:
        return TrainingResult(self.architecture, tuple(self._validations), self._seconds, self._precision, self._origin)

    def _restore(self) -> None:
        snapshot = self._state.load(self._device)
        if snapshot is None:
            return
        training = read_training(self.architecture, snapshot.meta)
        # What was imported does not depend on the run's images.
        needed = ["configuration"] if training.origin else self._identity
        snapshot.require({name: self._identity[name] for name in needed}, self.name)
        self._gan.load_state_dict(snapshot.tensors)
        self._average.load_state_dict(snapshot.part(PARTS["last"]))
        self._best = snapshot.part(PARTS["best"])
        self._validations, self._seconds = list(training.validations), training.seconds
        self._precision, self._origin = training.precision, training.origin

    def _weights(self) -> dict[str, Tensor]:
        return {name: tensor.detach().clone() for name, tensor in self._average.state_dict().items()}
