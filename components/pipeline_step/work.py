"""What one turn of a pipeline's loop works on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from autogan_core.errors import ConfigError
from autogan_core.search_space import Architecture


@dataclass(frozen=True, slots=True)
class Work:
    """An architecture to train and score. Travels as JSON text, the only form that kfp's loops leave alone."""

    run: str
    """The run's reference."""
    rank: int
    """Place among the architectures, from 1."""
    architecture: str
    """In compact text."""
    reward: float | None = None
    """What it scored in the search; None if it does not come from one."""

    def dumps(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), allow_nan=False)

    @classmethod
    def loads(cls, text: str) -> Work:
        """The inverse of `dumps`.

        Raises:
            ConfigError: it is none.
        """
        try:
            work = cls(**json.loads(text))
            Architecture.parse(work.architecture)
        except (ValueError, TypeError) as error:
            raise ConfigError(f"this is no work item ({error}): {text[:200]}") from error
        return work

    @property
    def parsed(self) -> Architecture:
        """The architecture."""
        return Architecture.parse(self.architecture)
