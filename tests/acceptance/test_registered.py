"""The registration while a test lasts, and afterwards."""

from __future__ import annotations

import pytest

from acceptance import claim, registered
from acceptance.claim import Note
from acceptance.cluster import Cluster
from acceptance.settings import Settings
from autogan_kubeflow.components.registration.entry import suggestion_entry
from autogan_kubeflow.components.registration.katib_config import KEY, KatibConfig
from tests.acceptance.fake_api_server import KATIB_CONFIG, FakeApiServer
from tests.components.katib_configs import CONFIGS, EDITED_018

OURS, THEIRS = "registry.test/suggestion:2.0.0", "registry.test/suggestion:1.0.0"


@pytest.mark.parametrize("text", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("registered_before", [False, True])
def test_nothing_but_ours_changed_and_all_is_as_before(text: str, registered_before: bool) -> None:
    """To the byte, with another image before or with none."""
    before = KatibConfig(text).with_entry(suggestion_entry(THEIRS)) if registered_before else text
    after = KatibConfig(before).with_entry(suggestion_entry(OURS))
    assert registered.restored(after, before, OURS) == before


def test_what_others_changed_meanwhile_stays() -> None:
    """Only our entry is put back, between theirs; an entry that is not ours any more is left alone."""
    before = KatibConfig(EDITED_018).with_entry(suggestion_entry(THEIRS))
    after = KatibConfig(before).with_entry(suggestion_entry(OURS))
    edited = after.replace("suggestion-pbt:v0.18.0", "suggestion-pbt:v0.18.1")
    restored = registered.restored(edited, before, OURS)
    assert restored == before.replace("suggestion-pbt:v0.18.0", "suggestion-pbt:v0.18.1")
    taken = KatibConfig(after).with_entry(suggestion_entry("registry.test/suggestion:3"))
    assert registered.restored(taken, before, OURS) == taken


def registered_note(cluster: Cluster, settings: Settings) -> Note:
    """Registers, and reads the note as a later process does."""
    registered.register(cluster, settings.namespace, claim.claim(cluster, settings))
    note = claim.read(cluster, settings.namespace)
    assert note is not None
    return note


def test_register_and_restore(cluster: Cluster, server: FakeApiServer, settings: Settings) -> None:
    """The image is ours in between; what was there is kept in the cluster, and is there again."""
    before = server.katib_config
    note = registered_note(cluster, settings)
    assert (KatibConfig(server.katib_config).entry or {})["image"] == OURS
    assert registered.restore(note, []) == "Katib's configuration is as before, without autogan"
    assert server.katib_config == before


def test_an_entry_that_others_need_stays(cluster: Cluster, server: FakeApiServer, settings: Settings) -> None:
    """Their Experiments could not be deleted without it; the message says which, and what to do later."""
    note = registered_note(cluster, settings)
    words = registered.restore(note, ["team/theirs"])
    assert (
        words.startswith("autogan stays registered") and "team/theirs" in words and "autogan katib unregister" in words
    )
    assert KatibConfig(server.katib_config).entry is not None


def test_an_entry_that_somebody_else_replaced_is_left(
    cluster: Cluster, server: FakeApiServer, settings: Settings
) -> None:
    """It is theirs by now."""
    note = registered_note(cluster, settings)
    theirs = KatibConfig(server.katib_config).with_entry(suggestion_entry(THEIRS))
    server.put(KATIB_CONFIG, data={KEY: theirs})
    assert "left with registry.test/suggestion:1.0.0, since somebody else" in registered.restore(note, [])
    assert server.katib_config == theirs


def test_what_is_registered_already_is_not_written(cluster: Cluster, server: FakeApiServer, settings: Settings) -> None:
    """Neither before nor after."""
    server.put(KATIB_CONFIG, data={KEY: KatibConfig(server.katib_config).with_entry(suggestion_entry(OURS))})
    note = claim.claim(cluster, settings)
    assert registered.register(cluster, settings.namespace, note) == f"autogan is registered already with {OURS}"
    note = claim.read(cluster, settings.namespace) or note
    assert registered.restore(note, []) == f"Katib's configuration is as before, with {OURS}"
    assert f"PUT {KATIB_CONFIG}" not in server.requests
