"""What a person needs to find out why a test failed, kept before everything is taken away."""

from __future__ import annotations

from pathlib import Path

from acceptance import kubectl
from autogan_core.errors import AutoGANError

KINDS = "pods,jobs,experiments,suggestions,trials,pytorchjobs"
LOG_LINES = 500


def keep(folder: Path, namespace: str) -> Path | None:
    """Writes descriptions, events and logs of everything in a namespace, as far as they can be had.

    Returns:
        The folder with them; None if there is nothing.
    """
    evidence = folder / "evidence"
    looks = {
        "describe.txt": ["describe", KINDS],
        "events.txt": ["get", "events", "--sort-by=.lastTimestamp"],
        "katib.yaml": ["get", "experiments,suggestions,trials", "--output=yaml"],
    }
    texts = {name: _look(*arguments, "--namespace", namespace) for name, arguments in looks.items()}
    for pod in _look("get", "pods", "--output=name", "--namespace", namespace).split():
        arguments = ["logs", pod, "--all-containers", f"--tail={LOG_LINES}", "--namespace", namespace]
        texts[f"{pod.removeprefix('pod/')}.log"] = _look(*arguments)
    found = {name: text for name, text in texts.items() if text}
    if not found:
        return None
    evidence.mkdir(parents=True, exist_ok=True)
    for name, text in found.items():
        (evidence / name).write_text(text)
    return evidence


def _look(*arguments: str) -> str:
    try:
        return kubectl.run(*arguments)
    except AutoGANError:
        return ""
