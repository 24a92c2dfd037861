"""Findings as files: for each its data, its figure and its paragraph, and two pages that collect them all."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from autogan_core.ablations.pages.finding import SAMPLES_CAPTION, Finding, Table
from autogan_core.report.figures.style import on_white
from autogan_core.report.markdown import escape, table
from autogan_core.report.templates import render_page
from autogan_core.storage import write_atomically

logger = logging.getLogger(__name__)

MARKDOWN_PAGE = "results.md"
HTML_PAGE = "index.html"
_NUMBER = re.compile(r"[–—]|[+−-]?\d[\d,]*(\.\d+)?( ?%| h| min| s)?( ± [\d.,]+)?( \[.*\])?")
"""What a column of numbers holds; architectures, which have digits and dashes too, do not match."""


def write_findings(findings: Sequence[Finding], facts: Mapping[str, str], folder: Path, title: str) -> Path:
    """Writes all findings and the pages that collect them, each file as a whole and the pages last.

    Under ``folder`` there are, for a finding called NAME, ``NAME/data.json``, ``NAME/figure.svg``,
    ``NAME/paragraph.md`` and perhaps ``NAME/samples.svg``; and `MARKDOWN_PAGE`, which shows the figures by relative
    paths, and `HTML_PAGE`, which refers to nothing outside of itself.

    Args:
        findings: in the order of the pages.
        facts: what holds for all of them, such as the device, the data and the time taken, as plain text by name.
        folder: made if needed.
        title: the pages' heading, as plain text.

    Returns:
        The path of `HTML_PAGE`.

    Raises:
        ValueError: a number in a finding's data is NaN or infinite, which JSON cannot say; nothing was written.
    """
    files = {f"{finding.name}/{name}": text for finding in findings for name, text in _files(finding).items()}
    files[MARKDOWN_PAGE] = findings_markdown(findings, facts, title)
    files[HTML_PAGE] = findings_html(findings, facts, title)
    for name, text in files.items():
        write_atomically(folder / name, text.encode())
    page = folder / HTML_PAGE
    logger.info("wrote %s", page)
    return page


def findings_markdown(findings: Sequence[Finding], facts: Mapping[str, str], title: str) -> str:
    """The page in Markdown, for a folder that has each finding's files in a folder of its name."""
    shown = "\n".join(f"- {escape(name)}: {escape(text)}" for name, text in facts.items())
    contents = "\n".join(f"- [{escape(finding.title)}](#{finding.name})" for finding in findings)
    parts = [f"# {escape(title)}", shown, contents, *map(_section, findings)]
    return "\n\n".join(filter(None, parts)) + "\n"


def findings_html(findings: Sequence[Finding], facts: Mapping[str, str], title: str) -> str:
    """The page in HTML, with the figures inline."""
    context = {
        "title": title,
        "facts": facts,
        # Drawn by this package, whose pens escape every text.
        "findings": [(finding, Markup(finding.figure), Markup(finding.samples)) for finding in findings],
        "samples_caption": SAMPLES_CAPTION,
        "number_columns": _number_columns,
    }
    return render_page("findings.html", context)


def _files(finding: Finding) -> dict[str, str]:
    data = json.dumps(finding.data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    files = {
        "data.json": f"{data}\n",
        "paragraph.md": f"{_paragraph(finding)}\n",
    }
    pictures = {"figure.svg": finding.figure, "samples.svg": finding.samples}
    return files | {name: f"{on_white(svg)}\n" for name, svg in pictures.items() if svg}


def _paragraph(finding: Finding) -> str:
    return f"**The paper:** {escape(finding.paper)}\n\n**Here:** {escape(finding.here)}"


def _section(finding: Finding) -> str:
    parts = [
        # Code-hosting sites make anchors of headings, each in its own way; this one holds everywhere.
        f'<a id="{finding.name}"></a>\n\n## {escape(finding.title)}',
        _paragraph(finding),
        *([f"![{escape(finding.title)}]({finding.name}/figure.svg)"] if finding.figure else []),
        f"*Figure:* {escape(finding.caption)}",
        *([f"![Samples]({finding.name}/samples.svg)", f"*Figure:* {SAMPLES_CAPTION}"] if finding.samples else []),
        *(_table(shown) for shown in finding.tables),
        f"To repeat it:\n\n```sh\n{finding.command}\n```",
        f"The numbers behind it: [{finding.name}/data.json]({finding.name}/data.json)",
    ]
    return "\n\n".join(parts)


def _table(shown: Table) -> str:
    return f"*Table:* {escape(shown.caption)}\n\n{table([escape(header) for header in shown.headers], shown.rows)}"


def _number_columns(shown: Table) -> list[bool]:
    """Which columns hold numbers alone, to be aligned on the right."""
    columns = zip(*shown.rows, strict=True) if shown.rows else [()] * len(shown.headers)
    return [bool(column) and all(_NUMBER.fullmatch(cell) for cell in column) for column in columns]
