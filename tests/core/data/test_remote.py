"""Data sets in a bucket."""

from __future__ import annotations

from pathlib import Path

import pytest

from autogan_core.data.remote import brought_here
from autogan_core.errors import DataError, StorageAccessError
from autogan_core.storage import GCSStore
from tests.core.conftest import BUCKET


def test_files_and_folders_are_here_while_they_are_read(gcs_store: GCSStore, tmp_path: Path) -> None:
    """A file comes alone, a folder with all that is below it, and both are gone afterwards."""
    uri = gcs_store.location("data")
    gcs_store.write("data/train/1.png", b"one")
    gcs_store.write("data/readme", b"text")
    gcs_store.write("data.npz", b"array")
    with brought_here(uri, tmp_path / "cache") as folder:
        assert (folder / "train" / "1.png").read_bytes() == b"one"
        assert (folder / "readme").read_bytes() == b"text"
    assert not folder.exists()
    with brought_here(f"{uri}.npz", tmp_path / "cache") as file:
        assert (file.name, file.read_bytes()) == ("data.npz", b"array")
    assert not file.exists()


def test_a_local_path_stays_where_it_is(tmp_path: Path) -> None:
    """Nothing is copied or deleted."""
    with brought_here(str(tmp_path), tmp_path / "cache") as folder:
        assert folder == tmp_path
    assert tmp_path.exists()
    assert not (tmp_path / "cache").exists()


@pytest.mark.usefixtures("gcs")
@pytest.mark.parametrize(
    ("uri", "error", "message"),
    [
        (f"gs://{BUCKET}/nothing-here", DataError, "there is nothing at gs://"),
        (f"gs://{BUCKET}", DataError, "names a whole bucket"),
        ("gs://no-such-bucket/data", StorageAccessError, "there is no bucket 'no-such-bucket'"),
    ],
)
def test_what_is_not_there_is_an_error(uri: str, error: type[Exception], message: str, tmp_path: Path) -> None:
    """The message says what was looked for."""
    with pytest.raises(error, match=message), brought_here(uri, tmp_path):
        pass
