"""Which extractor is loaded, and InceptionV3's weights: where they come from and what may be in the file."""

from __future__ import annotations

import contextlib
import io
import logging
import pickle
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch
import torch_fidelity
from torch import Tensor, nn
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torch_fidelity.metric_fid import fid_features_to_statistics

from autogan_core.config import ScoresConfig
from autogan_core.data import ImageDataset
from autogan_core.errors import WeightsUnavailableError
from autogan_core.metrics.classifier import ClassifierExtractor
from autogan_core.metrics.features import InceptionExtractor, load_extractor, load_inception
from autogan_core.metrics.scores import MomentsAccumulator, score_images
from tests.core.metrics.conftest import CLASSIFIER, CPU
from tests.core.metrics.test_classifier import Images

REMEDY = r"--set scores.inception_weights=PATH.*--set scores.features=classifier"


class _Untrained(FeatureExtractorInceptionV3):  # type: ignore[misc]
    """InceptionV3 that keeps its random weights."""

    def load_state_dict(self, *_: object) -> None:
        """Loads nothing."""


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights file of the right form: random, with He's scale so that images still differ after 94 layers."""
    nothing = io.BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        network = _Untrained("inception-v3-compat", ["2048"], feature_extractor_weights_path=nothing)
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
        nn.init.normal_(network.fc.weight)
    path = tmp_path_factory.mktemp("weights") / "inception.pth"
    torch.save(network.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def inception(weights: Path) -> InceptionExtractor:
    """The extractor with those weights."""
    return load_inception(weights, CPU)


@pytest.fixture
def colour() -> Tensor:
    """Four colour images of smooth random blobs, 32x32."""
    coarse = torch.rand(4, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    return (nn.functional.interpolate(coarse, (32, 32), mode="bilinear") * 255).to(torch.uint8)


def test_inception_agrees_with_torch_fidelity(inception: InceptionExtractor, weights: Path, colour: Tensor) -> None:
    """calculate_metrics with the same weights gives the same Inception score, which is not the trivial 1."""
    ours = score_images(torch.split(colour, 3), inception, splits=1, reference=None)
    theirs = torch_fidelity.calculate_metrics(
        input1=Images(colour),
        isc=True,
        isc_splits=1,
        feature_extractor_weights_path=str(weights),
        cuda=False,
        cache=False,
        save_cpu_ram=True,
        verbose=False,
    )
    assert ours.inception_score == pytest.approx(theirs["inception_score_mean"], rel=1e-4)
    assert ours.inception_score > 1.01


def test_inception_features_are_fids(inception: InceptionExtractor, weights: Path, colour: Tensor) -> None:
    """The features' moments are what torch-fidelity computes FID from; scores get no suffix."""
    layer = FeatureExtractorInceptionV3.get_default_feature_layer_for_metric("fid")
    theirs = FeatureExtractorInceptionV3("inception-v3-compat", [layer], feature_extractor_weights_path=str(weights))
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


def test_loading_leaves_the_global_generator_alone(weights: Path, inception: InceptionExtractor) -> None:
    """Building InceptionV3 draws nothing from torch's generator, and equal weights have an equal fingerprint."""
    state = torch.get_rng_state()
    assert load_inception(weights, CPU).fingerprint == inception.fingerprint
    assert torch.equal(torch.get_rng_state(), state)


def test_missing_file_is_named(digits: ImageDataset, tmp_path: Path) -> None:
    """No such file: the error says which and how to do better."""
    scores = ScoresConfig(inception_weights=tmp_path / "none.pth")
    with pytest.raises(WeightsUnavailableError, match=rf"none\.pth.*{REMEDY}"):
        load_extractor(scores, digits, CPU, tmp_path)


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
        load_inception(path, CPU)
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
        load_inception(path, CPU)


@pytest.mark.parametrize(
    ("content", "message"),
    [([1, 2], "not a plain file"), ({"epoch": 3}, "not a plain file"), ({"fc": torch.zeros(1)}, "another network's")],
)
def test_other_content_is_refused(tmp_path: Path, content: object, message: str) -> None:
    """A list, a training checkpoint's numbers and another network's weights are told apart from InceptionV3."""
    path = tmp_path / "weights.pth"
    torch.save(content, path)
    with pytest.raises(WeightsUnavailableError, match=f"{message}.*{REMEDY}"):
        load_inception(path, CPU)


@pytest.mark.parametrize("error", [URLError("no route to host"), RuntimeError("invalid hash value"), TimeoutError()])
def test_failed_download_says_what_to_do(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """No network, a damaged download and a timeout become one error with both ways out."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fail)
    with pytest.raises(WeightsUnavailableError, match=f"cannot be downloaded.*{REMEDY}"):
        load_inception(None, CPU)


def test_download_is_checked_and_read_as_weights_only(monkeypatch: pytest.MonkeyPatch, weights: Path) -> None:
    """Without a path torch-fidelity's file is fetched with its hash checked, no code run, and then loaded."""
    seen: dict[str, object] = {}

    def fetch(url: str, **options: object) -> object:
        seen.update(options, url=url)
        return torch.load(weights, weights_only=True)

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fetch)
    assert isinstance(load_inception(None, CPU), InceptionExtractor)
    assert seen["check_hash"] is True
    assert seen["weights_only"] is True
    assert str(seen["url"]).endswith("/weights-inception-2015-12-05-6726825d.pth")


def test_classifier_is_loaded_where_it_is_asked_for(
    digits: ImageDataset, classifier: ClassifierExtractor, cache_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """features=classifier gives the classifier, whose scores are marked; the log has a line at start and end."""
    with caplog.at_level(logging.INFO):
        extractor = load_extractor(CLASSIFIER, digits, CPU, cache_dir)
    assert (extractor.name, extractor.suffix) == ("classifier", "_classifier")
    assert extractor.fingerprint == classifier.fingerprint
    assert [record.message.split()[0] for record in caplog.records] == ["loading", "classifier"]
    assert f"accuracy {classifier.accuracy:.4f}" in caplog.text
