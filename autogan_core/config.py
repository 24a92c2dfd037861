"""Every setting of a run, with the paper's value as its default.

A run is described by one immutable `Config`, which `presets` reads. Where the paper is silent the default follows the
released code's scripts, and where those disagree with the paper the paper wins; each field says which.
"""

from __future__ import annotations

import copy
import difflib
import functools
import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
    ValidationError,
    model_validator,
)

from autogan_core.errors import ConfigError
from autogan_core.search_space import (
    CONVS,
    NORMS,
    SWITCH_WORDS,
    UPS,
    Architecture,
    CellSpace,
    Conv,
    Norm,
    SearchSpace,
    SwitchWord,
    Up,
)

S = TypeVar("S", bound="Section")
Fingerprint = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]

LOCATIONS = frozenset({"data.path", "scores.inception_weights"})
"""Settings that say where a thing lies, not what it is: they may change between two runs of one configuration."""

ADDED: Mapping[str, Any] = {
    "search.growth": None,
    "search.controller.baseline": "moving-average",
    "search.controller.advantage": "plain",
    "search.controller.passes": 1,
    "search.controller.objective": "reinforce",
    "retrain.start": "scratch",
    "retrain.pool": None,
    "retrain.incumbents": [],
    "search.shared_training": "policy",
    "search.warm_up_epochs": 0.0,
    "search.reward.statistics": "recalibrated",
    "search.reward.adaptation_steps": 0,
}
"""Settings that are newer than the oldest stored runs, and the JSON values by which those runs were done.

A stored configuration that lacks one has this value, whatever the default is by now. At this value it does not count in
the fingerprint, so that stored weights still fit their run."""

RewardScore = Literal["inception-score", "inverse-fid", "log-fid", "negative-kid", "is-over-fid"]
"""What a candidate's reward can be; more is better in each. Under Katib also the objective metric's name."""


class Section(BaseModel):
    """A group of settings: immutable, and closed to keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


class DataConfig(Section):
    """The images to imitate."""

    name: Literal["digits", "fashion-mnist", "cifar10", "stl10", "folder", "npz"]
    """Which loader reads them."""
    path: Path | None = None
    """The folder (or .npz file) that holds them; None: what the package ships, or the loader's usual place."""
    max_images: PositiveInt | None = None
    """Train on a random subset of so many images; None: all of them."""
    fingerprint: Fingerprint | None = None
    """SHA-256 that the images must have, 64 hex digits, as pipelines pin it; None: whatever images are there."""


class ModelConfig(Section):
    """Shapes that the whole run shares. The generator makes images of ``bottom_width * 2 ** num_cells`` pixels."""

    bottom_width: PositiveInt = 4
    """Width of the map that the latent vector becomes: 4 for 32x32 images, 6 for 48x48, 2 for 16x16."""
    num_cells: PositiveInt = 3
    """Cells in a full generator, which is also the number of search stages; each cell doubles the image."""
    image_channels: Literal[1, 3] = 3
    """1 for grey images, 3 for colour."""
    latent_dim: PositiveInt = 128
    """Length of the latent vector z ~ N(0, 1). Paper: not given; released code: 128."""

    @property
    def image_size(self) -> int:
        """Side of a full generator's images, in pixels."""
        return self.image_size_at(self.num_cells)

    def image_size_at(self, depth: int) -> int:
        """Side of the images that the first ``depth`` cells make, in pixels."""
        return self.bottom_width << depth


