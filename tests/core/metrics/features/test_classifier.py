"""The classifier: how well it learns, its cache, and its agreement with torch-fidelity."""

from __future__ import annotations

import dataclasses
import json
import logging
from pathlib import Path

import pytest
import torch
import torch_fidelity
from torch import Tensor
from torch.utils.data import Dataset
from torch.utils.flop_counter import FlopCounterMode

from autogan_core.data import ImageDataset
from autogan_core.errors import DataError
from autogan_core.metrics import kid
from autogan_core.metrics.features import classifier as module
from autogan_core.metrics.features.classifier import ClassifierExtractor, load_classifier
from autogan_core.metrics.features.classifier_network import (
    NUM_FEATURES,
    build_network,
    new_network,
)
from autogan_core.metrics.features.classifier_training import train_classifier
from autogan_core.metrics.frechet import reference_moments
from autogan_core.metrics.reward import f_score
from autogan_core.metrics.scores import ScoreAccumulator, score_images
from tests.core.metrics.features.torch_fidelity_classifier import TORCH_FIDELITY_NAME

CPU = torch.device("cpu")


class Images(Dataset[Tensor]):
    """uint8 images as torch-fidelity reads them."""

    def __init__(self, images: Tensor) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return self.images[index]


def tiny_dataset(channels: int, size: int, **changes: object) -> ImageDataset:
    """40 images of two classes, dark and bright, half of them as a test set as well."""
    labels = torch.arange(40) % 2
    dark = torch.randint(0, 100, (40, channels, size, size), generator=torch.Generator().manual_seed(0))
    images = (dark + 150 * labels[:, None, None, None]).to(torch.uint8)
    dataset = ImageDataset("tiny", images, labels, images[:20], labels[:20], 2, f"{channels}-{size}")
    return dataclasses.replace(dataset, **changes)  # type: ignore[arg-type]


def same_weights(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    """Whether two networks are equal bit for bit."""
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)


def test_it_reads_digits(classifier: ClassifierExtractor) -> None:
    """Over 98 % of held-out digits are classified correctly."""
    assert 0.98 < classifier.accuracy <= 1


def test_scores_agree_with_torch_fidelity(
    digits: ImageDataset, classifier: ClassifierExtractor, noise: Tensor, tmp_path: Path
) -> None:
    """calculate_metrics with the registered extractor gives the same IS and FID of the same images, and KID, precision
    and recall to 1e-6."""
    images = torch.cat([digits.images[:400], noise[:100]])
    reference = reference_moments(digits, classifier, tmp_path, batch_size=300)
    ours = score_images(torch.split(images, 64), classifier, splits=5, reference=reference)
    real_features = kid.real_features(digits, classifier, tmp_path, 64)
    accumulator = ScoreAccumulator(classifier, splits=5, reference=reference, real_features=real_features, final=True)
    for batch in torch.split(images, 64):
        accumulator.add(batch)
    compared = accumulator.read()
    theirs = torch_fidelity.calculate_metrics(
        input1=Images(images),
        input2=Images(digits.sample(kid.REAL_IMAGES, 2020)),  # as KID's subsets are drawn from them
        feature_extractor=TORCH_FIDELITY_NAME,
        feature_extractor_weights_path=str(classifier.weights),
        isc=True,
        fid=True,
        kid=True,
        kid_subset_size=len(images),
        prc=True,
        batch_size=64,
        isc_splits=5,
        cuda=False,
        cache=False,
        save_cpu_ram=True,
        verbose=False,
    )
    assert ours.inception_score == pytest.approx(theirs["inception_score_mean"], rel=1e-4)
    assert ours.inception_score_std == pytest.approx(theirs["inception_score_std"], rel=1e-4)
    assert ours.fid == pytest.approx(theirs["frechet_inception_distance"], rel=1e-4)
    assert compared.kid == pytest.approx(theirs["kernel_inception_distance_mean"], abs=1e-6)
    assert compared.kid_std == pytest.approx(theirs["kernel_inception_distance_std"], abs=1e-6)
    assert compared.precision == pytest.approx(theirs["precision"], abs=1e-6)
    assert compared.recall == pytest.approx(theirs["recall"], abs=1e-6)
    assert compared.precision is not None and compared.recall is not None
    assert f_score(compared.precision, compared.recall) == pytest.approx(theirs["f_score"], abs=1e-6)
    assert 0.1 < compared.recall < 1 and 0.7 < compared.precision < 0.9, "a fifth of the images are noise"


