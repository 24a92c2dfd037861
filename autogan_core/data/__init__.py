"""The images that a GAN imitates: loaders, resizing, and the step between bytes and the networks' [-1, 1]."""

from autogan_core.data.base.dataset import ImageDataset
from autogan_core.data.base.pixels import to_float, to_uint8
from autogan_core.data.loading import TRAINING_IMAGES, count_images, load_dataset

__all__ = ["TRAINING_IMAGES", "ImageDataset", "count_images", "load_dataset", "to_float", "to_uint8"]
