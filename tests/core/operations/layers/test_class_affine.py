"""Class-conditional normalisation in generators."""

from __future__ import annotations

import pytest
import torch

from autogan_core.config import ModelConfig
from autogan_core.errors import ConfigError
from autogan_core.networks.generator import Generator, recalibrate
from autogan_core.operations import NORMALISATIONS
from autogan_core.operations.layers.class_affine import ClassAffine
from autogan_core.search_space import SWITCH, Architecture, CellSpace, SearchSpace

MODEL = ModelConfig(bottom_width=2, num_cells=2, latent_dim=8, classes=3)
SPACE = SearchSpace.uniform(2, CellSpace(norms=(*NORMALISATIONS.paper, "cbn")), SWITCH)
CONDITIONAL = Architecture.parse("0311-13111")
UNCONDITIONAL = Architecture.parse("0111-11111")


def generator(space: SearchSpace = SPACE) -> Generator:
    torch.manual_seed(0)
    return Generator(space, MODEL, 4).double()


def test_it_changes_nothing_at_first_and_each_class_its_own_way_later() -> None:
    """Fresh scales are 1 and shifts 0; then an image is scaled and shifted by its own label's."""
    affine = ClassAffine(3, 2)
    x = torch.randn(4, 2, 5, 5, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([2, 0, 0, 1])
    assert torch.equal(affine(x, labels), x)
    with torch.no_grad():
        affine.scale[2], affine.shift[1] = torch.tensor([2.0, 3.0]), torch.tensor([0.5, -0.5])
    out = affine(x, labels)
    assert torch.allclose(out[0], x[0] * torch.tensor([2.0, 3.0])[:, None, None])
    assert torch.equal(out[1:3], x[1:3])
    assert torch.allclose(out[3], x[3] + torch.tensor([0.5, -0.5])[:, None, None])


def test_unmoved_classes_give_the_images_of_batch_norm() -> None:
    """cbn is bn, with which it shares its weights, until the classes have learnt something."""
    network, z = generator(), torch.randn(6, 8, dtype=torch.double, generator=torch.Generator().manual_seed(1))
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    assert torch.equal(network(z, CONDITIONAL, labels), network(z, UNCONDITIONAL, labels))


@pytest.mark.parametrize("architecture", [CONDITIONAL, UNCONDITIONAL], ids=["cbn", "bn"])
def test_a_class_moves_its_own_images_alone(architecture: Architecture) -> None:
    """The loss of images of class 1 has a gradient in that class's scales and shifts, wherever they are used."""
    network = generator(SearchSpace.only(architecture))
    z = torch.randn(5, 8, dtype=torch.double, generator=torch.Generator().manual_seed(1))
    network(z, architecture, torch.ones(5, dtype=torch.int64)).square().sum().backward()
    tables = {name: p for name, p in network.named_parameters() if "affine" in name}
    assert len(tables) == (10 if architecture is CONDITIONAL else 2)
    for name, table in tables.items():
        assert table.grad is not None, name
        assert table.grad[1].abs().sum() > 0, name
        assert not table.grad[[0, 2]].any(), name


def test_derived_equals_supernet() -> None:
    """A derived conditional generator has a part of the supernet's weights, and makes the same images of them."""
    supernet, derived = generator(), generator(SearchSpace.only(CONDITIONAL))
    shared = supernet.state_dict()
    derived.load_state_dict({name: shared[name] for name in derived.state_dict()})
    z = torch.randn(6, 8, dtype=torch.double, generator=torch.Generator().manual_seed(1))
    labels = torch.arange(6) % 3
    assert torch.equal(supernet(z, CONDITIONAL, labels), derived(z, CONDITIONAL, labels))


def test_recalibration_takes_each_latent_vector_with_its_label() -> None:
    """In batches of 4 and of all 12 the statistics are the same, if each batch has the same classes."""
    network = generator(SearchSpace.only(CONDITIONAL))
    with torch.no_grad():
        network.cells[0].block1["post"].class_affine.shift[1] = 5  # type: ignore[index, union-attr]
    z = torch.randn(4, 8, dtype=torch.double, generator=torch.Generator().manual_seed(1)).repeat(3, 1)
    labels, found = torch.tensor([0, 1, 2, 1]).repeat(3), []
    for batch in (4, 12):
        recalibrate(network, CONDITIONAL, z, batch, labels)
        found.append(network.cells[1].block1["pre"].bn.running_mean.clone())  # type: ignore[index, union-attr]
    assert torch.allclose(found[0], found[1], atol=1e-12)
    recalibrate(network, CONDITIONAL, z, 4, torch.zeros_like(labels))
    assert not torch.allclose(found[0], network.cells[1].block1["pre"].bn.running_mean)  # type: ignore[index, union-attr]


def test_labels_are_as_frequent_as_in_training() -> None:
    """Drawn labels follow the training images' shares, which are stored with the weights; equal names, equal labels."""
    network, again = generator(), generator()
    network.learn_classes(torch.tensor([0] * 10 + [-1] * 50 + [2] * 30), ())  # some have none
    again.load_state_dict(network.state_dict())
    drawn = again.draw_labels(4000, 5, "score", 1)
    assert drawn is not None
    shares = torch.bincount(drawn, minlength=3) / 4000
    assert shares.tolist() == pytest.approx([0.25, 0, 0.75], abs=0.03)
    assert torch.equal(drawn, network.draw_labels(4000, 5, "score", 1))  # type: ignore[arg-type]
    assert not torch.equal(drawn, network.draw_labels(4000, 5, "score", 2))  # type: ignore[arg-type]


def test_without_classes_there_are_no_labels() -> None:
    """An unconditional generator draws no labels and stores no shares; cbn is refused, with what to do."""
    plain = MODEL.model_copy(update={"classes": 0})
    network = Generator(SearchSpace.full(2), plain, 4)
    assert network.draw_labels(3, 0) is None
    assert not [name for name in network.state_dict() if "class" in name or "affine" in name]
    with pytest.raises(ConfigError, match=r"model\.classes is 0; set it to the number of classes"):
        Generator(SPACE, plain, 4)
