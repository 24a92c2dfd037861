"""Prepared inputs: the same as those that the data set's files give, from the store alone."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

import autogan_core.runs.scoring.inputs
import autogan_core.runs.scoring.stored_inputs
from autogan_core.config import Config
from autogan_core.data import load_dataset
from autogan_core.errors import DataError, StateError
from autogan_core.metrics.features.classifier_network import NUM_FEATURES
from autogan_core.metrics.features.extractor import FeatureExtractor, load_extractor
from autogan_core.metrics.features.inception import build_inception
from autogan_core.metrics.frechet import Moments, reference_moments
from autogan_core.metrics.scores import score_real
from autogan_core.runs.scoring.inputs import Inputs, pinned
from autogan_core.runs.scoring.stored_inputs import inputs_location, is_prepared, load_inputs, prepare
from autogan_core.storage import DirectoryStore, RunStore
from tests.core.tiny import CPU, tiny_config, tiny_dataset


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the classifier, which is trained once for all tests here."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be made: whatever is used comes from the store."""
    monkeypatch.setattr(autogan_core.runs.scoring.inputs, "load_dataset", None)
    monkeypatch.setattr(autogan_core.runs.scoring.inputs, "load_extractor", None)
    monkeypatch.setattr(autogan_core.runs.scoring.inputs, "reference_moments", None)


def made(config: Config, cache: Path) -> Inputs:
    """The inputs as a run without a store makes them."""
    dataset = load_dataset(config.data, config.model, config.seed)
    extractor: FeatureExtractor = load_extractor(config.scores, dataset, CPU, cache)
    reference: Moments = reference_moments(dataset, extractor, cache, config.scores.batch_size)
    real = score_real(dataset, extractor, config.scores.splits, config.scores.batch_size)
    return Inputs(dataset, extractor, reference, real.named())


def assert_same(one: Inputs, other: Inputs) -> None:
    for name in ("images", "labels", "test_images", "test_labels"):
        mine, theirs = getattr(one.dataset, name), getattr(other.dataset, name)
        assert (mine is None) == (theirs is None), name
        assert mine is None or torch.equal(mine, theirs), name
    for name in ("name", "num_classes", "fingerprint"):
        assert getattr(one.dataset, name) == getattr(other.dataset, name)
    for name in ("name", "suffix", "fingerprint", "precision"):
        assert getattr(one.extractor, name) == getattr(other.extractor, name)
    images = one.dataset.images[:2]
    for mine, theirs in zip(one.extractor(images), other.extractor(images), strict=True):
        assert torch.equal(mine, theirs)
    np.testing.assert_array_equal(one.reference.mean, other.reference.mean)
    np.testing.assert_array_equal(one.reference.covariance, other.reference.covariance)
    assert one.reference.count == other.reference.count
    assert one.real_scores == other.real_scores


def test_prepared_inputs_are_those_that_a_run_makes_itself(store: RunStore, cache: Path) -> None:
    """Images, labels, features, logits and moments are equal in every bit, right after preparing and later."""
    config = tiny_config()
    expected = made(config, cache)
    assert_same(prepare(config, store, CPU, cache), expected)
    assert_same(load_inputs(config, store, CPU), expected)
    assert getattr(load_inputs(config, store, CPU).extractor, "accuracy", None) == getattr(
        expected.extractor, "accuracy", 0
    )


def test_a_test_split_and_missing_labels_travel_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    """What a data set has, and what it has not, is the same afterwards."""
    config = tiny_config()
    whole = made(config, cache)
    images = whole.dataset.images
    for labels, test in ((None, None), (whole.dataset.labels, images[:5].clone())):
        changed = type(whole.dataset)(
            "digits", images, labels, test, None if test is None else torch.arange(5), 10, "f"
        )
        inputs = Inputs(changed, whole.extractor, whole.reference, whole.real_scores)
        monkeypatch.setattr(autogan_core.runs.scoring.stored_inputs, "make_inputs", lambda *_, inputs=inputs: inputs)
        store = DirectoryStore(tmp_path / str(test is None))
        assert_same(prepare(config, store, CPU, cache), inputs)


