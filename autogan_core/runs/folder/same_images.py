"""The images of a run stay the same, wherever they lie."""

from __future__ import annotations

from autogan_core.config import DataConfig
from autogan_core.data import ImageDataset
from autogan_core.errors import DataError, NewerFormatError, StateError
from autogan_core.shared_gan.trial_records import shared_state
from autogan_core.storage import CommittedState, RunStore
from autogan_core.training.workspace import DATA_SET


def known_images(store: RunStore) -> str | None:
    """The fingerprint of the images that a run has been trained on; None before it has trained anything.

    Args:
        store: the run's own folder.

    Returns:
        64 hex digits.
    """
    trained = (CommittedState(store, f"retrain/{name}") for name in store.folders("retrain"))
    for state in (shared_state(store), *trained):
        try:
            pointer = state.pointer()
        except (StateError, NewerFormatError):  # whoever needs that state says so
            continue
        if pointer is not None and DATA_SET in pointer.content["meta"]:
            return str(pointer.content["meta"][DATA_SET])
    return None


def require_same_images(store: RunStore, dataset: ImageDataset, data: DataConfig) -> None:
    """Checks that images are those that a run has been trained on, before anything is made of them.

    Args:
        store: the run's own folder.
        dataset: the images.
        data: where they lie.

    Raises:
        DataError: they are others.
    """
    known = known_images(store)
    if known not in (None, dataset.fingerprint):
        place = data.path or f"the data set '{data.name}' as it is here"
        raise DataError(
            f"{place} holds other images (fingerprint {dataset.fingerprint[:12]}) than those that the run in "
            f"{store.location('').rstrip('/')} was trained on ({str(known)[:12]}); name the place of those with "
            "--set data.path=PATH, or choose another run folder"
        )
