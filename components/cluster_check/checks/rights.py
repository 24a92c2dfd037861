"""Accounts, what they may do, and what the user may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autogan_kubeflow.components.cluster_check.base.cluster import RBAC, Cluster, NotPermittedError, RefusedError
from autogan_kubeflow.components.cluster_check.base.finding import Finding, Repair, missing, note, ok, warning
from autogan_kubeflow.components.cluster_check.base.target import PART_OF, Target, manifest
from autogan_kubeflow.components.cluster_check.checks.versions import find_pipelines
from autogan_kubeflow.components.katib_search.answers import ROLE
from autogan_kubeflow.components.manifest_checks.tree import dig, items

RULES: list[dict[str, Any]] = [
    {
        "apiGroups": ["kubeflow.org"],
        "resources": ["experiments"],
        "verbs": ["create", "get", "list", "watch", "delete"],
    },
    {"apiGroups": ["kubeflow.org"], "resources": ["trials"], "verbs": ["get", "list"]},
    {"apiGroups": ["kubeflow.org"], "resources": ["suggestions"], "verbs": ["get"]},
]
"""The rules of the Role in manifests/base/accounts.yaml: what a pipeline needs to search with Katib."""
TOKENLESS = ("autogan-suggestion", "autogan-trial")
"""Accounts of pods that never call the API server, and need no right."""
ACCOUNTS = (*TOKENLESS, "autogan-pipeline")
PIPELINE_ACCOUNTS = ("pipeline-runner", "default-editor")
"""The accounts of Kubeflow Pipelines standalone, and with profiles."""

_AUTHORIZATION = "/apis/authorization.k8s.io/v1"
_ACCOUNTS_MANIFEST = "manifests/base/accounts.yaml"


def check_accounts(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """Whether the service accounts are there."""
    folder = _accounts(target.namespace)
    absent = [name for name in ACCOUNTS if cluster.get(f"{folder}/{name}") is None]
    if not absent:
        yield ok("accounts", ", ".join(ACCOUNTS))
        return

    def create() -> None:
        for name in absent:
            token = {"automountServiceAccountToken": False} if name in TOKENLESS else {}
            cluster.create(folder, {"metadata": {"name": name}, **token})

    yield missing(
        "accounts",
        f"missing: {', '.join(absent)}; their pods cannot be made",
        manifest(_ACCOUNTS_MANIFEST, target.namespace),
        repair=Repair(f"create the accounts {', '.join(absent)} in {target.namespace}", create),
    )


def check_powerless(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """Checks that the accounts of suggestion service and trials have no rights, as in the manifests."""
    asked = {"verb": "list", "resource": "secrets"}
    there = [name for name in TOKENLESS if cluster.get(f"{_accounts(target.namespace)}/{name}") is not None]
    powerful = [name for name in there if _account_may(cluster, target.namespace, name, target.namespace, asked)]
    if powerful:
        yield warning(
            "rights of trials",
            f"{', '.join(powerful)} may list secrets, though trials need no right at all",
            f"kubectl get rolebindings,clusterrolebindings --all-namespaces -o wide | grep -E '{'|'.join(powerful)}'",
        )
    elif there:
        yield ok("rights of trials", "none, as it should be")


def check_pipeline_account(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """Whether the account that pipelines run as may search with Katib."""
    account = _pipeline_account(cluster, target)
    if account is None:
        yield note("rights of pipelines", f"no account of Kubeflow Pipelines in {target.pipelines_namespace}")
        return
    namespace, name = account
    subject = f"rights of {namespace}/{name}"
    wanted = [
        {"verb": verb, "group": rule["apiGroups"][0], "resource": resource}
        for rule in RULES
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]
    denied = [each for each in wanted if not _account_may(cluster, namespace, name, target.namespace, each)]
    if not denied:
        yield ok(subject, f"may search with Katib in {target.namespace}")
        return
    resources = dict.fromkeys(each["resource"] for each in denied)
    words = "; ".join(
        f"{', '.join(each['verb'] for each in denied if each['resource'] == resource)} {resource}"
        for resource in resources
    )
    bind = f"kubectl create rolebinding {_binding(namespace, target)} --namespace {target.namespace} --role {ROLE} "
    yield missing(
        subject,
        f"may not {words} in {target.namespace}",
        manifest(_ACCOUNTS_MANIFEST, target.namespace),
        *([f"{bind}--serviceaccount {namespace}:{name}"] if namespace != target.namespace else []),
        repair=Repair(
            f"bind the Role {ROLE} in {target.namespace} to {namespace}/{name}",
            lambda: _bind(cluster, target, namespace, name),
        ),
    )


def check_user(cluster: Cluster, target: Target) -> Iterator[Finding]:
    """Checks the user's rights."""
    namespace, katib = target.namespace, target.katib_namespace
    allowed = []
    for words, where, attributes in (
        ("start searches", namespace, {"verb": "create", "group": "kubeflow.org", "resource": "experiments"}),
        ("read logs", namespace, {"verb": "get", "resource": "pods", "subresource": "log"}),
        ("prepare data", namespace, {"verb": "create", "group": "batch", "resource": "jobs"}),
        ("register the algorithm", katib, {"verb": "update", "resource": "configmaps", "name": "katib-config"}),
    ):
        body = {"spec": {"resourceAttributes": {**attributes, "namespace": where}}}
        answer = cluster.create(f"{_AUTHORIZATION}/selfsubjectaccessreviews", body)
        if dig(answer, "status", "allowed"):
            allowed.append(words)
            continue
        what = f"{attributes['verb']} {'/'.join(filter(None, map(attributes.get, ('resource', 'subresource'))))}"
        yield warning("you", f"may not {words}: {what} in {where}", f"# ask an administrator of the namespace {where}")
    if allowed:
        yield ok("you", f"may {', '.join(allowed)}")