class TrainingConfig(Section):
    """How any GAN here is trained: the shared one and the derived ones alike (paper, section 4)."""

    discriminator_batch: PositiveInt = 64
    """Real images, and as many generated ones, in a discriminator step."""
    generator_batch: PositiveInt = 128
    """Generated images in a generator step."""
    n_critic: PositiveInt = 5
    """Discriminator steps for each generator step. Paper: not given; released scripts: 5."""
    generator_lr: PositiveFloat = 2e-4
    """Adam's learning rate for the generator; constant."""
    discriminator_lr: PositiveFloat = 2e-4
    """Adam's learning rate for the discriminator; constant."""
    adam_betas: tuple[float, float] = (0.0, 0.9)
    """Adam's decay rates. Paper: "follow SN-GAN"; released code: (0.0, 0.9)."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """What convolutions and matrix products take in; weights, moments and losses are float32 in any case.

    auto: bfloat16 on a device that has matrix units for it (GPUs since Ampere, CPUs with AMX), else float32. A run that
    moves between unlike machines should name one."""


class ControllerConfig(Section):
    """The LSTM policy and its REINFORCE update (paper, section 3.3.2)."""

    hidden_dim: PositiveInt = 100
    """LSTM state and token embedding size. Paper: not given; released code: 100."""
    learning_rate: PositiveFloat = 3.5e-4
    """Adam's learning rate."""
    adam_betas: tuple[float, float] = (0.0, 0.9)
    """Adam's decay rates. Paper: not given; released code: the GAN's."""
    entropy_weight: NonNegativeFloat = 1e-4
    """Weight of the entropy bonus, in nats. Paper: 1e-4 (released code: 1e-3, with the opposite effect)."""
    baseline: Literal["moving-average", "slot-mean", "leave-one-out", "released"] = "moving-average"
    """What a reward is compared with (`advantages`). Paper: the moving average.

    moving-average: of all rewards of the stage, the reward itself excluded. slot-mean: the mean of the slot's rewards,
    which a drift of the shared weights from slot to slot does not move. leave-one-out: the mean of the slot's other
    rewards. released: the released code's moving average, which restarts in every slot and includes the reward."""
    baseline_decay: float = 0.9
    """Share of the old value kept in a moving average, in [0, 1). Paper: not given; released code: 0.9."""
    advantage: Literal["plain", "normalised"] = "plain"
    """plain: the reward above the baseline (paper). normalised: the same in standard deviations of the slot's rewards,
    so that step sizes relative to the entropy bonus do not depend on the score's scale. Not in the paper."""
    passes: PositiveInt = 1
    """Updates for each reward: so often the slot's candidates are gone through. From the second pass on the policy is
    no longer the one that drew them, and no weight corrects for it. Paper and released code: 1."""
    objective: Literal["reinforce", "released"] = "reinforce"
    """reinforce: advantage times log-likelihood, and the entropy bonus (paper). released: the released code's loss,
    which counts the first as often as there are tokens, and lowers the entropy (`Policy.learn`)."""

    @model_validator(mode="after")
    def _check(self) -> ControllerConfig:
        if not 0 <= self.baseline_decay < 1:
            raise ValueError(f"baseline_decay must lie in [0, 1), not {self.baseline_decay}")
        return self


class DynamicResetConfig(Section):
    """When a collapsed shared GAN is thrown away (paper, section 3.2)."""

    enabled: bool = True
    """False trains on, as in the paper's ablation (Figure 9)."""
    window: PositiveInt = 500
    """Latest losses of each network that are looked at. Paper: not given; released code: 500."""
    threshold: PositiveFloat = 1e-3
    """A window that spreads less than this has collapsed."""
    statistic: Literal["variance", "std"] = "variance"
    """What is held against the threshold: section 4 and the released code say the variance, section 3.2 the std."""


