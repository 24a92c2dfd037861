"""Augmentation of what the discriminator sees, for few images: it keeps the discriminator from learning them by heart.

Real and generated images are changed alike, in both networks' steps, by operations with a gradient, so that the
generator is not led to draw the changes (DiffAugment: Zhao et al., NeurIPS 2020). Adaptive augmentation makes each
change with a probability that follows how far the discriminator overfits (ADA: Karras et al., NeurIPS 2020; they have
more kinds of changes).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from autogan_core.config import TrainingConfig
from autogan_core.runtime.distributed import World

NUM_DRAWS = 11
"""Random numbers that decide the changes of an image."""
OVERFITTING = 0.6
"""The mean sign of the discriminator's logits for real images that adaptive augmentation holds (Karras et al.)."""
_TRANSLATION = 1 / 8
"""Longest move, as a share of the side."""
_CUT_OUT = 1 / 2
"""Side of the square that is cut out, as a share of the image's."""


class Augmentation:
    """The changes that a training's settings ask for, and their probability as it stands."""

    def __init__(self, training: TrainingConfig, device: torch.device) -> None:
        """Makes the augmentation of an untrained GAN; an adaptive one begins with no change at all."""
        self._training = training
        adaptive = training.augmentation == "adaptive"
        self._probability = torch.zeros((), device=device) if adaptive else None

    @property
    def acts(self) -> bool:
        """Whether anything is ever changed."""
        return self._training.augmentation != "none" or self._training.mirror

    def of_real(self, images: Tensor, draws: Tensor) -> Tensor:
        """What the discriminator sees of real images, which alone are mirrored; arguments as of `of_generated`."""
        if self._training.mirror:
            images = torch.where(_column(draws, 10, images) < 0.5, images.flip(3), images)
        return self.of_generated(images, draws)

    def of_generated(self, images: Tensor, draws: Tensor) -> Tensor:
        """What the discriminator sees of generated images.

        Args:
            images: (N, C, S, S) in [-1, 1].
            draws: (N, `NUM_DRAWS`), uniform in [0, 1).

        Returns:
            (N, C, S, S), differentiable in ``images``; colours may leave [-1, 1].
        """
        if self._training.augmentation == "none":
            return images
        return augmented(images, draws, self._probability)

    def follow(self, real_logits: Tensor, num_real: int, world: World) -> None:
        """Moves the probability of an adaptive augmentation by one step of training, in place.

        Args:
            real_logits: of this rank's real images, any shape.
            num_real: real images of the whole batch.
            world: the ranks that train together.
        """
        if self._probability is None:
            return
        overfitting = world.sum_(real_logits.detach().sign().sum().float()) / num_real
        step = num_real / self._training.adaptive_images
        self._probability.add_((overfitting - OVERFITTING).sign() * step).clamp_(0, 1)

    def state_dict(self) -> dict[str, Tensor]:
        """What training continues from, as named tensors."""
        return {} if self._probability is None else {"probability": self._probability}

    def load_state_dict(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `state_dict`; the tensor stays where it is."""
        if self._probability is not None:
            self._probability.copy_(tensors["probability"])


def augmented(images: Tensor, draws: Tensor, probability: Tensor | None = None) -> Tensor:
    """Changes colours, moves images and cuts squares out: DiffAugment's three changes.

    Args:
        images: (N, C, S, S) in [-1, 1].
        draws: (N, `NUM_DRAWS`), uniform in [0, 1): the changes are a function of them.
        probability: of each of the three, a scalar; None: 1.

    Returns:
        (N, C, S, S), differentiable in ``images``. What is moved in or cut out is 0, a middle grey.
    """
    happen = [draws[:, i] < (1 if probability is None else probability) for i in (7, 8, 9)]
    images = _recoloured(images, draws, happen[0])
    images = _moved(images, draws[:, 3:5], happen[1])
    cut_out = _cut_out(images.shape[-1], draws[:, 5:7], happen[2])
    return images * (~cut_out)[:, None].to(images.dtype)


def _recoloured(images: Tensor, draws: Tensor, happens: Tensor) -> Tensor:
    """Brightness moved by up to 0.5, saturation multiplied by up to 2, contrast by 0.5 to 1.5."""
    brightness, saturation, contrast = (
        (_column(draws, i, images) - 0.5) * happens[:, None, None, None] for i in range(3)
    )
    images = images + brightness
    grey = images.mean(1, keepdim=True)
    images = images + (images - grey) * 2 * saturation
    mean = images.mean((1, 2, 3), keepdim=True)
    return images + (images - mean) * contrast


def _moved(images: Tensor, draws: Tensor, happens: Tensor) -> Tensor:
    """By products with shifted unit matrices: their gradient, unlike that of indexing, is the same bits each time."""
    size = images.shape[-1]
    reach = round(size * _TRANSLATION)
    shifts = ((draws * (2 * reach + 1)).floor() - reach) * happens[:, None]
    places = torch.arange(size, device=images.device)
    rows, columns = (
        (places[:, None] - places == shifts[:, axis, None, None]).to(images.dtype)[:, None] for axis in (0, 1)
    )
    return rows @ images @ columns.mT


def _cut_out(size: int, draws: Tensor, happens: Tensor) -> Tensor:
    """A square of each image, whose middle may lie anywhere in it: boolean (N, S, S)."""
    side = round(size * _CUT_OUT)
    middles = (draws * (size + 1 - side % 2)).floor()
    places = torch.arange(size, device=draws.device)
    first = (middles - side // 2)[:, :, None]
    within = (places >= first) & (places < first + side)
    return within[:, 0, :, None] & within[:, 1, None, :] & happens[:, None, None]


def _column(draws: Tensor, index: int, images: Tensor) -> Tensor:
    return draws[:, index, None, None, None].to(images.dtype)
