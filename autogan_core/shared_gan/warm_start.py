"""Trainings that go on from the search's own weights instead of starting from scratch (not in the paper).

A derived generator's layers are a subset of the supernet's, under the same names, and the discriminator is the same
network. So each weight, batch-norm statistic and Adam moment has its counterpart by name. Cells that repeat the last
one have none in the supernet: they start fresh.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from autogan_core.config import Config
from autogan_core.errors import ConfigError, StateError
from autogan_core.networks.generator import Generator
from autogan_core.search_space import Architecture
from autogan_core.shared_gan.trial_records import SHARED, shared_state
from autogan_core.storage import RunStore
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.workspace import Workspace

logger = logging.getLogger(__name__)


def start_from_search(gan: GAN, architecture: Architecture, workspace: Workspace) -> None:
    """Gives an untrained derived GAN the weights and Adam moments that the run's finished search ended with.

    If the search's last training collapsed, so that a dynamic reset is due, its weights are worth nothing: the GAN
    stays as it is.

    Args:
        gan: of the retraining's widths, which are the search's; changed in place.
        architecture: what its generator is.
        workspace: the run's.

    Raises:
        ConfigError: the architecture lies outside the search's space.
        StateError: the run holds no shared weights, or damaged ones, or another configuration's.
    """
    config, store = workspace.config, workspace.store
    if architecture.prefix(config.model.num_cells) not in config.search_space():
        raise ConfigError(
            f"{architecture} lies outside search.space, so the search has no weights for it; set retrain.start=scratch"
        )
    snapshot = shared_state(store).load(gan.device)
    if snapshot is None:
        raise StateError(
            f"{store.location(SHARED)} holds no weights of the search, from which retrain.start=shared goes on; "
            "restore them, or use another run folder and retrain.start=scratch"
        )
    snapshot.require(workspace.state_identity, "the shared GAN")
    if snapshot.meta["reset_pending"]:
        logger.warning("the search's weights have collapsed; %s is trained from scratch instead", architecture)
        return
    gan.load_state_dict(derived_state(gan, supernet_weights(config), snapshot.tensors))


def keep_weights(source: RunStore, store: RunStore) -> None:
    """Stores the weights of a search that was done elsewhere where `start_from_search` looks for them.

    Args:
        source: the folder in which the search's trials worked.
        store: the run's own folder.

    Raises:
        StateError: there are none, or they are damaged.
        ConflictError: another process keeps them at the same time; trying again is enough.
    """
    snapshot = shared_state(source).load(torch.device("cpu"))
    if snapshot is None:
        raise StateError(
            f"{source.location(SHARED)} holds no weights of the search, from which retrain.start=shared goes on; set "
            "retrain.start=scratch and search again"
        )
    kept = shared_state(store)
    kept.pointer()  # what an earlier attempt has kept is replaced
    kept.commit(snapshot)


def supernet_weights(config: Config) -> list[str]:
    """Names of the supernet's weights, in the order in which its optimiser numbers them."""
    with torch.device("meta"):  # names only: nothing is allocated or drawn
        supernet = Generator(config.search_space(), config.model, config.search.generator_channels)
    return _names(supernet)


def derived_state(gan: GAN, supernet: list[str], shared: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Selects the part of a shared GAN's state that a derived GAN has.

    Args:
        gan: the derived one.
        supernet: names of the shared generator's weights, as its optimiser numbers them.
        shared: the shared GAN's state.

    Returns:
        Weights and optimiser moments by name, as `GAN.load_state_dict` takes them.
    """
    state: dict[str, Tensor] = {}
    for kind, network, numbered in (
        ("generator", gan.generator, supernet),
        ("discriminator", gan.discriminator, _names(gan.discriminator)),
    ):
        state |= {f"{kind}.{name}": shared.get(f"{kind}.{name}", fresh) for name, fresh in network.state_dict().items()}
        state |= _moments(f"{kind}_optimizer", numbered, _names(network), shared)
    return state


def _moments(optimizer: str, numbered: list[str], wanted: list[str], shared: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Adam's state of the ``wanted`` weights, renumbered; a weight that was never moved has none."""
    known = {name: str(index) for index, name in enumerate(numbered)}
    numbers = {known[name]: number for number, name in enumerate(wanted) if name in known}
    moments = {}
    for key, tensor in shared.items():
        kind, _, rest = key.partition(".")
        number, _, slot = rest.partition(".")
        if kind == optimizer and number in numbers:
            moments[f"{optimizer}.{numbers[number]}.{slot}"] = tensor
    return moments


def _names(network: nn.Module) -> list[str]:
    return [name for name, _ in network.named_parameters()]
