"""InceptionV3: its agreement with torch-fidelity, its precisions, and its weights file."""

from __future__ import annotations

import contextlib
import math
import pickle
from pathlib import Path
from typing import Literal
from urllib.error import URLError

import numpy as np
import pytest
import torch
import torch_fidelity
from torch import Tensor
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torch_fidelity.metric_fid import fid_features_to_statistics

from autogan_core.errors import WeightsUnavailableError
from autogan_core.metrics.features.inception import (
    InceptionExtractor,
    Precision,
    build_inception,
    choose_precision,
    load_inception,
)
from autogan_core.metrics.frechet import MomentsAccumulator, frechet_distance
from autogan_core.metrics.scores import inception_score, score_images
from tests.core.metrics.conftest import CPU, REMEDY, blobs
from tests.core.metrics.features.test_classifier import Images


@pytest.fixture(scope="module")
def inception(inception_weights: Path) -> InceptionExtractor:
    """The extractor with those weights."""
    return load_inception(inception_weights, CPU, "float32")


def test_inception_agrees_with_torch_fidelity(
    inception: InceptionExtractor, inception_weights: Path, colour: Tensor
) -> None:
    """calculate_metrics with the same weights gives the same Inception score, which is not the trivial 1."""
    ours = score_images(torch.split(colour, 3), inception, splits=1, reference=None)
    theirs = torch_fidelity.calculate_metrics(
        input1=Images(colour),
        isc=True,
        isc_splits=1,
        feature_extractor_weights_path=str(inception_weights),
        cuda=False,
        cache=False,
        save_cpu_ram=True,
        verbose=False,
    )
    assert ours.inception_score == pytest.approx(theirs["inception_score_mean"], rel=1e-4)
    assert ours.inception_score > 1.01


