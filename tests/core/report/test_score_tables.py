"""Which columns a table of scores has."""

from __future__ import annotations

from autogan_core.metrics.protocols import heading, kinds_in

PAPERS = {"is_5k_10split": 8.0, "is_5k_10split_std": 0.1, "fid_5k": 12.0}
MORE = {**PAPERS, "kid_5k": 0.0123, "kid_5k_std": 0.001, "precision_5k": 0.7, "recall_5k": 0.5}


def test_scores_that_nothing_has_take_no_column() -> None:
    """Scores of earlier versions have the paper's two alone; one that has more brings the columns."""
    assert kinds_in([]) == kinds_in([PAPERS, {}]) == ("is", "fid")
    assert [heading(kind) for kind in kinds_in([PAPERS, MORE])] == [
        "Inception score ↑",
        "FID ↓",
        "KID ↓",
        "Precision ↑",
        "Recall ↑",
    ]
