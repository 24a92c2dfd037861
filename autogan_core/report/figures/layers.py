"""Layers as boxes, in rows and stacks: what the diagrams of both networks are drawn with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from autogan_core.operations import Operation
from autogan_core.report.figures.svg import Canvas


class Layer(NamedTuple):
    """A box of the drawing."""

    text: str
    colour: str


LINEAR = Layer("linear", "#fbe0c3")
RELU = Layer("ReLU", "#ececec")
POINTWISE = Layer("conv 1×1", LINEAR.colour)
PLAIN = Layer("conv 3×3", LINEAR.colour)

ROW, BLOCK = 22.0, 82.0
"""Height and width of a box in a stack, in pixels."""


def boxes(operation: Operation) -> list[Layer]:
    """What is drawn for an operation: a box, or nothing if it has no title."""
    return [Layer(operation.title, operation.colour)] if operation.title else []


def in_a_row(layers: Iterable[Layer]) -> str:
    """Layers as text, in the order that data take."""
    return " → ".join(layer.text for layer in layers)


def draw_row(canvas: Canvas, x: float, y: float, layers: Sequence[Layer], width: float = 76) -> None:
    """Draws layers side by side, centred on the height ``y``, the first at ``x``."""
    for layer in layers:
        canvas.box(x, y - ROW / 2, width, ROW, layer.text, layer.colour)
        x += width + 14


def draw_stack(canvas: Canvas, x: float, middle: float, layers: Sequence[Layer]) -> None:
    """Draws layers one below the other, the stack centred on the height ``middle``."""
    y = middle - ROW * len(layers) / 2
    for layer in layers:
        canvas.box(x, y, BLOCK, ROW, layer.text, layer.colour)
        y += ROW
