"""Scores of the first images of a set are those of a set that holds no more."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from autogan_core.ablations.rulers.recording_extractor import RecordingExtractor
from autogan_core.metrics.frechet import reference_moments
from autogan_core.metrics.kid import kernel_distance, real_features
from autogan_core.metrics.scores import score_images
from tests.core.tiny import FixedExtractor, tiny_dataset


@pytest.mark.parametrize("count", [10, 16, 40])
def test_first_images_score_as_a_set_of_their_own(tmp_path: Path, count: int) -> None:
    """Within a batch, at its end, and over several."""
    extractor, images = FixedExtractor(), tiny_dataset().images[:40]
    reference, real = (
        reference_moments(tiny_dataset(), extractor, tmp_path, 32),
        real_features(tiny_dataset(), extractor, tmp_path, 32),
    )
    recorder = RecordingExtractor(extractor)
    recorder.accuracy = 0.9
    for batch in torch.split(images, 16):
        features, logits = recorder(batch)
        assert torch.equal(features, extractor(batch)[0]) and torch.equal(logits, extractor(batch)[1])
    found = recorder.scores(count, 2, reference, real)
    wanted = score_images([images[:count]], extractor, splits=2, reference=reference)
    assert found.inception_score == pytest.approx(wanted.inception_score, rel=1e-6)
    assert found.fid == pytest.approx(wanted.fid, rel=1e-6)
    assert found.kid == pytest.approx(kernel_distance(extractor(images[:count])[0], real)[0], rel=1e-6)
    assert (found.num_images, found.splits, found.suffix) == (count, 2, "_fixed")
    assert (found.kid_std, found.accuracy) == (None, 0.9)


def test_starting_again_forgets(tmp_path: Path) -> None:
    """The second set's scores know nothing of the first."""
    extractor, images = FixedExtractor(), tiny_dataset().images
    reference, real = (
        reference_moments(tiny_dataset(), extractor, tmp_path, 32),
        real_features(tiny_dataset(), extractor, tmp_path, 32),
    )
    recorder, fresh = RecordingExtractor(extractor), RecordingExtractor(extractor)
    recorder(images[:20])
    recorder.start()
    recorder(images[20:40])
    fresh(images[20:40])
    assert recorder.scores(20, 2, reference, real) == fresh.scores(20, 2, reference, real)


def test_time_grows_with_the_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adapting takes 5 seconds, every 16 images take 2: 10 images are there after 6.25 seconds, 48 after 11."""
    clock = iter([0.0, 0.0, 7.0, 9.0, 11.0])
    monkeypatch.setattr(
        "autogan_core.ablations.rulers.recording_extractor.time", SimpleNamespace(monotonic=lambda: next(clock))
    )
    recorder = RecordingExtractor(FixedExtractor())
    recorder.start()
    for batch in torch.split(tiny_dataset().images[:48], 16):
        recorder(batch)
    assert [recorder.seconds(count) for count in (10, 16, 48)] == pytest.approx([6.25, 7.0, 11.0])
