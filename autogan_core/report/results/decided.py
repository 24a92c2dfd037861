"""What was decided for a person who named nothing but images, and what the run was expected to take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from autogan_core.report.words import duration


@dataclass(frozen=True, slots=True)
class Decision:
    """A setting, and why it has this value."""

    setting: str
    """Its dotted name."""
    value: Any
    """Its JSON value."""
    reason: str
    """A sentence, or a part of one; of a setting that was given it says so."""
    given: bool = False
    """Whether the person chose it, and not the advice."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Time and memory of a run, as announced or as measured."""

    seconds: float
    """Wall time over all phases and processes."""
    mebibytes: float
    """Peak memory: of the GPU if the run is on one, else of the process."""

    @property
    def words(self) -> str:
        """Both as text."""
        return f"{duration(self.seconds)} and {self.mebibytes:,.0f} MiB"


@dataclass(frozen=True, slots=True)
class Decided:
    """The advice that a run follows."""

    findings: tuple[str, ...]
    """What was found in the images, in sentences."""
    decisions: tuple[Decision, ...]
    """Every setting that was decided or given."""
    announced: Taken
    """What the run was expected to take."""
    hours: float
    """What it was allowed to take."""
    actual: Taken | None = None
    """What it has taken so far; None before anything was measured."""

    @property
    def comparison(self) -> str:
        """What was announced, and what it took, as text."""
        if self.actual is None:
            return f"announced: {self.announced.words}"
        time = self.actual.seconds / self.announced.seconds - 1
        memory = self.actual.mebibytes / self.announced.mebibytes - 1
        return (
            f"announced: {self.announced.words}; it took {self.actual.words} (time {100 * time:+.0f} %, memory "
            f"{100 * memory:+.0f} %)"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, tree: Mapping[str, Any]) -> Decided:
        """The inverse of `to_json`.

        Args:
            tree: plain values.

        Returns:
            The advice.
        """
        return cls(
            findings=tuple(tree["findings"]),
            decisions=tuple(Decision(**decision) for decision in tree["decisions"]),
            announced=Taken(**tree["announced"]),
            hours=tree["hours"],
            actual=None if tree["actual"] is None else Taken(**tree["actual"]),
        )
