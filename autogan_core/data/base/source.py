"""What a loader delivers: images that can be read by index, and their labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torch import Tensor

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.runtime.monitor import Monitor


class Pixels(Protocol):
    """Images that need not lie in memory; a uint8 tensor (N, C, S, S) is one."""

    def __len__(self) -> int:
        """Number of images."""
        ...

    def __getitem__(self, index: Tensor, /) -> Tensor:
        """The images at the ascending int64 indices ``index`` (n,): uint8 (n, C, S, S), square, C = 1 or 3."""
        ...


@dataclass(frozen=True, eq=False)
class Split:
    """Images that belong together, in the size and channels that their files have."""

    pixels: Pixels
    """The images."""
    labels: Tensor | None = None
    """int64 (N,), -1 where an image has none; None: no labels at all."""


@dataclass(frozen=True, eq=False)
class Source:
    """A data set as its files hold it."""

    train: Split
    """Images to train on."""
    test: Split | None = None
    """The publisher's test split, if there is one."""
    num_classes: int = 0
    """Number of classes; 0 without labels."""
    class_names: tuple[str, ...] = ()
    """The classes' names in the order of their labels, where files or the publisher give them."""


Loader = Callable[[Path | None, ModelConfig], Source]
"""Opens a published data set at a path (None: its usual place) for a model; raises DataError."""

OwnLoader = Callable[[DataConfig, ModelConfig, Monitor], Source]
"""Opens people's own images, which settings say how to read; raises DataError."""
