"""Registering our algorithm in Katib's configuration."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.registration.cli import main
from autogan_kubeflow.components.registration.config_sources import ATTEMPTS
from autogan_kubeflow.components.registration.entry import DEFAULT_IMAGE, suggestion_entry
from autogan_kubeflow.components.registration.experiments import SHOWN
from autogan_kubeflow.components.registration.katib_config import KatibConfig
from tests.components.fake_katib_api import FakeCluster, experiment
from tests.components.json_server import serving, write_kubeconfig
from tests.components.katib_configs import CONFIGS, EDITED_018, MARSHALLED_019, PLAIN_017

ROOT = Path(__file__).parents[3]
ENTRY = suggestion_entry(DEFAULT_IMAGE)
OTHER = suggestion_entry("registry.test:5000/team/suggestion@sha256:" + "0" * 64)


def suggestions(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(text)["runtime"]["suggestions"]
    return found


def surrounding(before: str, after: str) -> int:
    """How many characters of ``before`` stand, in order, at the start and at the end of ``after``."""
    start = len(os.path.commonprefix([before, after]))
    return start + len(os.path.commonprefix([before[start:][::-1], after[start:][::-1]]))


# --- the text


@pytest.mark.parametrize("before", CONFIGS.values(), ids=CONFIGS)
def test_adding_puts_one_block_behind_the_others_and_changes_no_other_byte(before: str) -> None:
    """The text is the old one with one piece inserted, and means the old one with our entry last."""
    after = KatibConfig(before).with_entry(ENTRY)
    assert surrounding(before, after) == len(before) < len(after)
    assert suggestions(after) == [*suggestions(before), ENTRY]
    before_without, after_without = yaml.safe_load(before), yaml.safe_load(after)
    del before_without["runtime"]["suggestions"], after_without["runtime"]["suggestions"]
    assert after_without == before_without


@pytest.mark.parametrize("before", CONFIGS.values(), ids=CONFIGS)
def test_removing_restores_the_text_to_the_byte(before: str) -> None:
    """Remove undoes add exactly, and does nothing where nothing is."""
    assert KatibConfig(KatibConfig(before).with_entry(ENTRY)).without_entry() == before
    assert KatibConfig(before).without_entry() == before


@pytest.mark.parametrize("before", CONFIGS.values(), ids=CONFIGS)
def test_adding_again_changes_nothing_and_another_image_replaces_the_entry(before: str) -> None:
    """Add is idempotent; an entry that differs is replaced in its place, also when it is not the last."""
    added = KatibConfig(before).with_entry(ENTRY)
    assert KatibConfig(added).with_entry(ENTRY) == added
    replaced = KatibConfig(added).with_entry(OTHER)
    assert replaced == KatibConfig(before).with_entry(OTHER)
    assert KatibConfig(replaced).entry == OTHER


def test_an_entry_between_others_is_replaced_where_it_stands() -> None:
    """Order and neighbours survive a replacement and a removal in the middle."""
    hand_made = "    - algorithmName: autogan # by hand\n      image: mine:1\n\n    - algorithmName: enas\n"
    before = PLAIN_017.replace("    - algorithmName: enas\n", hand_made)
    after = KatibConfig(before).with_entry(ENTRY)
    assert [entry["algorithmName"] for entry in suggestions(after)] == ["random", "autogan", "enas"]
    assert suggestions(after)[1] == ENTRY
    removed = KatibConfig(before).without_entry()
    assert removed == PLAIN_017.replace("    - algorithmName: enas\n", "\n    - algorithmName: enas\n")


def test_a_comment_of_the_last_entry_stays_with_it() -> None:
    """The block goes behind comments that are indented like the entry before it, and before others."""
    after = KatibConfig(EDITED_018).with_entry(ENTRY)
    assert "          # end of pbt\n        - algorithmName: autogan\n" in after
    assert "serviceAccountName: autogan-suggestion\n\n    # Collectors\n" in after


def test_several_entries_of_ours_are_refused_and_all_removed() -> None:
    """Katib would take the last of them silently, so add refuses; remove takes all."""
    once = KatibConfig(MARSHALLED_019).with_entry(ENTRY)
    twice = once + yaml.safe_dump([OTHER], sort_keys=False).replace("- alg", "  - alg", 1).replace("\n", "\n  ").rstrip(
        " "
    )
    assert KatibConfig(twice).entry == OTHER
    with pytest.raises(ConfigError, match=r"2 entries 'autogan', of which Katib takes the last; .* 'remove'"):
        KatibConfig(twice).with_entry(ENTRY)
    assert KatibConfig(twice).without_entry() == MARSHALLED_019


HEAD = "apiVersion: config.kubeflow.org/v1beta1\nkind: KatibConfig\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (MARSHALLED_019.replace("KatibConfig", "ConfigMap"), r"not Katib's configuration .* but ConfigMap of config"),
        (MARSHALLED_019.replace("v1beta1", "v1"), r"KatibConfig of config.kubeflow.org/v1beta1\) but KatibConfig of"),
        ("[]", "not Katib's configuration .* but a list"),
        ("", "not Katib's configuration .* but a NoneType"),
        ("a: [", "not valid YAML .*; mend it first"),
        (HEAD, r"runtime.suggestions .* is not a list with entries"),
        (HEAD + "runtime: {suggestions: []}", r"runtime.suggestions .* is not a list with entries"),
        (HEAD + "runtime: {suggestions: [a]}", r"runtime.suggestions .* is not a list with entries"),
        (HEAD + "runtime: {suggestions: [{algorithmName: random}]}", "cannot be edited line by line"),
        (HEAD + "x: &x\n- a: 1\nruntime:\n  suggestions: *x\n", "cannot be edited line by line"),
    ],
)
def test_a_text_that_is_not_understood_is_refused(text: str, sentence: str) -> None:
    """Nothing is guessed: another kind, another version, no list, or a list in another form."""
    with pytest.raises(ConfigError, match=sentence):
        KatibConfig(text).with_entry(ENTRY)


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        ("autogan/suggestion", "has no fixed tag"),
        ("autogan/suggestion:latest", "has no fixed tag"),
        ("registry.test:5000/suggestion", "has no fixed tag"),
        ("REGISTRY/suggestion:TAG", "names the placeholder REGISTRY of the documentation"),
        ("", "'' is no image reference"),
        ("Autogan Suggestion:1", "is no image reference"),
        ("a:1\n- b", "is no image reference"),
        ("a@sha256:12", "is no image reference"),
    ],
)
def test_an_image_that_may_change_is_refused(image: str, sentence: str) -> None:
    """A search lives longer than a pod: the image must mean the same when Katib starts it again."""
    with pytest.raises(ConfigError, match=sentence):
        suggestion_entry(image)


@pytest.mark.parametrize("image", ["a:1", "a/b_c/d--e:v1.0-rc", "h.test:5000/a:1@sha256:" + "a" * 64, OTHER["image"]])
def test_an_image_with_tag_or_digest_is_taken(image: str) -> None:
    """Ports of a registry are not taken for tags."""
    assert suggestion_entry(image)["image"] == image


# --- the command line


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it printed."""

    status: int | str | None
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command line in this process."""

    def command(*arguments: str) -> Outcome:
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        return Outcome(stop.value.code, *capsys.readouterr())

    return command


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kubeconfig, still to be written, that the client will read."""
    path = tmp_path / "kubeconfig"
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    return path


