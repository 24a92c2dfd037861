"""Architectures as pictures in the manner of the paper's Figure 3, for the report (SVG) and for the terminal (text).

One thing differs from Figure 3: the map that a cell hands to later cells is drawn behind the addition of the skips
that it received itself, where the released code takes it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from autogan_core.config import ModelConfig
from autogan_core.operations import CELL_ENDS, CONVOLUTIONS, NORMALISATIONS, UP_SAMPLINGS, Operation
from autogan_core.report.figures.layers import (
    BLOCK,
    LINEAR,
    POINTWISE,
    RELU,
    ROW,
    Layer,
    boxes,
    draw_row,
    draw_stack,
    in_a_row,
)
from autogan_core.report.figures.svg import RADIUS, Canvas
from autogan_core.search_space import Architecture, Cell

SKIP_COLOR = "#0072B2"
"""Wires from earlier cells."""
SHORTCUT_COLOR = "#D55E00"
"""Wires around a cell."""


_TO_RGB = (
    Layer("batch norm", NORMALISATIONS["bn"].colour),
    RELU,
    Layer("conv 3×3", LINEAR.colour),
    Layer("tanh", RELU.colour),
)

# Pixels. Within a cell, from its left edge: branch of the shortcut, block 1, addition of the skips, tap of the map
# that later cells take in, block 2, addition of the shortcut, right edge.
_BRANCH, _BLOCK1, _ADD1, _TAP, _BLOCK2, _ADD2, _CELL = 9.0, 20.0, 124.0, 145.0, 156.0, 258.0, 276.0
_GAP, _FIRST, _LANE = 46.0, 150.0, 34.0
_CAPTION = 42
"""Letters that fit below a cell."""
_END = BLOCK + 14
"""What a cell is wider where it ends with an operation."""


def block_layers(cell: Cell, *, first: bool) -> tuple[Layer, ...]:
    """The layers of a cell's first (up-sampling) or second block, in the order that data take."""
    convolution = [*side_layers(cell, 2)[:1]] if first else []
    convolution += boxes(CONVOLUTIONS[cell.kernel])
    activation = [*boxes(NORMALISATIONS[cell.norm]), RELU]
    return (*activation, *convolution) if cell.conv == "pre" else (*convolution, *activation)


def side_layers(cell: Cell, factor: int) -> tuple[Layer, ...]:
    """The layers on a skip-in or a shortcut that is enlarged ``factor`` times, in the cell's own up-sampling."""
    up = UP_SAMPLINGS[cell.up]
    return (Layer(f"{up.title} ×{factor}", up.colour), POINTWISE)


def choices_text(cell: Cell) -> str:
    """A cell's own choices in words."""
    words = [f"{cell.conv}-activation", NORMALISATIONS[cell.norm].phrase, UP_SAMPLINGS[cell.up].phrase]
    beyond: tuple[Operation, ...] = (CONVOLUTIONS[cell.kernel], CELL_ENDS[cell.end])
    return ", ".join([*words, *(operation.phrase for operation in beyond if not operation.paper)])


def architecture_svg(architecture: Architecture, model: ModelConfig) -> str:
    """Draws the generator, dark on white, with data flowing from left to right.

    Args:
        architecture: of any depth; the drawing grows to the right.
        model: gives the resolutions and the latent vector's length.

    Returns:
        One stand-alone ``<svg>`` element.
    """
    lanes = _skip_lanes(architecture)
    top = 6 + _LANE * (1 + max(lanes.values(), default=-1))
    middle = top + 12 + 2 * ROW
    foot = middle + 2 * ROW + (40 if any(cell.shortcut for cell in architecture.cells) else 6)
    canvas, edges = Canvas(), _edges(architecture)
    for left, right in itertools.pairwise(edges):
        canvas.frame(left, top, right - _GAP - left, foot + 28 - top)
    _draw_ends(canvas, edges, middle, foot, model)
    for i, cell in enumerate(architecture.cells):
        _draw_cell(canvas, edges[i], middle, foot, cell)
        canvas.label(edges[i] + 10, foot + 14, f"Cell {i + 1}", anchor="start", bold=True)
        text = choices_text(cell)
        caption = text if len(text) <= _CAPTION else f"{cell.conv}-activation"  # the boxes tell the rest
        canvas.label(edges[i] + 52, foot + 14, caption, anchor="start", size=12.5)
    _draw_skips(canvas, architecture, lanes, edges, middle, top)
    width = edges[-1] + BLOCK + 24
    return canvas.render(width, foot + 34, f"Generator {architecture}: {architecture.readable}")


