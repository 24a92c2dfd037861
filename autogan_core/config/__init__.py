"""Every setting of a run, with the paper's value as its default.

A run is described by one immutable `Config`, which `presets` reads. Where the paper is silent the default follows the
released code's scripts, and where those disagree with the paper the paper wins; each field says which.
"""

from __future__ import annotations

from autogan_core.config.config import ADDED, LOCATIONS, MAY_CHANGE, PROTOCOL, TOLD_BY_IMAGES, Config
from autogan_core.config.controller import ControllerConfig
from autogan_core.config.data import OWN_IMAGES, DataConfig
from autogan_core.config.discriminator_space import DiscriminatorSpaceConfig
from autogan_core.config.evolution import EvolutionConfig
from autogan_core.config.model import ModelConfig
from autogan_core.config.parsing import (
    known_settings,
    parse_config,
    parse_stored,
    setting_from_text,
    stored_fingerprint,
    typed,
    unknown_setting,
    validated,
)
from autogan_core.config.retraining import RetrainConfig
from autogan_core.config.reward import RewardConfig, RewardScore
from autogan_core.config.scores import ScoresConfig
from autogan_core.config.search import DynamicResetConfig, SearchConfig, SpaceConfig
from autogan_core.config.section import MayChange, Section
from autogan_core.config.training import TrainingConfig

__all__ = [
    "ADDED",
    "LOCATIONS",
    "MAY_CHANGE",
    "OWN_IMAGES",
    "PROTOCOL",
    "Config",
    "ControllerConfig",
    "DataConfig",
    "DiscriminatorSpaceConfig",
    "DynamicResetConfig",
    "EvolutionConfig",
    "MayChange",
    "ModelConfig",
    "RetrainConfig",
    "RewardConfig",
    "RewardScore",
    "ScoresConfig",
    "SearchConfig",
    "Section",
    "SpaceConfig",
    "TOLD_BY_IMAGES",
    "TrainingConfig",
    "known_settings",
    "parse_config",
    "parse_stored",
    "setting_from_text",
    "stored_fingerprint",
    "typed",
    "unknown_setting",
    "validated",
]
