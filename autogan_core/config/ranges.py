"""The ranges that settings lie in.

An upper end is far beyond what anybody means: a number above it is a slip of the keyboard, which would otherwise be
noticed after hours, or when the memory is full.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

Count = Annotated[int, Field(ge=1, le=1_000_000)]
"""How many there are, or how often something is done."""
Steps = Annotated[int, Field(ge=1, le=1_000_000_000)]
"""Training steps."""
Images = Annotated[int, Field(ge=1, le=100_000_000)]
"""Images."""
Batch = Annotated[int, Field(ge=1, le=65_536)]
"""Images at a time."""
Width = Annotated[int, Field(ge=1, le=16_384)]
"""Feature maps, or the length of a vector."""
Rate = Annotated[float, Field(gt=0, le=10)]
"""A learning rate."""
Decay = Annotated[float, Field(ge=0, lt=1)]
"""The share of an old value that a moving average keeps."""
Weight = Annotated[float, Field(ge=0, le=1_000_000)]
"""What something counts; 0: nothing."""
Amount = Annotated[float, Field(gt=0, le=1e12)]
"""How much of something."""


def expanded(path: Path) -> Path:
    """The path with ``~`` as the home folder; one that begins with the name of no user's home stays as it is."""
    return Path(os.path.expanduser(path))


UserPath = Annotated[Path, AfterValidator(expanded)]
"""A path as people write it, with ``~`` for their home folder."""
