"""Names of cached results that are expensive to compute."""

from __future__ import annotations

import hashlib


def cache_key(*parts: object) -> str:
    """A file name's worth of identity: the first 16 hex digits of the SHA-256 over ``parts`` as text, in order."""
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]
