"""A searched discriminator as a picture, in the manner of `diagram`: for the report (SVG) and the terminal (text)."""

from __future__ import annotations

from typing import NamedTuple

from autogan_core.config import ModelConfig
from autogan_core.operations import CELL_ENDS, CONVOLUTIONS, DOWN_SAMPLINGS
from autogan_core.report.figures.diagram import SHORTCUT_COLOR
from autogan_core.report.figures.layers import (
    BLOCK,
    LINEAR,
    PLAIN,
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
from autogan_core.search_space import Architecture, DiscriminatorCell
from autogan_core.search_space.discriminator_cell import SAME_SIZE

_AVERAGE = boxes(DOWN_SAMPLINGS["average"])
_SUM = Layer("sum", RELU.colour)

# Pixels. Within a cell, from its left edge: branch of the shortcut, stack of layers, addition, right edge.
_FIRST, _GAP, _BRANCH, _STACK, _ADD, _CELL = 84.0, 46.0, 9.0, 20.0, 124.0, 142.0
_END, _TOP, _MIDDLE, _LANE = BLOCK + 14, 6.0, 82.0, 166.0


class _Part(NamedTuple):
    """A cell, or the last block, as it is drawn."""

    name: str
    layers: list[Layer]
    side: list[Layer] | None
    """Layers on the shortcut; None: there is no shortcut."""
    ends: list[Layer]


def discriminator_svg(architecture: Architecture, model: ModelConfig) -> str:
    """Draws the discriminator that an architecture has chosen, dark on white, with data flowing from left to right.

    Args:
        architecture: with a discriminator; of any depth.
        model: gives the resolutions.

    Returns:
        One stand-alone ``<svg>`` element.
    """
    canvas, x, parts = Canvas(), _FIRST, _parts(architecture)
    sizes = _sizes(architecture, model)
    canvas.circle(17, _MIDDLE, "x")
    for part, size in zip(parts, sizes, strict=True):
        width = _CELL + _END * len(part.ends)
        canvas.frame(x, _TOP, width, _LANE + 50 - _TOP)
        canvas.label((x - _GAP / 2) - 2 if x > _FIRST else 58, _MIDDLE - 12, size, size=12)
        canvas.wire([(x - _GAP if x > _FIRST else 32, _MIDDLE), (x + _STACK, _MIDDLE)])
        canvas.wire([(x + _STACK + BLOCK, _MIDDLE), (x + width, _MIDDLE)], arrow=False)
        draw_stack(canvas, x + _STACK, _MIDDLE, part.layers)
        draw_row(canvas, x + _CELL, _MIDDLE, part.ends, width=BLOCK)
        if part.side is not None:
            path = [(x + _BRANCH, _MIDDLE), (x + _BRANCH, _LANE), (x + _ADD, _LANE), (x + _ADD, _MIDDLE + RADIUS)]
            canvas.wire(path, color=SHORTCUT_COLOR)
            canvas.dot(x + _BRANCH, _MIDDLE, SHORTCUT_COLOR)
            for i, layer in enumerate(part.side):
                canvas.box(x + _STACK, _LANE - ROW * (len(part.side) / 2 - i), BLOCK, ROW, layer.text, layer.colour)
            canvas.plus(x + _ADD, _MIDDLE)
        canvas.label(x + 10, _LANE + 36, part.name, anchor="start", bold=True)
        x += width + _GAP
    canvas.wire([(x - _GAP, _MIDDLE), (x, _MIDDLE)])
    canvas.label(x - _GAP / 2 - 2, _MIDDLE - 12, sizes[-1], size=12)
    draw_stack(canvas, x, _MIDDLE, _head())
    canvas.label(x + BLOCK / 2, _LANE + 36, "Logit", bold=True)
    canvas.wire([(x + BLOCK, _MIDDLE), (x + BLOCK + 22, _MIDDLE)])
    words = " | ".join(map(str, architecture.discriminator))
    return canvas.render(x + BLOCK + 24, _LANE + 56, f"Discriminator of {architecture}: {words}")


def discriminator_text(architecture: Architecture, model: ModelConfig) -> str:
    """The same for the terminal."""
    sizes = _sizes(architecture, model)
    lines = [f"image, {model.image_channels} × {sizes[0]}"]
    for part, size in zip(_parts(architecture), [*sizes[1:], sizes[-1]], strict=True):
        lines.append(f"┌─ {part.name.lower()}")
        lines.append(f"│  {'block':<8}  {in_a_row(part.layers)}")
        if part.side is not None:
            lines.append(f"│  {'+ input':<8}  {in_a_row(part.side) or 'as it is'}  (shortcut)")
        lines += [f"│  {'end':<8}  {layer.text}" for layer in part.ends]
        lines += ["└─", f"▼  {size}"]
    return "\n".join([*lines, f"│  {in_a_row(_head())}", "▼  logit"])


def _head() -> list[Layer]:
    return [RELU, _SUM, LINEAR]


def _parts(architecture: Architecture) -> list[_Part]:
    cells = [_cell(i, cell) for i, cell in enumerate(architecture.discriminator)]
    return [*cells, _Part("Last block", [RELU, PLAIN, RELU, PLAIN], [], [])]


def _cell(index: int, cell: DiscriminatorCell) -> _Part:
    convolution = boxes(CONVOLUTIONS[cell.kernel])
    halved = index != SAME_SIZE
    layers = [RELU, *convolution] if index else [PLAIN]
    layers += [RELU, *convolution, *(boxes(DOWN_SAMPLINGS[cell.down]) if halved else [])]
    side = [*_AVERAGE, POINTWISE] if halved else []
    return _Part(f"Cell {index + 1}", layers, side if cell.shortcut else None, boxes(CELL_ENDS[cell.end]))


def _sizes(architecture: Architecture, model: ModelConfig) -> list[str]:
    """The map before each cell and before the last block."""
    width = model.image_size_at(architecture.depth)
    widths = [width]
    for i in range(architecture.depth):
        widths.append(widths[-1] // (1 if i == SAME_SIZE else 2))
    return [f"{width}×{width}" for width in widths]
