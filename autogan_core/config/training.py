"""How a GAN is trained."""

from __future__ import annotations

from typing import Annotated, Literal

from autogan_core.config.ranges import Batch, Count, Decay, Images, Rate
from autogan_core.config.section import MayChange, Section

LossName = Literal["hinge", "non-saturating", "wasserstein", "relativistic"]


class TrainingConfig(Section):
    """How any GAN here is trained: the shared one and the derived ones alike (paper, section 4)."""

    discriminator_batch: Batch = 64
    """Real images, and as many generated ones, in a discriminator step."""
    generator_batch: Batch = 128
    """Generated images in a generator step."""
    n_critic: Count = 5
    """Discriminator steps for each generator step. Paper: not given; released scripts: 5."""
    generator_lr: Rate = 2e-4
    """Adam's learning rate for the generator; constant."""
    discriminator_lr: Rate = 2e-4
    """Adam's learning rate for the discriminator; constant."""
    adam_betas: tuple[Decay, Decay] = (0.0, 0.9)
    """Adam's decay rates. Paper: "follow SN-GAN"; released code: (0.0, 0.9)."""
    loss: LossName = "hinge"
    """What the two networks minimise. Paper: hinge (equations 1 and 2).

    non-saturating: cross-entropy, with -log D(G(z)) for the generator (Goodfellow et al., 2014). wasserstein: with a
    gradient penalty of weight 10 (Gulrajani et al., 2017), which makes a discriminator's step about twice as dear.
    relativistic: the hinge of each logit less the mean of the other kind (Jolicoeur-Martineau, 2019)."""
    augmentation: Literal["none", "diffaugment", "adaptive"] = "none"
    """Changes of what the discriminator sees, real and generated alike, for few images. Paper: none.

    diffaugment: colour, translation and cut-out, of every image (Zhao et al., 2020). adaptive: each of them with a
    probability that rises while the discriminator overfits and falls while it does not (Karras et al., 2020)."""
    adaptive_images: Images = 100_000
    """Real images shown to the discriminator while adaptive augmentation can go from none to all. Karras et al.:
    500,000, in trainings of 25 million."""
    mirror: bool = False
    """Whether half of the real images, drawn anew in each step, are shown mirrored. Not for letters and digits."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """What convolutions and matrix products take in; weights, moments and losses are float32 in any case. Paper: not
    given; released code: float32.

    auto: bfloat16 on a device that has matrix units for it (GPUs since Ampere, CPUs with AMX), else float32. Name
    one for a run that moves between different machines."""
    checkpointing: Annotated[bool, MayChange()] = False
    """Whether training keeps the inputs of the generator's cells and of the discriminator's blocks alone, and computes
    what lies inside them once more for the gradient: less memory, a third more arithmetic, the same results."""
