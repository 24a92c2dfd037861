"""A made-up history of scores: weekly evaluations, in which the code changes often and the data once."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from autogan_core.report.score_history import Evaluation, HistoryLine
from autogan_core.search_space import NAMED

START = datetime(2026, 1, 5, 3, tzinfo=UTC)


def fake_history(count: int) -> tuple[HistoryLine, ...]:
    """So many weeks: three architectures, the third from week 2 on; new code in weeks 3, 6, ... and new data in week 5.

    The third architecture's first training collapsed.
    """
    rng = random.Random(0)
    known: dict[tuple[str, str, str], Evaluation] = {}
    lines = []
    for week in range(count):
        data, code = "data-1" if week >= 5 else "data-0", f"code-{week // 3}"
        names = ["paper-top1", "paper-top2", *(["paper-top3"] if week >= 2 else [])]
        for rank, name in enumerate(names):
            known.setdefault((name, data, code), _evaluation(rng, week, rank, name))
        evaluations = tuple(known[name, data, code] for name in names)
        revision = f"{week // 3:012x}"
        line = HistoryLine(
            f"job-{week}", START + timedelta(weeks=week), "transfer", "fashion-mnist", data, code, revision, evaluations
        )
        lines.append(line)
    return tuple(lines)


def _evaluation(rng: random.Random, week: int, rank: int, name: str) -> Evaluation:
    scores = {
        "is_5k_10split_classifier": 8 - 0.4 * rank + rng.gauss(0, 0.15),
        "is_5k_10split_std_classifier": 0.12,
        "fid_5k_classifier": 12 + 4 * rank + rng.gauss(0, 1),
    }
    return Evaluation(NAMED[name], 2500, scores, START + timedelta(weeks=week, hours=-1), collapsed=rank == week == 2)