@pytest.fixture
def cluster(kubeconfig: Path) -> Iterator[FakeCluster]:
    """A cluster with Katib 0.19."""
    fake = FakeCluster({"katib-config.yaml": MARSHALLED_019})
    with serving(fake, kubeconfig):
        yield fake


def test_add_show_remove_in_a_cluster(run: Any, cluster: FakeCluster) -> None:
    """The whole life of the entry; the ConfigMap's other parts stay, and a second add writes nothing."""
    added = run("add")
    assert (added.status, added.err) == (0, "")
    assert "+  - algorithmName: autogan\n" in added.out
    assert added.out.splitlines()[-1].startswith("kubeflow/katib-config at http://127.0.0.1:")
    assert added.out.endswith(": written\n")
    assert cluster.text == KatibConfig(MARSHALLED_019).with_entry(ENTRY)
    assert cluster.object["metadata"]["annotations"] == {"example.org/owner": "platform"}
    again = run("add")
    assert again.out.endswith(": nothing to change\n") and again.out.count("\n") == 1
    assert cluster.requests == ["GET", "PUT", "LIST", "GET"]
    assert yaml.safe_load(run("show").out) == [ENTRY]
    assert "-  - algorithmName: autogan\n" in run("remove").out
    assert cluster.text == MARSHALLED_019
    assert run("show").out == "autogan is not registered\n"


