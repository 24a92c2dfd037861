"""Final scores of trained generators, gathered over seeds and compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from autogan_core.ablations.pages.finding import Table
from autogan_core.ablations.pages.statistics import Estimate, mean
from autogan_core.config import ScoresConfig
from autogan_core.metrics.protocols import LONG_NAMES, Kind, find_score, joint_protocol
from autogan_core.runs.scoring.final_scores import FinalScores, stored_scores
from autogan_core.storage import RunStore
from autogan_core.training.failures import failure


@dataclass(frozen=True, slots=True)
class Outcome:
    """One training: its best checkpoint's scores by the final protocol, or why there are none."""

    seed: int
    trained: str
    """The architecture's compact text, or the baseline's name."""
    inception_score: float = math.nan
    fid: float = math.nan
    protocol: str = ""
    """Images, splits and features."""
    failure: str | None = None
    """One sentence, when the training diverged; the scores are NaN then."""

    @classmethod
    def of(cls, seed: int, trained: str, scores: FinalScores) -> Outcome:
        """The best checkpoint of ``scores``."""
        best = scores.best.scores
        found = {kind: find_score(best, kind) for kind in LONG_NAMES}
        missing = [LONG_NAMES[kind] for kind, score in found.items() if score is None]
        if missing:
            return cls(seed, trained, failure=f"its images have no finite {' and no finite '.join(missing)}")
        values = {kind: score.value for kind, score in found.items() if score is not None}
        return cls(seed, trained, values["is"], values["fid"], joint_protocol(best))

    def score(self, kind: Kind) -> float:
        """The score of a kind."""
        return self.inception_score if kind == "is" else self.fid

    def to_json(self) -> dict[str, Any]:
        """Plain values, without scores when there are none."""
        return {key: value for key, value in asdict(self).items() if value == value}  # NaN is not equal to itself


def outcome_of(store: RunStore, seed: int, trained: str, protocol: ScoresConfig) -> Outcome:
    """The outcome of a training, by the name of its design and the run's own protocol; only once it is done."""
    state_name = f"retrain/{trained}"
    scores = stored_scores(store, state_name, protocol)
    if scores is None:
        return Outcome(seed, trained, failure=failure(store, state_name))
    return Outcome.of(seed, trained, scores)


_BETTER_WORSE: dict[Kind, tuple[str, str]] = {"is": ("better", "worse"), "fid": ("worse", "better")}
"""What a positive and a negative difference mean."""

Arms = Mapping[str, Sequence[Outcome]]
"""What is compared, by its name in words: an outcome for each seed."""


