"""One error for all images that cannot be used."""

from __future__ import annotations

from autogan_core.data.own.decoding import HEIF_REMEDY
from autogan_core.data.own.unusable import Unusable, UnusableImagesError, merged


def test_errors_are_merged() -> None:
    """What several readings found is one sentence, with the number of all images."""
    errors = [UnusableImagesError("set", [Unusable(name, "empty")], 1, 8) for name in ("a.png", "b.png")]
    expected = (
        "2 of 1,000 files in set cannot be read as images: a.png (empty), b.png (empty); replace or remove them, or "
        "set data.unusable=leave-out"
    )
    assert str(merged(errors, 1000)) == expected


def test_a_remedy_that_a_long_list_hides_is_told() -> None:
    """HEIC files behind ten others can still be read after an installation."""
    found = [*(Unusable(f"{k}.png", "empty") for k in range(10)), Unusable("x.heic", HEIF_REMEDY)]
    assert str(UnusableImagesError("set", found, 11, 8)).endswith(
        f"and 1 more; replace or remove them, or set data.unusable=leave-out (some are {HEIF_REMEDY})"
    )
