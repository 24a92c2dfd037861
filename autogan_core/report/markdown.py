"""The report in short, as Markdown: for the Kubeflow Pipelines UI, which takes neither raw HTML nor images there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from autogan_core.errors import ConfigError
from autogan_core.history import Record
from autogan_core.metrics.features.classifier_accuracy import distrust
from autogan_core.metrics.protocols import LONG_NAMES, joint_protocol, reward_words
from autogan_core.presets import load_config
from autogan_core.report.results.ladder import LadderResult, cost_text
from autogan_core.report.results.results import GeneratorResult, RunResults
from autogan_core.report.score_tables import score_tables
from autogan_core.report.words import DATA_NAMES, duration, in_words, score_text

MAX_CHARACTERS = 399_999
"""The UI shows no more of a Markdown artifact than 400,000 characters."""
_SHOWN_FAILURES = 20
_SHOWN_CHARACTERS = 300
"""Characters shown of a text from outside, such as a failure's message."""
_CUT = "\n\n(cut here: the rest is too long to be shown)\n"


def report_markdown(results: RunResults) -> str:
    """What the page of `html` says, in short: the best architecture, the scores, the search, and how to repeat it."""
    data = DATA_NAMES.get(results.config.data.name, results.config.data.name)
    created = results.created.strftime("%Y-%m-%d %H:%M %Z")
    about = f"preset {results.config.preset}, seed {results.config.seed}, {created}, {results.device}"
    parts = [
        f"# AutoGAN on {escape(data)}",
        escape(f"{about}, {_revision(results)}"),
        *_found(results),
        *((escape(distrusted),) if (distrusted := distrust(results.classifier_accuracy)) else ()),
        *(_collapse(generator) for generator in results.generators if generator.collapsed),
        "## Scores",
        *_scores(results),
        *(escape(f"Generator {g.rank} was {g.origin}.") for g in results.generators if g.origin),
        *(_ladder(results.ladder) if results.ladder else ()),
        "## Search",
        *_search(results),
        "## Settings that differ from the preset",
        _differences(results),
        "## How to repeat it",
        _fenced(results.command),
    ]
    return fit("\n\n".join(parts) + "\n")


def escape(text: str) -> str:
    """Plain text as Markdown that shows just this text, in one line and also within a table."""
    return re.sub(r"([\\`*_\[\]<>|~#&!])", r"\\\1", " ".join(text.split()))


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of plain texts."""
    lines = [headers, ["---"] * len(headers), *([escape(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fit(text: str) -> str:
    """The text, or as many of its first lines as the UI shows, and a line that says so."""
    if len(text) <= MAX_CHARACTERS:
        return text
    return text[: MAX_CHARACTERS - len(_CUT)].rpartition("\n")[0] + _CUT


def _revision(results: RunResults) -> str:
    return f"revision {results.git_revision}" if results.git_revision else "revision not known"


def _found(results: RunResults) -> list[str]:
    best = results.best_generator
    if best:
        text = f"**Best retrained generator: {best.architecture}** ({escape(in_words(best.architecture))})."
        scores = " and ".join(f"{name} {score_text(best.best.scores, kind)}" for kind, name in LONG_NAMES.items())
        protocol = joint_protocol(best.best.scores) or "not scored"
        return [text, escape(f"{scores} ({protocol}; checkpoint of the lowest validation FID).")]
    if results.beams:
        architecture, reward = results.beams[0]
        text = f"**Best architecture of the search: {architecture}** ({escape(in_words(architecture))})."
        return [text, f"Its reward is {reward:.3f}; it has not been retrained from scratch."]
    return ["No architecture was found."]


def _collapse(generator: GeneratorResult) -> str:
    best, last = generator.best, generator.last
    return escape(
        f"Collapse: generator {generator.rank} ({generator.architecture}) was much worse at its last checkpoint (FID "
        f"{score_text(last.scores, 'fid')} at iteration {last.iteration:,}) than at its best (FID "
        f"{score_text(best.scores, 'fid')} at {best.iteration:,}). Use the best one."
    )


def _scores(results: RunResults) -> list[str]:
    names = {str(generator.rank): f"{generator.rank}: {generator.architecture}" for generator in results.generators}
    parts = []
    for scored in score_tables(results):
        cells = [
            (names.get(row.label, row.label), row.checkpoint or "–", *row.scores, row.protocol) for row in scored.rows
        ]
        parts += [f"### {escape(scored.heading)}"] if scored.heading else []
        parts.append(table(("Generator", "Checkpoint", *scored.columns, "Measured on"), cells))
        parts += [escape(scored.note)] if scored.note else []
    checks = [(generator.rank, generator.best.copies) for generator in results.generators]
    return [*parts, *(escape(f"Generator {rank}: {check.words}.") for rank, check in checks if check)]


def _ladder(ladder: LadderResult) -> list[str]:
    ends = [f"FID at {end:,}" for end in ladder.iterations]
    rows = []
    for entry in ladder.entries:
        fids = ["–" if fid is None else f"{fid:.2f}" for fid in entry.fids]
        fate = f"{entry.fate}: {entry.reason[:_SHOWN_CHARACTERS]}" if entry.reason else entry.fate
        rows.append([entry.name, entry.origin, *fids, *["–"] * (len(ends) - len(fids)), fate])
    return [
        "## Who fell out where",
        table(("Architecture", "Origin", *ends, "Outcome"), rows),
        escape(f"Cost of all these trainings and of the final scores: {cost_text(ladder.spent)}.")
        + " "
        + escape(f"Training as many of the best beams to the end instead: {cost_text(ladder.without)}."),
    ]


def _search(results: RunResults) -> list[str]:
    records = results.records
    if not records:
        return ["This run did not search."]
    scored = sum(len(record.scored) for record in records)
    failures = [record for record in records if record.failure is not None]
    resets = ", ".join(str(record.assignment.slot) for record in records if record.reset)
    times = ", ".join(f"{name} {duration(seconds)}" for name, seconds in results.seconds.items())
    facts = [
        f"- iterations: {len(records)} over {len({r.assignment.stage for r in records})} stages; {scored:,} candidates "
        f"scored by {escape(_reward_words(results))}",
        f"- failed iterations: {len(failures) or 'none'}",
        *_failures(failures),
        f"- dynamic resets of the shared GAN: {f'after iterations {resets}' if resets else 'none'}",
        f"- time: {escape(times) or 'not recorded'}",
    ]
    beams = [(str(i), str(a), a.readable, f"{reward:.3f}") for i, (a, reward) in enumerate(results.beams, start=1)]
    found = [table(("Beam", "Architecture", "In words", "Search reward"), beams)] if beams else []
    return ["\n".join(facts), *found]


def _reward_words(results: RunResults) -> str:
    return reward_words(results.config.search.reward, results.config.scores, results.classifier_accuracy)


def _failures(failures: Sequence[Record]) -> list[str]:
    shown = [f"  - iteration {r.assignment.slot}: {_clipped(r.failure or '')}" for r in failures[:_SHOWN_FAILURES]]
    hidden = len(failures) - len(shown)
    return [*shown, f"  - and {hidden:,} more"] if hidden else shown


def _differences(results: RunResults) -> str:
    try:
        preset = load_config(results.config.preset)
    except ConfigError:  # a file of the user's, which may have stayed on another machine
        return f"Not known: the preset {escape(results.config.preset)} is not at hand."
    return "\n".join(f"- {_clipped(line)}" for line in preset.differences(results.config)) or "None."


def _clipped(text: str) -> str:
    return escape(text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]} …")


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"