def test_an_entry_that_differs_is_replaced_and_shown(run: Any, cluster: FakeCluster) -> None:
    """What somebody changed by hand can be read in the difference before it is lost."""
    run("add", "--image", "mine:1")
    outcome = run("add")
    assert "-    image: mine:1\n" in outcome.out
    assert f"+    image: {DEFAULT_IMAGE}\n" in outcome.out


def test_a_dry_run_shows_the_difference_and_writes_nothing(run: Any, cluster: FakeCluster) -> None:
    """Only reads reach the API server."""
    outcome = run("add", "--dry-run")
    assert "+  - algorithmName: autogan\n" in outcome.out and outcome.out.endswith(": not written\n")
    assert cluster.requests == ["GET"]


def test_a_write_in_between_is_kept(run: Any, cluster: FakeCluster) -> None:
    """After a conflict the new text is read and edited, so that neither change is lost."""
    theirs = MARSHALLED_019.replace("v0.19.0", "v0.19.1")
    cluster.others = [theirs]
    assert run("add").status == 0
    assert cluster.text == KatibConfig(theirs).with_entry(ENTRY)
    assert cluster.requests == ["GET", "PUT", "GET", "PUT", "LIST"]


def test_endless_conflicts_end_in_a_sentence(run: Any, cluster: FakeCluster) -> None:
    """A controller that keeps writing the ConfigMap is named as what to look for."""
    cluster.others = [MARSHALLED_019 + "#" * number for number in range(1, ATTEMPTS + 2)]
    outcome = run("add")
    assert outcome.status == 1
    assert f"was changed by somebody else in each of {ATTEMPTS} attempts; find out which program" in outcome.err
    assert cluster.requests.count("PUT") == ATTEMPTS


@pytest.mark.parametrize(
    ("method", "status", "sentence"),
    [
        ("GET", 401, "the cluster does not know who you are; log in"),
        ("GET", 403, "you may not read it; ask for the verbs get and update"),
        ("PUT", 403, "you may not update it; ask for the verbs get and update"),
        ("GET", 404, "there is none; install Katib 0.18 or 0.19 first"),
        ("PUT", 500, "the API server answers 500 Internal Server Error; try again later"),
    ],
)
def test_refusals_of_the_api_server(run: Any, cluster: FakeCluster, method: str, status: int, sentence: str) -> None:
    """Each is one sentence with the ConfigMap, the reason and a remedy, and exit status 1."""
    cluster.refusal = {method: status}
    outcome = run("add")
    assert outcome.status == 1
    assert outcome.err.startswith("registration: ConfigMap kubeflow/katib-config at http://127.0.0.1:")
    assert sentence in outcome.err and outcome.err.count("\n") == 1
    assert cluster.text == MARSHALLED_019


# --- Experiments that need the registration


@pytest.fixture
def registered(run: Any, cluster: FakeCluster) -> FakeCluster:
    """A cluster with our entry, and an Experiment of somebody else's."""
    run("add")
    cluster.experiments = [experiment("team-b/theirs", "Running", algorithm="random")]
    return cluster


