"""A run whose generators draw what a label says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from autogan_core.config import Config
from autogan_core.data import load_dataset
from autogan_core.errors import ConfigError, DataError
from autogan_core.presets import overridden
from autogan_core.runs.opening import open_run
from autogan_core.search_space import Architecture
from autogan_core.storage import DirectoryStore
from tests.core.tiny import tiny_config

CLASSES = ("model.classes=10", "search.space.norm=[none, bn, in, cbn]")
CBN = Architecture.parse("0311-13110-03001")


@pytest.fixture
def config() -> Config:
    return tiny_config(*CLASSES, "data.max_images=200", "scores.features=classifier")


def test_it_goes_from_the_search_to_samples_of_a_class(config: Config, tmp_path: Path) -> None:
    """The search draws from the conditional space; what is trained draws one class or each as often, with no images."""
    run = open_run(tmp_path, config, device="cpu")
    assert all(beam.architecture in config.search_space() for beam in run.search())
    run.retrain([CBN])
    assert run.evaluate([CBN])[CBN].last.scores["fid_64_classifier"] > 0
    again = open_run(tmp_path, None, device="cpu", read_images=False)
    generator = again.generator(CBN, "last")
    assert generator.class_names == tuple("0123456789")
    assert generator.class_shares.sum().item() == pytest.approx(1)
    with torch.no_grad():  # so that classes differ at once
        generator.get_parameter("output_affine.shift")[7] = 9
    sevens = again.sample(CBN, "last", 12, 0, "7")
    assert torch.equal(sevens, again.sample(CBN, "last", 12, 0, "7"))
    assert sevens.shape == (12, 1, 16, 16)
    even = again.sample(CBN, "last", 20, 0)
    assert torch.equal(even[:2], again.sample(CBN, "last", 20, 0, "0")[:2])
    assert torch.equal(even[18:], again.sample(CBN, "last", 20, 0, "9")[18:])


def test_images_without_a_label_are_learnt_from_too(tmp_path: Path) -> None:
    """Of 200 digits 150 have no label: the search and a training make conditional generators of all ten classes."""
    digits = tiny_config("data.max_images=200")
    dataset = load_dataset(digits.data, digits.model, 0)
    labels = dataset.require_labels().clone()
    labels[50:] = -1
    np.savez(tmp_path / "some.npz", images=dataset.images.numpy(), labels=labels.numpy())
    some = ("data.name=npz", f"data.path={tmp_path / 'some.npz'}", "scores.features=classifier")
    run = open_run(tmp_path / "run", tiny_config(*CLASSES, "data.max_images=null", *some), device="cpu")
    assert run.search()
    run.retrain([CBN])
    scored = run.evaluate([CBN])[CBN].last
    assert scored.classes is not None and len(scored.classes.names) == 10
    generator = run.generator(CBN, "last")
    assert (generator.class_shares * 50).tolist() == pytest.approx(torch.bincount(labels[:50], minlength=10).tolist())


def test_a_killed_training_ends_as_if_it_had_not_been(config: Config, tmp_path: Path) -> None:
    """Trained to the second validation, opened anew and trained on: the same weights as in one go."""
    whole = open_run(tmp_path / "whole", config, device="cpu")
    whole.retrain([CBN])
    part = open_run(tmp_path / "part", config, device="cpu")
    part._derived(CBN).train(4)
    again = open_run(tmp_path / "part", None, device="cpu")
    again.retrain([CBN])
    expected, found = (run.generator(CBN, "last").state_dict() for run in (whole, again))
    assert all(torch.equal(tensor, found[name]) for name, tensor in expected.items())


@pytest.mark.parametrize(
    ("label", "message"),
    [("10", "no class '10'; the generator's are 0, 1, 2"), ("cat", "no class 'cat'"), ("-1", "no class '-1'")],
)
def test_a_class_that_there_is_not(config: Config, tmp_path: Path, label: str, message: str) -> None:
    """The message names the classes."""
    run = open_run(tmp_path, config, device="cpu")
    run.retrain([CBN])
    with pytest.raises(ConfigError, match=message):
        run.sample(CBN, "last", 1, 0, label)


def test_an_unconditional_generator_has_no_labels(tmp_path: Path) -> None:
    """Asked for a class, it says what to do instead; and architectures with cbn are refused in its run."""
    run = open_run(tmp_path, tiny_config("scores.features=classifier", "data.max_images=200"), device="cpu")
    plain = Architecture.parse("0111-11110-01001")
    run.retrain([plain])
    with pytest.raises(ConfigError, match="says nothing to a generator without classes"):
        run.sample(plain, "last", 1, 0, "3")
    with pytest.raises(ConfigError, match=r"cbn.*model\.classes is 0"):
        run.retrain([CBN])


def test_classes_that_the_images_have_not(config: Config, tmp_path: Path) -> None:
    """Another number of classes is refused before anything is trained, and leaves no state behind."""
    with pytest.raises(DataError, match=r"has 10 classes, but model\.classes is 4; set model\.classes=10"):
        open_run(tmp_path, overridden(config, ["model.classes=4"]), device="cpu").retrain([CBN])
    assert not DirectoryStore(tmp_path).exists(f"retrain/{CBN}/state.json")