class RewardConfig(Section):
    """The controller's reward for a candidate (paper, sections 3.2 and 4.3.2)."""

    score: RewardScore = "inception-score"
    """What is computed on the candidate's images. Paper: the Inception score (IS) and, as an ablation, 1 / FID.

    inverse-fid: 1 / FID. log-fid: -ln FID, which unlike 1 / FID spreads bad candidates as far apart as good ones.
    negative-kid: -KID, whose estimate has no bias at few images. is-over-fid: ln IS - ln FID. The last three are not in
    the paper."""
    num_images: PositiveInt = 5000
    """Images generated to score one candidate. Paper: not given; released code: 5,000."""
    splits: PositiveInt = 10
    """Parts over which the Inception score is averaged."""
    penalty_per_gflop: NonNegativeFloat = 0.0
    """Subtracted per 1e9 multiply-accumulates of the candidate; 0 is off. Not in the paper."""
    statistics: Literal["recalibrated", "running"] = "recalibrated"
    """Batch-norm statistics that a candidate is scored with. Paper: not given; released code: running.

    recalibrated: estimated on the candidate's own samples. running: those that training has left, a mixture over all
    architectures and stages; scoring then leaves them as they are."""
    recalibration_images: PositiveInt = 512
    """Own samples on which a candidate's batch-norm statistics are estimated before it is scored, where they are."""
    adaptation_steps: NonNegativeInt = 0
    """Training steps that a candidate makes alone, on a copy of the shared GAN, before it is scored; the copy is then
    thrown away. Every ``training.n_critic``-th step, from the first one on, also trains the generator. Paper: none."""


class SpaceConfig(Section):
    """What every cell may choose (paper, section 3.1). Shorter lists narrow the search."""

    conv: tuple[Conv, ...] = CONVS
    """C: activation after or before the convolution."""
    norm: tuple[Norm, ...] = NORMS
    """N: normalisation."""
    up: tuple[Up, ...] = UPS
    """U: up-sampling."""
    shortcut: tuple[SwitchWord, ...] = SWITCH_WORDS
    """SC: the in-cell shortcut."""
    skip: tuple[SwitchWord, ...] = SWITCH_WORDS
    """Each skip connection from an earlier cell."""

    @model_validator(mode="after")
    def _check(self) -> SpaceConfig:
        for name, options in self:
            if not options or len(set(options)) < len(options):
                raise ValueError(f"search.space.{name} must list different options, at least one, not {list(options)}")
        return self

    def cells(self, num_cells: int) -> SearchSpace:
        """The space of ``num_cells`` cells, with options in the paper's order whatever the lists' order."""
        shortcuts, skips = (
            tuple(word == "with" for word in SWITCH_WORDS if word in words) for words in (self.shortcut, self.skip)
        )
        cell = CellSpace(
            convs=tuple(conv for conv in CONVS if conv in self.conv),
            norms=tuple(norm for norm in NORMS if norm in self.norm),
            ups=tuple(up for up in UPS if up in self.up),
            shortcuts=shortcuts,
        )
        return SearchSpace.uniform(num_cells, cell, skips)


