"""Architectures as pictures in the manner of the paper's Figure 3, for the report (SVG) and for the terminal (text).

One thing differs from Figure 3: the map that a cell hands to later cells is drawn behind the addition of the skips
that it received itself, where the released code takes it.
"""

from __future__ import annotations

from collections.abc import Sequence

from autogan_core.config import ModelConfig
from autogan_core.report.figures.svg import RADIUS, Canvas
from autogan_core.search_space import Architecture, Cell

SKIP_COLOR = "#0072B2"
"""Wires from earlier cells."""
SHORTCUT_COLOR = "#D55E00"
"""Wires around a cell."""

_NORMS = {"bn": "batch norm", "in": "inst. norm", "cbn": "class norm"}
_FILLS = {
    "conv": "#fbe0c3",
    "linear": "#fbe0c3",
    "batch": "#d3ecdf",
    "inst.": "#d3ecdf",
    "class": "#d3ecdf",
    "ReLU": "#ececec",
}
_FILLS |= {"tanh": "#ececec", "nearest": "#d4e6f5", "bilinear": "#d4e6f5", "deconv": "#d4e6f5"}
_TO_RGB = ("batch norm", "ReLU", "conv 3×3", "tanh")

# Pixels. Within a cell, from its left edge: branch of the shortcut, block 1, addition of the skips, tap of the map
# that later cells take in, block 2, addition of the shortcut, right edge.
_ROW, _BLOCK = 22.0, 82.0
_BRANCH, _BLOCK1, _ADD1, _TAP, _BLOCK2, _ADD2, _CELL = 9.0, 20.0, 124.0, 145.0, 156.0, 258.0, 276.0
_GAP, _FIRST, _LANE = 46.0, 150.0, 34.0


def block_layers(cell: Cell, *, first: bool) -> tuple[str, ...]:
    """The layers of a cell's first (up-sampling) or second block, in the order that data take."""
    activation = (_NORMS[cell.norm], "ReLU") if cell.norm in _NORMS else ("ReLU",)
    convolution = (*side_layers(cell, 2)[:1], "conv 3×3") if first else ("conv 3×3",)
    return (*activation, *convolution) if cell.conv == "pre" else (*convolution, *activation)


def side_layers(cell: Cell, factor: int) -> tuple[str, ...]:
    """The layers on a skip-in or a shortcut that is enlarged ``factor`` times, in the cell's own up-sampling."""
    return (f"{cell.up} ×{factor}", "conv 1×1")


def choices_text(cell: Cell) -> str:
    """A cell's own choices in words."""
    norm = {"none": "no norm", "bn": "batch norm", "in": "instance norm", "cbn": "class-conditional norm"}[cell.norm]
    return f"{cell.conv}-activation, {norm}, {cell.up}"


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
    middle = top + 12 + 2 * _ROW
    foot = middle + 2 * _ROW + (40 if any(cell.shortcut for cell in architecture.cells) else 6)
    canvas = Canvas()
    for i in range(architecture.depth):
        canvas.frame(_left(i), top, _CELL, foot + 28 - top)
    _draw_ends(canvas, architecture.depth, middle, foot, model)
    for i, cell in enumerate(architecture.cells):
        _draw_cell(canvas, _left(i), middle, foot, cell)
        canvas.label(_left(i) + 10, foot + 14, f"Cell {i + 1}", anchor="start", bold=True)
        canvas.label(_left(i) + 52, foot + 14, choices_text(cell), anchor="start", size=12.5)
    _draw_skips(canvas, architecture, lanes, middle, top)
    width = _left(architecture.depth) + _BLOCK + 24
    return canvas.render(width, foot + 34, f"Generator {architecture}: {architecture.readable}")


def architecture_text(architecture: Architecture, model: ModelConfig) -> str:
    """The generator as a diagram for the terminal, at most 100 columns wide for up to three cells."""
    sizes = _sizes(architecture.depth, model)
    lines = [f"z ({model.latent_dim})", "│  linear", f"▼  {sizes[0]}"]
    for i, cell in enumerate(architecture.cells):
        taken_by = [f"cell {j + 1}" for j, other in enumerate(architecture.cells) if i in other.sources]
        rows = [
            ("block 1", " → ".join(block_layers(cell, first=True))),
            *((f"+ cell {j + 1}", " → ".join(side_layers(cell, 1 << (i - j)))) for j in cell.sources),
            *([("to later", ", ".join(taken_by))] if taken_by else []),
            ("block 2", " → ".join(block_layers(cell, first=False))),
            *([("+ input", " → ".join(side_layers(cell, 2)) + "  (shortcut)")] if cell.shortcut else []),
        ]
        lines.append(f"┌─ cell {i + 1}: {choices_text(cell)}")
        lines += [f"│  {head:<8}  {text}" for head, text in rows]
        lines += ["└─", f"▼  {sizes[i + 1]}"]
    image = f"image, {model.image_channels} × {sizes[-1]}"
    return "\n".join([*lines, f"│  to RGB: {' → '.join(_TO_RGB)}", f"▼  {image}"])


