"""Archives of images, made here."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data import ImageDataset, load_dataset
from autogan_core.data.folders import archives
from autogan_core.errors import DataError

MODEL = ModelConfig(bottom_width=2, num_cells=2)  # 8x8
KINDS = ["zip", "tar", "tar.gz", "tar.xz", "tar.bz2"]
IMAGES = {"set/train/b/1.png": 3, "set/train/a/1.png": 1, "set/train/a/2.gif": 2, "set/test/a/1.png": 4}


def content(value: int, suffix: str = ".png") -> bytes:
    """An image of one grey."""
    stream = io.BytesIO()
    Image.new("L", (8, 8), value).save(stream, {".png": "PNG", ".gif": "GIF"}[suffix])
    return stream.getvalue()


def pack(path: Path, files: dict[str, bytes]) -> Path:
    """Writes an archive."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as packed:
            for name, data in files.items():
                packed.writestr(name, data)
        return path
    mode: Any = f"w:{path.suffix[1:].removeprefix('tar')}"
    with tarfile.open(path, mode) as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def read(path: Path) -> ImageDataset:
    """The data set of an archive."""
    return load_dataset(DataConfig(name="folder", path=path), MODEL, 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("in_memory", [True, False])
def test_an_archive_is_read_like_its_folder(
    tmp_path: Path, kind: str, in_memory: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same images, labels and splits, in the same order, whatever the order of the archive; litter does not "
    "count."""
    monkeypatch.setattr(archives, "IN_MEMORY", 2**20 if in_memory else 1)
    files = {name: content(value, Path(name).suffix) for name, value in IMAGES.items()}
    packed = read(pack(tmp_path / f"set.{kind}", {**files, "__MACOSX/set/._1.png": b"x", "set/notes.txt": b"x"}))
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    unpacked = read(tmp_path / "set")
    assert packed.fingerprint == unpacked.fingerprint and packed.images[:, 0, 0, 0].tolist() == [1, 2, 3]
    assert packed.require_labels().tolist() == [0, 0, 1]
    assert packed.test_images is not None and packed.test_images[:, 0, 0, 0].tolist() == [4]


@pytest.mark.parametrize("kind", KINDS)
def test_names_that_lead_out_are_refused(tmp_path: Path, kind: str) -> None:
    """Nothing is unpacked, but such an archive is not to be trusted."""
    with pytest.raises(DataError, match=r"holds '\.\./a\.png', which leads out of it; pack the archive anew"):
        read(pack(tmp_path / f"set.{kind}", {"../a.png": content(1)}))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keep", [20, 0.5], ids=["beheaded", "half"])
def test_damaged_archives_are_one_sentence(tmp_path: Path, kind: str, keep: float) -> None:
    """Whether the list of files is damaged or the files are."""
    path = pack(tmp_path / f"set.{kind}", {f"{k}.png": content(k) for k in range(20)})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep) if keep < 1 else int(keep)])
    with pytest.raises(DataError, match=r"is damaged or no archive|cannot be read as images|no \.zip, \.tar or"):
        read(path)


def test_a_file_of_a_zip_with_a_wrong_checksum_is_named(tmp_path: Path) -> None:
    """Damage to one file is that file's."""
    path = pack(tmp_path / "set.zip", {"a.png": content(1), "b.png": content(2)})
    data = bytearray(path.read_bytes())
    data[data.index(content(2)) + 20] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"^1 of 2 files in .*set\.zip cannot be read as images: b\.png \(Bad CRC-32"):
        read(path)


def test_links_in_a_tar(tmp_path: Path) -> None:
    """A hard link is the file that it links to; any other link is named."""
    path = tmp_path / "set.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        member = tarfile.TarInfo("a.png")
        member.size = len(content(5))
        tar.addfile(member, io.BytesIO(content(5)))
        member = tarfile.TarInfo("b.png")
        member.type, member.linkname = tarfile.LNKTYPE, "a.png"
        tar.addfile(member)
    assert read(path).images[:, 0, 0, 0].tolist() == [5, 5]
    with tarfile.open(path, "w:gz") as tar:
        member = tarfile.TarInfo("c.png")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    with pytest.raises(DataError, match=r"c\.png \(no regular file of the archive\)"):
        read(path)
