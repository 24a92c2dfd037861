"""Images that cannot be used: all of a data set are found before one error names them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autogan_core.data.base.words import listed
from autogan_core.data.own.decoding import HEIF_REMEDY
from autogan_core.errors import DataError


@dataclass(frozen=True, slots=True)
class Unusable:
    """One image that cannot be used."""

    name: str
    """Where it is, as shown to people."""
    reason: str
    """What is wrong with it; for a small one its size."""
    small: bool = False
    """Whether it is an image, but smaller than the generator's."""
    position: int = 0
    """Its place, from 0, among the images that were read together."""


class UnusableImagesError(DataError):
    """Images cannot be used; the message lists them."""

    def __init__(self, place: str, found: Sequence[Unusable], count: int, size: int) -> None:
        """Takes all that was found.

        Args:
            place: what the data set is called in messages.
            found: the images, at least one.
            count: images that were looked at.
            size: the generator's side, in pixels.
        """
        self.place, self.found, self.count, self.size = place, tuple(found), count, size
        super().__init__("; and ".join(self._sentences()))

    @property
    def listing(self) -> str:
        """The images alone, without what to do about them."""
        return listed([f"{image.name} ({image.reason}{' pixels' if image.small else ''})" for image in self.found])

    def _sentences(self) -> list[str]:
        sentences = []
        if bad := [image for image in self.found if not image.small]:
            names = listed([f"{image.name} ({image.reason})" for image in bad])
            hidden = HEIF_REMEDY in {image.reason for image in bad} and HEIF_REMEDY not in names
            extra = f" (some are {HEIF_REMEDY})" if hidden else ""
            sentences.append(
                f"{len(bad):,} of {self.count:,} files in {self.place} cannot be read as images: {names}; replace or "
                f"remove them, or set data.unusable=leave-out{extra}"
            )
        if small := [image for image in self.found if image.small]:
            names = listed([f"{image.name} has {image.reason} pixels" for image in small])
            sentences.append(
                f"{len(small):,} of {self.count:,} images in {self.place} are too small: {names}, but the generator "
                f"makes {self.size}x{self.size}; set data.unusable=leave-out, or lower model.bottom_width, num_cells "
                "or repeated_cells"
            )
        return sentences


def merged(errors: Sequence[UnusableImagesError], count: int) -> UnusableImagesError:
    """One error for what several readings of a data set found.

    Args:
        errors: at least one, all of the same data set.
        count: images that were looked at in all.

    Returns:
        The error with all their images, in their order.
    """
    return UnusableImagesError(errors[0].place, [i for error in errors for i in error.found], count, errors[0].size)
