"""Experiments as they are built: from one configuration to what Katib and the trials are told."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import yaml

from autogan_core.config import Config
from autogan_core.errors import ConfigError
from autogan_core.presets import load_config
from autogan_kubeflow.components.katib_experiments import EXPERIMENTS, Placement, build_experiment, from_recipe, render
from autogan_kubeflow.components.katib_experiments.settings import overrides
from autogan_kubeflow.components.katib_protocol import FIELDS
from autogan_kubeflow.components.manifest_checks import check_document
from autogan_kubeflow.components.manifest_checks.request import as_katib_sends
from autogan_kubeflow.components.suggestion.experiment import parse_experiment
from autogan_kubeflow.components.trial.from_scratch import architecture_from
from autogan_kubeflow.pipelines.cli.main import main


def env_of(experiment: dict[str, Any], role: str = "Master") -> dict[str, str]:
    """The variables of a trial's container."""
    [container] = pod_of(experiment, role)["containers"]
    return {item["name"]: item["value"] for item in container["env"]}


def pod_of(experiment: dict[str, Any], role: str = "Master") -> dict[str, Any]:
    """The pod's spec of a replica type."""
    job = experiment["spec"]["trialTemplate"]["trialSpec"]
    pod: dict[str, Any] = job["spec"]["pytorchReplicaSpecs"][role]["template"]["spec"]
    return pod


def settings_of(experiment: dict[str, Any]) -> dict[str, str]:
    """The algorithm's settings."""
    return {item["name"]: item["value"] for item in experiment["spec"]["algorithm"]["algorithmSettings"]}


def command(*arguments: str) -> tuple[int, str, str]:
    """Runs ``autogan katib`` in this process: exit status, standard output, standard error."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with redirect_stdout(stdout), redirect_stderr(stderr), pytest.raises(SystemExit) as stop:
        main(["katib", *arguments])
    return int(stop.value.code or 0), stdout.getvalue(), stderr.getvalue()


def recipe_config(name: str) -> Config:
    """The configuration of a recipe."""
    return load_config(EXPERIMENTS[name].preset, EXPERIMENTS[name].overrides)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_recipes_pass_the_check_and_read_back_equal(name: str) -> None:
    """What ships is right, and a YAML 1.1 reader sees the values that were built: no word turned into a boolean."""
    experiment = from_recipe(EXPERIMENTS[name], name)
    assert check_document(experiment) == []
    assert yaml.safe_load(render([experiment], "title\ncommand")) == experiment


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mlas-cifar10", (93, 1, 9, 31)),
        ("slas-cifar10", (91, 1, 9, 31)),
        ("random-shared-cifar10", (93, 1, 9, 31)),
        ("random-scratch-cifar10", (40, 4, 4, 1)),
        ("mlas-fid-reward-cifar10", (93, 1, 9, 31)),
        ("mlas-smoke", (9, 1, 3, 5)),
    ],
)
def test_budget_and_metrics(name: str, expected: tuple[int, int, int, int]) -> None:
    """Iterations and a derivation for each stage; trials at a time; tolerated failures; a strategy for each metric."""
    spec = from_recipe(EXPERIMENTS[name], name)["spec"]
    strategies = spec["objective"]["metricStrategies"]
    found = (spec["maxTrialCount"], spec["parallelTrialCount"], spec["maxFailedTrialCount"], len(strategies))
    assert found == expected


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("mlas-cifar10", {"policy": "reinforce", "levels": "multi", "controller_steps": "30", "seed": "0"}),
        ("slas-cifar10", {"policy": "reinforce", "levels": "single"}),
        ("random-shared-cifar10", {"policy": "random", "levels": "multi"}),
        ("random-scratch-cifar10", {"random_state": "0"}),
        ("mlas-smoke", {"controller.learning_rate": "0.007", "controller.adam_betas": "[0.0, 0.9]", "top_k": "2"}),
    ],
)
def test_algorithm_settings(name: str, settings: dict[str, str]) -> None:
    """The suggestion service is told what the recipe is about, in strings."""
    assert settings.items() <= settings_of(from_recipe(EXPERIMENTS[name], name)).items()


def test_fid_reward_is_the_objective() -> None:
    """Katib maximises the score that the trials are paid for, under its own name."""
    experiment = from_recipe(EXPERIMENTS["mlas-fid-reward-cifar10"], "x")
    assert experiment["spec"]["objective"]["objectiveMetricName"] == "inverse-fid"
    assert experiment["spec"]["objective"]["type"] == "maximize"
    assert env_of(experiment)["AUTOGAN_SET"] == "search.reward.score=inverse-fid"


@pytest.mark.parametrize("name", [name for name, chosen in EXPERIMENTS.items() if not chosen.from_scratch])
def test_suggestion_service_reads_the_same_search(name: str) -> None:
    """What the service makes of the Experiment is, setting by setting, the search that the trials are told of."""
    config = recipe_config(name)
    request = parse_experiment(as_katib_sends(from_recipe(EXPERIMENTS[name], name)))
    assert (request.seed, request.space) == (config.seed, config.search_space())
    names = ("policy", "levels", "space", "iterations", "controller_steps", "num_candidates", "top_k", "training_draws")
    for field in (*names, "controller"):
        assert getattr(request.config, field) == getattr(config.search, field), field


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_trials_get_the_whole_configuration(name: str) -> None:
    """Preset and overrides in the trial's environment give the configuration that the Experiment was built from."""
    env = env_of(from_recipe(EXPERIMENTS[name], name))
    assert load_config(env["AUTOGAN_PRESET"], env["AUTOGAN_SET"].splitlines()) == recipe_config(name)


