"""Shapes of the networks and of the images."""

from __future__ import annotations

from typing import Literal

from pydantic import PositiveInt

from autogan_core.config.section import Section


class ModelConfig(Section):
    """Shapes that the whole run shares. The generator makes images of ``bottom_width * 2 ** num_cells`` pixels."""

    bottom_width: PositiveInt = 4
    """Width of the map that the latent vector becomes: 4 for 32x32 images, 6 for 48x48, 2 for 16x16."""
    num_cells: PositiveInt = 3
    """Cells in a full generator, which is also the number of search stages; each cell doubles the image."""
    image_channels: Literal[1, 3] = 3
    """1 for grey images, 3 for colour."""
    latent_dim: PositiveInt = 128
    """Length of the latent vector z ~ N(0, 1). Paper: not given; released code: 128."""

    @property
    def image_size(self) -> int:
        """Side of a full generator's images, in pixels."""
        return self.image_size_at(self.num_cells)

    def image_size_at(self, depth: int) -> int:
        """Side of the images that the first ``depth`` cells make, in pixels."""
        return self.bottom_width << depth
