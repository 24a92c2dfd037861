"""Which images."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from autogan_core.config.ranges import Images, UserPath
from autogan_core.config.section import MayChange, Section

Fingerprint = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class DataConfig(Section):
    """Which images the generators learn to imitate."""

    name: Literal["digits", "fashion-mnist", "cifar10", "stl10", "folder", "npz"]
    """Which loader reads them."""
    path: Annotated[UserPath | None, MayChange(location=True)] = None
    """The folder (or .npz file) that holds them; None: what the package ships, or the loader's usual place."""
    max_images: Images | None = None
    """Train on a random subset of so many images; None: all of them."""
    fingerprint: Fingerprint | None = None
    """SHA-256 that the images must have, 64 hex digits, as pipelines pin it; None: whatever images are there."""
