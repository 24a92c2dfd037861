"""Where data sets are looked for, and checksums."""

from __future__ import annotations

from pathlib import Path

import pytest

from autogan_core.data.base.files import find_folder, md5_of, require_digest, require_file
from autogan_core.errors import DataError

REMEDY = "the set from its publisher"


def folder_with_marker(folder: Path) -> Path:
    """Makes a folder that holds the file ``a.bin``."""
    folder.mkdir(parents=True)
    (folder / "a.bin").touch()
    return folder


def test_a_given_path_is_the_only_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path without the files is an error even if the usual place has them; the error says where to get them."""
    folder_with_marker(tmp_path / "set")
    monkeypatch.setenv("AUTOGAN_DATA", str(tmp_path))
    with pytest.raises(DataError, match=rf"no a\.bin in {tmp_path}/other: get {REMEDY}.*--set data\.path="):
        find_folder("set", tmp_path / "other", "a.bin", REMEDY)


def test_the_environment_goes_before_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two folders that hold the files, the one below $AUTOGAN_DATA is taken; an empty one there is passed over."""
    system = folder_with_marker(tmp_path / "system")
    own = tmp_path / "set"
    own.mkdir()
    monkeypatch.setenv("AUTOGAN_DATA", str(tmp_path))
    assert find_folder("set", None, "*.bin", REMEDY, places=(system,)) == system
    (own / "a.bin").touch()
    assert find_folder("set", None, "*.bin", REMEDY, places=(system,)) == own


def test_the_archive_s_own_subfolder_counts(tmp_path: Path) -> None:
    """The files may lie where unpacking puts them."""
    inner = folder_with_marker(tmp_path / "unpacked")
    assert find_folder("set", tmp_path, "a.bin", REMEDY, subfolder="unpacked") == inner


def test_without_any_place_the_error_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no path and no variable, the error says which variable to set."""
    monkeypatch.delenv("AUTOGAN_DATA", raising=False)
    with pytest.raises(DataError, match="AUTOGAN_DATA, which is not set"):
        find_folder("set", None, "a.bin", REMEDY)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error says which file and where to get it."""
    with pytest.raises(DataError, match=f"b.bin is missing: get {REMEDY}"):
        require_file(tmp_path / "b.bin", REMEDY)


def test_a_wrong_checksum_names_file_and_both_sums(tmp_path: Path) -> None:
    """MD5 of "abc" is the standard's; another is refused."""
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    require_digest(path, md5_of(path), "900150983cd24fb0d6963f7d28e17f72")
    with pytest.raises(DataError, match=rf"{path} is damaged.*900150983.*instead of 1234; download it again"):
        require_digest(path, md5_of(path), "1234")
