"""Presets, overrides and the command line that stands for a configuration."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from autogan_core.config import ADDED, TOLD_BY_IMAGES, parse_config
from autogan_core.errors import ConfigError
from autogan_core.presets import command_for, load_config, named_settings, preset_names, variant_names

OTHERS = {
    "search.growth": "[1, 2, 3]",
    "search.controller.baseline": "slot-mean",
    "search.controller.advantage": "normalised",
    "search.controller.passes": "2",
    "search.controller.objective": "released",
    "search.shared_training": "balanced",
    "search.warm_up_epochs": "1.5",
    "search.reward.statistics": "running",
    "search.reward.adaptation_steps": "3",
    "model.classes": "10",
    "training.loss": "wasserstein",
    "training.augmentation": "diffaugment",
    "training.adaptive_images": "5",
    "training.mirror": "true",
    "training.checkpointing": "true",
    "model.repeated_cells": "2",
    "search.space.kernel": "[5x5]",
    "search.networks": "both",
    "search.discriminator.kernel": "[5x5]",
    "search.discriminator.down": "[max]",
    "search.discriminator.shortcut": "[with]",
    "search.discriminator.end": "[none]",
    "search.evolution.population": "20",
    "search.evolution.tournament": "5",
    "search.space.end": "[attention]",
    "search.space.loss": "[wasserstein]",
    "retrain.start": "shared",
    "retrain.pool": "7",
    "retrain.incumbents": "[sn-gan]",
}
"""For every setting that was added a value that is not the paper's."""


@pytest.mark.parametrize("name", preset_names())
def test_presets_load_and_round_trip(name: str) -> None:
    """Every preset is valid, and its stored form reads back to the same configuration and fingerprint."""
    config = load_config(name)
    again = parse_config(config.model_dump(mode="json"))
    assert again == config
    assert again.fingerprint() == config.fingerprint()


def test_overrides_are_read_by_their_setting_and_the_last_wins() -> None:
    """Numbers, lists and words; other settings keep their values."""
    config = load_config(
        "cifar10",
        [
            "search.iterations=6",
            "search.iterations=9",
            "training.adam_betas=[0.5, 0.99]",
            "data.path=images",
            "search.reward.score=inverse-fid",
        ],
        seed=4,
    )
    assert config.search.iterations == 9
    assert config.training.adam_betas == (0.5, 0.99)
    assert config.data.path == Path("images")
    assert config.search.reward.score == "inverse-fid"
    assert config.seed == 4
    assert config.search.shared_epochs == 15


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("search.iteration=5", "no setting 'search.iteration'; did you mean 'search.iterations'"),
        ("serach.iterations=5", "did you mean 'search.iterations'"),
        ("search=5", "no setting 'search'"),
        ("search.iterations", "--set takes section.key=value, not 'search.iterations'"),
        ("search.iterations=many", "search.iterations is 'many'; set it to a whole number from 1 up to 1,000,000"),
        ("search.iterations=0", "search.iterations is 0; set it to a whole number from 1"),
        ("search.iterations=2", "search.iterations is 2, but each of the 3 stages needs one"),
        ("search.growth=[1, 2]", "search.growth has 2 numbers; give one for each of the 3 stages, or null"),
        ("search.growth=[1, 0, 1]", r"search.growth is \[1.0, 0.0, 1.0\]; set it to a list, each a number above 0"),
        (
            "search.growth=[1, 1, 500]",
            r"search.growth \[1.0, 1.0, 500.0\] leaves stage 1 of 90 iterations none; give it",
        ),
        (
            "search.controller.baseline=mean",
            "search.controller.baseline is 'mean'; set it to one of moving-average, .*",
        ),
        ("search.controller.passes=0", "search.controller.passes is 0; set it to"),
        ("variant=mine", "there is no variant 'mine'; choose one of paper, released"),
        ("model.classes=1", "classes is 1, and a label that all images share says nothing; set it to 0"),
        ("search.space.norm=[bn, cbn]", "search.space.norm has cbn.*but model.classes is 0; set it to the number"),
        (
            "search.space.loss=[hinge, wasserstein]",
            "search.space.loss has 2 losses.*set search.reward.adaptation_steps",
        ),
        ("search.top_k=11", r"num_candidates \(10\) must be at least search.top_k \(11\)"),
        ("retrain.num_architectures=6", "exceeds search.top_k"),
        ("search.reward.num_images=19", "at least twice"),
        ("retrain.ema_decay=1.0", "retrain.ema_decay is 1.0; set it to a number from 0 to below 1"),
        (
            "search.controller.baseline_decay=-0.1",
            "search.controller.baseline_decay is -0.1; set it to a number from 0 to below 1",
        ),
        ("data.name=imagenet", "data.name is 'imagenet'; set it to one of digits, "),
        ("training.generator_lr=nan", "training.generator_lr is nan; set it to a number above 0"),
        ("training.generator_lr=inf", "training.generator_lr is inf; set it to"),
        (
            "training.adam_betas=[1.5, 0.9]",
            r"adam_betas is \[1.5, 0.9\]; set it to a list of 2, each a number from 0 to",
        ),
        ("training.adam_betas=[0.9]", r"training.adam_betas is \[0.9\]; set it to a list of 2"),
        ("model.image_channels=2", "model.image_channels is '2'; set it to one of 1, 3"),
        ("model.bottom_width=1", "model.bottom_width is 1; set it to a whole number from 2"),
        ("model.num_cells=9", "model.num_cells is 9; set it to"),
        (
            "model.bottom_width=256",
            r"bottom_width \(256\), num_cells \(3\) and repeated_cells \(0\) make images of 2048x2048 pixels; lower",
        ),
        ("search.dynamic_reset.window=1", "search.dynamic_reset.window is 1; set it to a whole number from 2"),
        ("retrain.validation_images=9", r"retrain.validation_images \(9\) must be at least scores.splits \(10\)"),
        ("data.max_images=9", r"data.max_images \(9\) must be at least scores.splits \(10\)"),
        ("scores.num_images=9e9", "scores.num_images is 9000000000; set it to a whole number from 1 up to"),
        ("preset=mine", "--set cannot change 'preset', the name of what the settings start from; use --preset mine"),
    ],
)
def test_bad_settings_are_refused_in_one_sentence(override: str, message: str) -> None:
    """The error names the key, the value and, for an unknown key, the nearest known one."""
    with pytest.raises(ConfigError, match=message) as caught:
        load_config("cifar10", [override])
    assert "\n" not in str(caught.value)


