"""CIFAR-10's binary files, made small."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from autogan_core.config import ModelConfig
from autogan_core.data.published import cifar10
from autogan_core.data.published.cifar10 import open_cifar10
from autogan_core.errors import DataError

NAMES = (*cifar10.TRAIN_FILES, *cifar10.TEST_FILES)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six files of two records: labels 0, 1, 2 and so on; a plane is ten times the label, plus 1, 2 or 3."""
    monkeypatch.setattr(cifar10, "RECORDS_PER_FILE", 2)
    labels = iter([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 0])
    for name in NAMES:
        records = [
            bytes((k, *(10 * k + c for c in (1, 2, 3) for _ in range(1024)))) for k in (next(labels), next(labels))
        ]
        (tmp_path / name).write_bytes(b"".join(records))
    return tmp_path


def test_sizes_are_the_publisher_s() -> None:
    """Each real file has 30,730,000 bytes."""
    assert cifar10.RECORDS_PER_FILE * cifar10.RECORD_BYTES == 30_730_000


def test_records_are_a_label_and_three_planes(folder: Path) -> None:
    """The five training files follow one another, the test file is apart, and channels are red, green, blue."""
    source = open_cifar10(folder, ModelConfig())
    assert source.train.labels is not None and source.train.labels.tolist() == list(range(10))
    images = source.train.pixels[torch.arange(10)]
    expected = 10 * torch.arange(10).view(10, 1, 1, 1) + torch.tensor([1, 2, 3]).view(1, 3, 1, 1)
    assert torch.equal(images.long(), expected.expand(10, 3, 32, 32))
    assert source.test is not None and source.test.labels is not None and source.test.labels.tolist() == [9, 0]


def test_pixels_run_row_by_row(folder: Path) -> None:
    """The second byte of a plane lies to the right of the first."""
    path = folder / NAMES[0]
    content = bytearray(path.read_bytes())
    content[2] = 200
    path.write_bytes(content)
    image = open_cifar10(folder, ModelConfig()).train.pixels[torch.tensor([0])]
    assert image[0, 0, 0, 1] == 200 and image[0, 0, 1, 0] == 1


@pytest.mark.parametrize("name", [NAMES[0], NAMES[4], NAMES[5]])
def test_a_file_of_another_size_is_refused(folder: Path, name: str) -> None:
    """A truncated file is named with both sizes."""
    path = folder / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match=rf"{path} has 6145 bytes instead of 6146; download it again"):
        open_cifar10(folder, ModelConfig())


def test_a_label_above_nine_is_refused(folder: Path) -> None:
    """A file of the right size and wrong contents is found out by its labels."""
    path = folder / NAMES[1]
    path.write_bytes(b"\x0a" + path.read_bytes()[1:])
    with pytest.raises(DataError, match=f"{path} is damaged: it has the label 10"):
        open_cifar10(folder, ModelConfig())


def test_a_missing_file_is_named(folder: Path) -> None:
    """One of the six files missing is an error that says which, and where to get it."""
    (folder / NAMES[3]).unlink()
    with pytest.raises(DataError, match=rf"{NAMES[3]} is missing: get the 'CIFAR-10 binary version'"):
        open_cifar10(folder, ModelConfig())
