"""References of container images, and placeholders of the documentation that were left in."""

from __future__ import annotations

import re

from autogan_core.errors import ConfigError

_NAME = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_HOST = r"[A-Za-z0-9]+(?:[.-]+[A-Za-z0-9]+)*(?::[0-9]+)?"
_TAG = r"(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})"
_DIGEST = r"(?P<digest>sha256:[0-9a-f]{64})"
_IMAGE = re.compile(rf"(?:(?P<host>{_HOST})/)?{_NAME}(?:/{_NAME})*(?::{_TAG})?(?:@{_DIGEST})?")
_PLACEHOLDER = re.compile(r"REGISTRY|.*\.example|(?:.*\.)?example\.(?:com|net|org)", re.IGNORECASE)
"""Hosts of the documentation's examples, which no registry can have (RFC 2606)."""


def image_trouble(image: str) -> str | None:
    """What is wrong with the reference of an image.

    Args:
        image: such as ``registry.example/team/runtime:0.1.0``.

    Returns:
        The rest of a sentence that begins with the image, and what to write instead; None if it can be pulled.
    """
    match = _IMAGE.fullmatch(image)
    if match is None:
        return "is no image reference; write registry/name:tag or registry/name@sha256:..., in lower case"
    if match["host"] and _PLACEHOLDER.fullmatch(match["host"].partition(":")[0]):
        return f"names the placeholder {match['host']} of the documentation; write your own registry there"
    return None


def check_image(image: str, field: str) -> str:
    """Checks the reference of an image.

    Args:
        image: the reference.
        field: what it stands in, for the message.

    Returns:
        ``image``, if it can be pulled.

    Raises:
        ConfigError: it is no reference, or names the documentation's registry.
    """
    if trouble := image_trouble(image):
        raise ConfigError(f"{field} {image!r} {trouble}")
    return image


def tag_of(image: str) -> tuple[str | None, str | None]:
    """The tag and the digest of a reference that has been checked."""
    match = _IMAGE.fullmatch(image)
    return (match["tag"], match["digest"]) if match else (None, None)
