"""Parquet files in the form of the Hugging Face hub, written here."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from autogan_core.config import DataConfig, ModelConfig
from autogan_core.data import ImageDataset, load_dataset
from autogan_core.errors import DataError

pa = pytest.importorskip("pyarrow", reason="needs the extra 'parquet'")
pq = pytest.importorskip("pyarrow.parquet")

MODEL = ModelConfig(bottom_width=2, num_cells=2)  # 8x8


def content(value: int) -> bytes:
    """An image of one grey."""
    stream = io.BytesIO()
    Image.new("L", (8, 8), value).save(stream, "PNG")
    return stream.getvalue()


def write(path: Path, values: list[int], labels: list[Any] | None = None, names: int = 0, **columns: Any) -> None:
    """Writes a file with two rows in a group, and the hub's description of its columns if classes have names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [{"bytes": content(value), "path": f"{value}.png"} for value in values]
    table = pa.table({"image": images, **columns} | ({} if labels is None else {"label": labels}))
    if names:
        features = {"label": {"names": [str(k) for k in range(names)], "_type": "ClassLabel"}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, path, row_group_size=2)


def read(path: Path, **settings: Any) -> ImageDataset:
    """The data set of a path."""
    return load_dataset(DataConfig(name="folder", path=path, **settings), MODEL, 0)


def test_one_file(tmp_path: Path) -> None:
    """Images and labels over several groups of rows; missing labels are unknown ones; named classes count."""
    write(tmp_path / "test-some.parquet", [1, 2, 3, 4, 5], [0, None, 1, -1, 0], names=4)
    dataset = read(tmp_path / "test-some.parquet")
    assert dataset.images[:, 0, 0, 0].tolist() == [1, 2, 3, 4, 5] and dataset.num_classes == 4
    assert dataset.require_labels().tolist() == [0, -1, 1, -1, 0] and dataset.test_images is None
    assert read(tmp_path / "test-some.parquet", max_images=2).images.shape[0] == 2


@pytest.mark.parametrize("form", ["data/{}-0000{}-of-00002.parquet", "{}/{}.parquet"])
def test_the_hub_s_folders(tmp_path: Path, form: str) -> None:
    """Files or folders that are called by their split, several of each."""
    for value, (split, k) in enumerate([("train", 0), ("train", 1), ("test", 0), ("validation", 0)]):
        write(tmp_path / form.format(split, k), [10 * value, 10 * value + 1], [0, 1])
    (tmp_path / "README.md").touch()
    dataset = read(tmp_path)
    assert dataset.images[:, 0, 0, 0].tolist() == [0, 1, 10, 11] and dataset.require_labels().tolist() == [0, 1, 0, 1]
    assert dataset.test_images is not None and dataset.test_images[:, 0, 0, 0].tolist() == [20, 21]


def test_bare_bytes_and_no_labels(tmp_path: Path) -> None:
    """A column of bytes will do, under the name that CIFAR-10 has on the hub too."""
    pq.write_table(pa.table({"img": [content(7)], "fine_label": [3]}), tmp_path / "a.parquet")
    dataset = read(tmp_path / "a.parquet")
    assert dataset.images[0, 0, 0, 0] == 7 and dataset.labels is None


def test_unreadable_rows_are_named(tmp_path: Path) -> None:
    """By file and row, with those whose images lie elsewhere."""
    rows = [{"bytes": content(1), "path": ""}, {"bytes": b"x", "path": ""}, {"bytes": None, "path": "a.png"}]
    pq.write_table(pa.table({"image": rows}), tmp_path / "train-0.parquet", row_group_size=2)
    with pytest.raises(DataError) as refused:
        read(tmp_path)
    text = str(refused.value)
    assert text.startswith(f"2 of 3 files in {tmp_path} cannot be read as images: row 1 of train-0.parquet (no image")
    assert "row 2 of train-0.parquet (without bytes)" in text


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text": ["a"]}, r"needs a column 'image' of encoded images, .* and has \(text: string\); rename or convert"),
        ({"image": [[1, 2]]}, r"and has \(image: list<element: int64>\)"),
        ({"image": [b"x"], "label": ["cat"]}, "the labels of .* are of the type string; make them whole numbers"),
        ({"image": [b"x"], "label": [-2]}, "has the label -2; number the classes from 0"),
        ({"image": pa.array([], pa.binary())}, "hold no rows"),
    ],
    ids=["no image", "pixels", "words", "negative", "empty"],
)
def test_other_columns_are_refused(tmp_path: Path, columns: dict[str, Any], message: str) -> None:
    """The message names the columns that there are."""
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=message):
        read(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["train-0.parquet", "other.parquet"], r"holds other\.parquet beside splits; call the files train-"),
        (["test-0.parquet"], r"holds test alone; call the files train-"),
        (
            ["a/train-0.parquet", "b/train-0.parquet"],
            r"lie in several folders \(a, b\), which may be several data sets",
        ),
        (["train-0.parquet", "x.png"], r"holds \.parquet files and others \(x\.png\)"),
    ],
)
def test_unclear_folders_are_refused(tmp_path: Path, names: list[str], message: str) -> None:
    """Nothing is mixed or guessed."""
    for name in names:
        write(tmp_path / name, [1])
    with pytest.raises(DataError, match=message):
        read(tmp_path)


def test_labels_must_agree(tmp_path: Path) -> None:
    """Files without labels among others, and test images of classes that nobody trains on, are errors."""
    write(tmp_path / "train-0.parquet", [1], [0])
    write(tmp_path / "train-1.parquet", [1])
    with pytest.raises(DataError, match=r"train-1\.parquet of .* have no labels, but others have"):
        read(tmp_path)
    (tmp_path / "train-1.parquet").rename(tmp_path / "notes.txt")
    write(tmp_path / "test-0.parquet", [1], [3])
    with pytest.raises(DataError, match="has labels up to 3 to test on, but only up to 0 to train on"):
        read(tmp_path)


@pytest.mark.parametrize("keep", [0, 10, 200])
def test_damaged_files_are_refused(tmp_path: Path, keep: int) -> None:
    """Wherever the damage is."""
    write(tmp_path / "a.parquet", [1, 2, 3], [0, 1, 1])
    (tmp_path / "a.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:keep])
    with pytest.raises(DataError, match=r"^a\.parquet is damaged or no parquet file .*; get it again"):
        read(tmp_path / "a.parquet")


def test_the_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyarrow there is one sentence."""
    write(tmp_path / "a.parquet", [1])
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(DataError, match=r"is parquet, which needs pyarrow: pip install 'autogan-kubeflow\[parquet\]'"):
        read(tmp_path)