@pytest.mark.parametrize(("channels", "size", "height"), [(1, 4, 4), (1, 16, 8), (3, 5, 32), (3, 12, 12)])
def test_shapes(channels: int, size: int, height: int) -> None:
    """Grey and colour, small and odd sizes, and images of another size than the network's all give (N, F), (N, K)."""
    network = new_network(channels, size, 7).eval()
    features, logits = network(torch.zeros(2, channels, height, height, dtype=torch.uint8))
    assert features.shape == (2, NUM_FEATURES)
    assert logits.shape == (2, 7)
    assert features.dtype == logits.dtype == torch.float32
    assert bool((features >= 0).all())


def test_an_image_costs_little() -> None:
    """At 16x16 a colour image takes less than 2 million multiply-accumulates, and at 32x32 not twice as many."""

    def macs(size: int) -> float:
        network = new_network(3, size, 10).eval()
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network(torch.zeros(1, 3, size, size, dtype=torch.uint8))
        return float(counter.get_total_flops()) / 2

    assert 1.5e6 < macs(16) < 2e6
    assert macs(32) < 2 * macs(16)


def test_weights_without_a_recipe_are_the_first_networks() -> None:
    """A network that an earlier version stored gives the features and logits that it gave there."""
    old = new_network(1, 16, 10, recipe=1)
    shapes = {name: value for name, value in old.shapes.items() if name != "recipe"}
    network = build_network(shapes, old.state_dict())
    features, logits = network(torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16))
    assert features.sum().item() == pytest.approx(1.384966, rel=1e-4)  # as that version computed it
    assert logits[0, :3].tolist() == pytest.approx([0.0121846, -0.0548139, 0.0340320], rel=1e-3)


def test_a_later_recipe_is_refused() -> None:
    """Weights of a later version's network are an error that says which recipes are known."""
    with pytest.raises(ValueError, match="recipe 9, but of 1 and"):
        build_network({**new_network(1, 8, 2).shapes, "recipe": 9}, {})


def test_it_refuses_other_channels(classifier: ClassifierExtractor) -> None:
    """Colour images for a grey classifier are an error with both numbers."""
    with pytest.raises(DataError, match="1 channels, not 3"):
        classifier(torch.zeros(1, 3, 16, 16, dtype=torch.uint8))


@pytest.mark.parametrize(("channels", "size"), [(1, 4), (3, 6)])
def test_training_is_deterministic_and_leaves_the_global_generator_alone(channels: int, size: int) -> None:
    """Two trainings under different global seeds give equal weights, and the next global draw is as without them."""
    dataset = tiny_dataset(channels, size)
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    first, accuracy = train_classifier(dataset, CPU)
    assert torch.equal(torch.rand(3), expected)
    second, _ = train_classifier(dataset, CPU)
    assert same_weights(first, second)
    assert accuracy == 1.0


def test_the_first_recipe_can_still_be_trained(tmp_path: Path) -> None:
    """It gives its own network, whose files lie beside those of today's, and are found again."""
    first = load_classifier(tiny_dataset(1, 4), CPU, tmp_path, 1)
    assert first.network.shapes["recipe"] == 1
    assert load_classifier(tiny_dataset(1, 4), CPU, tmp_path).network.shapes["recipe"] == 2
    again = load_classifier(tiny_dataset(1, 4), CPU, tmp_path, 1)
    assert (again.fingerprint, again.network.shapes) == (first.fingerprint, first.network.shapes)
    assert {json.loads(card.read_text())["recipe"] for card in tmp_path.glob("*.json")} == {1, 2}


