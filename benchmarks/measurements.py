"""Times the parts of a search and of a retraining, the product's against the plain loop's."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from autogan_core.history import Assignment
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.search_space import NAMED, Architecture, SearchSpace
from autogan_core.shared_gan.shared_gan import SharedGAN
from autogan_core.storage import DirectoryStore
from autogan_core.training.workspace import Workspace
from benchmarks.extractors import extractors
from benchmarks.flops import image_flops, step_flops, weightless_gan
from benchmarks.sizes import Rivals, Size, derived_rivals, shared_rivals
from benchmarks.timing import Comparison, Effort, Timing, Work, compare
from benchmarks.works import (
    PLAIN,
    PRODUCT,
    Extractors,
    retraining_works,
    reward_scorer,
    reward_works,
    step_works,
)


@dataclass(frozen=True, slots=True)
class Versus:
    """One part of the work in both variants."""

    product: Timing
    plain: Timing
    flops: float
    """Operations that it needs as it is written."""
    first_use: float = 0.0
    """What the product takes on top for an architecture that is new to it, in seconds."""

    @property
    def ratio(self) -> float:
        """How many times faster the product is."""
        return self.plain.median / self.product.median


@dataclass(frozen=True, slots=True)
class StageFigures:
    """One search stage's parts."""

    stage: int
    """The stage, from 1."""
    discriminator: Versus
    generator: Versus
    reward: Versus


class Bench:
    """Times one size on one device."""

    def __init__(
        self,
        size: Size,
        device: torch.device,
        effort: Effort,
        num_architectures: int,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Builds the extractors and the shapes; nothing is timed yet.

        Args:
            size: configuration to time.
            device: to measure on.
            effort: for each comparison.
            num_architectures: in each stage's sample.
            tell: receives a line when a measurement begins.
        """
        self.size, self.device = size, device
        self._effort, self._count, self._tell = effort, num_architectures, tell
        self._extractors = Extractors(*extractors(size.config, device))
        search = size.config.search
        self._shapes = weightless_gan(
            size.config, size.config.search_space(), search.generator_channels, search.discriminator_channels
        )

    def stage(self, stage: int) -> StageFigures:
        """Times the parts of a stage, from 0."""
        architectures = self.size.architectures(self.size.depths[stage], self._count)
        rivals = shared_rivals(self.size, self.device)
        self._tell(f"{self.size.name}, stage {stage + 1}: training steps")
        discriminator, generator = self._time_steps(rivals, architectures)
        self._tell(f"{self.size.name}, stage {stage + 1}: rewards")
        return StageFigures(stage + 1, discriminator, generator, self._time_rewards(rivals, architectures))

    def retraining(self) -> Versus:
        """Times a retraining iteration of the paper's best architecture, or of its first cells."""
        self._tell(f"{self.size.name}: retraining")
        config = self.size.config
        architecture = NAMED["paper-top1"].prefix(config.model.num_cells)
        rivals = derived_rivals(self.size, architecture, self.device)
        times = compare(retraining_works(self.size, rivals, architecture), self.device, self._effort, block=5)
        widths = (config.retrain.generator_channels, config.retrain.discriminator_channels)
        shapes = weightless_gan(config, SearchSpace.only(architecture), *widths)
        discriminator, generator = step_flops(shapes, config, [architecture])
        return _versus(times, config.training.n_critic * discriminator + generator)

    def search_iteration(self, stage: int) -> float:
        """Runs a whole search iteration of a stage, from 0, as the product does, store included; returns seconds."""
        self._tell(f"{self.size.name}, stage {stage + 1}: a whole search iteration")
        search = self.size.config.search
        draws = self.size.architectures(self.size.depths[stage], search.training_draws + search.controller_steps)
        training, candidates = draws[: search.training_draws], draws[search.training_draws :]
        assignment = Assignment(0, stage, "search", tuple(candidates), tuple(training))
        with tempfile.TemporaryDirectory() as folder:
            workspace = Workspace(
                self.size.config,
                self.size.dataset,
                reward_scorer(self.size, self._extractors.product),
                DirectoryStore(Path(folder)),
                World.single(self.device),
                Monitor(),
            )
            shared_gan = SharedGAN(workspace)
            start = time.perf_counter()
            shared_gan.run(assignment)
            return time.perf_counter() - start

    def last_stage(self) -> dict[str, Work]:
        """The product's training steps (both networks') and rewards of the last stage, for profiling."""
        architectures = self.size.architectures(self.size.config.model.num_cells, self._count)
        rivals = shared_rivals(self.size, self.device)
        steps = step_works(self.size, rivals, architectures)

        def both(number: int) -> None:
            steps[f"d {PRODUCT}"](number)
            steps[f"g {PRODUCT}"](number)

        images = self._affordable_images(rivals, architectures)
        rewards = reward_works(self.size, rivals, architectures, self._extractors, images)
        return {"training steps": both, f"rewards of {images} images": rewards[PRODUCT]}

    def _time_steps(self, rivals: Rivals, architectures: list[Architecture]) -> tuple[Versus, Versus]:
        count, works = len(architectures), step_works(self.size, rivals, architectures)
        times = compare(works, self.device, self._effort, pieces=count, block=count)
        discriminator, generator = step_flops(self._shapes, self.size.config, architectures)
        return _versus(times, discriminator, "d "), _versus(times, generator, "g ")

    def _time_rewards(self, rivals: Rivals, architectures: list[Architecture]) -> Versus:
        wanted = self.size.config.search.reward.num_images
        images = self._affordable_images(rivals, architectures)
        works = reward_works(self.size, rivals, architectures, self._extractors, images)
        times = compare(works, self.device, self._effort, scaled=wanted / images)
        each = image_flops(self._shapes, self.size.config, architectures, self._extractors.plain, self.device)
        return _versus(times, wanted * each)

    def _affordable_images(self, rivals: Rivals, architectures: list[Architecture]) -> int:
        """So many images that both variants can be timed about three times each within the effort."""
        reward = self.size.config.search.reward
        least = 2 * reward.splits
        works = reward_works(self.size, rivals, architectures, self._extractors, least)
        probe = compare(works, self.device, Effort(1, 0.0)).steady
        each = sum(timing.median for timing in probe.values()) / least
        return min(reward.num_images, max(least, int(self._effort.seconds / 3 / each)))


def _versus(times: Comparison, flops: float, prefix: str = "") -> Versus:
    product = prefix + PRODUCT
    return Versus(times.steady[product], times.steady[prefix + PLAIN], flops, times.first_use[product])