@pytest.mark.parametrize(
    "changes",
    [
        ["seed=7", "cpu_threads=null", "search.dynamic_reset.enabled=false"],
        ["training.generator_lr=1e-5", "training.adam_betas=[0.5, 0.999]", "search.space.up=[deconv]"],
        ["search.space.skip=[with]", "data.max_images=1000", "search.dynamic_reset.statistic=std"],
    ],
)
def test_overrides_read_back(changes: Sequence[str]) -> None:
    """Numbers, words, lists, booleans and null survive the way through the environment."""
    config = load_config("digits", changes)
    assert len(overrides(config)) == len(changes)
    assert load_config("digits", overrides(config)) == config


def test_places_on_this_machine_stay_here() -> None:
    """A trial reads inputs from the run store, so a local path does not travel; a pipeline's images are pinned."""
    config = load_config("cifar10", ["data.path=images", "seed=3", f"data.fingerprint={'0' * 64}"])
    assert [text.partition("=")[0] for text in overrides(config)] == ["seed", "data.fingerprint"]
    build_experiment("x", config)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            ["data.name=folder"],
            "data.name is 'folder', whose images trials know by data.fingerprint alone, and that is",
        ),
        (["data.name=npz", "data.path=x.npz"], "data.name is 'npz'"),
        (["data.path=/home/me/cifar"], "data.path is '/home/me/cifar', which is on this machine, and trials read"),
        (["search.training_draws=9000"], "training_draws is 9000, whose architectures have 153,000 bytes, but a trial"),
        (["search.controller_steps=8000"], "controller_steps is 8000, whose .*; set it to at most 7707"),
        (
            ["search.training_draws=5000", "search.iterations=20"],
            r"trials with training_draws 5000 and \d+ candidates each make assignments of",
        ),
        (
            [f"retrain.incumbents=[{', '.join(['sn-gan'] * 20000)}]"],
            "AUTOGAN_SET has .* bytes, but no process can start",
        ),
    ],
)
def test_what_trials_could_not_be_told_is_refused(changes: Sequence[str], message: str) -> None:
    """Images of one machine, and more text than a pod's environment or Katib's object takes, in one sentence."""
    with pytest.raises(ConfigError, match=message) as caught:
        build_experiment("x", load_config("digits", changes))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        ("search.policy=evolution", "search.evolution.population=30", "search.evolution.tournament=4"),
        ("search.policy=off-policy", "search.controller.passes=3"),
        (
            "search.space.norm=[bn, gn, ln]",
            "search.space.up=[nearest, pixel-shuffle]",
            "search.space.kernel=[3x3, 5x5, separable, modulated]",
            "search.space.end=[none, attention]",
        ),
        ("search.space.end=[attention]",),
        ("search.space.loss=[hinge, wasserstein]", "search.reward.adaptation_steps=5"),
        ("search.networks=both", "search.discriminator.down=[max, average]", "search.reward.adaptation_steps=5"),
    ],
    ids=["evolution", "off-policy", "wide", "attention", "loss", "both networks"],
)
def test_what_the_paper_does_not_have_reaches_both_sides(changes: Sequence[str]) -> None:
    """Other policies and wider spaces: the service and the trials are told of one search, which passes the check."""
    config = load_config("digits", changes)
    experiment = build_experiment("x", config)
    assert check_document(experiment) == []
    request = parse_experiment(as_katib_sends(experiment))
    assert request.space == config.search_space()
    told = request.config
    assert (told.policy, told.evolution, told.controller) == (
        config.search.policy,
        config.search.evolution,
        config.search.controller,
    )
    env = env_of(experiment)
    assert load_config(env["AUTOGAN_PRESET"], env["AUTOGAN_SET"].splitlines()) == config


