"""A derived GAN that goes on from the shared one: tensors and moments by name, and what stands against it."""

from __future__ import annotations

import logging
import random
from pathlib import Path

import pytest
import torch

from autogan_core.config import Config
from autogan_core.errors import ConfigError, StateError
from autogan_core.history import Assignment
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.search_space import NAMED, Architecture, SearchSpace
from autogan_core.shared_gan.shared_gan import SharedGAN
from autogan_core.shared_gan.trial_records import shared_state
from autogan_core.shared_gan.warm_start import start_from_search, weightless_supernet
from autogan_core.storage import DirectoryStore, Snapshot
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.design import searched
from autogan_core.training.workspace import Workspace
from tests.core.tiny import CPU, tiny_config, tiny_dataset, tiny_scorer

FROM_SHARED = "retrain.start=shared"
SPACE = SearchSpace.full()
TRAINED = (NAMED["paper-top1"], Architecture.parse("0221-02210-02201"))
OTHERS = (NAMED["sn-gan"], *(SPACE.sample(random.Random(seed)) for seed in range(3)))


def workspace(folder: Path, config: Config) -> Workspace:
    """A run's, in a folder."""
    scorer, store = tiny_scorer(folder / "cache"), DirectoryStore(folder)
    return Workspace(config, tiny_dataset(), scorer, store, World.single(CPU), Monitor())


def train_shared(folder: Path, config: Config, trained: tuple[Architecture, ...] = TRAINED) -> GAN:
    """A shared GAN after one slot, as it was committed."""
    shared = SharedGAN(workspace(folder, config))
    shared.run(Assignment(0, 2, "search", trained[:1], trained))
    return shared._gan


def started(folder: Path, config: Config, architecture: Architecture) -> GAN:
    """A derived GAN with the folder's shared weights."""
    gan = searched(architecture).gan(config, CPU, 5)
    start_from_search(gan, architecture, workspace(folder, config))
    return gan


@pytest.fixture(scope="module")
def config() -> Config:
    """Equal widths of search and retraining."""
    return tiny_config(FROM_SHARED)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a run with shared weights."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="module")
def shared(folder: Path, config: Config) -> GAN:
    """The shared GAN that was committed there."""
    return train_shared(folder, config)


