"""The adversarial losses (paper, section 3.3.1)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def hinge_loss_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Hinge loss of the discriminator, to be minimised.

    Args:
        real_logits: D(x), any shape, unbounded.
        fake_logits: D(G(z)), any shape, without a gradient into G.

    Returns:
        Scalar >= 0: mean max(0, 1 - D(x)) + mean max(0, 1 + D(G(z))).

    Paper: equation 1 is the negative of this, to be maximised.
    """
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()


def hinge_loss_generator(fake_logits: Tensor) -> Tensor:
    """Hinge loss of the generator, to be minimised.

    Args:
        fake_logits: D(G(z)), any shape, unbounded.

    Returns:
        Scalar: -mean D(G(z)).

    Paper: equation 2 has min(0, D(G(z))) and, read as a loss, the opposite sign; its gradient would vanish as soon as
    D is fooled. The released code and SN-GAN use this form, and so do we.
    """
    return -fake_logits.mean()
