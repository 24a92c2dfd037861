"""Where things are kept between runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from autogan_core.runtime.cache_folder import cache_folder


def test_the_cache_can_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """AUTOGAN_CACHE comes first, then the user's cache folder."""
    monkeypatch.setenv("AUTOGAN_CACHE", "/a")
    assert cache_folder() == Path("/a")
    monkeypatch.delenv("AUTOGAN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/b")
    assert cache_folder() == Path("/b/autogan")
