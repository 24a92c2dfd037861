"""The report as one self-contained page: figures and images inline, no script, nothing fetched."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup

from autogan_core.metrics.features.classifier_accuracy import distrust
from autogan_core.metrics.protocols import REWARD_NAMES, joint_protocol, reward_words
from autogan_core.presets import setting_text
from autogan_core.report.class_table import class_table
from autogan_core.report.figures.charts import policy_figure, reward_figure, training_figure
from autogan_core.report.figures.diagram import architecture_svg
from autogan_core.report.figures.discriminator_diagram import discriminator_svg
from autogan_core.report.figures.ladder_figure import ladder_figure
from autogan_core.report.images import inline_grid, inline_strip
from autogan_core.report.published import LATER_SEARCHES, PUBLISHED
from autogan_core.report.results.observations import Observation, observe
from autogan_core.report.results.results import PAGE, RunResults
from autogan_core.report.score_tables import score_tables
from autogan_core.report.summary import summary_json
from autogan_core.report.templates import render_page
from autogan_core.report.words import DATA_NAMES, duration
from autogan_core.search_space import Architecture
from autogan_core.storage import write_atomically

logger = logging.getLogger(__name__)


def write_report(results: RunResults, folder: Path) -> Path:
    """Writes `report_files` into ``folder``, each as a whole; returns the page's path."""
    for name, content in report_files(results).items():
        write_atomically(folder / name, content)
    page = folder / PAGE
    logger.info("wrote %s", page)
    return page


def report_files(results: RunResults) -> dict[str, bytes]:
    """Renders the report.

    A search without retraining, a search in which everything failed, and retraining without a search all get a report:
    sections without content say so.

    Returns:
        Contents by file name: ``summary.json`` first, then ``report.html``.
    """
    observations = observe(results.records, [architecture for architecture, _ in results.beams], results.space)
    return {
        "summary.json": summary_json(results, observations).encode(),
        PAGE: render_report(results, observations).encode(),
    }


def render_report(results: RunResults, observations: tuple[Observation, ...]) -> str:
    """The page's HTML; everything that comes from outside is escaped."""
    return render_page("template.html", _context(results, observations))


def _context(results: RunResults, observations: tuple[Observation, ...]) -> dict[str, Any]:
    config, records = results.config, results.records
    reward_axis = REWARD_NAMES[config.search.reward.score]
    return {
        "results": results,
        "config": config,
        "data_name": DATA_NAMES.get(config.data.name, config.data.name),
        "best": results.best_generator,
        "phases": ", ".join(f"{name} {duration(seconds)}" for name, seconds in results.seconds.items()),
        "diagrams": [
            (
                label,
                a,
                _inline(architecture_svg(a, config.model)),
                _inline(discriminator_svg(a, config.model) if a.discriminator else None),
            )
            for label, a in _drawn(results)
        ],
        "reward_words": reward_words(config.search.reward, config.scores, results.classifier_accuracy),
        "reward_figure": _inline(reward_figure(records, config.model, reward_axis)),
        "failures": [record for record in records if record.failure is not None],
        "resets": [record for record in records if record.reset],
        "policy_figure": _inline(policy_figure(results)),
        "observations": observations,
        "real_grid": None if results.real_samples is None else inline_grid(results.real_samples),
        "grids": [(generator, inline_grid(generator.samples)) for generator in results.generators],
        "copies": [
            (generator, generator.best.copies, inline_strip(generator.best.copies, config.model.image_size))
            for generator in results.generators
            if generator.best.copies is not None
        ],
        "classes": class_table([(g.rank, g.best.classes) for g in results.generators]),
        "distrust": distrust(results.classifier_accuracy),
        "score_tables": score_tables(results),
        "training_figure": _inline(training_figure(results.generators)),
        "validation_protocol": _validation_protocol(results),
        "ladder_figure": _inline(ladder_figure(results.ladder) if results.ladder else None),
        "published": PUBLISHED.get(config.data.name, ()),
        "later_searches": LATER_SEARCHES,
        "setting_text": setting_text,
        "config_text": yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True),
    }


def _inline(svg: str | None) -> Markup | None:
    # Drawn by this package, whose pens escape every text; autoescape would show the source instead of the picture.
    return None if svg is None else Markup(svg)


def _drawn(results: RunResults) -> list[tuple[str, Architecture]]:
    if results.generators:
        return [(f"Generator {generator.rank}", generator.architecture) for generator in results.generators]
    return [(f"Beam {i}", architecture) for i, (architecture, _) in enumerate(results.beams, start=1)]


def _validation_protocol(results: RunResults) -> str:
    points = (point for generator in results.generators for point in generator.curve)
    return next((joint_protocol(point.scores) for point in points), "")
