"""The adversarial losses: AutoGAN's (paper, section 3.3.1), and others by the words of ``training.loss``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from autogan_core.config.training import TrainingConfig
from autogan_core.runtime.distributed import World
from autogan_core.search_space import Architecture


@dataclass(frozen=True, slots=True)
class AdversarialLoss:
    """The losses that the two networks of a GAN minimise."""

    discriminator: Callable[[Tensor, Tensor, int | None, int | None], Tensor]
    """The discriminator's, with the arguments of `hinge_loss_discriminator`."""
    generator: Callable[[Tensor, int | None], Tensor]
    """The generator's, with the arguments of `hinge_loss_generator`."""
    gradient_penalty: float = 0.0
    """Weight of `gradient_penalty` in the discriminator's loss; 0: none."""
    relativistic: bool = False
    """Whether logits are first made `relative`, in the generator's steps too, which then judge real images beside its
    own. Its loss is the discriminator's with the two kinds exchanged; ``generator`` is not called."""

    def of_discriminator(self, real: Tensor, fake: Tensor, num_real: int, num_fake: int, world: World) -> Tensor:
        """The discriminator's loss of this rank's logits, without the penalty.

        Args:
            real: logits of real images, (n, 1).
            fake: of generated images, (m, 1).
            num_real: real images of the whole batch.
            num_fake: generated images of the whole batch.
            world: the ranks that share it.

        Returns:
            A scalar, this rank's part of the sum over all ranks.
        """
        if self.relativistic:
            real, fake = relative(real, fake, num_real, num_fake, world)
        return self.discriminator(real, fake, num_real, num_fake)

    def of_generator(self, real: Tensor | None, fake: Tensor, num_real: int, num_fake: int, world: World) -> Tensor:
        """The generator's loss, with the arguments of `of_discriminator`; real logits if it is relativistic.

        Returns:
            A scalar, this rank's part of the sum over all ranks.
        """
        if not self.relativistic:
            return self.generator(fake, num_fake)
        assert real is not None, "a relativistic loss compares generated images with real ones"
        real, fake = relative(real, fake, num_real, num_fake, world)
        return self.discriminator(fake, real, num_fake, num_real)


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


def relative(real: Tensor, fake: Tensor, num_real: int, num_fake: int, world: World) -> tuple[Tensor, Tensor]:
    """Logits against the mean of the other kind, over all ranks (Jolicoeur-Martineau, ICLR 2019, section 4.2).

    Takes what `AdversarialLoss.of_discriminator` takes.

    Returns:
        D(x) - mean D(G(z)) and D(G(z)) - mean D(x), shaped like ``real`` and ``fake``.
    """
    sums = world.gather(torch.stack([real.sum(), fake.sum()])).sum(0)
    return real - sums[1] / num_fake, fake - sums[0] / num_real


HINGE = AdversarialLoss(hinge_loss_discriminator, hinge_loss_generator)
"""AutoGAN's and SN-GAN's."""
NON_SATURATING = AdversarialLoss(cross_entropy_discriminator, cross_entropy_generator)
"""DCGAN's."""
WASSERSTEIN = AdversarialLoss(wasserstein_loss_critic, hinge_loss_generator, gradient_penalty=10.0)
"""WGAN-GP's; its generator's loss is the hinge's, -mean D(G(z)). The penalty's weight: its section 4."""
RELATIVISTIC = AdversarialLoss(hinge_loss_discriminator, hinge_loss_generator, relativistic=True)
"""The relativistic average hinge (Jolicoeur-Martineau, ICLR 2019, appendix D)."""

LOSSES: dict[str, AdversarialLoss] = {
    "hinge": HINGE,
    "non-saturating": NON_SATURATING,
    "wasserstein": WASSERSTEIN,
    "relativistic": RELATIVISTIC,
}
"""By the words of ``training.loss``."""


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


def training_of(architecture: Architecture, training: TrainingConfig) -> TrainingConfig:
    """How an architecture is trained: by the loss that it has chosen, if it has."""
    return training if architecture.loss is None else training.model_copy(update={"loss": architecture.loss})