def test_a_wide_space_from_scratch_spells_convolution_and_end_last() -> None:
    """Katib's own algorithms choose them as two more parameters of each cell, which the trial reads back."""
    config = load_config("digits", ["search.space.kernel=[3x3, 5x5]", "search.space.end=[none, attention]"])
    experiment = build_experiment("x", config, from_scratch=True)
    names = [parameter["name"] for parameter in experiment["spec"]["parameters"]]
    assert [name for name in names if name.startswith("cell2")] == [
        *(f"cell2-{token}" for token in ("conv", "norm", "up", "shortcut", "skip-1", "kernel", "end"))
    ]
    texts = {
        "AUTOGAN_CELL_1": "post bn nearest with 5x5 none",
        "AUTOGAN_CELL_2": "pre none deconv without with 3x3 attention",
    }
    found = architecture_from(texts, 2)
    assert found.readable == "post bn nearest 5x5 shortcut | pre none deconv attention skip:1"


def test_narrowed_space_reaches_both_sides() -> None:
    """A shorter list shows in nasConfig, in the parameters of Katib's own algorithms and in the environment."""
    config = load_config("digits", ["search.space.norm=[none, bn]", "search.space.skip=[with]"])
    shared, scratch = (build_experiment("x", config, from_scratch=flag) for flag in (False, True))
    lists = {
        o["operationType"]: o["parameters"][0]["feasibleSpace"]["list"]
        for o in shared["spec"]["nasConfig"]["operations"]
    }
    assert lists["norm"] == ["none", "bn"] and lists["skip"] == ["with"] and lists["conv"] == ["post", "pre"]
    tokens = {p["name"]: p["feasibleSpace"]["list"] for p in scratch["spec"]["parameters"]}
    assert tokens["cell3-skip-2"] == ["with"] and tokens["cell1-norm"] == ["none", "bn"]
    assert len(tokens) == 4 + 5 + 6
    for experiment in (shared, scratch):
        assert check_document(experiment) == []


@pytest.mark.parametrize("name", ["mlas-smoke", "random-scratch-cifar10"])
def test_katibs_substitution_gives_the_trial_its_assignment(name: str) -> None:
    """Katib pastes assignments into the template's JSON: what comes out parses, and nothing is left to fill in."""
    template = from_recipe(EXPERIMENTS[name], name)["spec"]["trialTemplate"]
    values = {item["name"]: f"v{i}-1011.0_a,b:/c" for i, item in enumerate(template["trialParameters"])}
    text = json.dumps(template["trialSpec"])
    for parameter, value in values.items():
        text = text.replace(f"${{trialParameters.{parameter}}}", value)
    [container] = json.loads(text)["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["containers"]
    env = {item["name"]: item["value"] for item in container["env"]}
    assert "${" not in text
    assert env["AUTOGAN_TRIAL"] == values["trialName"]
    if name == "mlas-smoke":
        assert all(env[f"AUTOGAN_{parameter.upper()}"] == values[parameter] for parameter in FIELDS)
    else:
        tokens = [word for cell in (1, 2, 3) for word in env[f"AUTOGAN_CELL_{cell}"].split(" ")]
        assert tokens == list(values.values())[1:]


def test_from_scratch_environment() -> None:
    """Each cell is spelt conv, norm, up, shortcut, then a skip for each earlier cell, by Katib's placeholders."""
    experiment = from_recipe(EXPERIMENTS["random-scratch-cifar10"], "x")
    env = env_of(experiment)
    words = env["AUTOGAN_CELL_3"].split(" ")
    tokens = ("conv", "norm", "up", "shortcut", "skip-1", "skip-2")
    assert words == [f"${{trialParameters.cell3-{token}}}" for token in tokens]
    assert len(env["AUTOGAN_CELL_1"].split(" ")) == 4
    assert "AUTOGAN_RUN" not in env
    assert pod_of(experiment)["containers"][0]["args"] == ["--from-scratch"]


def test_workers_run_what_the_master_runs() -> None:
    """A data-parallel trial has so many workers of the same template, and room for NCCL's shared memory."""
    config = load_config("cifar10")
    alone, together = (build_experiment("x", config, Placement(workers=workers)) for workers in (0, 3))
    replicas = together["spec"]["trialTemplate"]["trialSpec"]["spec"]["pytorchReplicaSpecs"]
    assert (replicas["Master"]["replicas"], replicas["Worker"]["replicas"]) == (1, 3)
    assert replicas["Master"]["template"] == replicas["Worker"]["template"]
    assert "shm" in {volume["name"] for volume in pod_of(together)["volumes"]}
    assert "shm" not in {volume["name"] for volume in pod_of(alone)["volumes"]}
    assert check_document(together) == []


def test_printed_metrics_are_collected() -> None:
    """For Katib 0.17 the trial prints and Katib's collector reads; both are told."""
    experiment = build_experiment("x", load_config("digits"), Placement(metrics="print"))
    assert experiment["spec"]["metricsCollectorSpec"]["collector"]["kind"] == "StdOut"
    assert env_of(experiment)["AUTOGAN_METRICS"] == "print"
    assert check_document(experiment) == []


def test_cpu_pods_ask_for_no_gpu() -> None:
    """The smoke search runs where there is none."""
    [container] = pod_of(from_recipe(EXPERIMENTS["mlas-smoke"], "x"))["containers"]
    assert container["resources"]["limits"] == {"cpu": "1", "memory": "2Gi"}


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("Upper", {}, "at most 40 lower-case letters.*not 'Upper'"),
        ("x" * 41, {}, "at most 40"),
        ("trailing-", {}, "at most 40"),
        ("x", {"parallel_trials": 2}, "parallel_trials must be 1, not 2"),
    ],
)
def test_refusals(name: str, arguments: dict[str, Any], message: str) -> None:
    """What Katib would refuse, or what would spoil shared weights, is refused before."""
    with pytest.raises(ConfigError, match=message):
        build_experiment(name, load_config("digits"), **arguments)