def test_unknown_presets_and_keys_in_files(tmp_path: Path) -> None:
    """A preset that does not exist lists those that do; a preset file's unknown key names its neighbour."""
    with pytest.raises(ConfigError, match="choose one of cifar10, digits, fashion-mnist, folder-128, folder-64, stl10"):
        load_config("cifar")
    with pytest.raises(ConfigError, match="no preset file"):
        load_config("missing.yaml")
    path = tmp_path / "mine.yaml"
    path.write_text("data: {name: folder, path: images}\nmodel: {latent: 5}\n")
    with pytest.raises(ConfigError, match=r"no setting 'model.latent'; did you mean 'model.latent_dim'"):
        load_config(str(path))
    path.write_text("preset: my-own\ndata: {name: digits}\n")
    with pytest.raises(ConfigError, match="sets 'preset' to 'my-own', but is known by its own file name .* remove"):
        load_config(str(path))


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """Unknown names and bad values, one to a line."""
    with pytest.raises(ConfigError) as caught:
        load_config("cifar10", ["serach.top_k=1", "search.iterations=many", "training.n_critic=0", "seed=-1"])
    first, *others = str(caught.value).splitlines()
    assert first == "4 settings cannot be used:"
    assert [line.split()[0] for line in others] == ["there", "seed", "training.n_critic", "search.iterations"]


def test_files_are_typed_by_their_settings_too(tmp_path: Path) -> None:
    """Names that YAML takes for numbers, dates or booleans are names, a lone ``~`` is null, and 1e3 is a number."""
    path = tmp_path / "mine.yaml"
    for written, read in (
        ("2024", "2024"),
        ("yes", "yes"),
        ("2024-01-31", "2024-01-31"),
        ("'# 1'", "# 1"),
        ("~", None),
    ):
        path.write_text(f"data: {{name: folder, path: {written}}}\nsearch: {{iterations: 1e3}}\nmodel:\n")
        config = load_config(str(path))
        assert (config.data.path, config.search.iterations) == (read and Path(read), 1000)
    path.write_text("data: {name: digits}\nretrain: {incumbents: [1 0 1 1 1 0 0 1 1 1 0 1 0 3, 0101]}\n")
    assert load_config(str(path)).retrain.incumbents == ("1 0 1 1 1 0 0 1 1 1 0 1 0 3", "0101")


