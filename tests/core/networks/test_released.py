"""Generators in files of the released code."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from autogan_core.config import ModelConfig
from autogan_core.errors import ConfigError
from autogan_core.networks.generator import Generator
from autogan_core.networks.released import RELEASED, read_released, released_names
from autogan_core.search_space import NAMED, SearchSpace
from tests.core.networks.released_files import released_images, released_shapes, released_weights, write_checkpoint

MODULES = ("a", "b", "c")


@pytest.mark.parametrize(("module", "count"), [("a", 31), ("b", 33), ("c", 41)])
def test_every_released_tensor_has_a_place(module: str, count: int, golden: dict[str, Any]) -> None:
    """Names map one to one onto the derived generator's, with the released code's numbers of tensors and parameters."""
    architecture = NAMED[RELEASED[f"autogan_cifar10_{module}"]]
    names, shapes = released_names(architecture), released_shapes(module, 256, 4, 128, 3)
    generator = Generator(SearchSpace.only(architecture), ModelConfig(), 256)
    assert len(names) == count and names.keys() == shapes.keys()
    state = generator.state_dict()
    assert sorted(names.values()) == sorted(state)
    assert all(list(state[ours].shape) == shapes[theirs] for theirs, ours in names.items())
    parameters = sum(tensor.numel() for tensor in generator.parameters())
    assert parameters == golden["parameter_counts"][f"derived_{module}_gf256_bw4"]["total"]


@pytest.mark.parametrize("module", MODULES)
def test_an_imported_generator_makes_the_released_ones_images(module: str, tmp_path: Path) -> None:
    """A checkpoint's averaged weights compute what the released network, stated anew, computes with them."""
    weights = write_checkpoint(tmp_path / "checkpoint.pth", module, colours=3)
    found = read_released(tmp_path / "checkpoint.pth")
    assert found.architecture == NAMED[RELEASED[f"autogan_cifar10_{module}"]]
    assert (found.model.image_size, found.model.latent_dim, found.model.image_channels, found.channels) == (16, 8, 3, 4)
    assert (found.part, found.epoch) == ("avg_gen_state_dict", 300)
    assert found.sha256 == hashlib.sha256((tmp_path / "checkpoint.pth").read_bytes()).hexdigest()
    generator = Generator(SearchSpace.only(found.architecture), found.model, found.channels).eval()
    generator.load_state_dict(found.weights)
    z = torch.randn(5, 8, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        images, expected = generator(z, found.architecture), released_images(module, weights, z)
    assert expected.std() > 0.1, "images that all look alike prove nothing"
    assert torch.allclose(images, expected, atol=1e-5)


def test_plain_weights_are_read_too(tmp_path: Path) -> None:
    """A file that holds a generator and nothing else, as the authors' test script takes it; here for 48x48 images."""
    torch.save(released_weights("b", width=6, colours=3), tmp_path / "b.pth")
    found = read_released(tmp_path / "b.pth")
    assert (found.part, found.epoch, found.model.image_size) == (None, None, 48)


class Trap:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("sprung",)


def test_what_is_not_released_weights_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a sentence that says what was seen; nothing in a file is executed."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "x.pth"
    with pytest.raises(ConfigError, match=r"there is no file .*x\.pth"):
        read_released(file)
    file.write_bytes(b"no weights")
    with pytest.raises(ConfigError, match="is not a plain file of weights"):
        read_released(file)
    torch.save({"avg_gen_state_dict": released_weights("a"), "extra": Trap()}, file)
    with pytest.raises(ConfigError, match="is not a plain file of weights"):
        read_released(file)
    assert not (tmp_path / "sprung").exists()
    torch.save([1, 2], file)
    with pytest.raises(ConfigError, match="holds a list, not named weights"):
        read_released(file)
    torch.save({"l1.weight": torch.ones(2, 2)}, file)
    with pytest.raises(
        ConfigError, match=r"holds 1 values \(l1\.weight, \.\.\.\), the weights of none of autogan_cifar10_a"
    ):
        read_released(file)
    for name, shape in (("cell1.c1.weight", (4, 4, 1, 1)), ("l1.weight", (15, 8)), ("to_rgb.2.weight", (2, 4, 3, 3))):
        torch.save(released_weights("a") | {name: torch.ones(shape)}, file)
        with pytest.raises(ConfigError, match="does not fit together"):
            read_released(file)
