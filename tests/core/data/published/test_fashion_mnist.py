"""IDX files made here, and the real ones where they are installed."""

from __future__ import annotations

import gzip
import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data import load_dataset
from autogan_core.data.published import fashion_mnist
from autogan_core.data.published.fashion_mnist import open_fashion_mnist
from autogan_core.errors import DataError

GREY = ModelConfig(image_channels=1)
IMAGES = "train-images-idx3-ubyte"


def idx(values: torch.Tensor) -> bytes:
    """An IDX file of bytes."""
    return struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.numpy().tobytes()


@pytest.fixture
def contents(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Five images to train on and three to test on, whose checksums the loader takes for the right ones."""
    rng = torch.Generator().manual_seed(0)
    files = {}
    for prefix, count in (("train", 5), ("t10k", 3)):
        images = torch.randint(1, 256, (count, 28, 28), generator=rng, dtype=torch.uint8)
        files[f"{prefix}-images-idx3-ubyte"] = idx(images)
        files[f"{prefix}-labels-idx1-ubyte"] = idx(torch.arange(count, dtype=torch.uint8))
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    monkeypatch.setattr(fashion_mnist, "SHA256", sums)
    return files


def write(folder: Path, contents: dict[str, bytes], *, packed: bool) -> None:
    """Writes the files, gzipped or not."""
    for name, content in contents.items():
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(content) if packed else content)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_images_are_padded_to_32(tmp_path: Path, contents: dict[str, bytes], packed: bool) -> None:
    """The 28x28 pixels lie in the middle of zeros, two on each side; both splits have their labels."""
    write(tmp_path, contents, packed=packed)
    source = open_fashion_mnist(tmp_path, GREY)
    images = source.train.pixels[torch.arange(5)]
    assert images.shape == (5, 1, 32, 32)
    assert images[:, 0, 2:30, 2:30].numpy().tobytes() == contents[IMAGES][16:]
    assert int((images == 0).sum()) == 5 * (32 * 32 - 28 * 28)
    assert source.train.labels is not None and source.train.labels.tolist() == [0, 1, 2, 3, 4]
    assert source.test is not None and source.test.labels is not None and source.test.labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize("bottom_width", [2, 8])
def test_other_sizes_are_scaled(tmp_path: Path, contents: dict[str, bytes], bottom_width: int) -> None:
    """16x16 and 64x64 generators get images of their size, though 64 is larger than the original."""
    write(tmp_path, contents, packed=False)
    model = ModelConfig(bottom_width=bottom_width, image_channels=3)
    dataset = load_dataset(DataConfig(name="fashion-mnist", path=tmp_path), model, 0)
    assert dataset.images.shape == (5, 3, model.image_size, model.image_size)
    assert dataset.test_images is not None and len(dataset.test_images) == 3


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content[:-1], "is truncated"),
        (lambda content: content[:6], "is truncated"),
        (lambda content: b"\x00\x00\x08\x01" + content[4:], "00000801 instead of 00000803"),
        (lambda content: b"", "instead of 00000803"),
        (lambda content: content[:-1] + bytes((content[-1] ^ 1,)), "is damaged: its checksum is .* instead of"),
    ],
    ids=["truncated", "header truncated", "magic", "empty", "one bit"],
)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_damaged_files_are_refused(
    tmp_path: Path, contents: dict[str, bytes], damage: Callable[[bytes], bytes], message: str, packed: bool
) -> None:
    """Whatever is wrong with a file, the error says so and names it."""
    write(tmp_path, {**contents, IMAGES: damage(contents[IMAGES])}, packed=packed)
    with pytest.raises(DataError, match=f"{IMAGES}.*{message}"):
        open_fashion_mnist(tmp_path, GREY)


@pytest.mark.parametrize("keep", [20, -5], ids=["cut", "cut in the trailer"])
def test_a_truncated_archive_is_refused(tmp_path: Path, contents: dict[str, bytes], keep: int) -> None:
    """A .gz file that ends early is reported as damaged, not as gzip's own error."""
    write(tmp_path, contents, packed=True)
    path = tmp_path / f"{IMAGES}.gz"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=f"{path} is damaged .*; download it again"):
        open_fashion_mnist(tmp_path, GREY)


def test_a_missing_file_is_named(tmp_path: Path, contents: dict[str, bytes]) -> None:
    """One of the four files missing is an error that says which."""
    write(tmp_path, contents, packed=True)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="t10k-labels-idx1-ubyte.gz is missing: get Fashion-MNIST"):
        open_fashion_mnist(tmp_path, GREY)


@pytest.mark.skipif(not fashion_mnist.DEBIAN.is_dir(), reason="Debian's package dataset-fashion-mnist is not installed")
def test_debian_s_files_pass() -> None:
    """The real files have the recorded sums, 60,000 + 10,000 images and equally many of each class."""
    source = open_fashion_mnist(fashion_mnist.DEBIAN, GREY)
    assert source.train.labels is not None and source.train.labels.bincount().tolist() == [6000] * 10
    assert source.test is not None and source.test.labels is not None
    assert source.test.labels.bincount().tolist() == [1000] * 10
    # The data set's known mean and deviation, 0.2860 and 0.3530 of 255, over the 28x28 pixels.
    pixels = source.train.pixels[torch.arange(60_000)][:, :, 2:30, 2:30].float() / 255
    assert pixels.mean().item() == pytest.approx(0.2860, abs=5e-4)
    assert pixels.std().item() == pytest.approx(0.3530, abs=5e-4)
