"""Memory and time in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from autogan_core.runs.planning import needs as module
from autogan_core.runs.planning.duration import ExpectedTime
from autogan_core.runs.planning.memory import PeakMemory
from autogan_core.runs.planning.needs import duration_words, needs
from tests.core.tiny import CPU, tiny_config


@pytest.fixture(autouse=True)
def estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A card of 16 GB, and a run of 12 minutes that takes up to 12 GB."""
    monkeypatch.setattr(module, "device_memory", lambda _: 16_000_000_000)
    monkeypatch.setattr(module, "describe_device", lambda _: "a card")
    peaks = PeakMemory(search=8_000_000_000, retraining=12_000_000_000, scoring=4_000_000_000)
    monkeypatch.setattr(module, "peak_memory", lambda *_: peaks)
    monkeypatch.setattr(module, "expected_time", lambda *_: ExpectedTime(20.0, 100.0, 500.0, 100.0))


def test_what_fits_is_told_with_its_time() -> None:
    """All phases, and their sum."""
    assert needs(tiny_config(), CPU).splitlines() == [
        "memory: up to 12.0 GB (search 8.0 GB, training 12.0 GB, scores 4.0 GB); a card has 16.0 GB",
        "time: about 12 min on a card (search 1.7 min, training 8.3 min, final scores 1.7 min, classifier and real "
        "images 20 s)",
    ]


def test_what_does_not_fit_is_told_with_what_to_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the phases that are too large read, with its value; nothing is measured then."""
    monkeypatch.setattr(module, "device_memory", lambda _: 10_000_000_000)
    told = needs(tiny_config(), CPU)
    assert "too much for it: " in told and "time:" not in told
    assert "set training.checkpointing=true" in told
    assert "training.checkpointing" not in needs(tiny_config("training.checkpointing=true"), CPU)
    assert "training.generator_batch (16)" in told and "retrain.generator_channels (4)" in told
    assert "search.generator_channels" not in told and "scores.batch_size" not in told


def test_without_images_nothing_is_known(tmp_path: Path) -> None:
    """The reason is the loader's own."""
    told = needs(tiny_config("data.name=folder", f"data.path={tmp_path / 'none'}"), CPU)
    assert told.startswith("memory and time depend on the images: there is no folder")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(4.4, "4 s"), (89, "89 s"), (91, "1.5 min"), (3000, "50 min"), (9000, "2.5 h"), (1e6, "12 days")],
)
def test_durations_have_the_unit_that_people_use(seconds: float, words: str) -> None:
    """Two digits are all that an estimate has."""
    assert duration_words(seconds) == words
