"""The adversarial losses: AutoGAN's (paper, section 3.3.1) and those of the baselines that it is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class AdversarialLoss:
    """The losses that the two networks of a GAN minimise."""

    discriminator: Callable[[Tensor, Tensor, int | None, int | None], Tensor]
    """The discriminator's, with the arguments of `hinge_loss_discriminator`."""
    generator: Callable[[Tensor, int | None], Tensor]
    """The generator's, with the arguments of `hinge_loss_generator`."""
    gradient_penalty: float = 0.0
    """Weight of `gradient_penalty` in the discriminator's loss; 0: none."""


def hinge_loss_discriminator(
    real_logits: Tensor, fake_logits: Tensor, num_real: int | None = None, num_fake: int | None = None
) -> Tensor:
    """Hinge loss of the discriminator, to be minimised.

    Args:
        real_logits: D(x), any shape, unbounded.
        fake_logits: D(G(z)), any shape, without a gradient into G.
        num_real: real logits in the whole batch, if these are one rank's share of it; there may be none here.
        num_fake: the same for the generated ones.

    Returns:
        Scalar >= 0: mean max(0, 1 - D(x)) + mean max(0, 1 + D(G(z))); of a share, its part in the batch's loss.

    Paper: equation 1 is the negative of this, to be maximised.
    """
    return _mean(F.relu(1 - real_logits), num_real) + _mean(F.relu(1 + fake_logits), num_fake)


def hinge_loss_generator(fake_logits: Tensor, num_fake: int | None = None) -> Tensor:
    """Hinge loss of the generator, to be minimised.

    Args:
        fake_logits: D(G(z)), any shape, unbounded.
        num_fake: logits in the whole batch, if these are one rank's share of it; there may be none here.

    Returns:
        Scalar: -mean D(G(z)); of a share, its part in the batch's loss.

    Paper: equation 2 has min(0, D(G(z))) and, read as a loss, the opposite sign; its gradient would vanish as soon as
    D is fooled. The released code and SN-GAN use this form, and so do we.
    """
    return -_mean(fake_logits, num_fake)


def cross_entropy_discriminator(
    real_logits: Tensor, fake_logits: Tensor, num_real: int | None = None, num_fake: int | None = None
) -> Tensor:
    """Mean -log D(x) plus mean -log(1 - D(G(z))), D being the sigmoid of the logits.

    Takes what `hinge_loss_discriminator` takes. Goodfellow et al. (NIPS 2014), section 3; DCGAN's code adds the two
    means up like this, without halving them.

    Returns:
        A scalar tensor >= 0.
    """
    return _mean(F.softplus(-real_logits), num_real) + _mean(F.softplus(fake_logits), num_fake)


def cross_entropy_generator(fake_logits: Tensor, num_fake: int | None = None) -> Tensor:
    """Mean -log D(G(z)): the form whose gradient does not saturate while D rejects the images with confidence.

    Takes what `hinge_loss_generator` takes. Goodfellow et al. (NIPS 2014), section 3.

    Returns:
        A scalar tensor >= 0.
    """
    return _mean(F.softplus(-fake_logits), num_fake)


def wasserstein_loss_critic(
    real_logits: Tensor, fake_logits: Tensor, num_real: int | None = None, num_fake: int | None = None
) -> Tensor:
    """Mean D(G(z)) - mean D(x): the negative of the critic's estimate of the Wasserstein distance.

    Takes what `hinge_loss_discriminator` takes. Gulrajani et al. (NIPS 2017), equation 3 without its last term.

    Returns:
        A scalar tensor of either sign.
    """
    return _mean(fake_logits, num_fake) - _mean(real_logits, num_real)


HINGE = AdversarialLoss(hinge_loss_discriminator, hinge_loss_generator)
"""AutoGAN's and SN-GAN's."""
NON_SATURATING = AdversarialLoss(cross_entropy_discriminator, cross_entropy_generator)
"""DCGAN's."""
WASSERSTEIN = AdversarialLoss(wasserstein_loss_critic, hinge_loss_generator, gradient_penalty=10.0)
"""WGAN-GP's; its generator's loss is the hinge's, -mean D(G(z)). The penalty's weight: its section 4."""


def gradient_penalty(
    critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, mix: Tensor, total: int | None = None
) -> Tensor:
    """How far the critic's slope is from 1 between real and generated images (Gulrajani et al., NIPS 2017, section 4).

    Args:
        critic: (n, C, H, W) -> (n, 1), each image judged by itself: no batch norm.
        real: images (N, C, H, W) in [-1, 1].
        fake: generated images (M, C, H, W), without a gradient into the generator.
        mix: (K, 1, 1, 1) in [0, 1), K at least the smaller of N and M: the share of the real image in each mixture.
        total: pairs in the whole batch, if these are one rank's share of it; there may be none here.

    Returns:
        Scalar >= 0, differentiable in the critic's weights: the mean over the first min(N, M) pairs of
        (|grad D(x)| - 1)^2 at x = mix * real + (1 - mix) * fake; of a share, its part in the batch's penalty.
    """
    pairs = min(len(real), len(fake))
    share = mix[:pairs]
    between = (share * real[:pairs] + (1 - share) * fake[:pairs]).requires_grad_()
    [slopes] = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    # Its own gradient is 0, not NaN, where the slope is 0.
    norms = torch.linalg.vector_norm(slopes, dim=(1, 2, 3))
    return _mean((norms - 1).square(), total)


def _mean(values: Tensor, total: int | None) -> Tensor:
    # mean() and sum() / n round differently on GPUs; a whole batch keeps to the former.
    return values.mean() if total in (None, values.numel()) else values.sum() / total
