"""``observations``: what the best architectures have in common (paper, section 4.1), over several searches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from autogan_core.ablations.figures.figures import ShareRow, shares_figure
from autogan_core.ablations.pages.finding import Finding, Table
from autogan_core.ablations.pages.statistics import Estimate, share
from autogan_core.ablations.suite.computations import Computation
from autogan_core.ablations.suite.searches import Search
from autogan_core.ablations.suite.suite import Suite
from autogan_core.ablations.suite.variants import MLAS
from autogan_core.operations import CELL_ENDS, CONVOLUTIONS, NORMALISATIONS, UP_SAMPLINGS, Family, Operation
from autogan_core.report.results.observations import Choice
from autogan_core.search_space import Architecture, Cell, CellSpace, SearchSpace

NAME = "observations"
_NORM_WORDS = {
    "none": "none",
    "bn": "batch",
    "in": "instance",
    "cbn": "class-conditional batch",
    "gn": "group",
    "ln": "layer",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """How often a choice was made where the search space left one."""

    choice: str
    """Such as ``up-sampling: nearest``."""
    estimate: Estimate
    uniform: float
    """The choice's share under uniform choices."""

    @property
    def verdict(self) -> str:
        """The claim that the interval supports."""
        if not self.estimate.excludes(self.uniform):
            return "not told from uniform"
        return "more often" if self.estimate.value > self.uniform else "less often"


def computations(suite: Suite) -> list[Computation]:
    """A search for each seed."""
    return [*_searches(suite)]


def finding(suite: Suite) -> Finding:
    """Shares of the choices in the cells of each search's best architecture."""
    best = {search.seed: search.beams()[0] for search in _searches(suite)}
    counted = count_choices(list(best.values()), suite.plan.config(suite.plan.seeds[0]).search_space())
    skips = [sum(len(cell.sources) for cell in architecture.cells) for architecture in best.values()]
    return Finding(
        name=NAME,
        title="What the best architectures have in common",
        paper="Pre-activation is preferred over post-activation, nearest (and bilinear) up-sampling over "
        "deconvolution, no normalisation over any, and more skip connections over fewer (section 4.1, Figure 3).",
        here=_here(counted, len(best)),
        figure=shares_figure(
            [ShareRow(row.choice, row.estimate, row.uniform) for row in counted],
            "share of the cells in which the search had this choice, %",
            "How often the best architectures make each choice, against uniform choices",
        ),
        caption=f"Cells of the best architecture of each search ({suite.plan.seed_words}), by its reward. Intervals: "
        "95 % (Wilson), each cell counted as one independent draw; ticks: uniform choices. Nine intervals are not "
        "corrected for being nine.",
        command=suite.command_for(NAME),
        tables=(
            Table(
                ("Choice", "Count", "Share, %", "Uniform, %", "Verdict"),
                tuple(_row(row) for row in counted),
                "Counts over all cells; skips over all pairs of cells.",
            ),
            Table(
                ("Seed", "Best architecture", "In words", "Skips"),
                tuple((str(s), str(a), a.readable, str(n)) for (s, a), n in zip(best.items(), skips, strict=True)),
                "What was counted.",
            ),
        ),
        data={
            "best": {str(seed): str(architecture) for seed, architecture in best.items()},
            "choices": {row.choice: {**row.estimate.to_json(), "uniform": row.uniform} for row in counted},
        },
    )


def count_choices(architectures: Sequence[Architecture], space: SearchSpace) -> list[Counted]:
    """How often the cells of ``architectures`` make each choice; choices that the space does not leave are missing."""
    counted = []
    cells = [(place, cell) for architecture in architectures for place, cell in enumerate(architecture.cells)]
    for choice in _CHOICES:
        trials = choice.trials(cells, space)
        if trials:
            estimate = share(sum(made for made, _ in trials), len(trials))
            counted.append(Counted(choice.words, estimate, sum(rate for _, rate in trials) / len(trials)))
    return counted


def _option(words: str, made: Callable[[Cell], bool], rate: Callable[[CellSpace], float]) -> Choice:
    return Choice(words, lambda cell: [made(cell)], lambda cells: [rate(cells)])


def _operations(family: Family[Operation], heading: str, words: dict[str, str]) -> Iterator[Choice]:
    for word in family:
        yield _option(
            f"{heading}: {words.get(word, word)}",
            lambda cell, word=word: getattr(cell, family.name) == word,  # type: ignore[misc]
            lambda space, word=word: space.options(family).count(word) / len(space.options(family)),  # type: ignore[misc]
        )


_CHOICES = (
    _option("convolution: pre-activation", lambda c: c.conv == "pre", lambda c: c.convs.count("pre") / len(c.convs)),
    *_operations(UP_SAMPLINGS, "up-sampling", {}),
    *_operations(NORMALISATIONS, "normalisation", _NORM_WORDS),
    *_operations(CONVOLUTIONS, "convolution", {}),
    *_operations(CELL_ENDS, "end", {}),
    _option("in-cell shortcut", lambda c: c.shortcut, lambda c: c.shortcuts.count(True) / len(c.shortcuts)),
    Choice("skip connections", lambda c: c.skips, lambda c: [values.count(True) / len(values) for values in c.skips]),
)


def _searches(suite: Suite) -> list[Search]:
    return [Search(suite, MLAS, seed) for seed in suite.plan.seeds]


def _here(counted: Sequence[Counted], searches: int) -> str:
    told = [row for row in counted if row.estimate.excludes(row.uniform)]
    if not told:
        return f"In the best architectures of {searches} searches no choice is told from uniform ones by its interval."
    words = "; ".join(
        f"{row.choice} {row.verdict} than uniform ({100 * row.estimate.value:.0f} % of {row.estimate.count}, uniform "
        f"{100 * row.uniform:.0f} %)"
        for row in told
    )
    return f"In the best architectures of {searches} searches: {words}. No other choice is told from uniform ones."


def _row(row: Counted) -> tuple[str, ...]:
    estimate = row.estimate
    count = f"{round(estimate.value * estimate.count)} of {estimate.count}"
    percent = Estimate(100 * estimate.value, 100 * (estimate.low or 0.0), 100 * (estimate.high or 0.0), estimate.count)
    return (row.choice, count, percent.text(0), f"{100 * row.uniform:.0f}", row.verdict)
