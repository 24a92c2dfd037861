"""Sealed documents: no byte of them changes unnoticed."""

from __future__ import annotations

import pytest

from autogan_core.errors import StateError
from autogan_core.storage import RunStore, read_document, seal, unseal, write_document

CONTENT = {"b": [1, 2.5, None, True], "a": {"text": 'Fréchet "quoted"', "small": 1e-300}}


def test_a_document_round_trips(store: RunStore) -> None:
    """What is read is what was written, in its order."""
    write_document(store, "folder/document.json", CONTENT)
    content = read_document(store, "folder/document.json")
    assert content == CONTENT
    assert list(content) == ["b", "a"]


def test_every_flipped_bit_is_noticed() -> None:
    """Each single flipped bit, a lost byte and an added one are errors that name the file and say what to do."""
    document = seal(CONTENT)
    damaged = [
        document[:i] + bytes([byte ^ 1 << bit]) + document[i + 1 :]
        for i, byte in enumerate(document)
        for bit in range(8)
    ]
    for changed in (*damaged, document[:-1], document + b"\n", b"", b"[]", b"{}"):
        with pytest.raises(StateError, match="^here/state.json is damaged: .*; restore it from a copy, or delete"):
            unseal(changed, "here/state.json")
    assert unseal(document, "here/state.json") == CONTENT