def whoami(cluster: Cluster) -> str:
    """The user's name as the API server knows it; "" where it does not tell (before Kubernetes 1.28)."""
    try:
        answer = cluster.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
    except (NotPermittedError, RefusedError):
        return ""
    return str(dig(answer, "status", "userInfo", "username") or "")


def _pipeline_account(cluster: Cluster, target: Target) -> tuple[str, str] | None:
    """Namespace and name."""
    there = target.pipelines_namespace
    if target.pipelines_account is not None:
        return there, target.pipelines_account
    for name in PIPELINE_ACCOUNTS:
        if cluster.get(f"{_accounts(there)}/{name}") is not None:
            return there, name
    if find_pipelines(cluster, there) is None:
        return target.namespace, "autogan-pipeline"
    return None


def _accounts(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/serviceaccounts"


def _account_may(
    cluster: Cluster, account_namespace: str, account: str, namespace: str, attributes: dict[str, str]
) -> bool:
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{account_namespace}", "system:authenticated"]
    body = {
        "metadata": {"namespace": namespace},
        "spec": {
            "user": f"system:serviceaccount:{account_namespace}:{account}",
            "groups": groups,
            "resourceAttributes": {**attributes, "namespace": namespace},
        },
    }
    path = f"{_AUTHORIZATION}/namespaces/{namespace}/localsubjectaccessreviews"
    return bool(dig(cluster.create(path, body), "status", "allowed"))


def _binding(account_namespace: str, target: Target) -> str:
    return ROLE if account_namespace == target.namespace else f"autogan-{account_namespace}"


def _bind(cluster: Cluster, target: Target, account_namespace: str, account: str) -> None:
    """Makes the Role if it is not there or lacks something, and a binding of it."""
    roles, bindings = (f"{RBAC}/namespaces/{target.namespace}/{kind}" for kind in ("roles", "rolebindings"))
    role = cluster.fresh(f"{roles}/{ROLE}")
    if role is None:
        cluster.create(roles, {"metadata": {"name": ROLE, "labels": PART_OF}, "rules": RULES})
    elif role.get("rules") != RULES:
        cluster.patch(f"{roles}/{ROLE}", {"rules": RULES})
    name = _binding(account_namespace, target)
    subject = {"kind": "ServiceAccount", "name": account, "namespace": account_namespace}
    existing = cluster.fresh(f"{bindings}/{name}")
    if existing is None:
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ROLE}
        body = {"metadata": {"name": name, "labels": PART_OF}, "roleRef": reference, "subjects": [subject]}
        cluster.create(bindings, body)
    elif subject not in items(existing, "subjects"):
        cluster.patch(f"{bindings}/{name}", {"subjects": [*items(existing, "subjects"), subject]})