class SearchConfig(Section):
    """The architecture search (paper, sections 3.3 and 4)."""

    policy: Literal["reinforce", "random"] = "reinforce"
    """A controller that learns from the rewards, or uniform draws on the same shared weights (a baseline)."""
    levels: Literal["multi", "single"] = "multi"
    """One stage per cell with a controller each (MLAS), or all cells at once (SLAS, the paper's ablation)."""
    space: SpaceConfig = SpaceConfig()
    """What to search in."""
    iterations: PositiveInt = 90
    """Search iterations over all stages; each stage adds one derivation on top."""
    growth: tuple[PositiveFloat, ...] | None = None
    """Proportions of the stages' iterations, one number for each stage; None: equal, but that rounding shares out the
    derivations too. Paper: not given; released code: (25, 30, 35) by default, (15, 20, 30) in its script."""
    shared_epochs: PositiveInt | PositiveFloat = 15
    """Epochs that the shared GAN is trained in one iteration; a fraction on many images, rounded up to whole steps."""
    warm_up_epochs: NonNegativeFloat = 0.0
    """Epochs on top of ``shared_epochs`` in the first iteration of each stage, so that the new cell is trained a little
    before the first reward counts. Paper and released code: none."""
    shared_training: Literal["policy", "uniform", "balanced"] = "policy"
    """How the architectures that train the shared weights are drawn. Paper and released code: policy.

    uniform: uniformly among all that extend a beam, so that no candidate is scored well for having been trained most.
    balanced: likewise, but so that each option of each choice is trained in equally many steps."""
    controller_steps: PositiveInt = 30
    """Candidates scored, and REINFORCE steps made, in one iteration."""
    num_candidates: PositiveInt = 10
    """M: architectures drawn from the policy at the end of a stage. Paper: unnamed; released code: 10."""
    top_k: PositiveInt = 5
    """K: beams kept of them. Paper: unnamed; released code: 5."""
    training_draws: PositiveInt = 128
    """Architectures drawn to train the shared weights with in one iteration, in random order. Where they are balanced,
    there are up to a few more: the next multiple of every choice's number of options."""
    generator_channels: PositiveInt = 128
    """Feature maps of every generator layer. Paper: not given; released search script: 128."""
    discriminator_channels: PositiveInt = 64
    """Feature maps of every discriminator layer. Paper: not given; released search script: 64."""
    max_failures: PositiveInt = 3
    """Failed iterations in a row after which the local search gives up."""
    controller: ControllerConfig = ControllerConfig()
    """The policy."""
    dynamic_reset: DynamicResetConfig = DynamicResetConfig()
    """When to start the shared weights afresh."""
    reward: RewardConfig = RewardConfig()
    """What to search for."""

    @model_validator(mode="after")
    def _check(self) -> SearchConfig:
        controller = self.controller
        compares = controller.baseline in ("slot-mean", "leave-one-out") or controller.advantage == "normalised"
        if self.policy == "reinforce" and compares and self.controller_steps < 2:
            raise ValueError(
                f"search.controller_steps is {self.controller_steps}, but controller.baseline '{controller.baseline}' "
                f"with advantage '{controller.advantage}' compares candidates of one iteration; score at least 2"
            )
        return self

    def stage_depths(self, num_cells: int) -> list[int]:
        """How many of the ``num_cells`` cells the architectures of each stage have."""
        return list(range(1, num_cells + 1)) if self.levels == "multi" else [num_cells]

    def stage_iterations(self, num_cells: int) -> list[int]:
        """Search iterations of each stage; their sum is ``iterations``.

        With ``growth`` the iterations up to a stage's end are rounded, so that no stage is off by more than one.

        Raises:
            ConfigError: ``growth`` has another number of stages, or a stage has no iteration.
        """
        num_stages = len(self.stage_depths(num_cells))
        if self.iterations < num_stages:
            raise ConfigError(f"search.iterations is {self.iterations}, but each of the {num_stages} stages needs one")
        if self.growth is None:
            slots = self.iterations + num_stages
            ends = [slots * stage // num_stages - stage for stage in range(num_stages + 1)]
        elif len(self.growth) == num_stages:
            sums = [0.0, *itertools.accumulate(self.growth)]
            ends = [round(self.iterations * part / sums[-1]) for part in sums]
        else:
            raise ConfigError(
                f"search.growth has {len(self.growth)} numbers; give one for each of the {num_stages} stages, or null"
            )
        counts = [end - start for start, end in itertools.pairwise(ends)]
        if 0 in counts:
            raise ConfigError(
                f"search.growth {list(self.growth or ())} leaves stage {counts.index(0) + 1} of {self.iterations} "
                "iterations none; give it a larger share, or raise search.iterations"
            )
        return counts


class RetrainConfig(Section):
    """Training the found architectures as GANs of their own (paper, sections 3.3.3 and 4)."""

    start: Literal["scratch", "shared"] = "scratch"
    """scratch: from fresh weights (paper). shared: from the search's own generator, discriminator and Adam moments,
    which needs the search's widths. A run that has no search, such as a transfer evaluation, starts from scratch."""
    num_architectures: PositiveInt = 5
    """How many of the best beams, or of a pool, are trained to the end; at most ``search.top_k``. Paper: all K."""
    pool: PositiveInt | None = None
    """Architectures that successive halving starts from, at least ``num_architectures``: all beams, the incumbents, and
    the best candidates to fill it up. All are trained a little, the better half goes on, and so on. None: no pool but
    the beams and incumbents, and without incumbents no halving. Paper: no halving."""
    incumbents: tuple[str, ...] = ()
    """Known architectures that enter the pool, by name or in compact text, such as ``sn-gan``. Those that have another
    number of cells or lie outside ``search.space`` are left out. Not in the paper."""
    generator_iterations: PositiveInt = 50_000
    """Generator steps of a whole training."""
    generator_channels: PositiveInt = 256
    """Feature maps of every generator layer. Paper: not given; released retraining scripts: 256."""
    discriminator_channels: PositiveInt = 128
    """Feature maps of every discriminator layer. Paper: not given; released retraining scripts: 128."""
    ema_decay: float = 0.999
    """Share of the old value kept in the averaged generator that is scored, in [0, 1). Released code: 0.999."""
    validate_every: PositiveInt = 2500
    """Generator steps between two scorings. Released code: every 20 epochs, 3,128 steps on CIFAR-10."""
    validation_images: PositiveInt = 10_000
    """Images for each of those scorings."""

    @model_validator(mode="after")
    def _check(self) -> RetrainConfig:
        if not 0 <= self.ema_decay < 1:
            raise ValueError(f"ema_decay must lie in [0, 1), not {self.ema_decay}")
        if self.pool is not None and self.pool < self.num_architectures:
            raise ValueError(f"pool ({self.pool}) must be at least num_architectures ({self.num_architectures})")
        for incumbent in self.incumbents:
            try:
                Architecture.parse(incumbent)
            except ConfigError as error:
                raise ValueError(f"incumbents holds '{incumbent}': {error}") from error
        return self

    @property
    def halves(self) -> bool:
        """Whether a pool is thinned out while it is trained; if not, the best beams are all trained to the end."""
        return self.pool is not None or bool(self.incumbents)


class ScoresConfig(Section):
    """How images are scored."""

    features: Literal["inception", "classifier"] = "inception"
    """torch-fidelity's InceptionV3, or a small CNN trained on the data set's labels (scores named ``_classifier``)."""
    inception_weights: Path | None = None
    """InceptionV3 weights on disk; None: torch-fidelity's download."""
    precision: Literal["auto", "float32", "float16"] = "auto"
    """What InceptionV3's convolutions compute in. auto: float16 if a run's inputs are made on a GPU, else float32; who
    takes them from a run store keeps their precision, so that FID compares like with like.

    Not bfloat16: float16 has ten bits of mantissa to its seven, which keeps the Inception score within 0.5 %. The
    activations stay far below its limit of 65,504, and one beyond it would show as NaN: no score, never a wrong one.
    A classifier computes in float32 in any case.
    """
    num_images: PositiveInt = 50_000
    """Images for the final scores."""
    splits: PositiveInt = 10
    """Parts over which the final Inception score is averaged."""
    batch_size: PositiveInt = 500
    """Images generated and scored at a time; changes speed and memory, not what is measured."""


class Config(Section):
    """A whole run."""

    preset: str
    """Name of the preset that it started from."""
    seed: NonNegativeInt = 0
    """Seeds everything random in the run."""
    cpu_threads: PositiveInt | None = None
    """Threads for work on the CPU; None: one per core. Their number changes the last digits of every sum."""
    data: DataConfig
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()
    search: SearchConfig = SearchConfig()
    retrain: RetrainConfig = RetrainConfig()
    scores: ScoresConfig = ScoresConfig()

    @model_validator(mode="after")
    def _check(self) -> Config:
        search, retrain = self.search, self.retrain
        search.stage_iterations(self.model.num_cells)
        if search.num_candidates < search.top_k:
            raise ValueError(
                f"search.num_candidates ({search.num_candidates}) must be at least search.top_k ({search.top_k})"
            )
        if retrain.num_architectures > search.top_k:
            raise ValueError(
                f"retrain.num_architectures ({retrain.num_architectures}) exceeds search.top_k ({search.top_k})"
            )
        for network in ("generator_channels", "discriminator_channels"):
            mine, searched = getattr(retrain, network), getattr(search, network)
            if retrain.start == "shared" and mine != searched:
                raise ValueError(
                    f"retrain.start is 'shared', which goes on with the search's weights, but retrain.{network} is "
                    f"{mine} and search.{network} is {searched}; set retrain.{network}={searched}, or "
                    "retrain.start=scratch"
                )
        for name, images, splits in (
            ("search.reward", search.reward.num_images, search.reward.splits),
            ("scores", self.scores.num_images, self.scores.splits),
        ):
            if images < 2 * splits:
                raise ValueError(f"{name}.num_images ({images}) must be at least twice {name}.splits ({splits})")
        return self

    def search_space(self) -> SearchSpace:
        """The space that ``search.space`` and ``model.num_cells`` span."""
        return self.search.space.cells(self.model.num_cells)

    def flat(self) -> dict[str, Any]:
        """Every setting by its dotted name, as JSON values."""
        return dict(_flatten(self.model_dump(mode="json")))

    def fingerprint(self) -> str:
        """SHA-256 over every setting that decides the result, as 64 hex digits.

        Without `LOCATIONS`, and without those `ADDED` that make no difference to runs from before they were added.
        """
        decisive = {
            key: value
            for key, value in self.flat().items()
            if key not in LOCATIONS and not (key in ADDED and value == ADDED[key])
        }
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()

    def differences(self, other: Config) -> list[str]:
        """One line ``key: mine -> other's`` for every decisive setting in which two configurations differ."""
        mine, theirs = self.flat(), other.flat()
        return [
            f"{key}: {mine.get(key)} -> {theirs.get(key)}"
            for key in sorted(mine.keys() | theirs.keys())
            if key not in LOCATIONS and mine.get(key) != theirs.get(key)
        ]


def parse_config(tree: Mapping[str, Any]) -> Config:
    """A configuration from nested plain values, such as a stored ``config.json``.

    Raises:
        ConfigError: an unknown key or a bad value; one sentence for the first of them.
    """
    return validated(Config, tree)


def parse_stored(tree: Mapping[str, Any]) -> Config:
    """The configuration of a stored run. What it lacks, being older, has the value that it ran with (`ADDED`).

    Raises like `parse_config`.
    """
    completed, known = copy.deepcopy(dict(tree)), dict(_flatten(tree))
    for key in ADDED.keys() - known.keys():
        *sections, name = key.split(".")
        functools.reduce(lambda section, part: section.setdefault(part, {}), sections, completed)[name] = ADDED[key]
    return parse_config(completed)


def validated(section: type[S], tree: Mapping[str, Any]) -> S:
    """A section, or the whole configuration, from nested plain values. Raises like `parse_config`."""
    try:
        return section.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise unknown_setting(key) from error
        seen = "" if isinstance(first["input"], Mapping | Section) else f", not {first['input']!r}"
        message = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{key}: {message}{seen}" if key else message) from error


def known_settings() -> set[str]:
    """The dotted names of all settings."""
    return set(_leaves(Config))


def unknown_setting(key: str) -> ConfigError:
    """The error for a key that is no setting; it names the nearest one that is."""
    matches = difflib.get_close_matches(key, sorted(known_settings()), n=1, cutoff=0.4)
    hint = f"; did you mean '{matches[0]}'?" if matches else ""
    return ConfigError(f"there is no setting '{key}'{hint}")


def _leaves(section: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _leaves(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value
