"""Image files of all kinds, made with Pillow."""

from __future__ import annotations

import sys
import warnings
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin

from autogan_core.config.data import Colour
from autogan_core.data.own import decoding
from autogan_core.data.own.decoding import SmallImageError, UnreadableImageError, decode

WHITE = (255, 255, 255)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> BytesIO:
    """A file's content."""
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream


def read(file: Path | BytesIO, mode: str = "RGB", background: Colour | None = WHITE) -> np.ndarray[Any, Any]:
    """The pixels of a file."""
    return np.array(decode(file, mode, 1, background))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_the_first_image_of_an_animation_is_read(kind: str) -> None:
    """Red comes first, then blue."""
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    content = encoded(
        frames[0], kind, save_all=True, append_images=frames[1:], **{"lossless": True} if kind == "WEBP" else {}
    )
    assert (read(content) == [255, 0, 0]).all()


@pytest.mark.parametrize(
    ("background", "expected"), [(WHITE, [255, 255, 255]), ((10, 20, 30), [10, 20, 30]), (None, [0, 0, 0])]
)
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "RGB", "1", "I;16"])
def test_transparent_pixels_show_the_background(mode: str, background: Colour | None, expected: list[int]) -> None:
    """Black on a transparent ground, which a file may store in many ways; None shows the black under it."""
    alpha = np.zeros((8, 8), np.uint8)
    alpha[0, 0] = 255
    options: dict[str, Any] = {}
    if mode in ("RGBA", "LA"):
        image = Image.new(mode, (8, 8))
        image.putalpha(Image.fromarray(alpha))
    elif mode == "P":
        image = Image.fromarray(1 - alpha // 255).convert("P")
        image.putpalette([255, 255, 255, 0, 0, 0])
        options = {"transparency": bytes([255, 0])}
    else:
        image = Image.fromarray(alpha).convert("L" if mode == "I;16" else mode)
        if mode == "I;16":
            image = Image.fromarray(alpha.astype(np.uint16) * 257)
        options = {"transparency": (0, 0, 0) if mode == "RGB" else 0}
    pixels = read(encoded(image, **options), background=background)
    assert pixels[5, 5].tolist() == expected and pixels.shape == (8, 8, 3)
    assert pixels[0, 0].tolist() in ([0, 0, 0], [255, 255, 255])


def test_half_transparent_pixels_are_mixed_before_grey() -> None:
    """Half of black on white is the grey between them; in one channel too."""
    content = encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 128)))
    assert read(content)[0, 0].tolist() == [127, 127, 127] and read(content, "L")[0, 0] == 127


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([[0, 257, 65535]], np.uint16), "PNG"),
        (np.array([[0, 257, 65535]], np.uint16), "TIFF"),
        (np.array([[0, 257, 65535]], np.int32), "TIFF"),
        (np.array([[0, 1 / 255, 1]], np.float32), "TIFF"),
    ],
    ids=["png", "tiff", "32 bits", "float"],
)
def test_more_bits_become_eight(values: np.ndarray[Any, Any], kind: str) -> None:
    """The whole range becomes the whole range, not white."""
    assert read(encoded(Image.fromarray(values), kind), "L").tolist() == [[0, 1, 255]]


@pytest.mark.parametrize(
    "values",
    [
        np.array([[0.0, 3.0]], np.float32),
        np.array([[np.nan, 0]], np.float32),
        np.array([[0, 200], [-1, 70_000]], np.int32),
    ]
    + [np.array([[0, 200]], np.int32)],
    ids=["float", "nan", "range", "8 or 16"],
)
def test_numbers_that_may_mean_anything_are_refused(values: np.ndarray[Any, Any]) -> None:
    """The reason names their type and range, and what to do."""
    with pytest.raises(UnreadableImageError, match=r"^(float|int)32 pixels from .* to .*; convert it to 8 bits"):
        read(encoded(Image.fromarray(values), "TIFF"))


def long_text() -> bytes:
    """A PNG with a text of which Pillow is afraid."""
    chunk = PngImagePlugin.PngInfo()
    chunk.add_text("notes", "x" * (PngImagePlugin.MAX_TEXT_CHUNK + 1), zip=True)
    return encoded(Image.new("L", (8, 8)), pnginfo=chunk).getvalue()


NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"hello", "no image that Pillow knows"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC, which Pillow reads after 'pip install pillow-heif'"),
        (long_text(), "too large"),
        (encoded(Image.fromarray(NOISE), "JPEG").getvalue()[:1000], "truncated"),
        (encoded(Image.fromarray(NOISE), "PNG").getvalue()[:1000], "."),
        (encoded(Image.fromarray(NOISE), "GIF").getvalue()[:1000], "."),
        (encoded(Image.fromarray(NOISE), "TIFF").getvalue()[:1000], "."),
        (encoded(Image.fromarray(NOISE), "BMP").getvalue()[:30], "."),
    ],
    ids=["zero bytes", "text", "heic", "long text", "jpeg", "png", "gif", "tiff", "bmp"],
)
def test_what_is_no_image_has_a_reason(content: bytes, why: str) -> None:
    """Whatever Pillow raises is one kind of error, in few words."""
    with pytest.raises(UnreadableImageError, match=why):
        read(BytesIO(content))


@pytest.mark.parametrize(
    "error", [MemoryError, RecursionError, SyntaxError, ZeroDivisionError, KeyError, OverflowError]
)
def test_any_error_of_a_decoder_is_a_reason(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that stumbles over a file stops nothing but this file."""

    def stumble(*_: object) -> None:
        raise error

    monkeypatch.setattr(ImageOps, "exif_transpose", stumble)
    with pytest.raises(UnreadableImageError, match=error.__name__):
        read(encoded(Image.new("L", (8, 8))))


def test_decompression_bombs_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """An image of more than twice Pillow's limit is a reason; up to that it is read."""
    content = encoded(Image.new("L", (30, 30)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert read(content).shape == (30, 30, 3)
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 400)
        with pytest.raises(UnreadableImageError, match="decompression bomb"):
            read(content)


def test_small_images_are_told_by_their_size() -> None:
    """Without decoding them."""
    with pytest.raises(SmallImageError, match="^9x7$"):
        decode(encoded(Image.new("L", (9, 7))), "L", 8, None)


def test_broken_links_say_where_they_led(tmp_path: Path) -> None:
    """The reason is no "No such file" of a file that the folder shows."""
    (tmp_path / "a.png").symlink_to("gone.png")
    with pytest.raises(UnreadableImageError, match=r"^a link to gone\.png, which is not there$"):
        read(tmp_path / "a.png")


def test_heic_is_read_where_its_package_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its opener is registered once, before the first image."""
    fake, calls = ModuleType("pillow_heif"), []
    fake.register_heif_opener = lambda: calls.append(1)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pillow_heif", fake)
    decoding._register_heif.cache_clear()
    for _ in range(2):
        read(encoded(Image.new("L", (8, 8))))
    decoding._register_heif.cache_clear()
    assert calls == [1]
