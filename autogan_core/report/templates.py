"""Pages from this package's templates."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from autogan_core.metrics.features.classifier_accuracy import percent
from autogan_core.metrics.protocols import joint_protocol
from autogan_core.report.results.ladder import cost_text
from autogan_core.report.words import duration, in_words, score_text


def render_page(template: str, context: dict[str, Any]) -> str:
    """The HTML of one of this package's templates; everything in ``context`` but `Markup` is escaped."""
    environment = Environment(
        loader=PackageLoader("autogan_core.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        duration=duration,
        score=score_text,
        protocol=joint_protocol,
        words=in_words,
        cost=cost_text,
        percent=percent,
    )
    return environment.get_template(template).render(context)