def test_preset_files_are_refused(tmp_path: Path) -> None:
    """The image holds only the presets that ship."""
    path = tmp_path / "mine.yaml"
    path.write_text("data: {name: digits}\n")
    with pytest.raises(ConfigError, match=r"trials know only the presets .*mine.yaml'; start from"):
        build_experiment("x", load_config(str(path)))


def test_longest_name_is_taken() -> None:
    """40 characters are allowed."""
    assert check_document(build_experiment("x" * 40, load_config("digits"))) == []


def test_command_prints_an_experiment() -> None:
    """Options reach the Experiment, and its first lines say how it was made."""
    arguments = ["mlas-smoke", "--name", "mine", "--set", "search.iterations=5", "--workers", "2"]
    arguments += ["--store", "gs://bucket/p", "--image", "registry.test/r:1.2.3", "--namespace", "team"]
    status, out, err = command("experiment", *arguments)
    assert (status, err) == (0, "")
    assert out.splitlines()[1] == "# Made by: autogan katib experiment " + " ".join(arguments)
    experiment = yaml.safe_load(out)
    assert (experiment["metadata"]["name"], experiment["metadata"]["namespace"]) == ("mine", "team")
    assert experiment["spec"]["maxTrialCount"] == 8
    env = env_of(experiment, "Worker")
    assert env["AUTOGAN_STORE"] == "gs://bucket/p" and "search.iterations=5" in env["AUTOGAN_SET"].splitlines()
    assert pod_of(experiment)["containers"][0]["image"] == "registry.test/r:1.2.3"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["experiment", "mlas"], "there is no experiment 'mlas'; choose one of mlas-cifar10"),
        (["experiment", "mlas-smoke", "--set", "search.iteration=5"], "did you mean 'search.iterations'"),
        (["experiment", "mlas-smoke", "--workers", "-1"], "workers must be 0 or more, not -1"),
        (["experiment", "mlas-smoke", "--workers", "32"], "more pods than there are images in a batch (32); set at"),
        (["experiment", "mlas-smoke", "--name", "A"], "not 'A'"),
        (["experiment", "--set", "seed=1"], "say which experiment: mlas-cifar10"),
        (["check", "missing.yaml"], "cannot read 'missing.yaml': No such file"),
    ],
)
def test_command_refuses_in_a_sentence(arguments: list[str], message: str) -> None:
    """A mistake ends in one message on standard error, status 1, and no half Experiment on standard output."""
    status, out, err = command(*arguments)
    assert (status, out) == (1, "")
    assert message in err and "Traceback" not in err


def test_command_checks_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A right file passes; a wrong one and standard input are named with what is wrong."""
    _, text, _ = command("experiment", "mlas-smoke")
    good, bad = tmp_path / "good.yaml", text.replace("parallelTrialCount: 1", "parallelTrialCount: 2")
    good.write_text(f"{text}---\n{text}")
    assert command("check", str(good)) == (0, f"{good}: 2 objects, no problems\n", "")
    monkeypatch.setattr("sys.stdin", io.StringIO(bad))
    status, out, err = command("check", "-")
    assert (status, out) == (1, "")
    [problem] = err.splitlines()
    assert problem.startswith(
        "Experiment mlas-smoke: the suggestion service refuses it: parallelTrialCount is 2; set it"
    )


@pytest.mark.parametrize(
    ("text", "message"), [("a: [", "no YAML"), ("- 1", "mapping with a kind"), ("# nothing", "nothing to check")]
)
def test_command_refuses_what_is_no_manifest(text: str, message: str, tmp_path: Path) -> None:
    """An empty or foreign file is no success."""
    path = tmp_path / "file.yaml"
    path.write_text(text)
    status, _, err = command("check", str(path))
    assert status == 1 and message in err
