"""Shapes of the networks and of the images."""

from __future__ import annotations

from typing import Annotated, Literal

from autogan_core.config.ranges import Range, Width
from autogan_core.config.section import Section
from autogan_core.search_space import Architecture

LARGEST_IMAGE = 1024
"""Side of the largest images, in pixels."""


class ModelConfig(Section):
    """Shapes that the whole run shares. The generator makes images of ``bottom_width * 2 ** depth`` pixels."""

    bottom_width: Annotated[int, Range(ge=2, le=512)] = 4
    """Width of the map that the latent vector becomes: 4 for 32x32 images, 6 for 48x48, 2 for 16x16.

    Not 1: instance normalisation makes zeros of a single pixel."""
    num_cells: Annotated[int, Range(ge=1, le=8)] = 3
    """Cells that are searched, which is also the number of search stages; each cell doubles the image."""
    repeated_cells: Annotated[int, Range(ge=0, le=4)] = 0
    """Cells that repeat the last searched one in all that is trained afterwards: search low, train high. The search
    makes images of ``bottom_width * 2 ** num_cells`` pixels, trainings twice as large ones for each repetition. Not in
    the paper."""
    image_channels: Literal[1, 3] = 3
    """1 for grey images, 3 for colour."""
    latent_dim: Width = 128
    """Length of the latent vector z ~ N(0, 1). Paper: not given; released code: 128."""
    classes: Annotated[int, Range(ge=0, le=1000)] = 0
    """Classes of the images, by which generators draw what a label says; 0: labels play no part (paper).

    The discriminator compares images with their labels (projection: Miyato and Koyama, ICLR 2018), and the generator's
    output layer has a scale and a shift for each class, as have cells with the normalisation ``cbn``."""

    def check(self) -> None:
        """See `Section.check`."""
        if self.classes == 1:
            raise ValueError("classes is 1, and a label that all images share says nothing; set it to 0")
        if self.image_size > LARGEST_IMAGE:
            raise ValueError(
                f"bottom_width ({self.bottom_width}), num_cells ({self.num_cells}) and repeated_cells "
                f"({self.repeated_cells}) make images of {self.image_size}x{self.image_size} pixels; lower one of "
                f"them, for {LARGEST_IMAGE} at most"
            )

    @property
    def depth(self) -> int:
        """Cells in a full generator, those that repeat the last one included."""
        return self.num_cells + self.repeated_cells

    @property
    def image_size(self) -> int:
        """Side of a full generator's images, in pixels."""
        return self.image_size_at(self.depth)

    def completed(self, architecture: Architecture) -> Architecture:
        """What is trained of a searched architecture: its last cell is repeated; any other one is as it was."""
        return architecture.repeated(self.repeated_cells) if architecture.depth == self.num_cells else architecture

    def image_size_at(self, depth: int) -> int:
        """Side of the images that the first ``depth`` cells make, in pixels."""
        return self.bottom_width << depth
