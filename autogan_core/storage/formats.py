"""The numbers of what is stored: an older format is upgraded as it is read, a newer one is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autogan_core.errors import NewerFormatError

Upgrade = Callable[[Mapping[str, Any]], dict[str, Any]]
"""A content of one format -> the same in the next one."""
OLDEST = 1
"""What has no number is from before there were any."""


@dataclass(frozen=True, slots=True)
class Format:
    """How one kind of document is written."""

    upgrades: tuple[Upgrade, ...] = ()
    """From each earlier format to the next, the oldest first. Whoever changes what is written adds one."""

    @property
    def number(self) -> int:
        """The format that this version writes."""
        return OLDEST + len(self.upgrades)

    def upgraded(self, content: Mapping[str, Any], number: int, location: str) -> dict[str, Any]:
        """Upgrades a stored content to this version's format.

        Args:
            content: what was stored.
            number: its format.
            location: where it lies, for the message.

        Returns:
            The content as this version would have written it.

        Raises:
            NewerFormatError: a later version has written it.
        """
        if number > self.number:
            raise NewerFormatError(
                f"{location} was written by a later version (format {number}, this one reads up to {self.number}); "
                "update autogan"
            )
        for upgrade in self.upgrades[number - OLDEST :]:
            content = upgrade(content)
        return dict(content)


FIRST = Format()
"""Of a kind that has never changed."""
