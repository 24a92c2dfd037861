"""One image file to pixels, with Pillow."""

from __future__ import annotations

import functools
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from autogan_core.config.data import Colour
from autogan_core.data.base.words import reason, shown

HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
"""Bytes 8 to 12 of a HEIC file, whatever its name ends in."""
HEIF_REMEDY = "HEIC, which Pillow reads after 'pip install pillow-heif'"


class UnreadableImageError(Exception):
    """A file that gives no image; the message is the reason, in few words."""


class SmallImageError(Exception):
    """An image with a side below the generator's; the message is its size."""


def decode(file: Path | BytesIO, mode: str, smallest: int, background: Colour | None) -> Image.Image:
    """Reads an image, or the first of an animation, turned upright as its EXIF says.

    Args:
        file: in any format that Pillow knows, whatever its name says.
        mode: Pillow's name of the colours wanted, ``L`` or ``RGB``.
        smallest: pixels that both sides must have.
        background: what shows through transparent pixels; None: the colour that the file keeps under them.

    Returns:
        The image in ``mode``. 16 bits per channel are divided by 257, fractions in [0, 1] are taken for 0..255.

    Raises:
        UnreadableImageError: it is no image, damaged, or its numbers can mean several things.
        SmallImageError: a side is too short.
    """
    _register_heif()
    try:
        with Image.open(file) as image:
            if min(image.size) < smallest:
                raise SmallImageError(f"{image.width}x{image.height}")
            return _on_background(_to_bytes(ImageOps.exif_transpose(image)), mode, background)
    except (SmallImageError, UnreadableImageError):
        raise
    except UnidentifiedImageError as error:
        raise UnreadableImageError(_unknown(file)) from error
    except Exception as error:  # damaged files make Pillow's decoders raise whatever they stumble on
        raise UnreadableImageError(_broken_link(file, error) or reason(error)) from error


@functools.cache
def _register_heif() -> None:
    """Teaches Pillow to read HEIC, if the package for that is installed."""
    try:
        import pillow_heif
    except ImportError:
        return
    pillow_heif.register_heif_opener()


def _unknown(file: Path | BytesIO) -> str:
    if isinstance(file, Path):
        with file.open("rb") as stream:
            start = stream.read(12)
    else:
        start = file.getvalue()[:12]
    if not start:
        return "empty"
    return HEIF_REMEDY if start[4:8] == b"ftyp" and start[8:] in HEIF_BRANDS else "no image that Pillow knows"


def _broken_link(file: Path | BytesIO, error: Exception) -> str | None:
    if isinstance(error, FileNotFoundError) and isinstance(file, Path) and file.is_symlink():
        return f"a link to {shown(file.readlink())}, which is not there"
    return None


def _to_bytes(image: Image.Image) -> Image.Image:
    """Grey images of more than 8 bits, which ``convert`` would cut to white; all others as they are."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image)
    grey = Image.fromarray(_scaled(values))
    key = image.info.get("transparency")
    if isinstance(key, int):
        grey.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
    return grey


def _scaled(
    values: np.ndarray[tuple[int, ...], np.dtype[np.generic]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    low, high = values.min().item(), values.max().item()
    if values.dtype.kind == "f" and low >= 0 and high <= 1:
        return np.rint(values.astype(np.float32) * 255).astype(np.uint8)
    sixteen_bits = values.dtype.itemsize == 2 or (values.dtype.kind in "iu" and (high > 255 or high == 0))
    if sixteen_bits and low >= 0 and high <= 65_535:
        return ((values.astype(np.int64) + 128) // 257).astype(np.uint8)
    raise UnreadableImageError(f"{values.dtype} pixels from {low:g} to {high:g}; convert it to 8 bits")


def _on_background(image: Image.Image, mode: str, background: Colour | None) -> Image.Image:
    if background is None or not image.has_transparency_data:
        return image.convert(mode)
    ground = Image.new("RGBA", image.size, (*background, 255))
    return Image.alpha_composite(ground, image.convert("RGBA")).convert(mode)