def _left(index: int) -> float:
    return _FIRST + index * (_CELL + _GAP)


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


def _draw_ends(canvas: Canvas, depth: int, middle: float, foot: float, model: ModelConfig) -> None:
    canvas.circle(17, middle, "z")
    canvas.label(17, middle + 26, str(model.latent_dim), size=12)
    canvas.wire([(32, middle), (50, middle)])
    _draw_row(canvas, 50, middle, ["linear"], width=52)
    for i, size in enumerate(_sizes(depth, model)):
        start = _left(i - 1) + _CELL if i else 102.0
        canvas.label((start + _left(i)) / 2 - 2, middle - 12, size, size=12)
    rgb = _left(depth)
    canvas.wire([(rgb - _GAP, middle), (rgb, middle)])
    _draw_stack(canvas, rgb, middle, _TO_RGB)
    canvas.label(rgb + _BLOCK / 2, foot + 14, "To RGB", bold=True)
    canvas.wire([(rgb + _BLOCK, middle), (rgb + _BLOCK + 22, middle)])


def _draw_cell(canvas: Canvas, x: float, middle: float, foot: float, cell: Cell) -> None:
    enter = x - _GAP if x > _FIRST else 102.0
    canvas.wire([(enter, middle), (x + _BLOCK1, middle)])
    canvas.wire([(x + _BLOCK1 + _BLOCK, middle), (x + _BLOCK2, middle)])
    canvas.wire([(x + _BLOCK2 + _BLOCK, middle), (x + _CELL, middle)], arrow=False)
    _draw_stack(canvas, x + _BLOCK1, middle, block_layers(cell, first=True))
    _draw_stack(canvas, x + _BLOCK2, middle, block_layers(cell, first=False))
    if cell.sources:
        canvas.plus(x + _ADD1, middle)
    if cell.shortcut:
        lane = foot - 16
        path = [(x + _BRANCH, middle), (x + _BRANCH, lane), (x + _ADD2, lane), (x + _ADD2, middle + RADIUS)]
        canvas.wire(path, color=SHORTCUT_COLOR)
        canvas.dot(x + _BRANCH, middle, SHORTCUT_COLOR)
        canvas.plus(x + _ADD2, middle)
        _draw_row(canvas, x + 42, lane, side_layers(cell, 2))


def _draw_skips(
    canvas: Canvas, architecture: Architecture, lanes: dict[tuple[int, int], int], middle: float, top: float
) -> None:
    for (source, target), lane in lanes.items():
        y = top - 20 - _LANE * lane
        order = sorted((lane for (_, i), lane in lanes.items() if i == target), reverse=True)
        # Several skips enter one addition side by side, the highest lane rightmost, so that they do not cross.
        shift = 8.0 * ((len(order) - 1) / 2 - order.index(lane))
        tap, add = _left(source) + _TAP, _left(target) + _ADD1 + shift
        tip = middle - max(RADIUS**2 - shift**2, 0) ** 0.5
        canvas.wire([(tap, middle), (tap, y), (add, y), (add, tip)], color=SKIP_COLOR)
        canvas.dot(tap, middle, SKIP_COLOR)
        layers = side_layers(architecture.cells[target], 1 << (target - source))
        _draw_row(canvas, _left(target) - 76, y, layers)


def _draw_row(canvas: Canvas, x: float, y: float, layers: Sequence[str], width: float = 76) -> None:
    for layer in layers:
        canvas.box(x, y - _ROW / 2, width, _ROW, layer, _FILLS[layer.split()[0]])
        x += width + 14


def _draw_stack(canvas: Canvas, x: float, middle: float, layers: Sequence[str]) -> None:
    y = middle - _ROW * len(layers) / 2
    for layer in layers:
        canvas.box(x, y, _BLOCK, _ROW, layer, _FILLS[layer.split()[0]])
        y += _ROW
