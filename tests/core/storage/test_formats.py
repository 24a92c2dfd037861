"""Numbers of formats: older ones are upgraded, newer ones are refused."""

from __future__ import annotations

import hashlib
import json

import pytest

from autogan_core.errors import NewerFormatError
from autogan_core.storage import Format, RunStore, read_document, seal, unseal, write_document

THIRD = Format((lambda content: {"old": content}, lambda content: {**content, "new": 1}))


def test_what_has_no_number_is_the_oldest_and_is_upgraded() -> None:
    """A document from before there were numbers goes through every upgrade, in their order."""
    content = json.dumps({"a": 1}, indent=1)
    digest = hashlib.sha256(content.encode()).hexdigest()
    document = json.dumps({"content": {"a": 1}, "sha256": digest}, indent=1).encode()
    assert unseal(document, "here") == {"a": 1}
    assert unseal(document, "here", THIRD) == {"old": {"a": 1}, "new": 1}


def test_an_older_document_goes_through_the_upgrades_that_it_lacks(store: RunStore) -> None:
    """One of the second format lacks the last upgrade, one of the third none."""
    write_document(store, "second", {"old": 2}, Format(THIRD.upgrades[:1]))
    write_document(store, "third", {"old": 3, "new": 4}, THIRD)
    assert read_document(store, "second", THIRD) == {"old": 2, "new": 1}
    assert read_document(store, "third", THIRD) == {"old": 3, "new": 4}


def test_a_newer_document_is_refused_with_a_sentence() -> None:
    """It says which formats, and what to do."""
    second = Format(THIRD.upgrades[:1])
    with pytest.raises(NewerFormatError) as caught:
        unseal(seal({}, THIRD), "here/config.json", second)
    assert str(caught.value) == (
        "here/config.json was written by a later version (format 3, this one reads up to 2); update autogan"
    )
