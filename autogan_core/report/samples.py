"""One generator's samples as a page of their own."""

from __future__ import annotations

from torch import Tensor

from autogan_core.metrics.protocols import ALL_NAMES, bias_note, find_score, joint_protocol
from autogan_core.report.images import inline_grid, inline_strip
from autogan_core.report.results.results import CheckpointScores
from autogan_core.report.templates import render_page
from autogan_core.search_space import Architecture


def samples_page(architecture: Architecture, images: Tensor, checkpoint: CheckpointScores) -> str:
    """Renders a self-contained page with a grid of images and the scores of their generator.

    Args:
        architecture: what drew them.
        images: uncurated, uint8 (N, C, S, S).
        checkpoint: of the generator.

    Returns:
        The page as HTML.
    """
    found = {name: find_score(checkpoint.scores, kind) for kind, name in ALL_NAMES.items()}
    check = checkpoint.copies
    context = {
        "architecture": architecture,
        "grid": inline_grid(images),
        "checkpoint": checkpoint,
        "scores": {name: score.text for name, score in found.items() if score},
        "note": bias_note([checkpoint.scores]),
        "check": check,
        "strip": None if check is None else inline_strip(check, images.shape[-1]),
        "protocol": joint_protocol(checkpoint.scores),
    }
    return render_page("samples.html", context)
