"""What is applied: the committed manifests in another namespace, with other images and another bucket."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from acceptance.documents import trial_pod_spec, trial_settings
from acceptance.kubectl import kustomize
from acceptance.overlays import EPOCHS, selected, write_base, write_experiment
from acceptance.settings import Settings
from autogan_core.presets import load_config
from autogan_kubeflow.components.katib_experiments import recipe
from autogan_kubeflow.components.manifest_checks import check_document

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl, which holds kustomize, is missing")


@pytest.fixture
def own(settings: Settings) -> Settings:
    """In a folder with a name of its own, as the command line makes them."""
    return replace(settings, namespace="mine")


def base(settings: Settings, node: str | None = "node-1") -> dict[tuple[str, str], dict[str, Any]]:
    """Its objects by kind and name."""
    return {(o["kind"], o["metadata"]["name"]): o for o in kustomize(write_base(settings, node))}


def test_everything_is_in_the_test_s_namespace(own: Settings) -> None:
    """The Namespace has its name too, with the label that Katib wants, and nothing speaks of the product's own."""
    objects = base(own)
    assert objects.pop(("Namespace", "mine"))["metadata"]["labels"]["katib.kubeflow.org/metrics-collector-injection"]
    assert {o["metadata"]["namespace"] for o in objects.values()} == {"mine"}
    assert '"namespace": "autogan"' not in json.dumps(list(objects.values()))
    kinds = {kind for kind, _ in objects}
    assert kinds == {"ConfigMap", "Job", "NetworkPolicy", "Pod", "Role", "RoleBinding", "Service", "ServiceAccount"}


def test_prepare_data_has_image_node_and_bucket(own: Settings) -> None:
    """Where no node is chosen the scheduler does."""
    objects = base(own)
    spec = objects["Job", "prepare-data"]["spec"]["template"]["spec"]
    assert spec["containers"][0]["image"] == own.runtime_image
    assert spec["nodeSelector"] == {"kubernetes.io/hostname": "node-1"}
    data = objects["ConfigMap", "autogan"]["data"]
    assert data["AUTOGAN_STORE"] == "gs://autogan/acceptance"
    assert data["STORAGE_EMULATOR_HOST"] == "http://fake-gcs-server.mine:4443"
    assert "nodeSelector" not in base(own, None)["Job", "prepare-data"]["spec"]["template"]["spec"]


def test_the_emulator_answers_under_the_name_that_pods_use(own: Settings) -> None:
    """Its image is the given one, and its bucket the store's."""
    [container] = base(own)["Pod", "fake-gcs-server"]["spec"]["containers"]
    assert container["image"] == own.emulator_image
    assert container["args"][-4:] == [
        "-external-url",
        "http://fake-gcs-server.mine:4443",
        "-public-host",
        "fake-gcs-server.mine:4443",
    ]
    assert own.store_uri.startswith(f"gs://{Path(container['volumeMounts'][0]['mountPath']).name}/")


def test_a_real_bucket_comes_with_its_credentials_and_no_emulator(own: Settings) -> None:
    """By a key, by workload identity, or by what the nodes have."""
    bucket = replace(own, store="gs://bucket/prefix", emulator_image=None)
    objects = base(bucket)
    assert ("Pod", "fake-gcs-server") not in objects
    assert objects["ConfigMap", "autogan"]["data"]["AUTOGAN_STORE"] == bucket.store_uri
    assert "STORAGE_EMULATOR_HOST" not in objects["ConfigMap", "autogan"]["data"]
    keyed = base(replace(bucket, gcs_key=Path("key.json")))
    assert keyed["ConfigMap", "autogan"]["data"]["GOOGLE_APPLICATION_CREDENTIALS"].endswith("key.json")
    bound = base(replace(bucket, google_account="me@project.iam.gserviceaccount.com"))
    annotations = bound["ServiceAccount", "autogan-trial"]["metadata"]["annotations"]
    assert annotations == {"iam.gke.io/gcp-service-account": "me@project.iam.gserviceaccount.com"}
    assert ("NetworkPolicy", "metadata-server") in bound


def test_a_private_registry_s_credentials_are_every_account_s(own: Settings) -> None:
    """Katib cannot give a suggestion pod pull secrets; its account can."""
    objects = base(replace(own, pull_secret=Path("config.json")))
    accounts = [o for (kind, _), o in objects.items() if kind == "ServiceAccount"]
    assert len(accounts) == 3
    assert all(account["imagePullSecrets"] == [{"name": "registry"}] for account in accounts)


def test_the_experiment_is_the_committed_one_with_longer_trials(own: Settings) -> None:
    """Only name, namespace, image, node and the epochs differ; it passes our checks and is what the selector finds."""
    found = selected(kustomize(write_experiment(own, "node-1")))
    assert found["metadata"]["name"] == "mlas-smoke-mine"
    assert found["metadata"]["namespace"] == "mine"
    pod = trial_pod_spec(found)
    assert pod["containers"][0]["image"] == own.runtime_image
    assert pod["nodeSelector"] == {"kubernetes.io/hostname": "node-1"}
    preset, overrides = trial_settings(found)
    chosen = recipe("mlas-smoke")
    longer = load_config(chosen.preset, [*chosen.overrides, f"search.shared_epochs={EPOCHS}"])
    assert load_config(preset, overrides) == longer
    assert longer.search.shared_epochs > load_config(chosen.preset, chosen.overrides).search.shared_epochs
    assert check_document(found) == []


def test_another_search_is_written_anew(own: Settings) -> None:
    """Settings on top of the recipe's reach the suggestion service and the trials; all else is the committed one's."""
    changes = ("search.networks=both", "search.reward.adaptation_steps=1")
    found = selected(kustomize(write_experiment(replace(own, search_settings=changes), "node-1")))
    chosen = recipe("mlas-smoke")
    expected = load_config(chosen.preset, [*chosen.overrides, *changes, f"search.shared_epochs={EPOCHS}"])
    preset, overrides = trial_settings(found)
    assert load_config(preset, overrides) == expected
    kinds = [operation["operationType"] for operation in found["spec"]["nasConfig"]["operations"]]
    assert "discriminator-down" in kinds
    assert found["metadata"]["name"] == "mlas-smoke-mine" and found["metadata"]["namespace"] == "mine"
    assert trial_pod_spec(found)["containers"][0]["image"] == own.runtime_image
    assert check_document(found) == []