@pytest.mark.parametrize("architecture", [*TRAINED, *OTHERS], ids=str)
def test_a_derived_gan_goes_on_where_the_supernet_was(
    folder: Path, config: Config, shared: GAN, architecture: Architecture
) -> None:
    """It draws the same images and judges alike, to the bit; every tensor and every moment is the supernet's of the
    same name, and one that the search never moved has no moment."""
    gan = started(folder, config, architecture)
    latents = torch.randn(6, config.model.latent_dim, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        images = [source.generator.eval()(latents, architecture) for source in (shared, gan)]
        assert torch.equal(*images)
        assert torch.equal(*(judge.discriminator.eval()(images[0], 2) for judge in (shared, gan)))
    for mine, theirs in ((gan.generator, shared.generator), (gan.discriminator, shared.discriminator)):
        known = theirs.state_dict()
        assert all(torch.equal(tensor, known[name]) for name, tensor in mine.state_dict().items())
    moved = dict.fromkeys((True, False), 0)
    for mine, theirs, optimizer, known_optimizer in (
        (gan.generator, shared.generator, gan.generator_optimizer, shared.generator_optimizer),
        (gan.discriminator, shared.discriminator, gan.discriminator_optimizer, shared.discriminator_optimizer),
    ):
        weights = dict(theirs.named_parameters())
        for name, weight in mine.named_parameters():
            state, expected = optimizer.state.get(weight, {}), known_optimizer.state.get(weights[name], {})
            assert state.keys() == expected.keys(), name
            assert all(torch.equal(state[slot], expected[slot]) for slot in state), name
            moved[bool(state)] += 1
    assert moved[True] > 10
    assert (moved[False] > 0) == (architecture not in TRAINED)


def test_a_pair_goes_on_with_both_of_its_networks(tmp_path: Path) -> None:
    """A searched discriminator judges as on the shared weights, spectral norm and all, and keeps its moments."""
    config = tiny_config(FROM_SHARED, "search.networks=both", "search.reward.adaptation_steps=1")
    pair = Architecture.parse("1011-10011-10103-d0010-d2101-d3000")
    shared = train_shared(tmp_path, config, (pair, Architecture.parse("0221-02210-02201-d1200-d0010-d0011")))
    gan, images = started(tmp_path, config, pair), torch.randn(5, 1, 16, 16)
    judged = [each.discriminator.eval()(images, 2, cells=pair.discriminator) for each in (shared, gan)]
    assert torch.allclose(judged[0], judged[1], rtol=1e-5, atol=1e-6)
    known = dict(shared.discriminator.named_parameters())
    for name, weight in gan.discriminator.named_parameters():
        assert torch.equal(weight, known[name])
        expected = shared.discriminator_optimizer.state[known[name]]
        assert torch.equal(gan.discriminator_optimizer.state[weight]["exp_avg_sq"], expected["exp_avg_sq"])


def test_naming_the_supernets_weights_draws_nothing(config: Config, shared: GAN) -> None:
    """The names are those of the real supernet, in its order, and no random number is used for it."""
    before = torch.get_rng_state()
    shapes = weightless_supernet(config)
    for kind, network in (("generator", shared.generator), ("discriminator", shared.discriminator)):
        assert [*dict(shapes[kind].named_parameters())] == [*dict(network.named_parameters())]
    assert torch.equal(torch.get_rng_state(), before)


def test_a_narrowed_space_is_mapped_by_its_own_supernet(tmp_path: Path) -> None:
    """Fewer options give other numbers to the same weights."""
    config = tiny_config(FROM_SHARED, "search.space.norm=[none]", "search.space.up=[nearest, bilinear]")
    shared = train_shared(tmp_path, config, TRAINED[:1])
    gan = started(tmp_path, config, NAMED["paper-top1"])
    name = "cells.2.block2.pre.conv.weight"
    mine, theirs = (dict(source.generator.named_parameters())[name] for source in (gan, shared))
    assert torch.equal(
        gan.generator_optimizer.state[mine]["exp_avg_sq"], shared.generator_optimizer.state[theirs]["exp_avg_sq"]
    )
    with pytest.raises(ConfigError, match=r"lies outside search\.space.*set retrain\.start=scratch"):
        started(tmp_path, config, NAMED["sn-gan"])


def test_a_run_without_shared_weights_is_refused(tmp_path: Path, config: Config) -> None:
    """The message says where they should be, and what to set."""
    with pytest.raises(StateError, match="shared holds no weights of the search.*retrain.start=scratch"):
        started(tmp_path, config, NAMED["sn-gan"])


def test_weights_of_other_settings_are_refused(folder: Path, shared: GAN) -> None:
    """They belong to another run."""
    with pytest.raises(StateError, match="the shared GAN in the run store belongs to another configuration"):
        started(folder, tiny_config(FROM_SHARED, "training.n_critic=1"), NAMED["sn-gan"])


def test_collapsed_weights_are_not_used(tmp_path: Path, config: Config, caplog: pytest.LogCaptureFixture) -> None:
    """Where a reset is due the GAN keeps its fresh weights, and a warning says so."""
    train_shared(tmp_path, config)
    state = shared_state(DirectoryStore(tmp_path))
    snapshot = state.load(CPU)
    assert snapshot is not None
    state.commit(Snapshot({**snapshot.meta, "reset_pending": True}, snapshot.tensors))
    with caplog.at_level(logging.WARNING):
        gan = started(tmp_path, config, NAMED["sn-gan"])
    fresh = searched(NAMED["sn-gan"]).gan(config, CPU, 5)
    assert all(torch.equal(tensor, fresh.state_dict()[name]) for name, tensor in gan.state_dict().items())
    assert f"{NAMED['sn-gan']} is trained from scratch instead" in caplog.text
