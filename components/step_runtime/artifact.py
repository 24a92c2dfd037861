"""A step's output, as KFP hands it to the step."""

from __future__ import annotations

from typing import Any, Protocol


class OutputArtifact(Protocol):
    """The part of kfp's artifacts that is used here."""

    uri: str
    path: str
    metadata: dict[str, Any]
