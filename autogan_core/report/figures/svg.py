"""A small pen for diagrams as SVG: boxes, wires with arrow heads, addition signs and labels."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

Point = tuple[float, float]

INK = "#222222"
"""Text and main wires."""
RADIUS = 9.0
"""Radius of an addition sign, in pixels."""
_HEAD = 7.0


class Canvas:
    """Collects shapes in pixels, the origin at the top left, and writes them as one ``<svg>`` element."""

    def __init__(self) -> None:
        self._shapes: list[str] = []

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """Draws a rounded background."""
        self._rect(x, y, width, height, 'rx="8" fill="#f6f6f4" stroke="#c9c9c4"')

    def box(self, x: float, y: float, width: float, height: float, text: str, fill: str) -> None:
        """A filled box with one centred line of text."""
        self._rect(x, y, width, height, f'fill="{fill}" stroke="{INK}"')
        self.label(x + width / 2, y + height / 2, text)

    def label(
        self, x: float, y: float, text: str, *, size: float = 13, anchor: str = "middle", bold: bool = False
    ) -> None:
        """One line of text, vertically centred on ``y``."""
        weight = ' font-weight="bold"' if bold else ""
        place = f'x="{x:g}" y="{y:g}" dy="0.35em" font-size="{size:g}" text-anchor="{anchor}"'
        self._shapes.append(f'<text {place} fill="{INK}"{weight}>{escape(text)}</text>')

    def wire(self, points: Sequence[Point], *, color: str = INK, arrow: bool = True) -> None:
        """A line through axis-parallel corners, with an arrow head at its end."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        self._shapes.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.6"/>')
        if arrow:
            self._head(points[-2], points[-1], color)

    def dot(self, x: float, y: float, color: str) -> None:
        """Draws a dot where a wire branches off."""
        self._shapes.append(f'<circle cx="{x:g}" cy="{y:g}" r="3" fill="{color}"/>')

    def circle(self, x: float, y: float, text: str) -> None:
        """Draws an input as a circle."""
        self._shapes.append(f'<circle cx="{x:g}" cy="{y:g}" r="15" fill="white" stroke="{INK}"/>')
        self.label(x, y, text)

    def plus(self, x: float, y: float) -> None:
        """Draws an addition."""
        self._shapes.append(
            f'<circle cx="{x:g}" cy="{y:g}" r="{RADIUS:g}" fill="white" stroke="{INK}" stroke-width="1.4"/>'
            f'<path d="M{x - 5:g} {y:g}h10M{x:g} {y - 5:g}v10" stroke="{INK}" stroke-width="1.6"/>'
        )

    def render(self, width: float, height: float, title: str) -> str:
        """The picture as a stand-alone SVG element; ``title`` is its text for screen readers."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
            f'height="{height:g}" role="img" font-family="Helvetica, Arial, sans-serif">'
            f"<title>{escape(title)}</title>{''.join(self._shapes)}</svg>"
        )

    def _rect(self, x: float, y: float, width: float, height: float, style: str) -> None:
        self._shapes.append(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" {style}/>')

    def _head(self, before: Point, tip: Point, color: str) -> None:
        (x0, y0), (x, y) = before, tip
        dx, dy = (x > x0) - (x < x0), (y > y0) - (y < y0)
        base = (x - _HEAD * dx, y - _HEAD * dy)
        side = (0.5 * _HEAD * dy, 0.5 * _HEAD * dx)
        corners = (tip, (base[0] + side[0], base[1] + side[1]), (base[0] - side[0], base[1] - side[1]))
        self._shapes.append(f'<polygon points="{" ".join(f"{a:g},{b:g}" for a, b in corners)}" fill="{color}"/>')
