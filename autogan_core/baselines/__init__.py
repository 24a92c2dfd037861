"""GANs designed by hand, trained by the same engine on the same images as the searched ones."""

from collections.abc import Callable

from autogan_core.baselines.dcgan import dcgan
from autogan_core.baselines.wgan_gp import wgan_gp
from autogan_core.training.design import Design

BASELINES: dict[str, Callable[[int], Design]] = {"dcgan": dcgan, "wgan-gp": wgan_gp}
"""Name -> the design for images of so many doublings, ``model.depth``. SN-GAN's generator lies in the search space:
`search_space.NAMED`."""

__all__ = ["BASELINES", "dcgan", "wgan_gp"]
