"""Architectures drawn: what the pictures say, and that every choice shows."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from autogan_core.config import ModelConfig
from autogan_core.report.figures.diagram import architecture_svg, architecture_text, block_layers, side_layers
from autogan_core.search_space import Architecture, Cell

MODEL = ModelConfig()
BEST = "1011-10011-10103"


def texts(svg: str) -> list[str]:
    """Every label of a drawing, in drawing order, its title left out."""
    labels = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return [label.text or "" for label in labels]


@pytest.mark.parametrize(
    ("cell", "first", "second"),
    [
        (Cell("pre", "bn", "nearest", True), "batch norm, ReLU, nearest ×2, conv 3×3", "batch norm, ReLU, conv 3×3"),
        (Cell("post", "in", "deconv", True), "deconv ×2, conv 3×3, inst. norm, ReLU", "conv 3×3, inst. norm, ReLU"),
        (Cell("post", "none", "bilinear", True), "bilinear ×2, conv 3×3, ReLU", "conv 3×3, ReLU"),
    ],
)
def test_blocks_list_their_layers_in_data_order(cell: Cell, first: str, second: str) -> None:
    """Pre-activation puts norm and ReLU before the up-sampling, post-activation behind the convolution."""
    assert ", ".join(layer.text for layer in block_layers(cell, first=True)) == first
    assert ", ".join(layer.text for layer in block_layers(cell, first=False)) == second
    assert [layer.text for layer in side_layers(cell, 4)] == [f"{cell.up} ×4", "conv 1×1"]


@pytest.mark.parametrize("draw", [architecture_svg, architecture_text])
@pytest.mark.parametrize(
    "other",
    ["0011-10011-10103", "1111-10011-10103", "1021-10011-10103", "1010-10011-10103", "1011-10010-10103"]
    + ["1011-10011-10101", "1011-10011-10102", "1011-10011-10100"],
)
def test_every_choice_changes_the_picture(draw: object, other: str) -> None:
    """Changing any one choice of the paper's best architecture changes both kinds of diagram."""
    assert callable(draw)
    pictures = [re.sub(r"<title>.*</title>", "", draw(Architecture.parse(a), MODEL)) for a in (BEST, other)]
    assert pictures[0] != pictures[1]


def test_drawing_of_the_papers_best_architecture() -> None:
    """The picture holds the wiring of Figure 3: three skips, two shortcuts, and resolutions from 4 to 32."""
    labels = texts(architecture_svg(Architecture.parse(BEST), MODEL))
    assert [labels.count(size) for size in ("4×4", "8×8", "16×16", "32×32")] == [1, 1, 1, 1]
    assert labels.count("conv 1×1") == 5
    assert labels.count("nearest ×4") == 1
    assert labels.count("bilinear ×2") == 3  # cell 2's first block, shortcut and skip-in
    assert "pre-activation, no norm, bilinear" in labels


def test_drawing_has_an_addition_for_each_cell_that_adds() -> None:
    """No skips and no shortcuts: no addition sign; the best architecture: two for skips, two for shortcuts."""
    signs = [architecture_svg(Architecture.parse(a), MODEL).count("h10M") for a in ("0020-00200-00200", BEST)]
    assert signs == [0, 4]


@pytest.mark.parametrize("text", ["1011", "1011-10011-10103-11017-10103"])
def test_drawing_of_any_depth_is_well_formed_and_inside_its_frame(text: str) -> None:
    """One cell to five: valid XML, one frame per cell, and no coordinate of a box lies outside the view."""
    root = ElementTree.fromstring(architecture_svg(Architecture.parse(text), MODEL))
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    boxes = [{k: float(b.attrib[k]) for k in ("x", "y", "width", "height")} for b in root if b.tag.endswith("rect")]
    assert all(b["x"] >= 0 and b["x"] + b["width"] <= width for b in boxes)
    assert all(b["y"] >= 0 and b["y"] + b["height"] <= height for b in boxes)
    assert sum(b["width"] == 276 for b in boxes) == Architecture.parse(text).depth


def test_skips_that_overlap_run_in_lanes_of_their_own() -> None:
    """No two horizontal runs of skip wires at one height share a stretch, with every skip of four cells on."""
    svg = architecture_svg(Architecture.parse("1011-10111-10113-10117"), MODEL)
    runs: dict[float, list[tuple[float, float]]] = {}
    for path in re.findall(r'<polyline points="([^"]*)" fill="none" stroke="#0072B2"', svg):
        (_, _), (left, y), (right, _), (_, _) = [tuple(map(float, point.split(","))) for point in path.split()]
        runs.setdefault(y, []).append((left, right))
    assert sum(map(len, runs.values())) == 6
    for spans in map(sorted, runs.values()):
        assert all(a[1] <= b[0] for a, b in zip(spans, spans[1:], strict=False))


def test_text_diagram_of_the_papers_best_architecture() -> None:
    """The terminal diagram names every layer of a cell in data order and where its map goes."""
    lines = architecture_text(Architecture.parse(BEST), MODEL).splitlines()
    start = lines.index("┌─ cell 2: pre-activation, no norm, bilinear")
    assert [line.split("  ", 1)[1].strip() for line in lines[start + 1 : start + 6]] == [
        "block 1   ReLU → bilinear ×2 → conv 3×3",
        "+ cell 1  bilinear ×2 → conv 1×1",
        "to later  cell 3",
        "block 2   ReLU → conv 3×3",
        "+ input   bilinear ×2 → conv 1×1  (shortcut)",
    ]
    assert lines[-1] == "▼  image, 3 × 32×32"
    assert max(map(len, lines)) <= 100
