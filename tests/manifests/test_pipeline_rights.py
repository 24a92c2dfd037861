"""The Role of the account that pipelines run as: enough for a search with Katib, and hardly more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from autogan_kubeflow.components.katib_search import finish, search_with_katib
from autogan_kubeflow.components.katib_search.answers import ROLE
from tests.components.fake_kubernetes import FakeKubernetes
from tests.components.scripted_katib import CONFIG, cluster, request

ACCOUNTS = Path(__file__).parents[2] / "manifests" / "base" / "accounts.yaml"
READS_FOR_PEOPLE = {("experiments", "list"), ("trials", "get")}
"""What the search does not do itself, and its messages advise: kubectl get experiments, describe trial."""


@pytest.fixture(scope="module")
def documents() -> dict[tuple[str, str], dict[str, Any]]:
    """The objects of the file by kind and name."""
    return {(o["kind"], o["metadata"]["name"]): o for o in yaml.safe_load_all(ACCOUNTS.read_text())}


def test_a_whole_search_needs_just_these_rights(documents: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Every request of a search from its creation to its removal is granted, and nothing else but two reads."""
    rules = documents["Role", ROLE]["rules"]
    assert {group for rule in rules for group in rule["apiGroups"]} == {"kubeflow.org"}
    granted = {(kind, verb) for rule in rules for kind in rule["resources"] for verb in rule["verbs"]}
    kubernetes = FakeKubernetes()
    with cluster(kubernetes) as experiments:
        search_with_katib(CONFIG, request(), experiments)
        finish(request(), experiments)
    used = {(asked.plural, asked.verb) for asked in kubernetes.requests}
    assert granted == used | READS_FOR_PEOPLE


def test_the_binding_says_how_to_take_in_other_accounts(documents: dict[tuple[str, str], dict[str, Any]]) -> None:
    """By default it binds the account of this namespace; the subjects in its comments are YAML of the same form."""
    binding = documents["RoleBinding", ROLE]
    assert binding["roleRef"]["name"] == ROLE
    [own] = binding["subjects"]
    commented = [line.split("# ", 1)[1] for line in ACCOUNTS.read_text().splitlines() if line.startswith("  # ")]
    offered = yaml.safe_load("\n".join(line for line in commented if line.startswith(("- ", "  "))))
    accounts = [(subject["namespace"], subject["name"]) for subject in (own, *offered)]
    assert accounts == [("autogan", ROLE), ("kubeflow", "pipeline-runner"), ("YOUR-PROFILE", "default-editor")]
    assert all(subject.keys() == own.keys() for subject in offered)
