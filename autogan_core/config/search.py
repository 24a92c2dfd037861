"""The architecture search: its space, its stages and its shared GAN."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

from autogan_core.config.controller import ControllerConfig
from autogan_core.config.discriminator_space import DiscriminatorSpaceConfig
from autogan_core.config.evolution import EvolutionConfig
from autogan_core.config.ranges import Amount, Count, OneOf, Range, Weight, Width
from autogan_core.config.reward import RewardConfig
from autogan_core.config.section import MayChange, Section
from autogan_core.config.training import LossName
from autogan_core.errors import ConfigError
from autogan_core.operations import CELL_ENDS, CONVOLUTIONS, NORMALISATIONS, UP_SAMPLINGS
from autogan_core.search_space import (
    CONVS,
    LOSSES,
    SWITCH_WORDS,
    CellSpace,
    Conv,
    SearchSpace,
    SwitchWord,
    chosen,
    switched,
)


class DynamicResetConfig(Section):
    """When a collapsed shared GAN is thrown away (paper, section 3.2)."""

    enabled: bool = True
    """False trains on, as in the paper's ablation (Figure 9)."""
    window: Annotated[int, Range(ge=2, le=1_000_000)] = 500
    """Latest losses of each network that are looked at. Paper: not given; released code: 500."""
    threshold: Amount = 1e-3
    """A window that spreads less than this has collapsed."""
    statistic: Literal["variance", "std"] = "variance"
    """What is held against the threshold: section 4 and the released code say the variance, section 3.2 the std."""


class SpaceConfig(Section):
    """What every cell may choose (paper, section 3.1). Shorter lists narrow the search, longer ones widen it."""

    conv: tuple[Conv, ...] = CONVS
    """C: activation after or before the convolution."""
    norm: tuple[Annotated[str, OneOf(NORMALISATIONS)], ...] = NORMALISATIONS.paper
    """N: normalisation. Paper: none, bn, in. Beyond it: gn (group), ln (layer), and cbn, class-conditional batch
    normalisation, which needs ``model.classes``."""
    up: tuple[Annotated[str, OneOf(UP_SAMPLINGS)], ...] = UP_SAMPLINGS.paper
    """U: up-sampling. Paper: bilinear, nearest, deconv. Beyond it: pixel-shuffle."""
    shortcut: tuple[SwitchWord, ...] = SWITCH_WORDS
    """SC: the in-cell shortcut."""
    skip: tuple[SwitchWord, ...] = SWITCH_WORDS
    """Each skip connection from an earlier cell."""
    kernel: tuple[Annotated[str, OneOf(CONVOLUTIONS)], ...] = CONVOLUTIONS.paper
    """K: the convolution of both blocks. Paper: 3x3. Beyond it: 1x1, 5x5, separable (3x3 in each channel, then 1x1) and
    modulated (3x3, its kernels scaled by the latent vector, as in StyleGAN2)."""
    end: tuple[Annotated[str, OneOf(CELL_ENDS)], ...] = CELL_ENDS.paper
    """E: what follows the cell. Paper: none. Beyond it: attention (self-attention over the map)."""
    loss: tuple[LossName, ...] = ()
    """What an architecture's networks minimise, one choice for all of its cells; none: ``training.loss`` (paper). On
    the same shared weights candidates do not differ by it, so several need ``reward.adaptation_steps``."""

    def check(self) -> None:
        """See `Section.check`."""
        for name, options in self:
            if (not options and name != "loss") or len(set(options)) < len(options):
                raise ValueError(f"search.space.{name} must list different options, at least one, not {list(options)}")

    def cells(self, num_cells: int, discriminator: DiscriminatorSpaceConfig | None = None) -> SearchSpace:
        """Spans the space, with options in the paper's order whatever the lists' order.

        Args:
            num_cells: of the generator.
            discriminator: what its cells may choose, if they are searched.

        Returns:
            The space.
        """
        cell = CellSpace(
            convs=chosen(CONVS, self.conv),
            norms=chosen(NORMALISATIONS, self.norm),
            ups=chosen(UP_SAMPLINGS, self.up),
            shortcuts=switched(self.shortcut),
            kernels=chosen(CONVOLUTIONS, self.kernel),
            ends=chosen(CELL_ENDS, self.end),
        )
        judging = None if discriminator is None else discriminator.cell()
        return SearchSpace.uniform(num_cells, cell, switched(self.skip), chosen(LOSSES, self.loss), judging)