@pytest.mark.parametrize("arguments", [(), ("--dry-run",)])
def test_remove_refuses_while_experiments_exist(run: Any, registered: FakeCluster, arguments: tuple[str, ...]) -> None:
    """Each is named with its state, in whatever namespace and on whatever page; then why, and the commands that delete
    what is not being deleted. Once they are gone it removes."""
    others = [experiment(f"team-b/other-{number}", algorithm="random") for number in range(150)]
    registered.experiments += [
        experiment("team-b/mlas", "Created", "Running"),
        *others,
        experiment("team-a/old", "Created", "Succeeded"),
        experiment("team-c/going", deleted=True),
    ]
    before = registered.text
    outcome = run("remove", *arguments)
    assert outcome.status == 1
    assert outcome.err.startswith(
        "registration: Experiments of 'autogan' exist: team-a/old (Succeeded), team-b/mlas (Running), "
        "team-c/going (Created, being deleted); without the registration they could never be deleted: "
    )
    assert outcome.err.endswith(
        "delete them first (kubectl delete experiment old --namespace team-a; "
        "kubectl delete experiment mlas --namespace team-b), then remove again, or at once with --force\n"
    )
    assert registered.text == before
    registered.experiments = others
    assert run("remove", *arguments).status == 0
    assert (registered.text == MARSHALLED_019) == (arguments == ())


def test_many_experiments_make_no_endless_line(run: Any, registered: FakeCluster) -> None:
    """The first ones are named, the others counted."""
    registered.experiments = [experiment(f"team/search-{number:03d}", "Succeeded") for number in range(SHOWN + 120)]
    error = run("remove").err
    assert f"search-{SHOWN - 1:03d} (Succeeded) and 120 more;" in error
    assert error.count("kubectl delete") == SHOWN


def test_those_being_deleted_are_waited_for(run: Any, registered: FakeCluster) -> None:
    """There is nothing to delete any more, but Katib still needs the entry."""
    registered.experiments = [experiment("team/going", "Running", deleted=True)]
    assert "; wait until they are gone, then remove again" in run("remove").err


def test_force_removes_all_the_same_and_registering_again_is_the_rescue(run: Any, registered: FakeCluster) -> None:
    """A warning names what is stranded; add then gives the command for what hangs in its deletion."""
    registered.experiments = [experiment("team/kept", "Running"), experiment("team/stuck", "Running", deleted=True)]
    outcome = run("remove", "--force")
    assert (outcome.status, registered.text) == (0, MARSHALLED_019)
    assert "warning: Experiments of 'autogan' exist: team/kept (Running), team/stuck (Running, being del" in outcome.err
    assert "register again before you delete them" in outcome.err
    rescued = run("add")
    assert rescued.status == 0
    assert "team/kept (Running), team/stuck (Running, being deleted); from now on they can be deleted" in rescued.err
    assert rescued.err.count("kubectl annotate") == 1
    assert "kubectl annotate experiment stuck --namespace team --overwrite autogan/registered=again" in rescued.err
    assert run("add").err == ""


def test_who_may_not_look_is_refused(run: Any, registered: FakeCluster) -> None:
    """Without the right to list Experiments nobody knows; --force goes on, and add says nothing of it."""
    registered.refusal = {"LIST": 403}
    outcome = run("remove")
    assert outcome.status == 1
    assert "cannot be seen: you may not list them in all namespaces; let somebody who may" in outcome.err
    assert "or remove the entry all the same with --force" in outcome.err
    outcome = run("remove", "--force")
    assert (outcome.status, registered.text) == (0, MARSHALLED_019)
    assert "warning: whether Experiments of 'autogan' exist cannot be seen" in outcome.err
    assert (run("add").status, run("add").err) == (0, "")


def test_without_katibs_kinds_there_are_no_experiments(run: Any, registered: FakeCluster) -> None:
    """The ConfigMap may outlive Katib's CRDs."""
    registered.refusal = {"LIST": 404}
    assert run("remove").status == 0


def test_removing_what_is_not_there_asks_nobody(run: Any, cluster: FakeCluster) -> None:
    """Nothing changes, so nothing is stranded."""
    cluster.experiments = [experiment("team/mlas", "Running")]
    assert run("remove").out.endswith(": nothing to change\n")
    assert cluster.requests == ["GET"]