def test_inception_features_are_fids(inception: InceptionExtractor, inception_weights: Path, colour: Tensor) -> None:
    """The features' moments are what torch-fidelity computes FID from; scores get no suffix."""
    layer = FeatureExtractorInceptionV3.get_default_feature_layer_for_metric("fid")
    theirs = FeatureExtractorInceptionV3(
        "inception-v3-compat", [layer], feature_extractor_weights_path=str(inception_weights)
    )
    features, logits = inception(colour)
    accumulator = MomentsAccumulator()
    accumulator.add(features)
    statistics = fid_features_to_statistics(theirs(colour)[0])
    np.testing.assert_allclose(accumulator.moments().mean, statistics["mu"], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(accumulator.moments().covariance, statistics["sigma"], rtol=1e-3, atol=1e-5)
    assert np.trace(statistics["sigma"]) > 1
    assert logits.shape == (4, 1008)
    assert not features.requires_grad
    assert (inception.name, inception.suffix) == ("inception", "")


def test_grey_images_are_repeated_to_rgb(inception: InceptionExtractor, colour: Tensor) -> None:
    """A grey image has the features of the colour image whose three channels are it."""
    grey = colour[:1, :1]
    torch.testing.assert_close(inception(grey), inception(torch.cat([grey, grey, grey], dim=1)))


def test_folding_changes_nothing(inception: InceptionExtractor, inception_weights: Path, colour: Tensor) -> None:
    """Features and logits are those of torch-fidelity's own network, whose running statistics are not trivial."""
    theirs = FeatureExtractorInceptionV3(
        "inception-v3-compat", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(inception_weights)
    )
    assert float(theirs.Mixed_6a.branch3x3.bn.running_mean.abs().mean()) > 0.1
    for ours, expected in zip(inception(colour), theirs(colour), strict=True):
        assert float((ours - expected).norm() / expected.norm()) < 1e-4
        assert float(expected.std(0).norm()) > 0.1


def frechet(a: Tensor, b: Tensor) -> float:
    """FID of two small sets of features: `frechet_distance` in the few dimensions that so few images span."""
    basis = torch.linalg.svd(torch.cat([a, b]), full_matrices=False).Vh
    moments = [MomentsAccumulator(), MomentsAccumulator()]
    for accumulator, features in zip(moments, (a, b), strict=True):
        accumulator.add(features @ basis.T)
    return frechet_distance(*(accumulator.moments() for accumulator in moments))


@pytest.mark.slow
def test_scores_survive_float16(inception: InceptionExtractor, inception_weights: Path, device: torch.device) -> None:
    """In float16 the Inception score is within 0.5 %, and the FID of two sets within 1 %, of float32's on the CPU."""
    images = blobs(16, seed=3)
    reduced = load_inception(inception_weights, device, "float16")
    features, logits = (tensor.cpu() for tensor in reduced(images))
    exact_features, exact_logits = inception(images)
    exact = inception_score(exact_logits, splits=1)[0]
    assert 1.5 < exact < 8
    assert inception_score(logits, splits=1)[0] == pytest.approx(exact, rel=0.005)
    distance = frechet(exact_features[:8], exact_features[8:])
    assert frechet(features[:8], features[8:]) == pytest.approx(distance, rel=0.01)
    assert frechet(features, exact_features) < 0.01 * distance
    assert not torch.equal(logits, exact_logits)


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_an_overflow_is_no_score(inception_weights: Path, colour: Tensor, precision: Precision) -> None:
    """Activations beyond float16's range make its score NaN, not wrong; float32 holds them."""
    weights = torch.load(inception_weights, weights_only=True)
    weights["Mixed_5b.branch1x1.bn.weight"] *= 1e6
    extractor = build_inception(weights, "large", CPU, precision)
    features, logits = extractor(colour[:2])
    assert bool(features.isfinite().all()) == (precision == "float32")
    assert precision == "float32" or math.isnan(inception_score(logits, splits=1)[0])


@pytest.mark.parametrize(
    ("setting", "device", "expected"),
    [
        ("auto", "cpu", "float32"),
        ("auto", "cuda", "float16"),
        ("float32", "cuda", "float32"),
        ("float16", "cpu", "float16"),
    ],
)
def test_auto_goes_by_the_device(setting: Literal["auto", "float32", "float16"], device: str, expected: str) -> None:
    """float16 on a GPU, float32 elsewhere; a setting that names one is obeyed."""
    assert choose_precision(setting, torch.device(device)) == expected


def test_loading_leaves_the_global_generator_alone(inception_weights: Path, inception: InceptionExtractor) -> None:
    """Building InceptionV3 draws nothing from torch's generator, and equal weights have an equal fingerprint."""
    state = torch.get_rng_state()
    assert load_inception(inception_weights, CPU, "float32").fingerprint == inception.fingerprint
    assert torch.equal(torch.get_rng_state(), state)


class _Bomb:
    """Runs code when unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.trace,)


@pytest.mark.parametrize("writer", ["torch", "pickle"])
def test_pickled_code_is_not_run(tmp_path: Path, writer: str) -> None:
    """A file that would run code when unpickled is refused, and the code does not run."""
    bomb, path = _Bomb(tmp_path / "trace"), tmp_path / "bomb.pth"
    if writer == "torch":
        torch.save({"weight": bomb}, path)
    else:
        path.write_bytes(pickle.dumps(bomb, protocol=2))
    with pytest.raises(WeightsUnavailableError, match=f"not a plain file of weights.*{REMEDY}"):
        load_inception(path, CPU, "float32")
    assert not (tmp_path / "trace").exists()
    with contextlib.suppress(RuntimeError):  # the bare pickle lacks the header that torch wants after it
        torch.load(path, weights_only=False)  # the bomb does go off where it is let
    assert (tmp_path / "trace").exists()


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\x80\x02]q\x00.", b"PK\x03\x04 cut off"])
def test_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """Empty, foreign and truncated files are one clear error."""
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsUnavailableError, match=f"not a plain file of weights.*{REMEDY}"):
        load_inception(path, CPU, "float32")


@pytest.mark.parametrize(
    ("content", "message"),
    [([1, 2], "not a plain file"), ({"epoch": 3}, "not a plain file"), ({"fc": torch.zeros(1)}, "another network's")],
)
def test_other_content_is_refused(tmp_path: Path, content: object, message: str) -> None:
    """A list, a training checkpoint's numbers and another network's weights are told apart from InceptionV3."""
    path = tmp_path / "weights.pth"
    torch.save(content, path)
    with pytest.raises(WeightsUnavailableError, match=f"{message}.*{REMEDY}"):
        load_inception(path, CPU, "float32")


@pytest.mark.parametrize("error", [URLError("no route to host"), RuntimeError("invalid hash value"), TimeoutError()])
def test_failed_download_says_what_to_do(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """No network, a damaged download and a timeout become one error with both ways out."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fail)
    with pytest.raises(WeightsUnavailableError, match=f"cannot be downloaded.*{REMEDY}"):
        load_inception(None, CPU, "float32")


def test_download_is_checked_and_read_as_weights_only(monkeypatch: pytest.MonkeyPatch, inception_weights: Path) -> None:
    """Without a path torch-fidelity's file is fetched with its hash checked, no code run, and then loaded."""
    seen: dict[str, object] = {}

    def fetch(url: str, **options: object) -> object:
        seen.update(options, url=url)
        return torch.load(inception_weights, weights_only=True)

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fetch)
    assert isinstance(load_inception(None, CPU, "float32"), InceptionExtractor)
    assert seen["check_hash"] is True
    assert seen["weights_only"] is True
    assert str(seen["url"]).endswith("/weights-inception-2015-12-05-6726825d.pth")