def test_preparing_again_does_nothing(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there and intact is used; settings that do not decide the inputs do not matter."""
    store = DirectoryStore(tmp_path)
    prepare(tiny_config(), store, CPU, cache)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    monkeypatch.setattr(autogan_core.runs.scoring.inputs, "load_dataset", None)
    others = ("search.iterations=9", "scores.batch_size=16", "scores.precision=float16")  # a classifier has but one
    prepare(tiny_config(*others), store, CPU, cache)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == before


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    "other",
    [
        tiny_config("data.max_images=63"),
        tiny_config(seed=1),
        tiny_config("model.bottom_width=4"),
        tiny_config("model.image_channels=3"),
        tiny_config("scores.features=inception"),
        tiny_config("scores.splits=3"),
        tiny_config(f"data.fingerprint={'a' * 64}"),
    ],
    ids=["subset", "seed", "size", "channels", "features", "splits", "fingerprint"],
)
def test_other_inputs_have_not_been_prepared(prepared: DirectoryStore, other: Config) -> None:
    """A setting that decides the inputs asks for others; the error says how to make them."""
    load_inputs(tiny_config(), prepared, CPU)
    with pytest.raises(DataError, match="not in the run store .*; first run 'autogan katib prepare' .* with the same"):
        load_inputs(other, prepared, CPU)


def test_how_images_are_read_decides_their_inputs(tmp_path: Path) -> None:
    """Only for images that their place alone tells; at the values of older runs the inputs lie where they did."""
    store, other = DirectoryStore(tmp_path), ("data.layout=plain", "data.background=stored")
    place = "data.name=folder", "data.path=images"
    assert inputs_location(tiny_config(), store) == inputs_location(tiny_config(*other), store)
    pin = f"data.fingerprint={'a' * 64}"
    assert inputs_location(tiny_config(*place, pin), store) == inputs_location(tiny_config(*place, pin, *other), store)
    assert inputs_location(tiny_config(*place), store) != inputs_location(tiny_config(*place, *other), store)
    assert inputs_location(tiny_config(*place, *other), store).endswith("inputs/folder-9d4a4198a4be1577")


def test_whether_inputs_are_there_is_told_without_reading_them(prepared: DirectoryStore, tmp_path: Path) -> None:
    """Only for the configuration that was prepared, and only in its store."""
    assert is_prepared(tiny_config(), prepared)
    assert not is_prepared(tiny_config("scores.splits=3"), prepared)
    assert not is_prepared(tiny_config(), DirectoryStore(tmp_path / "another"))


def test_inception_inputs_belong_to_one_precision(tmp_path: Path) -> None:
    """Inputs for InceptionV3 in another precision lie elsewhere."""
    store = DirectoryStore(tmp_path)
    places = {
        inputs_location(tiny_config("scores.features=inception", f"scores.precision={precision}"), store)
        for precision in ("auto", "float32", "float16")
    }
    assert len(places) == 3


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> DirectoryStore:
    """A store with the inputs of the tiny configuration."""
    store = DirectoryStore(tmp_path_factory.mktemp("prepared"))
    prepare(tiny_config(), store, CPU, cache)
    return store


@pytest.mark.parametrize("file", ["tensors.safetensors", "state.json"])
def test_damaged_inputs_are_refused_and_made_again(tmp_path: Path, cache: Path, file: str) -> None:
    """A flipped byte is an error of the trial that names the file; preparing again mends it."""
    store = DirectoryStore(tmp_path)
    expected = prepare(tiny_config(), store, CPU, cache)
    [path] = tmp_path.rglob(file)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(StateError, match=f"{file} is damaged"):
        load_inputs(tiny_config(), store, CPU)
    assert_same(prepare(tiny_config(), store, CPU, cache), expected)
    assert_same(load_inputs(tiny_config(), store, CPU), expected)


def test_of_two_that_prepare_at_once_one_commits(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower one returns what the faster one stored."""
    store, config = DirectoryStore(tmp_path), tiny_config()
    expected, real = made(config, cache), autogan_core.runs.scoring.inputs.make_inputs

    def overtaken(*arguments: object) -> Inputs:
        monkeypatch.setattr(autogan_core.runs.scoring.stored_inputs, "make_inputs", real)
        assert_same(prepare(config, store, CPU, cache), expected)
        return Inputs(expected.dataset, expected.extractor, Moments(np.zeros(128), np.zeros((128, 128)), 1), {})

    monkeypatch.setattr(autogan_core.runs.scoring.stored_inputs, "make_inputs", overtaken)
    assert_same(prepare(config, store, CPU, cache), expected)
    assert len(list(tmp_path.rglob("state.json"))) == 1


def test_pinned_inputs_belong_to_the_images_as_they_were(tmp_path: Path, cache: Path) -> None:
    """Other images in the same place get inputs of their own, and the former ones are found without their files."""
    images, labels = tiny_dataset().images.numpy(), tiny_dataset().require_labels().numpy()
    file, store = tmp_path / "images.npz", DirectoryStore(tmp_path / "store")
    pins = []
    for first in (images, images[::-1]):
        np.savez(file, images=first[:, 0], labels=labels)
        config = tiny_config("data.name=npz", f"data.path={file}", "data.max_images=null")
        pin, dataset = pinned(config, cache)
        prepare(pin, store, CPU, cache, dataset)
        pins.append(pin)
    assert pins[0].fingerprint() != pins[1].fingerprint()
    with pytest.raises(DataError, match=r"have the fingerprint \w{12}, not \w{12} as data.fingerprint says"):
        pinned(pins[0], cache)
    file.unlink()
    for pin in pins:
        elsewhere = pin.model_copy(update={"data": pin.data.model_copy(update={"path": None})})
        assert load_inputs(elsewhere, store, CPU).dataset.fingerprint == pin.data.fingerprint


def test_the_scorer_is_the_one_that_a_run_uses(prepared: DirectoryStore) -> None:
    """It scores with the inputs' extractor and reference, and with the configuration's settings and seed."""
    inputs = load_inputs(tiny_config(), prepared, CPU)
    settings = ("scores.batch_size=7", "search.reward.recalibration_images=9")
    scorer = inputs.scorer(tiny_config(*settings, seed=3))
    assert (scorer.extractor, scorer.reference) == (inputs.extractor, inputs.reference)
    assert (scorer.batch_size, scorer.recalibration_images, scorer.seed) == (7, 9, 3)
    assert "real_features" not in vars(inputs), "KID has not been wanted yet"
    assert scorer.real_features is not None
    features = scorer.real_features()
    assert features.shape == (len(inputs.dataset.images), NUM_FEATURES)
    assert scorer.real_features() is features


class _Untrained(FeatureExtractorInceptionV3):  # type: ignore[misc]
    """The network without weights of its own."""

    def load_state_dict(self, *_: object) -> None:
        """Keeps the random ones."""


def test_inception_travels_without_its_file(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """InceptionV3 from the store gives the same features as the one that was stored, in its precision."""
    nothing = io.BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        layers = ["2048", "logits_unbiased"]
        network = _Untrained("inception-v3-compat", layers, feature_extractor_weights_path=nothing)
    config = tiny_config("scores.features=inception")
    usual = made(tiny_config(), cache)
    extractor = build_inception(network.state_dict(), "fingerprint", CPU, "float16")
    expected = Inputs(usual.dataset, extractor, usual.reference, {})
    monkeypatch.setattr(autogan_core.runs.scoring.stored_inputs, "make_inputs", lambda *_: expected)
    assert_same(prepare(config, DirectoryStore(tmp_path), CPU, cache), expected)
