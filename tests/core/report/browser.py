"""Pages in headless Chromium the way the Kubeflow Pipelines UI shows them: a sandboxed iframe, and here no network."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
"""The browser's program; None where there is none."""

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"),
    "--host-resolver-rules=MAP * ~NOTFOUND",
    *("--enable-logging=stderr", "--v=0", "--dump-dom"),
)
# Console messages and entries of requests go their own ways to the browser, so both scripts leave them some time.
_PROBE = """<script>addEventListener("load", () => setTimeout(() => parent.postMessage({
  origin: origin, width: innerWidth, content_width: document.documentElement.scrollWidth,
  broken_images: [...document.images].filter(image => !image.naturalWidth).length,
  requests: performance.getEntriesByType("resource").map(entry => entry.name)}, "*"), 200))</script>"""
# An open document holds back the load event, upon which the browser dumps and ends, until every page has reported.
_HOST = """<!DOCTYPE html><meta charset="utf-8">
<style>body { margin: 0; display: flex } iframe { border: 0; flex: none }</style>
<pre id="found" hidden></pre><iframe id="hold" hidden></iframe><script>
  const found = [], hold = document.querySelector("#hold").contentDocument; hold.open()
  addEventListener("message", message => {
    const frames = [...document.querySelectorAll("iframe[sandbox]")]
    found[frames.findIndex(frame => frame.contentWindow === message.source)] = message.data
    document.querySelector("#found").textContent = JSON.stringify(found)
    if (Object.keys(found).length === frames.length) setTimeout(() => hold.close(), 200)
  })</script>"""


@dataclass(frozen=True, slots=True)
class Measures:
    """What one page reports from within its iframe. Lengths in CSS pixels."""

    origin: str
    """``null`` in a sandbox."""
    width: int
    """Of the iframe."""
    content_width: int
    """Larger than `width` when the page must be scrolled sideways."""
    broken_images: int
    """Images that did not load."""
    requests: list[str]
    """Addresses that the page asked for, ``data:`` left out."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How a set of pages came out."""

    measures: tuple[Measures, ...]
    """In the order of the pages."""
    console: tuple[str, ...]
    """What scripts and their failures said on the console."""
    screenshot: Path
    """The tops of all pages side by side, without gaps."""


def show(pages: Sequence[tuple[str, int]], folder: Path) -> Shown:
    """Shows pages side by side.

    Args:
        pages: source and width of the iframe in pixels, each.
        folder: an empty one, for the browser's files and the screenshot.
    """
    frames = [
        f'<iframe sandbox="allow-scripts" width="{width}" height="2000" srcdoc="{html.escape(page + _PROBE)}"></iframe>'
        for page, width in pages
    ]
    host = folder / "host.html"
    host.write_text(_HOST + "".join(frames))
    screenshot = folder / "screenshot.png"
    done = subprocess.run(
        [
            *(str(CHROMIUM), *_FLAGS, f"--window-size={sum(width for _, width in pages)},2000"),
            *(f"--user-data-dir={folder / 'profile'}", f"--screenshot={screenshot}", host.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=100,
    )
    found = re.search(r'<pre id="found"[^>]*>(.+?)</pre>', done.stdout)
    assert found, f"no page reported its measures; Chromium says: {done.stderr[-2000:]}"
    measures = tuple(Measures(**measured) for measured in json.loads(html.unescape(found[1])))
    return Shown(measures, tuple(re.findall(r"CONSOLE:\d+\] (.*)", done.stderr)), screenshot)
