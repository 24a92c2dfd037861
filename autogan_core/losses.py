"""The adversarial losses (paper, section 3.3.1)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


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


def _mean(values: Tensor, total: int | None) -> Tensor:
    # mean() and sum() / n round differently on GPUs; a whole batch keeps to the former.
    return values.mean() if total in (None, values.numel()) else values.sum() / total
