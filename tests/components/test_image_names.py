"""References of images, and the documentation's registries."""

from __future__ import annotations

import pytest

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.image_names import check_image, tag_of

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("runtime", (None, None)),
        ("localhost/autogan/runtime:0.1.0", ("0.1.0", None)),
        ("ghcr.io/team/runtime@" + DIGEST, (None, DIGEST)),
        ("registry.test:5000/a__b/c-d:1@" + DIGEST, ("1", DIGEST)),
        ("example/runtime:1", ("1", None)),
    ],
)
def test_references(image: str, parts: tuple[str | None, str | None]) -> None:
    """With and without a registry, a tag and a digest."""
    assert tag_of(check_image(image, "the image")) == parts


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("", "the image '' is no image reference; write registry/name:tag"),
        ("a b:1", "is no image reference"),
        ("Team/Runtime:1", "is no image reference; .* in lower case"),
        ("a:1:2", "is no image reference"),
        ("https://ghcr.io/a:1", "is no image reference"),
        ("a@sha256:...", "is no image reference"),
        ("registry.example/team/runtime:0.1.0", "names the placeholder registry.example of the documentation; write"),
        ("registry.example:5000/runtime:1", "names the placeholder registry.example:5000"),
        ("ghcr.example.com/runtime:1", "names the placeholder ghcr.example.com"),
        ("REGISTRY/runtime:TAG", "names the placeholder REGISTRY"),
    ],
)
def test_what_no_node_could_pull(image: str, message: str) -> None:
    """One sentence with the image and what to write."""
    with pytest.raises(ConfigError, match=message):
        check_image(image, "the image")
