"""How a GAN is trained."""

from __future__ import annotations

from typing import Literal

from pydantic import PositiveFloat, PositiveInt

from autogan_core.config.section import Section


class TrainingConfig(Section):
    """How any GAN here is trained: the shared one and the derived ones alike (paper, section 4)."""

    discriminator_batch: PositiveInt = 64
    """Real images, and as many generated ones, in a discriminator step."""
    generator_batch: PositiveInt = 128
    """Generated images in a generator step."""
    n_critic: PositiveInt = 5
    """Discriminator steps for each generator step. Paper: not given; released scripts: 5."""
    generator_lr: PositiveFloat = 2e-4
    """Adam's learning rate for the generator; constant."""
    discriminator_lr: PositiveFloat = 2e-4
    """Adam's learning rate for the discriminator; constant."""
    adam_betas: tuple[float, float] = (0.0, 0.9)
    """Adam's decay rates. Paper: "follow SN-GAN"; released code: (0.0, 0.9)."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """What convolutions and matrix products take in; weights, moments and losses are float32 in any case.

    auto: bfloat16 on a device that has matrix units for it (GPUs since Ampere, CPUs with AMX), else float32. Name
    one for a run that moves between different machines."""