def test_another_namespace(run: Any, kubeconfig: Path) -> None:
    """Katib is looked for where --namespace says, and nowhere else."""
    fake = FakeCluster({"katib-config.yaml": MARSHALLED_019}, namespace="katib")
    with serving(fake, kubeconfig):
        assert "there is none; install Katib" in run("add").err
        assert run("add", "--namespace", "katib").status == 0


def test_no_answer_and_no_cluster(run: Any, kubeconfig: Path) -> None:
    """A dead API server and a missing kubeconfig are told apart."""
    assert "registration: no cluster is configured" in run("add").err
    write_kubeconfig(kubeconfig, port=9)  # discard: nothing listens there
    outcome = run("add")
    assert outcome.status == 1
    assert "the API server does not answer" in outcome.err


def test_in_a_pod_its_own_cluster_is_taken(run: Any, cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kubeconfig does not count there; a pod without an account's token is told so."""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "9")
    monkeypatch.setattr("kubernetes.config.incluster_config.SERVICE_TOKEN_FILENAME", "/nonexistent/token")
    outcome = run("add")
    assert outcome.status == 1
    assert "no cluster is configured (Service token file does not exist.)" in outcome.err
    assert cluster.requests == []


def test_the_layout_before_katib_0_16_is_refused(run: Any, kubeconfig: Path) -> None:
    """There, each part had a key of its own."""
    with serving(FakeCluster({"suggestion": "{}", "early-stopping": "{}"}), kubeconfig):
        outcome = run("add")
    assert outcome.status == 1
    assert "has no key 'katib-config.yaml' but early-stopping, suggestion, as in Katib before 0.16" in outcome.err


def test_without_pytorchjobs_it_warns_and_registers(run: Any, kubeconfig: Path) -> None:
    """The entry is right all the same; the remedy is in the warning."""
    text = MARSHALLED_019.replace("    - PyTorchJob.v1.kubeflow.org\n", "")
    fake = FakeCluster({"katib-config.yaml": text})
    with serving(fake, kubeconfig):
        outcome = run("add")
    assert outcome.status == 0
    assert "warning: init.controller.trialResources does not list PyTorchJob.v1.kubeflow.org" in outcome.err
    assert KatibConfig(fake.text).entry == ENTRY


def test_a_file_is_edited_in_place(run: Any, tmp_path: Path) -> None:
    """For GitOps: same difference, no cluster; the file keeps its permissions and leaves no temporary one behind."""
    path = tmp_path / "katib-config.yaml"
    path.write_bytes(CONFIGS["windows"].encode())
    path.chmod(0o640)
    assert run("add", "--file", str(path), "--dry-run").out.endswith("katib-config.yaml: not written\n")
    assert path.read_bytes() == CONFIGS["windows"].encode()
    assert run("add", "--file", str(path)).out.endswith("katib-config.yaml: written\n")
    assert path.read_bytes().decode() == KatibConfig(CONFIGS["windows"]).with_entry(ENTRY)
    assert path.stat().st_mode & 0o777 == 0o640
    warning = run("remove", "--file", str(path)).err
    assert "warning: no cluster is asked with --file: before this is applied, no Experiment of 'autogan' may" in warning
    assert path.read_bytes() == CONFIGS["windows"].encode()
    assert list(tmp_path.iterdir()) == [path]


def test_standard_input_goes_to_standard_output(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a filter it prints the result alone; the difference goes beside it."""
    monkeypatch.setattr("sys.stdin", io.StringIO(PLAIN_017))
    outcome = run("add", "--file", "-")
    assert outcome.out == KatibConfig(PLAIN_017).with_entry(ENTRY)
    assert "+    - algorithmName: autogan" in outcome.err


def test_wrong_usage_and_unreadable_files(run: Any, tmp_path: Path) -> None:
    """Usage is status 2, a missing file one sentence and status 1."""
    assert run("add", "--speed").status == 2
    assert run("add", "--file", str(tmp_path / "none.yaml")).status == 1
    outcome = run("show", "--file", str(tmp_path / "none.yaml"))
    assert outcome.status == 1 and "none.yaml cannot be read" in outcome.err


def test_it_runs_as_a_module_without_torch() -> None:
    """`python -m components.registration` works in the small image."""
    code = (
        "import runpy, sys; sys.modules['torch'] = None; sys.argv = ['registration', '--help']; "
        "runpy.run_module('components.registration', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Add our algorithm" in done.stdout


# --- manifests/katib


def rendered(folder: Path) -> dict[str, Any]:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed, so kustomize cannot be run")
    output = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=True).stdout
    return {document["kind"]: document for document in yaml.safe_load_all(output)}


@pytest.mark.parametrize("action", ["add", "remove"])
def test_the_job_may_do_what_it_needs_and_no_more(action: str) -> None:
    """Its account can read and change one ConfigMap, and, to remove, list Experiments; its pod is hardened and runs our
    command and image."""
    objects = rendered(ROOT / "manifests" / "katib" / action)
    looking = ["ClusterRole", "ClusterRoleBinding"] if action == "remove" else []
    assert sorted(objects) == [*looking, "Job", "Role", "RoleBinding", "ServiceAccount"]
    namespaced = [document for kind, document in objects.items() if kind not in looking]
    assert {document["metadata"]["namespace"] for document in namespaced} == {"kubeflow"}
    assert objects["Role"]["rules"] == [
        {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["katib-config"], "verbs": ["get", "update"]}
    ]
    account = {"kind": "ServiceAccount", "name": "autogan-registration", "namespace": "kubeflow"}
    assert objects["RoleBinding"]["subjects"] == [account]
    if looking:
        assert objects["ClusterRole"]["rules"] == [
            {"apiGroups": ["kubeflow.org"], "resources": ["experiments"], "verbs": ["list"]}
        ]
        assert objects["ClusterRoleBinding"]["subjects"] == [account]
        assert objects["ClusterRoleBinding"]["roleRef"]["name"] == objects["ClusterRole"]["metadata"]["name"]
    pod = objects["Job"]["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "autogan-registration"
    assert pod["securityContext"]["runAsNonRoot"] is True
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]["limits"]) == set(container["resources"]["requests"]) == {"cpu", "memory"}
    assert container["command"] == ["python", "-m", "components.registration"]
    assert container["args"][0] == action
    assert container["image"] == DEFAULT_IMAGE


def test_the_jobs_image_and_the_registered_image_are_set_in_one_place(tmp_path: Path) -> None:
    """A registry and digest in the kustomization reach the Job's image and its argument."""
    shutil.copytree(ROOT / "manifests" / "katib", tmp_path / "katib")
    kustomization = tmp_path / "katib" / "job" / "kustomization.yaml"
    image = OTHER["image"]
    name, digest = image.split("@")
    text = kustomization.read_text()
    assert text.count("    newTag: 0.1.0\n") == 1
    kustomization.write_text(text.replace("newTag: 0.1.0", f"newName: {name}\n    digest: {digest}"))
    (container,) = rendered(tmp_path / "katib" / "add")["Job"]["spec"]["template"]["spec"]["containers"]
    assert container["image"] == image
    assert container["args"][:3] == ["add", "--image", image]


def test_katibs_namespace_is_set_in_one_place(tmp_path: Path) -> None:
    """The account that may list Experiments is the one beside Katib, wherever that is."""
    shutil.copytree(ROOT / "manifests" / "katib", tmp_path / "katib")
    kustomization = tmp_path / "katib" / "job" / "kustomization.yaml"
    text = kustomization.read_text()
    assert text.count("namespace: kubeflow") == 1
    kustomization.write_text(text.replace("namespace: kubeflow", "namespace: katib"))
    objects = rendered(tmp_path / "katib" / "remove")
    assert objects["ServiceAccount"]["metadata"]["namespace"] == "katib"
    assert objects["ClusterRoleBinding"]["subjects"][0]["namespace"] == "katib"
