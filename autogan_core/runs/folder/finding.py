"""The folder of a run that somebody meant, when there is none where they said."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

CONFIG_FILE = "config.json"
"""The file that makes a folder a run's: its configuration."""
_MOST = 1000


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run."""
    return (folder / CONFIG_FILE).is_file()


def no_run_in(folder: Path) -> str:
    """The sentence for a folder without a run; it names the nearest one that has one."""
    near = _nearest(folder)
    hint = f"did you mean '{near}'?" if near else "'autogan run' makes one"
    return f"there is no run in '{folder}'; {hint}"


def _nearest(folder: Path) -> Path | None:
    """The run that the folder lies in, the one of the most similar path, or one that lies in the folder."""
    if around := next(filter(is_run, folder.parents), None):
        return around
    candidates = {str(path): path for path in _runs_near(folder)}
    similar = difflib.get_close_matches(str(folder), candidates, n=1, cutoff=0.6)
    within = (path for path in candidates.values() if folder in path.parents)
    return candidates[similar[0]] if similar else next(within, None)


def _runs_near(folder: Path) -> Iterator[Path]:
    """Runs beside the folder, in it, and where it would be if its parent were spelled otherwise."""
    left = _MOST
    for place, depth in ((folder, 1), (folder.parent, 1), (folder.parent.parent, 2)):
        with suppress(OSError):
            for path in place.glob("/".join(["*"] * depth)) if place.is_dir() else ():
                if left == 0:
                    return
                left -= 1
                if is_run(path):
                    yield path