class SearchConfig(Section):
    """The architecture search (paper, sections 3.3 and 4)."""

    policy: Literal["reinforce", "random", "off-policy", "evolution"] = "reinforce"
    """What proposes architectures. Paper: reinforce, a controller that learns from each reward once.

    random: uniform draws on the same shared weights (a baseline). off-policy: a controller that learns from all of the
    stage's rewards again and again, as in E2GAN. evolution: mutations of the best of the latest (ageing evolution)."""
    levels: Literal["multi", "single"] = "multi"
    """One stage per cell with a controller each (MLAS), or all cells at once (SLAS, the paper's ablation)."""
    networks: Literal["generator", "both"] = "generator"
    """Whose cells are searched. Paper: the generator's.

    both: the discriminator's as well, in turns: an iteration's candidates differ in the cells of one network, and have
    of the other what scored best in its latest turn. Beams are pairs. On the same shared weights candidates do not
    differ by their discriminators, so it needs ``reward.adaptation_steps``."""
    space: SpaceConfig = SpaceConfig()
    """What the generator's cells may choose."""
    discriminator: DiscriminatorSpaceConfig = DiscriminatorSpaceConfig()
    """What the discriminator's cells may choose, where ``networks`` is both."""
    iterations: Count = 90
    """Search iterations over all stages; each stage adds one derivation on top."""
    growth: tuple[Amount, ...] | None = None
    """Proportions of the stages' iterations, one number for each stage; None: equal, but that rounding shares out the
    derivations too. Paper: not given; released code: (25, 30, 35) by default, (15, 20, 30) in its script."""
    shared_epochs: Count | Amount = 15
    """Epochs that the shared GAN is trained in one iteration; a fraction on many images, rounded up to whole steps."""
    warm_up_epochs: Weight = 0.0
    """Epochs on top of ``shared_epochs`` in the first iteration of each stage, so that the new cell is trained a little
    before the first reward counts. Paper and released code: none."""
    shared_training: Literal["policy", "uniform", "balanced"] = "policy"
    """How the architectures that train the shared weights are drawn. Paper and released code: policy.

    uniform: uniformly among all that extend a beam, so that no candidate is scored well for having been trained most.
    balanced: likewise, but so that each option of each choice is trained in equally many steps."""
    controller_steps: Count = 30
    """Candidates scored, and REINFORCE steps made, in one iteration."""
    num_candidates: Count = 10
    """M: architectures drawn from the policy at the end of a stage. Paper: unnamed; released code: 10."""
    top_k: Count = 5
    """K: beams kept of them. Paper: unnamed; released code: 5."""
    training_draws: Count = 128
    """Architectures drawn to train the shared weights with in one iteration, in random order. Where they are balanced,
    there are up to a few more: the next multiple of every choice's number of options."""
    generator_channels: Width = 128
    """Feature maps of every generator layer. Paper: not given; released search script: 128."""
    discriminator_channels: Width = 64
    """Feature maps of every discriminator layer. Paper: not given; released search script: 64."""
    max_failures: Annotated[Count, MayChange()] = 3
    """Failed iterations in a row after which the local search gives up."""
    controller: ControllerConfig = ControllerConfig()
    """The policy."""
    evolution: EvolutionConfig = EvolutionConfig()
    """What the policy ``evolution`` breeds from."""
    dynamic_reset: DynamicResetConfig = DynamicResetConfig()
    """When to start the shared weights afresh."""
    reward: RewardConfig = RewardConfig()
    """What to search for."""

    def check(self) -> None:
        """See `Section.check`."""
        controller = self.controller
        compares = controller.baseline in ("slot-mean", "leave-one-out") or controller.advantage == "normalised"
        if self.policy == "reinforce" and compares and self.controller_steps < 2:
            raise ValueError(
                f"search.controller_steps is {self.controller_steps}, but controller.baseline '{controller.baseline}' "
                f"with advantage '{controller.advantage}' compares candidates of one iteration; score at least 2"
            )

    def search_space(self, num_cells: int) -> SearchSpace:
        """The space of generators of ``num_cells`` cells, with their discriminators if both networks are searched."""
        return self.space.cells(num_cells, self.discriminator if self.networks == "both" else None)

    def stage_depths(self, num_cells: int) -> list[int]:
        """How many of the ``num_cells`` cells the architectures of each stage have."""
        return list(range(1, num_cells + 1)) if self.levels == "multi" else [num_cells]

    def stage_iterations(self, num_cells: int) -> list[int]:
        """Splits the search iterations among the stages.

        With ``growth`` the iterations up to a stage's end are rounded, so that no stage is off by more than one.

        Returns:
            Iterations of each stage, at least 1 each; their sum is ``iterations``.

        Raises:
            ConfigError: ``growth`` has another number of stages, or a stage has no iteration.
        """
        num_stages = len(self.stage_depths(num_cells))
        if self.iterations < num_stages:
            raise ConfigError(f"search.iterations is {self.iterations}, but each of the {num_stages} stages needs one")
        if self.growth is None:
            slots = self.iterations + num_stages
            ends = [slots * stage // num_stages - stage for stage in range(num_stages + 1)]
        elif len(self.growth) == num_stages:
            sums = [0.0, *itertools.accumulate(self.growth)]
            ends = [round(self.iterations * part / sums[-1]) for part in sums]
        else:
            raise ConfigError(
                f"search.growth has {len(self.growth)} numbers; give one for each of the {num_stages} stages, or null"
            )
        counts = [end - start for start, end in itertools.pairwise(ends)]
        if 0 in counts:
            raise ConfigError(
                f"search.growth {list(self.growth or ())} leaves stage {counts.index(0) + 1} of {self.iterations} "
                "iterations none; give it a larger share, or raise search.iterations"
            )
        return counts
