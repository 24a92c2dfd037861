"""Where things are kept between runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from autogan_core.errors import ConfigError
from autogan_core.runtime.cache_folder import cache_folder


def test_the_cache_can_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """AUTOGAN_CACHE comes first, then the user's cache folder."""
    monkeypatch.setenv("AUTOGAN_CACHE", "/a")
    assert cache_folder() == Path("/a")
    monkeypatch.delenv("AUTOGAN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/b")
    assert cache_folder() == Path("/b/autogan")


def test_the_home_folder_is_expanded_and_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable is none; without a home folder the message says what to set."""
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("AUTOGAN_CACHE", "~/c")
    assert cache_folder() == Path("/home/me/c")
    monkeypatch.setenv("AUTOGAN_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert cache_folder() == Path("/home/me/.cache/autogan")
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("Could not determine home")))
    with pytest.raises(ConfigError, match="has no home folder .* set AUTOGAN_CACHE"):
        cache_folder()
    monkeypatch.setenv("XDG_CACHE_HOME", "/b")
    assert cache_folder() == Path("/b/autogan")
