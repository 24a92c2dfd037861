"""Preset files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from autogan_core.errors import ConfigError
from autogan_core.presets import load_config


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"data:\n\tname: digits\n", "line 2, column 1: the line begins with a tab; indent with blanks"),
        (b"data:\n  name: digits\n   path: x\n", "line 3, column 8: a ':' cannot stand here; is the line indented"),
        (b"data:\n  name: digits\n path: x\n", "line 3, column 2: the line is not indented as far as"),
        (b"data: {name: digits\n", "line 2, column 1: expected ',' or '}'"),
        (b"seed: 1\nseed: 2\n", "line 2, column 1: 'seed' stands twice; keep one"),
        (b"data: {name: digits, name: npz}\n", "line 1, column 22: 'name' stands twice"),
        (b"data: {name: digits}\n---\nseed: 1\n", "line 2, column 1: a second document begins here"),
        (b"? [a]\n: 1\n", "line 1, column 3: the name of a setting must be a word"),
        (b"data: !!python/object:os.system x\n", "line 1, column 7: could not determine a constructor"),
        (b"seed: 1\ndata: \0\n", r"line 2, column 7: the character '\\x00' cannot stand in a text"),
        (b"\x89PNG\r\n", "is no text: byte 1 is not UTF-8; name a .yaml file of settings"),
        (b"- 1\n", "must be a mapping of settings, such as 'data:', not a list"),
        (b"", "must be a mapping of settings, such as 'data:', not empty"),
        (b"digits\n", "not the text 'digits'"),
        (b"[" * 5000, "is nested too deeply"),
        (b"data: 5\n", "data is '5'; it is a group of settings, such as data.name"),
        (b"search: {top_k: 1}\n", "data.name is missing; set it to one of digits, "),
        (b"data: {name: digits}\nsearch: {top_k: {a: 1}}\n", "search.top_k is {'a': '1'}; set it to a whole number"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, content: bytes, message: str) -> None:
    """One sentence, with line and column where there are any."""
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(str(path))
    assert "\n" not in str(caught.value)


def test_what_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing file, a folder, and a file in one's home, which is found."""
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ConfigError, match="there is no preset file '~/mine.yaml'"):
        load_config("~/mine.yaml")
    (tmp_path / "mine.yaml").mkdir()
    with pytest.raises(ConfigError, match="the preset '~/mine.yaml' is a folder"):
        load_config("~/mine.yaml")
    (tmp_path / "mine.YML").write_bytes(b"\xef\xbb\xbfdata: {name: digits}\n")  # as Windows writes it
    assert load_config("~/mine.YML").data.name == "digits"
