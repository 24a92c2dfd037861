"""Which code is running: the commit, and a fingerprint of the source files themselves."""

from __future__ import annotations

import hashlib
import os
import subprocess
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
REVISION_VARIABLE = "AUTOGAN_REVISION"
"""The environment variable that holds the commit that an image was built from."""


def git_revision() -> str | None:
    """The commit of the running code; in an image, the commit that the image was built from.

    Returns:
        12 hex digits, with ``-dirty`` after uncommitted changes; None where the commit is unknown.
    """
    if revision := os.environ.get(REVISION_VARIABLE):
        return revision[:12]
    command = ["git", "-C", str(PACKAGE), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


@cache
def code_fingerprint() -> str:
    """Hashes the source of `autogan_core`, presets included.

    Unlike a commit it sees uncommitted changes, and does not change with tests, documents or manifests.

    Returns:
        SHA-256 as 64 hex digits.
    """
    digest = hashlib.sha256()
    for path in sorted(path for suffix in ("*.py", "*.yaml") for path in PACKAGE.rglob(suffix)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(PACKAGE).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()