def test_unlabelled_images_are_left_out() -> None:
    """Images labelled -1, here all bright ones called dark, change nothing."""
    dataset = tiny_dataset(1, 4)
    assert dataset.labels is not None
    bright = torch.full((30, 1, 4, 4), 255, dtype=torch.uint8)
    labels = torch.cat([dataset.labels, torch.full((30,), -1)])
    mixed = tiny_dataset(1, 4, images=torch.cat([dataset.images, bright]), labels=labels)
    assert same_weights(train_classifier(mixed, CPU)[0], train_classifier(dataset, CPU)[0])


def test_the_publishers_test_set_measures_the_accuracy() -> None:
    """With every test label wrong the accuracy is 0; without a test set a held-out part of the data gives 1."""
    dataset = tiny_dataset(1, 4)
    assert dataset.test_labels is not None
    assert train_classifier(tiny_dataset(1, 4, test_labels=1 - dataset.test_labels), CPU)[1] == 0.0
    assert train_classifier(tiny_dataset(1, 4, test_images=None, test_labels=None), CPU)[1] == 1.0


@pytest.mark.parametrize(
    ("labels", "message"),
    [(None, "no labels"), (torch.zeros(40, dtype=torch.int64), "1 classes"), (torch.full((40,), -1), "0 classes")],
)
def test_missing_labels_are_refused(tmp_path: Path, labels: Tensor | None, message: str) -> None:
    """No labels, one class and nothing but -1 are errors that point at the Inception features."""
    with pytest.raises(DataError, match=f"{message}.*scores.features=inception"):
        load_classifier(tiny_dataset(1, 4, labels=labels), CPU, tmp_path)


def test_cache_hit_does_not_train(
    digits: ImageDataset, classifier: ClassifierExtractor, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second load reads the files: same logits, accuracy and fingerprint, no training, no global draw."""
    monkeypatch.setattr(module, "train_classifier", lambda *_: pytest.fail("trained again"))
    state = torch.get_rng_state()
    again = load_classifier(digits, CPU, cache_dir)
    assert torch.equal(torch.get_rng_state(), state)
    assert (again.fingerprint, again.accuracy) == (classifier.fingerprint, classifier.accuracy)
    torch.testing.assert_close(again(digits.images[:9]), classifier(digits.images[:9]), rtol=0, atol=0)


@pytest.mark.parametrize("changes", [{"fingerprint": "other"}, {"num_classes": 3}])
def test_cache_belongs_to_one_dataset(tmp_path: Path, changes: dict[str, object]) -> None:
    """Another fingerprint or number of classes gets files of its own, two each, and no temporary ones remain."""
    load_classifier(tiny_dataset(1, 4), CPU, tmp_path)
    load_classifier(tiny_dataset(1, 4, **changes), CPU, tmp_path)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".json", ".safetensors", ".safetensors"]


@pytest.mark.parametrize(
    ("suffix", "content"),
    [(".safetensors", b"zz"), (".json", b"{"), (".json", b"[]"), (".json", b"{}"), (".safetensors", None)],
)
def test_damaged_cache_is_trained_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, suffix: str, content: bytes | None
) -> None:
    """Broken or missing (None) weights and a broken card are reported once, and replaced by a good pair."""
    dataset = tiny_dataset(1, 4)
    first = load_classifier(dataset, CPU, tmp_path)
    assert first.weights is not None
    path = first.weights.with_suffix(suffix)
    path.unlink() if content is None else path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        again = load_classifier(dataset, CPU, tmp_path)
        load_classifier(dataset, CPU, tmp_path)
    assert len(caplog.records) == 1
    assert again.fingerprint == first.fingerprint
    assert json.loads(first.weights.with_suffix(".json").read_text())["weights_sha256"] == first.fingerprint
