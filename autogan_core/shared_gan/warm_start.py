"""Trainings that go on from the search's own weights instead of starting from scratch (not in the paper).

A derived network's layers are a subset of the supernet's, under the same names; the paper's discriminator is the same
network. So each weight, batch-norm statistic and Adam moment has its counterpart by name, and each row of a searched
discriminator's spectral norm by the weight that it is of. Cells that repeat the last one have none in the supernet:
they start fresh.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from autogan_core.config import Config
from autogan_core.errors import ConfigError, StateError
from autogan_core.networks.generator import Generator
from autogan_core.networks.searched_discriminator import SearchedDiscriminator, discriminator_over
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
    gan.load_state_dict(derived_state(gan, weightless_supernet(config), snapshot.tensors))


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


def weightless_supernet(config: Config) -> dict[str, nn.Module]:
    """The search's generator and discriminator by these names, without values: nothing is allocated or drawn."""
    space, search = config.search_space(), config.search
    with torch.device("meta"):
        return {
            "generator": Generator(space, config.model, search.generator_channels),
            "discriminator": discriminator_over(space, config.model, search.discriminator_channels),
        }


def derived_state(gan: GAN, supernet: Mapping[str, nn.Module], shared: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Selects the part of a shared GAN's state that a derived GAN has.

    Args:
        gan: the derived one.
        supernet: the shared networks, whose optimisers number weights in their order.
        shared: the shared GAN's state.

    Returns:
        Weights and optimiser moments by name, as `GAN.load_state_dict` takes them.
    """
    state: dict[str, Tensor] = {}
    for kind, network in (("generator", gan.generator), ("discriminator", gan.discriminator)):
        state |= {f"{kind}.{name}": shared.get(f"{kind}.{name}", fresh) for name, fresh in network.state_dict().items()}
        state |= _moments(f"{kind}_optimizer", _names(supernet[kind]), _names(network), shared)
    whole = supernet["discriminator"]
    if isinstance(gan.discriminator, SearchedDiscriminator) and isinstance(whole, SearchedDiscriminator):
        state |= _spectral_norm(gan.discriminator, whole, shared)
    return state


def _spectral_norm(
    derived: SearchedDiscriminator, whole: SearchedDiscriminator, shared: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """The rows of the shared estimates that are of the derived one's weights; fresh ones for what has none."""
    rows = {name: row for row, name in enumerate(whole.normalised)}
    state = {}
    for side in ("left", "right"):
        name = f"spectral_norm.{side}"
        estimates = derived.get_buffer(name).clone()
        for row, weight in enumerate(derived.normalised):
            if weight in rows:
                estimates[row] = shared[f"discriminator.{name}"][rows[weight], : estimates.shape[1]]
        state[f"discriminator.{name}"] = estimates
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
