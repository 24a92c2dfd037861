"""Pods that the test adds: the product's own, with another command."""

from __future__ import annotations

from typing import Any

import pytest

from acceptance.documents import (
    empty_bucket_pod,
    local_search_pod,
    suggestion_image_pod,
    trial_image_pod,
    trial_settings,
)
from autogan_core.cli.main import main
from autogan_core.presets import load_config
from autogan_kubeflow.components.katib_experiments import recipe
from autogan_kubeflow.components.manifest_checks import check_document
from autogan_kubeflow.components.registration.entry import suggestion_entry
from tests.acceptance.fake_api_server import experiment_manifest

EXPERIMENT = experiment_manifest()
TRIAL = EXPERIMENT["spec"]["trialTemplate"]["trialSpec"]["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]
CONFIG = load_config(*trial_settings(EXPERIMENT))


def test_the_settings_are_those_of_the_recipe() -> None:
    """Read from the manifest, as its trials are told."""
    chosen = recipe("mlas-smoke")
    assert load_config(chosen.preset, chosen.overrides) == CONFIG


def test_the_local_search_is_a_trial_s_pod_with_a_trial_s_settings() -> None:
    """The same image, resources and restrictions; the command line means the same configuration, and prints the history
    that it writes; neither bucket nor Katib are told to it."""
    pod = local_search_pod(EXPERIMENT, CONFIG)
    [search], [history] = pod["spec"]["initContainers"], pod["spec"]["containers"]
    [trial] = TRIAL["containers"]
    for container in (search, history):
        assert {key: container[key] for key in ("image", "resources", "securityContext", "volumeMounts")} == {
            key: trial[key] for key in ("image", "resources", "securityContext", "volumeMounts")
        }
        assert "envFrom" not in container
    assert pod["spec"]["securityContext"] == TRIAL["securityContext"]
    command = search["command"][search["command"].index("search") + 1 :]
    given = [value for option, value in zip(command, command[1:], strict=False) if option == "--set"]
    assert load_config(command[command.index("--preset") + 1], given) == CONFIG
    assert history["command"] == ["cat", f"{command[command.index('--run-dir') + 1]}/history.jsonl"]


def test_the_local_search_s_command_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    """The command line takes every option of it."""
    [search] = local_search_pod(EXPERIMENT, CONFIG)["spec"]["initContainers"]
    with pytest.raises(SystemExit) as done:
        main([*search["command"][search["command"].index("search") :], "--dry-run"])
    assert done.value.code == 0
    assert "shared_epochs: 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    "pod",
    [
        local_search_pod(EXPERIMENT, CONFIG),
        trial_image_pod(EXPERIMENT, "n", "registry.test/runtime:2.0.0"),
    ],
    ids=lambda pod: pod["metadata"]["name"],
)
def test_the_pods_are_hardened_and_reach_nothing(pod: dict[str, Any]) -> None:
    """They pass our own rules for pods, with no service account's token, and end."""
    template = {"kind": "Job", "metadata": pod["metadata"], "spec": {"template": {"spec": pod["spec"]}}}
    assert check_document(template) == []
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert (pod["spec"]["restartPolicy"], pod["spec"]["serviceAccountName"]) == ("Never", "default")


def test_images_are_tried_with_the_resources_of_the_real_pods() -> None:
    """So that two of them running at once show that there is room for a search."""
    [trial] = trial_image_pod(EXPERIMENT, "n", "registry.test/runtime:2.0.0")["spec"]["containers"]
    assert trial["resources"] == TRIAL["containers"][0]["resources"]
    assert (trial["image"], trial["args"], trial["envFrom"]) == ("registry.test/runtime:2.0.0", ["--help"], [])
    entry = suggestion_entry("registry.test/suggestion:2.0.0")
    [service] = suggestion_image_pod("n", "registry.test/suggestion:2.0.0")["spec"]["containers"]
    assert {key: service[key] for key in ("image", "resources", "securityContext")} == {
        key: entry[key] for key in ("image", "resources", "securityContext")
    }


def test_the_bucket_is_emptied_by_the_account_that_filled_it() -> None:
    """With prepare-data's settings, image and way to the storage; the folder is an argument, no part of a program."""
    template = {"spec": {**TRIAL, "serviceAccountName": "autogan-trial"}, "metadata": {"labels": {}}}
    job = {"metadata": {"namespace": "n"}, "spec": {"template": template}}
    pod = empty_bucket_pod(job, "gs://bucket/prefix/test-1")
    [container] = pod["spec"]["containers"]
    assert container["command"][-1] == "gs://bucket/prefix/test-1"
    assert "bucket" not in container["command"][2]
    assert container["envFrom"] == TRIAL["containers"][0]["envFrom"]
    assert pod["spec"]["serviceAccountName"] == "autogan-trial"
    assert pod["metadata"]["labels"]["app.kubernetes.io/component"] == "prepare-data"
