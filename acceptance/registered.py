"""The algorithm in Katib's configuration: ours while the test lasts, then what was there before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from acceptance import claim
from acceptance.claim import Note
from acceptance.cluster import Cluster
from autogan_kubeflow.components.katib_protocol import ALGORITHM
from autogan_kubeflow.components.registration.config_sources import ConfigMapSource
from autogan_kubeflow.components.registration.entry import suggestion_entry
from autogan_kubeflow.components.registration.katib_config import KatibConfig


def register(cluster: Cluster, namespace: str, note: Note) -> str:
    """Registers the algorithm with the test's image.

    Args:
        cluster: whose Katib it is.
        namespace: of the test, where the note is kept.
        note: of the test; gets what was there before, which is written down first.

    Returns:
        What was done, in words.

    Raises:
        ClusterError: Katib's configuration cannot be read or written.
        ConfigError: it cannot be edited, or the image is none.
    """
    place = ConfigMapSource(note.katib_namespace)
    before = place.read()
    entry = suggestion_entry(note.suggestion_image)
    claim.write(cluster, namespace, replace(note, katib_config=before))
    change = place.update(lambda text: KatibConfig(text).with_entry(entry))
    was = KatibConfig(change.before).entry
    if change.before == change.after:
        return f"{ALGORITHM} is registered already with {note.suggestion_image}"
    return f"registered {note.suggestion_image}" + (f" in the place of {was.get('image')}" if was else "")


def restore(note: Note, others: list[str]) -> str:
    """Puts back what was registered before, unless somebody else has changed the entry since.

    Args:
        note: of the test.
        others: Experiments of the algorithm that are not the test's, which could not be deleted without an entry.

    Returns:
        What was done, in words.

    Raises:
        ClusterError: Katib's configuration cannot be read or written.
    """
    if note.katib_config is None:
        return "nothing was registered"
    before, place = note.katib_config, ConfigMapSource(note.katib_namespace)
    was = KatibConfig(before).entry
    if was is None and others:
        return (
            f"{ALGORITHM} stays registered with {note.suggestion_image}, since Experiments of it were made meanwhile "
            f"({', '.join(others)}); when they are deleted: autogan katib unregister"
        )
    change = place.update(lambda now: restored(now, before, note.suggestion_image))
    if change.before == change.after:
        now = KatibConfig(change.after).entry
        if now == was:
            return f"Katib's configuration is as before, {_words(was)}"
        return f"Katib's configuration is left {_words(now)}, since somebody else has changed it"
    return f"Katib's configuration is as before, {_words(was)}"


def restored(now: str, before: str, image: str) -> str:
    """Katib's configuration as it is to be after the test.

    Args:
        now: the text as it is.
        before: the text as it was before the test.
        image: the image that the test had registered.

    Returns:
        ``before`` to the letter, if nobody else has changed anything; ``now`` with the former entry, or without one, if
        somebody has; ``now`` unchanged if the entry is not the test's any more.
    """
    was, ours = KatibConfig(before).entry, suggestion_entry(image)
    if now == KatibConfig(before).with_entry(ours):
        return before
    if KatibConfig(now).entry != ours:
        return now
    return KatibConfig(now).without_entry() if was is None else KatibConfig(now).with_entry(was)


def _words(entry: dict[str, Any] | None) -> str:
    return f"with {entry.get('image')}" if entry else f"without {ALGORITHM}"
