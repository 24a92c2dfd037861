"""The report of a run: one self-contained HTML page and a `summary.json`; and architectures drawn."""

from autogan_core.report.diagram import architecture_svg, architecture_text
from autogan_core.report.html import write_report
from autogan_core.report.results import CheckpointScores, GeneratorResult, RunResults

__all__ = [
    "CheckpointScores",
    "GeneratorResult",
    "RunResults",
    "architecture_svg",
    "architecture_text",
    "write_report",
]
