"""What --fix does, what it says, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from autogan_kubeflow.components.cluster_check.base.cluster import RBAC
from autogan_kubeflow.components.cluster_check.base.finding import Verdict
from autogan_kubeflow.components.cluster_check.checks.namespace import INJECTION
from autogan_kubeflow.components.cluster_check.mending import mend
from autogan_kubeflow.components.registration.katib_config import KEY, KatibConfig
from tests.components.cluster_check.api_server import ApiServer
from tests.components.cluster_check.conftest import (
    AUTOGAN,
    EXPERIMENTS,
    FOLDERS,
    KATIB_CONFIG,
    KUBEFLOW,
    SUGGESTION_IMAGE,
    Look,
    experiment,
    install_pipelines,
    row,
    rows,
)
from tests.components.cluster_check.test_catalogue import job, unregister
from tests.components.katib_configs import MARSHALLED_019

JOBS = "/apis/batch/v1/namespaces"
BINDINGS = FOLDERS["RoleBinding"]


def silent(_: str) -> None: ...


def unbind(server: ApiServer) -> None:
    install_pipelines(server)
    del server.objects[f"{BINDINGS}/autogan-kubeflow"]


def bind_another(server: ApiServer) -> None:
    install_pipelines(server)
    server.objects[f"{BINDINGS}/autogan-kubeflow"]["subjects"] = [{"kind": "ServiceAccount", "name": "other"}]


def weaken(server: ApiServer) -> None:
    install_pipelines(server)
    server.objects[f"{FOLDERS['Role']}/autogan-pipeline"]["rules"] = []


def drop_role(server: ApiServer) -> None:
    unbind(server)
    del server.objects[f"{FOLDERS['Role']}/autogan-pipeline"]


@pytest.mark.parametrize(
    ("spoil", "subject", "words"),
    [
        (lambda s: s.objects.pop(AUTOGAN), "namespace autogan", "create the namespace autogan"),
        (
            lambda s: s.objects[AUTOGAN]["metadata"]["labels"].pop(INJECTION),
            "namespace autogan",
            "label the namespace autogan",
        ),
        (
            lambda s: s.objects.pop(f"{AUTOGAN}/serviceaccounts/autogan-trial"),
            "accounts",
            "create the accounts autogan-trial in autogan",
        ),
        (
            unregister,
            "algorithm autogan",
            f"register the algorithm autogan with {SUGGESTION_IMAGE} in kubeflow/katib-config",
        ),
        *(
            (
                spoil,
                "rights of kubeflow/pipeline-runner",
                "bind the Role autogan-pipeline in autogan to kubeflow/pipeline-runner",
            )
            for spoil in (unbind, bind_another, weaken, drop_role)
        ),
    ],
)
def test_what_is_ours_is_mended(
    server: ApiServer, look: Look, spoil: Callable[[ApiServer], Any], subject: str, words: str
) -> None:
    """One repair for one fault, told before it is made; afterwards the row is well and nothing is left to do."""
    spoil(server)
    told: list[str] = []
    before = look(suggestion_image=SUGGESTION_IMAGE)
    assert row(before, subject).verdict is Verdict.missing
    assert mend(before, told.append)
    assert told == [f"--fix: {words}"]
    after = look(suggestion_image=SUGGESTION_IMAGE)
    assert row(after, subject).verdict is Verdict.ok
    assert not mend(after, told.append)


def test_registering_keeps_the_other_algorithms(server: ApiServer, look: Look) -> None:
    """The configuration is edited as the registration does it; without an image nothing is registered."""
    unregister(server)
    assert not mend(look(), silent)
    mend(look(suggestion_image=SUGGESTION_IMAGE), silent)
    assert KatibConfig(server.objects[KATIB_CONFIG]["data"][KEY]).without_entry() == MARSHALLED_019


def test_a_configuration_that_cannot_be_edited_is_told(server: ApiServer, look: Look) -> None:
    """It may have become so after it was looked at."""
    unregister(server)
    topics = look(suggestion_image=SUGGESTION_IMAGE)
    server.objects[KATIB_CONFIG]["data"] = {}
    told: list[str] = []
    assert not mend(topics, told.append)
    assert told[1].startswith("--fix: not done: this is not Katib's configuration")


def test_other_bindings_keep_their_subjects(server: ApiServer, look: Look) -> None:
    """The account is added to those that are there."""
    bind_another(server)
    mend(look(), silent)
    names = [each["name"] for each in server.objects[f"{BINDINGS}/autogan-kubeflow"]["subjects"]]
    assert names == ["other", "pipeline-runner"]


def test_leftovers_are_deleted(server: ApiServer, look: Look) -> None:
    """Ended Jobs of ours and the registration's objects go; running ones, others' and results stay."""
    job(server, "prepare-data", "Complete")
    job(server, "broken", "Failed")
    job(server, "busy", None)
    job(server, "autogan-registration", "Complete", folder="kubeflow")
    server.put(f"{JOBS}/autogan/jobs/others", status={"conditions": [{"type": "Complete", "status": "True"}]})
    account = f"{KUBEFLOW}/serviceaccounts/autogan-registration"
    for path in (
        account,
        *(f"{RBAC}/namespaces/kubeflow/{kind}/autogan-registration" for kind in ("roles", "rolebindings")),
    ):
        server.put(path)
    experiment(server, "done", ended="Succeeded")
    labels = {"app.kubernetes.io/instance": "cluster-check"}
    server.put(f"{AUTOGAN}/pods/cut-off", metadata={"labels": labels})
    server.put(f"{AUTOGAN}/pods/going", metadata={"labels": labels, "deletionTimestamp": "2026-01-01T00:00:00Z"})
    server.put(f"{AUTOGAN}/pods/others")
    before = set(server.objects)
    assert mend(look(), silent)
    gone = {path.rsplit("/", 2)[-2] + " " + path.rsplit("/")[-1] for path in before - set(server.objects)}
    assert gone == {
        "jobs prepare-data",
        "jobs broken",
        "jobs autogan-registration",
        "serviceaccounts autogan-registration",
        "roles autogan-registration",
        "rolebindings autogan-registration",
        "pods cut-off",
    }


def test_a_registration_under_way_is_left_alone(server: ApiServer, look: Look) -> None:
    """Its account goes only when its Job has ended."""
    job(server, "autogan-registration", None, folder="kubeflow")
    server.put(f"{KUBEFLOW}/serviceaccounts/autogan-registration")
    assert rows(look(), "registration in kubeflow") == []


def test_a_stuck_experiment_is_touched(server: ApiServer, look: Look) -> None:
    """Katib tries again to let it go when the object changes."""
    experiment(server, "old", deletionTimestamp="2026-01-01T00:00:00Z")
    mend(look(), silent)
    assert "autogan-kubeflow/touched" in server.objects[f"{EXPERIMENTS}/old"]["metadata"]["annotations"]


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "not permitted to change namespaces autogan (who could: a cluster administrator)"), (409, "run this again")],
)
def test_what_the_cluster_refuses_is_told(server: ApiServer, look: Look, status: int, words: str) -> None:
    """The next repair is still made."""
    del server.objects[AUTOGAN]["metadata"]["labels"][INJECTION]
    del server.objects[f"{AUTOGAN}/serviceaccounts/autogan-trial"]
    server.refusals["PATCH"] = (status, 'User "somebody" cannot patch resource' if status == 403 else "conflict")
    told: list[str] = []
    assert mend(look(), told.append)
    assert told[0] == "--fix: label the namespace autogan"
    assert told[1].startswith("--fix: not done: ") and words in told[1]
    assert told[2] == "--fix: create the accounts autogan-trial in autogan"