def test_the_command_for_a_file_that_is_gone_starts_from_the_papers_settings(tmp_path: Path) -> None:
    """A report needs it when the file has stayed elsewhere; all that matters for results is in it."""
    path = tmp_path / "mine.yaml"
    path.write_text("data: {name: folder, path: images}\nsearch: {iterations: 7}\n")
    config = load_config(str(path), ["search.top_k=3", "retrain.num_architectures=2"])
    assert f"--preset {path}" in command_for(config)
    path.unlink()
    words = shlex.split(command_for(config))
    again = load_config("cifar10", words[7::2], seed=config.seed)
    assert again.model_copy(update={"preset": config.preset}) == config


@pytest.mark.parametrize("path", ["a b", "2024", "x #1", '"null"', '"a\\nb"', " x", "~", "a [b]", "'q'", "é", "é😀"])
def test_the_command_for_a_configuration_gives_it_again(path: str) -> None:
    """Reading the command line's own words back leads to the same configuration."""
    config = load_config("digits", [f"data.path={path}", "training.adam_betas=[0.5, 0.9]"], seed=3)
    words = shlex.split(command_for(config))
    assert words[:6] == ["autogan", "run", "--preset", "digits", "--seed", "3"]
    assert words[6::2] == ["--set", "--set"]
    assert load_config("digits", words[7::2], seed=3) == config


@pytest.mark.parametrize("section", ["baseline=slot-mean", "baseline=leave-one-out", "advantage=normalised"])
def test_a_lone_candidate_has_nothing_to_be_compared_with(section: str) -> None:
    """What compares the candidates of an iteration needs two; the random policy compares none."""
    overrides = [f"search.controller.{section}", "search.controller_steps=1"]
    with pytest.raises(ConfigError, match=r"search\.controller_steps is 1, but .* score at least 2"):
        load_config("digits", overrides)
    assert load_config("digits", [*overrides, "search.policy=random"]).search.controller_steps == 1


def test_a_variant_is_a_group_of_overrides_in_its_place() -> None:
    """It changes what is set before it, not what is set after it, and leaves the rest of its sections alone."""
    config = load_config("digits", ["search.controller.passes=3", "variant=released", "search.growth=[1, 1, 2]"])
    assert (config.search.controller.passes, config.search.growth) == (1, (1.0, 1.0, 2.0))
    assert (config.search.controller.baseline, config.search.controller.objective) == ("released", "released")
    assert config.search.controller.learning_rate == load_config("digits").search.controller.learning_rate
    assert load_config("digits").search.controller.baseline == "slot-mean"


@pytest.mark.parametrize("preset", preset_names())
@pytest.mark.parametrize("variant", variant_names())
def test_variants_fit_every_preset_and_are_no_setting(preset: str, variant: str) -> None:
    """Each can be applied to each, and the command for the configuration names settings only."""
    config = load_config(preset, [f"variant={variant}"], seed=1)
    words = shlex.split(command_for(config))
    assert not any(word.startswith("variant=") for word in words)
    assert load_config(preset, words[7::2], seed=1) == config


def test_the_papers_variant_sets_all_that_was_added_since() -> None:
    """A newer setting that the variant left to its default would change it with the next default."""
    flattened = load_config("cifar10", [*(f"{key}={other}" for key, other in OTHERS.items()), "variant=paper"]).flat()
    method = {
        key: value for key, value in ADDED.items() if key not in TOLD_BY_IMAGES
    }  # no images of the paper's differ
    assert {key: flattened[key] for key in method} == method
    assert OTHERS.keys() == method.keys()


def test_only_what_is_named_is_named() -> None:
    """A preset's own settings, a variant's and overrides, in this order, and no defaults; mistakes are told."""
    named = named_settings("stl10", ["variant=released", "search.top_k=3", "retrain.incumbents=[]", "data.path=a b"])
    assert named["data.name"] == "stl10" and named["model.bottom_width"] == 6 and named["search.top_k"] == 3
    assert named["search.controller.baseline"] == "released" and named["data.path"] == "a b"
    assert "seed" not in named and "retrain.generator_iterations" not in named
    assert named_settings(None) == {}
    with pytest.raises(ConfigError, match="there is no setting 'search.topk'; did you mean 'search.top_k'"):
        named_settings(None, ["search.topk=3"])
