"""The report of a run: one self-contained HTML page and a `summary.json`; and architectures drawn.

Only what a report is made of is at hand here: drawing it (`html`, `figures`, `trend`) takes libraries that need seconds
to import, which a search or a training has no use for.
"""

from autogan_core.report.results.results import CheckpointScores, GeneratorResult, ProtocolScores, RunResults

__all__ = ["CheckpointScores", "GeneratorResult", "ProtocolScores", "RunResults"]
