"""How every figure looks: one palette, one set of sizes, and vector output that sits inside an HTML page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
"""Okabe and Ito's colours, which colour-blind readers can tell apart; yellow is left out, being faint on white."""
GREY = "#767676"
"""References and annotations; dark enough to read on white."""
WIDTH = 9.0
"""Inches. A page is about as wide as 9 inches of 9-point text, so fonts keep their size on a screen."""

_RC: Any = {  # matplotlib types every key as a literal, which no plain dict matches
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica", "Arial", "Liberation Sans", "DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.8,
    "lines.linewidth": 1.6,
    "svg.fonttype": "none",  # text stays text: small, selectable, and read aloud
    "svg.hashsalt": "autogan",  # the same figure gives the same bytes
}
_SVG_METADATA: dict[str, Any] = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def render(draw: Callable[[Figure], None], height: float, description: str) -> str:
    """Draws a figure of the page's width in the common style.

    Args:
        draw: fills the empty figure.
        height: in inches.
        description: what it shows, in plain words, for screen readers.

    Returns:
        One ``<svg>`` element.
    """
    buffer = io.StringIO()
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure)
        figure.savefig(buffer, format="svg", metadata=_SVG_METADATA, transparent=True)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    # Several figures share one page: the names of groups, which nothing refers to, would occur twice.
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{description}" ', 1)


def on_white(svg: str) -> str:
    """A figure that stands alone, as a file, on a white sheet of its own: readable also where pages are dark."""
    return re.sub(r'<svg(?:[^>"]|"[^"]*")*>', r'\g<0><rect width="100%" height="100%" fill="#ffffff"/>', svg, count=1)
