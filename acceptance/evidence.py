"""What a person needs to find out why a test failed, kept before everything is taken away."""

from __future__ import annotations

from pathlib import Path

from acceptance import kubectl
from autogan_core.errors import AutoGANError

KINDS = "pods,jobs,experiments,suggestions,trials,pytorchjobs"
LOG_LINES = 500


def keep(folder: Path, namespace: str, selector: str | None = None) -> Path | None:
    """Writes descriptions, events and logs of what is in a namespace, as far as they can be had.

    Args:
        folder: of the test.
        namespace: where to look.
        selector: labels of the pods to look at; None takes everything in the namespace.

    Returns:
        The folder with them; None if there is nothing.
    """
    place = ["--namespace", namespace]
    chosen = [*place, "--selector", selector] if selector else place
    looks = {"describe.txt": ["describe", KINDS if selector is None else "pods", *chosen]}
    if selector is None:
        looks["events.txt"] = ["get", "events", "--sort-by=.lastTimestamp", *place]
        looks["katib.yaml"] = ["get", "experiments,suggestions,trials", "--output=yaml", *place]
    texts = {name: _look(*arguments) for name, arguments in looks.items()}
    for pod in _look("get", "pods", "--output=name", *chosen).split():
        name = f"{pod.removeprefix('pod/')}.log"
        texts[name] = _look("logs", pod, "--all-containers", f"--tail={LOG_LINES}", *place)
    found = {name: text for name, text in texts.items() if text}
    if not found:
        return None
    evidence = folder / "evidence" / namespace
    evidence.mkdir(parents=True, exist_ok=True)
    for name, text in found.items():
        (evidence / name).write_text(text)
    return evidence


def _look(*arguments: str) -> str:
    try:
        return kubectl.run(*arguments)
    except AutoGANError:
        return ""