def architecture_text(architecture: Architecture, model: ModelConfig) -> str:
    """The generator as a diagram for the terminal, at most 100 columns wide for up to three cells."""
    sizes = _sizes(architecture.depth, model)
    lines = [f"z ({model.latent_dim})", "│  linear", f"▼  {sizes[0]}"]
    for i, cell in enumerate(architecture.cells):
        taken_by = [f"cell {j + 1}" for j, other in enumerate(architecture.cells) if i in other.sources]
        rows = [
            ("block 1", in_a_row(block_layers(cell, first=True))),
            *((f"+ cell {j + 1}", in_a_row(side_layers(cell, 1 << (i - j)))) for j in cell.sources),
            *([("to later", ", ".join(taken_by))] if taken_by else []),
            ("block 2", in_a_row(block_layers(cell, first=False))),
            *([("+ input", f"{in_a_row(side_layers(cell, 2))}  (shortcut)")] if cell.shortcut else []),
            *(("end", layer.text) for layer in boxes(CELL_ENDS[cell.end])),
        ]
        lines.append(f"┌─ cell {i + 1}: {choices_text(cell)}")
        lines += [f"│  {head:<8}  {text}" for head, text in rows]
        lines += ["└─", f"▼  {sizes[i + 1]}"]
    image = f"image, {model.image_channels} × {sizes[-1]}"
    return "\n".join([*lines, f"│  to RGB: {in_a_row(_TO_RGB)}", f"▼  {image}"])


def _edges(architecture: Architecture) -> list[float]:
    """Where each cell begins, from the left, and where the output layer does."""
    widths = (_CELL + _GAP + _END * len(boxes(CELL_ENDS[cell.end])) for cell in architecture.cells)
    return [*itertools.accumulate(widths, initial=_FIRST)]


def _sizes(depth: int, model: ModelConfig) -> list[str]:
    widths = [model.bottom_width << i for i in range(depth + 1)]
    return [f"{width}×{width}" for width in widths]


def _skip_lanes(architecture: Architecture) -> dict[tuple[int, int], int]:
    """A lane above the cells for every (source, target), so that no two skips run over each other; 0 is the lowest."""
    skips = [(j, i) for i, cell in enumerate(architecture.cells) for j in cell.sources]
    lanes: dict[tuple[int, int], int] = {}
    for source, target in sorted(skips, key=lambda skip: (skip[1] - skip[0], skip)):
        taken = {lane for (j, i), lane in lanes.items() if j < target and source < i}
        lanes[source, target] = next(lane for lane in range(len(skips)) if lane not in taken)
    return lanes


def _draw_ends(canvas: Canvas, edges: Sequence[float], middle: float, foot: float, model: ModelConfig) -> None:
    canvas.circle(17, middle, "z")
    canvas.label(17, middle + 26, str(model.latent_dim), size=12)
    canvas.wire([(32, middle), (50, middle)])
    draw_row(canvas, 50, middle, [LINEAR], width=52)
    for i, size in enumerate(_sizes(len(edges) - 1, model)):
        start = edges[i] - _GAP if i else 102.0
        canvas.label((start + edges[i]) / 2 - 2, middle - 12, size, size=12)
    rgb = edges[-1]
    canvas.wire([(rgb - _GAP, middle), (rgb, middle)])
    draw_stack(canvas, rgb, middle, _TO_RGB)
    canvas.label(rgb + BLOCK / 2, foot + 14, "To RGB", bold=True)
    canvas.wire([(rgb + BLOCK, middle), (rgb + BLOCK + 22, middle)])


def _draw_cell(canvas: Canvas, x: float, middle: float, foot: float, cell: Cell) -> None:
    enter = x - _GAP if x > _FIRST else 102.0
    canvas.wire([(enter, middle), (x + _BLOCK1, middle)])
    canvas.wire([(x + _BLOCK1 + BLOCK, middle), (x + _BLOCK2, middle)])
    end = boxes(CELL_ENDS[cell.end])
    canvas.wire([(x + _BLOCK2 + BLOCK, middle), (x + _CELL + _END * len(end), middle)], arrow=False)
    draw_stack(canvas, x + _BLOCK1, middle, block_layers(cell, first=True))
    draw_stack(canvas, x + _BLOCK2, middle, block_layers(cell, first=False))
    draw_row(canvas, x + _CELL, middle, end, width=BLOCK)
    if cell.sources:
        canvas.plus(x + _ADD1, middle)
    if cell.shortcut:
        lane = foot - 16
        path = [(x + _BRANCH, middle), (x + _BRANCH, lane), (x + _ADD2, lane), (x + _ADD2, middle + RADIUS)]
        canvas.wire(path, color=SHORTCUT_COLOR)
        canvas.dot(x + _BRANCH, middle, SHORTCUT_COLOR)
        canvas.plus(x + _ADD2, middle)
        draw_row(canvas, x + 42, lane, side_layers(cell, 2))


def _draw_skips(
    canvas: Canvas,
    architecture: Architecture,
    lanes: dict[tuple[int, int], int],
    edges: Sequence[float],
    middle: float,
    top: float,
) -> None:
    for (source, target), lane in lanes.items():
        y = top - 20 - _LANE * lane
        order = sorted((lane for (_, i), lane in lanes.items() if i == target), reverse=True)
        # Several skips enter one addition side by side, the highest lane rightmost, so that they do not cross.
        shift = 8.0 * ((len(order) - 1) / 2 - order.index(lane))
        tap, add = edges[source] + _TAP, edges[target] + _ADD1 + shift
        tip = middle - max(RADIUS**2 - shift**2, 0) ** 0.5
        canvas.wire([(tap, middle), (tap, y), (add, y), (add, tip)], color=SKIP_COLOR)
        canvas.dot(tap, middle, SKIP_COLOR)
        layers = side_layers(architecture.cells[target], 1 << (target - source))
        draw_row(canvas, edges[target] - 76, y, layers)
