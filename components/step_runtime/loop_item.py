"""The work item of one turn of a pipeline's loop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from autogan_core.errors import ConfigError
from autogan_core.search_space import Architecture


@dataclass(frozen=True, slots=True)
class LoopItem:
    """An architecture to train to the end of a rung. Travels as JSON text, which kfp's loops leave as it is."""

    run: str
    """The run's reference."""
    rank: int
    """Place among the rung's entrants, from 1."""
    architecture: str
    """The architecture in compact text."""
    reward: float | None
    """What it scored in the search; None if it does not come from one."""
    rung: int
    """The rung, from 1."""
    rungs: int
    """How many there are: 1 without successive halving."""
    iterations: int
    """Generator steps of a training that has reached the rung's end."""
    entrants: int
    """Architectures that enter the rung unless too many trainings diverge."""

    def dumps(self) -> str:
        """Converts the work item to JSON."""
        return json.dumps(asdict(self), allow_nan=False)

    @classmethod
    def loads(cls, text: str) -> LoopItem:
        """Parses what `dumps` returned.

        Returns:
            The work item.

        Raises:
            ConfigError: the text is no work item.
        """
        try:
            item = cls(**json.loads(text))
            Architecture.parse(item.architecture)
        except (ValueError, TypeError) as error:
            raise ConfigError(f"this is no work item ({error}): {text[:200]}") from error
        return item

    @property
    def training(self) -> str:
        """The training's title for people, such as ``Train 1011-10011-10103 to 500 steps (rung 2 of 4)``."""
        stage = f" (rung {self.rung} of {self.rungs})" if self.rungs > 1 else ""
        return f"Train {self.architecture} to {self.iterations:,} steps{stage}"

    @property
    def parsed(self) -> Architecture:
        """The architecture."""
        return Architecture.parse(self.architecture)


def write_rungs(path: str, pool: Sequence[str]) -> None:
    """Writes how many rungs the work of the first one says there are, for kfp, as a step's output of a whole number."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(str(LoopItem.loads(pool[0]).rungs))
