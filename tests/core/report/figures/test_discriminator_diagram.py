"""Searched discriminators drawn: what the pictures say, and that every choice shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from autogan_core.config import ModelConfig
from autogan_core.report.figures.discriminator_diagram import discriminator_svg, discriminator_text
from autogan_core.search_space import Architecture

MODEL = ModelConfig()
GENERATOR = "1011-10011-10103"
PAPER = "d0010-d0010-d0010"


def drawn(draw: Callable[[Architecture, ModelConfig], str], cells: str) -> str:
    """A picture without its title, which names the architecture."""
    return re.sub(r"<title>.*</title>", "", draw(Architecture.parse(f"{GENERATOR}-{cells}"), MODEL))


@pytest.mark.parametrize("draw", [discriminator_svg, discriminator_text])
@pytest.mark.parametrize(
    "other",
    ["d2010-d0010-d0010", "d0110-d0010-d0010", "d0000-d0010-d0010", "d0011-d0010-d0010", "d0010-d0210-d0010"]
    + ["d0010-d0010-d0000", "d0010-d0010-d3010"],
)
def test_every_choice_changes_the_picture(draw: Callable[[Architecture, ModelConfig], str], other: str) -> None:
    """Changing any one choice of the paper's discriminator changes both kinds of diagram."""
    assert drawn(draw, PAPER) != drawn(draw, other)


def test_the_papers_discriminator() -> None:
    """Four blocks, of which two halve the map, each with its shortcut; resolutions from 32 to 8."""
    shapes = ElementTree.fromstring(discriminator_svg(Architecture.parse(f"{GENERATOR}-{PAPER}"), MODEL))
    labels = [label.text for label in shapes.iter("{http://www.w3.org/2000/svg}text")]
    assert [labels.count(size) for size in ("32×32", "16×16", "8×8")] == [1, 1, 3]
    assert labels.count("conv 3×3") == 8 and labels.count("conv 1×1") == 2 and labels.count("average") == 4
    assert labels.count("ReLU") == 8
    text = discriminator_text(Architecture.parse(f"{GENERATOR}-{PAPER}"), MODEL)
    assert text.startswith("image, 3 × 32×32\n") and text.count("(shortcut)") == 4
    assert max(map(len, text.splitlines())) <= 80
