"""The interface of run stores."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class RunStore(Protocol):
    """Named byte strings. Names are relative paths with ``/``, whose last parts do not begin with a dot.

    Every method that reads or writes raises ConfigError for a name that could leave the store: an absolute one, or one
    with ``.``, ``..``, an empty part or a control character. Names of at most 1,024 bytes are taken.

    A store in a bucket raises, from any method, StorageAccessError when it is refused (permanent) and
    StorageUnavailableError when it cannot be reached (worth another try).
    """

    def location(self, name: str) -> str:
        """The location of ``name``, for messages: a path or a URI."""
        ...

    def read(self, name: str) -> bytes:
        """The content of ``name``. Raises FileNotFoundError when there is none."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Stores ``content`` under ``name``, whole or not at all, in place of what was there."""
        ...

    def exists(self, name: str) -> bool:
        """Whether anything is stored under ``name``."""
        ...

    def folders(self, parent: str) -> list[str]:
        """Names of the folders directly in ``parent``, sorted; ``""`` is the store itself."""
        ...

    def names(self, folder: str) -> list[str]:
        """Last parts of the names directly in ``folder``, sorted."""
        ...

    def delete_folder(self, folder: str) -> None:
        """Removes ``folder`` with all that it holds; nothing happens when there is none."""
        ...

    def read_current(self, name: str) -> tuple[bytes, str] | None:
        """The content of ``name`` and a token that stands for just this content; None when there is none."""
        ...

    def replace(self, name: str, content: bytes, token: str | None) -> str:
        """Stores ``content`` under ``name`` if what is there is still what it was.

        Args:
            name: what to replace.
            content: the new content.
            token: of the content that must be there, from `read_current` or `replace`; None: there must be none.

        Returns:
            The new content's token.

        Raises:
            ConflictError: something else is there; nothing was stored.
        """
        ...

    def upload(self, path: Path, name: str) -> None:
        """Stores a local file under ``name`` without holding it in memory, whole or not at all."""
        ...

    def download(self, name: str, path: Path) -> None:
        """Copies what is stored under ``name`` to a local file, whole or not at all. Raises like `read`."""
        ...

    def fetch(self, name: str, sha256: str) -> Path:
        """A local file, to be read only, whose content has been found to be the wanted one.

        Args:
            name: what to fetch; it never changes once it is stored.
            sha256: of the content, 64 hex digits.

        Raises:
            FileNotFoundError: there is nothing of that name.
            StateError: its content is another; the message names the file.
        """
        ...