def succeeded(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes that have scores."""
    return [outcome for outcome in outcomes if outcome.failure is None]


def estimates(outcomes: Sequence[Outcome]) -> dict[Kind, Estimate]:
    """Mean and interval of each score over the seeds that have one."""
    scored = succeeded(outcomes)
    return {kind: mean([outcome.score(kind) for outcome in scored]) for kind in LONG_NAMES}


def differences(ours: Sequence[Outcome], theirs: Sequence[Outcome]) -> dict[Kind, Estimate]:
    """Paired differences of each score, ours minus theirs, over the seeds on which both have one."""
    other = {outcome.seed: outcome for outcome in succeeded(theirs)}
    pairs = [(outcome, other[outcome.seed]) for outcome in succeeded(ours) if outcome.seed in other]
    return {kind: mean([a.score(kind) - b.score(kind) for a, b in pairs]) for kind in LONG_NAMES}


def comparison_sentences(arms: Arms, ours: str) -> str:
    """The difference of the arm ``ours`` to each other one, with what its interval allows to say; and what failed."""
    sentences = [_sentence(arms, ours, other) for other in arms if other != ours]
    return " ".join([*sentences, *_failure_sentences(arms)])


def summary_sentences(arms: Arms, *ours: str) -> str:
    """Summarises the differences between many arms; `difference_table` has the numbers.

    Returns:
        Sentences that say for each score which arms each of ``ours`` is better or worse than, and which runs failed.
    """
    return " ".join([*(_summary(arms, name, kind) for name in ours for kind in LONG_NAMES), *_failure_sentences(arms)])


def difference_table(arms: Arms, ours: str) -> Table:
    """Paired differences of the arm ``ours`` to each other one."""
    others = [name for name in arms if name != ours]
    rows = tuple(
        (name, *(difference_words(d, *_BETTER_WORSE[kind]) for kind, d in differences(arms[ours], arms[name]).items()))
        for name in others
    )
    caption = (
        f"{ours} minus each other, paired by seed: mean and 95 % interval (Student's t). {len(others)} comparisons "
        "by two scores, not corrected for being so many."
    )
    return Table((f"{ours} minus", *LONG_NAMES.values()), rows, caption)


def difference_words(difference: Estimate, more: str, less: str) -> str:
    """Describes a difference and what its interval supports.

    Args:
        difference: ours minus theirs.
        more: what ours is when it lies above, such as ``higher``.
        less: what ours is when it lies below.

    Returns:
        Text such as ``+0.31 [+0.10, +0.52] (higher)``.
    """
    if difference.count == 0:
        return "cannot be compared"
    if difference.low is None or difference.high is None:
        return f"{difference.value:+.2f} (one seed cannot tell)"
    text = f"{difference.value:+.2f} [{difference.low:+.2f}, {difference.high:+.2f}]"
    if not difference.excludes(0):
        return f"{text} (no difference shown)"
    return f"{text} ({more if difference.value > 0 else less})"


def outcome_table(arms: Arms, more: Mapping[str, Mapping[str, str]] | None = None) -> Table:
    """Tabulates the final scores of every arm.

    Args:
        arms: what is compared.
        more: further columns: heading -> arm -> text.

    Returns:
        A row for each arm.
    """
    columns = dict(more or {})
    rows = tuple(
        (name, *(estimate.text() for estimate in estimates(outcomes).values()), *(c[name] for c in columns.values()))
        for name, outcomes in arms.items()
    )
    headers = ("", *(f"{name} {'↑' if kind == 'is' else '↓'}" for kind, name in LONG_NAMES.items()), *columns)
    return Table(headers, rows, f"Final scores of the best checkpoint: {protocol_words(arms)}.")


def protocol_words(arms: Arms) -> str:
    """How the outcomes were measured: images, splits, features, seeds, and what the intervals are."""
    outcomes = [outcome for arm in arms.values() for outcome in arm]
    protocols = "; ".join(dict.fromkeys(outcome.protocol for outcome in succeeded(outcomes)))
    seeds = sorted({outcome.seed for outcome in outcomes})
    if len(seeds) == 1:
        return f"{protocols}; seed {seeds[0]} only, so no interval"
    return f"{protocols}; mean over {len(seeds)} seeds, in brackets its 95 % interval (Student's t)"


def arms_json(arms: Arms) -> dict[str, Any]:
    """Raw outcomes and their means, as JSON values."""
    return {
        name: {
            "outcomes": [outcome.to_json() for outcome in outcomes],
            **{kind: estimate.to_json() for kind, estimate in estimates(outcomes).items()},
        }
        for name, outcomes in arms.items()
    }


def _sentence(arms: Arms, ours: str, other: str) -> str:
    found = differences(arms[ours], arms[other])
    parts = [f"{LONG_NAMES[kind]} {difference_words(d, *_BETTER_WORSE[kind])}" for kind, d in found.items()]
    return f"{ours} minus {other}: {', '.join(parts)}."


def _summary(arms: Arms, ours: str, kind: Kind) -> str:
    found = {name: differences(arms[ours], theirs)[kind] for name, theirs in arms.items() if name != ours}
    told = {name: difference for name, difference in found.items() if difference.excludes(0)}
    sides = {
        word: [name for name, difference in told.items() if (difference.value > 0) == (word == _BETTER_WORSE[kind][0])]
        for word in ("better", "worse")
    }
    claims = [f"{word} than {', '.join(names)}" for word, names in sides.items() if names]
    rest = [name for name in found if name not in told]
    if rest:
        claims.append(f"not told apart from {', '.join(rest)}")
    return f"By {LONG_NAMES[kind]} {ours} is {'; '.join(claims)}."


def _failure_sentences(arms: Arms) -> list[str]:
    failed = {name: [outcome for outcome in found if outcome.failure] for name, found in arms.items()}
    return [
        f"{name} failed on {len(found)} of {len(arms[name])} seeds, first on seed {found[0].seed}: {found[0].failure}."
        for name, found in failed.items()
        if found
    ]
