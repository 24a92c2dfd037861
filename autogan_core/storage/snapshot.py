"""A snapshot: the unit of a commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autogan_core.errors import StateError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One committed state."""

    meta: Mapping[str, Any]
    """JSON values."""
    tensors: Mapping[str, Tensor]
    """Named tensors."""

    def require(self, identity: Mapping[str, str], owner: str) -> None:
        """Checks that this is the state of the run at hand.

        Args:
            identity: what ``meta`` must say, such as the configuration's fingerprint by the name ``configuration``.
            owner: whose state this is, for the message.

        Raises:
            StateError: it says something else.
        """
        for name, mine in identity.items():
            theirs = self.meta.get(name, "unknown")
            if theirs != mine:
                raise StateError(
                    f"the state of {owner} in the run store belongs to another {name} "
                    f"({theirs[:12]}, not {mine[:12]}); choose another run folder"
                )

    def part(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose names begin with ``prefix``, by the rest of their names."""
        return tensors_below(prefix, self.tensors)


def tensors_below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with ``prefix``, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
