"""The ablations of one folder: which data, which settings, which seeds; and where everything lies."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autogan_core.ablations.suite.budget import Budget
from autogan_core.config import Config, DataConfig, parse_config
from autogan_core.data import TRAINING_IMAGES, load_dataset
from autogan_core.errors import ConfigError
from autogan_core.presets import load_config
from autogan_core.runtime.distributed import World
from autogan_core.storage import RunStore
from autogan_core.training.workspace import Workspace

if TYPE_CHECKING:  # torch takes seconds to import, and --help needs none of it
    import torch

    from autogan_core.runs.scoring.inputs import Inputs
    from autogan_core.runtime.monitor import Monitor

TARGETS = {"cifar10": "stl10", "stl10": "cifar10", "fashion-mnist": "digits", "digits": "fashion-mnist"}
"""What architectures found on a preset's images are transferred to (paper, section 4.2: CIFAR-10 to STL-10)."""


@dataclass(frozen=True)
class Plan:
    """The preset, seeds and budget of a folder's ablations."""

    preset: str
    """Name or file."""
    budget_name: str
    budget: Budget
    seeds: tuple[int, ...]
    overrides: tuple[str, ...] = ()
    """``section.key=value`` each, on top of preset and budget."""
    target: str | None = None
    """Preset of the data to transfer to; None: by `TARGETS`."""
    target_path: Path | None = None
    """The location of the target's images; None: their loader's usual place."""

    @property
    def seed_words(self) -> str:
        """``5 seeds (0 to 4)``."""
        if len(self.seeds) == 1:
            return f"seed {self.seeds[0]}"
        return f"{len(self.seeds)} seeds ({self.seeds[0]} to {self.seeds[-1]})"

    def config(self, seed: int, *more: str) -> Config:
        """Configures a run on the preset's own data, with ``more`` overrides on top.

        Returns:
            The validated configuration.

        Raises:
            ConfigError: an unknown setting or a bad value.
        """
        return _config(self.preset, (*self.budget.settings, *self.overrides, *more), seed)

    def target_config(self, seed: int) -> Config:
        """The configuration of a run on the data set to transfer to.

        Images, their size and channels, and the features are the target preset's; all else is as in `config`.

        Returns:
            The validated configuration.

        Raises:
            ConfigError: the preset has no transfer target; or as for `config`.
        """
        return _target_config(self, seed)

    @property
    def target_preset(self) -> str:
        """The preset of the data to transfer to. Raises like `target_config`."""
        name = self.target or TARGETS.get(self.preset)
        if name is None:
            raise ConfigError(
                f"nobody said where to transfer what is found with {self.preset}: name a preset by --target"
            )
        return name


@functools.cache  # every piece of work asks for it, again and again, and reading YAML takes long
def _config(preset: str, overrides: tuple[str, ...], seed: int) -> Config:
    return load_config(preset, overrides, seed=seed)


@functools.cache
def _target_config(plan: Plan, seed: int) -> Config:
    base, target = plan.config(seed), load_config(plan.target_preset)
    data = target.data.model_copy(update={"path": plan.target_path or target.data.path})
    tree = base.model_dump(mode="json")
    tree["data"] = data.model_copy(update={"max_images": plan.budget.target_images}).model_dump(mode="json")
    tree["scores"]["features"] = target.scores.features
    tree["model"]["image_channels"] = target.model.image_channels
    if not any(setting.startswith("model.bottom_width=") for setting in (*plan.budget.settings, *plan.overrides)):
        tree["model"]["bottom_width"] = target.model.bottom_width
    return parse_config(tree)


class Suite:
    """A folder of ablations, opened on a device."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        device: torch.device,
        monitor: Monitor,
        load: Callable[[Config], Inputs],
        command: str,
    ) -> None:
        """Prepares a suite; nothing is loaded or trained yet.

        Args:
            plan: variants, seeds and budget.
            folder: the suite's folder; runs of another plan in it are refused when they are opened.
            device: for trainings and scores.
            monitor: receives progress and measurements.
            load: images, features and reference of a configuration; called once for each data set.
            command: options of the command line, for readers to repeat it.
        """
        self.plan, self.folder, self.device, self.monitor = plan, folder, device, monitor
        self.command = command
        self._load = functools.cache(lambda target: load(self._data_config(target)))

    def workspace(self, config: Config, store: RunStore, on_target: bool = False) -> Workspace:
        """Bundles what a training of the suite works with.

        Args:
            config: of the training.
            store: its folder.
            on_target: whether the images are those of the transfer's target.

        Returns:
            The workspace, on this process alone.
        """
        return self.inputs(on_target).workspace(config, store, World.single(self.device), self.monitor)

    def inputs(self, target: bool = False) -> Inputs:
        """Images and features: the same for all seeds, so that their scores can be compared."""
        return self._load(target)

    @property
    def accuracy(self) -> float | None:
        """Share of test images that the scoring classifier has right, in [0, 1]; None with Inception."""
        return self.inputs().extractor.accuracy

    @functools.cached_property
    def num_images(self) -> int:
        """Training images of the plan's data; a data set of unknown size is read for it."""
        config = self._data_config(target=False)
        available = TRAINING_IMAGES.get(config.data.name)
        if available is None:
            return len(load_dataset(config.data, config.model, config.seed).images)
        return min(available, config.data.max_images or available)

    def command_for(self, name: str) -> str:
        """The command line that repeats one ablation."""
        return f"autogan reproduce {name} {self.command}"

    def data(self, target: bool = False) -> DataConfig:
        """The data of the plan, or those to transfer to."""
        return self._data_config(target).data

    def _data_config(self, target: bool) -> Config:
        seed = self.plan.seeds[0]
        return self.plan.target_config(seed) if target else self.plan.config(seed)
