"""The Experiments in the repository: made by the builder, their trials as the training operator and Trainer take them.

Trainer's CRDs are looked for in Go's module cache, every version that is there: ``go mod download
github.com/kubeflow/trainer/v2@v2.2.0`` in any folder brings one.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from autogan_kubeflow.components.katib_experiments import EXPERIMENTS, Placement, from_recipe, manifests, render
from autogan_kubeflow.components.manifest_checks import check_text
from autogan_kubeflow.pipelines.cli.katib import COMMAND, header, write_all

ROOT = Path(__file__).parents[2]
FILES = ROOT / "manifests" / "experiments"
CRD = ROOT.parent / "shared" / "data" / "crds" / "pytorchjobs.kubeflow.org.yaml"
MODULES = Path(os.environ.get("GOMODCACHE") or Path.home() / "go" / "pkg" / "mod")
TRAINER: Sequence[Path | None] = sorted(MODULES.glob("github.com/kubeflow/trainer/v2@*/manifests/base/crds")) or [None]
POOL = Placement(
    job="trainjob",
    workers=3,
    store="gs://bucket/prefix",
    queue="team",
    priority_class="low",
    node_selector=("pool=search",),
    tolerations=("pool=search:NoSchedule", "spot"),
)


def closed(schema: Any) -> Any:
    """The schema with every object closed to keys that it does not name, which the API server would drop silently."""
    if isinstance(schema, list):
        return [closed(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(inner) for key, inner in schema.items()}
    if schema.get("type") == "object" and not schema.get("x-kubernetes-preserve-unknown-fields"):
        result.setdefault("additionalProperties", False)
    return result


def validator(crd: Path) -> Draft202012Validator:
    """Of the objects that a CRD describes."""
    [version] = yaml.safe_load(crd.read_text())["spec"]["versions"]
    schema = closed(version["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {"type": "object"}  # whose form the API server knows
    return Draft202012Validator(schema)


@pytest.fixture(scope="module")
def job_schema() -> Draft202012Validator:
    """The training operator's own schema of a PyTorchJob."""
    if not CRD.is_file():
        pytest.skip(f"the PyTorchJob CRD is not at {CRD.relative_to(ROOT.parent)} beside the repository")
    return validator(CRD)


@pytest.fixture(scope="module", params=TRAINER, ids=lambda path: path and path.parents[2].name)
def trainer_schemas(request: pytest.FixtureRequest) -> dict[str, Draft202012Validator]:
    """Trainer's own schemas of a runtime and of a TrainJob, of one of its versions."""
    if request.param is None:
        pytest.skip(f"Kubeflow Trainer is not in Go's module cache, {MODULES}")
    return {
        kind: validator(request.param / f"trainer.kubeflow.org_{kind.lower()}s.yaml")
        for kind in ("TrainingRuntime", "TrainJob")
    }


def job_of(experiment: dict[str, Any]) -> dict[str, Any]:
    """The PyTorchJob or TrainJob in an Experiment."""
    job: dict[str, Any] = experiment["spec"]["trialTemplate"]["trialSpec"]
    return job


def test_files_are_what_the_builder_makes(tmp_path: Path) -> None:
    """``make manifests`` would change nothing: every recipe has its file, and there is no other."""
    write_all(tmp_path)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    there = {path.name: path.read_text() for path in FILES.glob("*.yaml") if path.name != "kustomization.yaml"}
    assert there == made
    assert set(made) == {f"{name}.yaml" for name in EXPERIMENTS}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_files_pass_the_check(name: str) -> None:
    """Each file, read from disk as kubectl reads it, has no problem."""
    assert check_text((FILES / f"{name}.yaml").read_text()) == (1, [])


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("workers", [0, 3])
def test_jobs_fit_the_crd(job_schema: Draft202012Validator, name: str, workers: int) -> None:
    """The PyTorchJob of every Experiment, alone and with workers, has no value or key that its schema lacks."""
    placement = Placement(workers=workers, store="gs://bucket/prefix")
    job = job_of(from_recipe(EXPERIMENTS[name], name, placement=placement))
    assert [error.message for error in job_schema.iter_errors(job)] == []


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("placement", [Placement(job="trainjob"), POOL], ids=["alone", "in a pool"])
def test_train_jobs_fit_the_crds(
    trainer_schemas: dict[str, Draft202012Validator], name: str, placement: Placement
) -> None:
    """The runtime and the TrainJob of every Experiment have no value or key that Trainer's schemas lack."""
    runtime, experiment = manifests(EXPERIMENTS[name], name, placement=placement)
    for document in (runtime, job_of(experiment)):
        errors = trainer_schemas[document["kind"]].iter_errors(document)
        assert [error.message for error in errors] == []


@pytest.mark.parametrize(
    ("way", "value"),
    [
        (("spec", "template", "spec", "replicatedJobs", 0, "template", "spec", "backofLimit"), 3),
        (("spec", "template", "spec", "replicatedJobs", 0, "template", "spec", "activeDeadlineSeconds"), "3600"),
        (("spec", "mlPolicy", "torch", "nproc"), 1),
        (("spec", "trainer", "numProcPerNode"), None),
        (("spec", "trainer", "enviroment"), []),
        (("spec", "runtimeRef", "name"), 1),
    ],
)
def test_the_trainer_crd_test_can_fail(
    trainer_schemas: dict[str, Draft202012Validator], way: tuple[Any, ...], value: Any
) -> None:
    """A misspelt key and a wrong type are found wherever they are."""
    runtime, experiment = manifests(EXPERIMENTS["mlas-smoke"], "mlas-smoke", placement=Placement(job="trainjob"))
    document = copy.deepcopy(job_of(experiment) if {"trainer", "runtimeRef"} & set(way) else runtime)
    inner: Any = document
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    assert list(trainer_schemas[document["kind"]].iter_errors(document))


def test_the_trainer_file_is_what_the_builder_makes() -> None:
    """``make manifests`` would not change it."""
    chosen = EXPERIMENTS["mlas-smoke"]
    placement = replace(chosen.placement, job="trainjob")
    documents = manifests(chosen, "mlas-smoke", placement=placement)
    text = render(documents, header(chosen.title, [*COMMAND, "mlas-smoke", "--job", "trainjob"]))
    path = ROOT / "manifests" / "trainer" / "mlas-smoke.yaml"
    assert path.read_text() == text
    assert check_text(text) == (2, [])


def _placeholder_for_a_number(job: dict[str, Any]) -> None:
    job["spec"]["pytorchReplicaSpecs"]["Master"]["replicas"] = "${trialParameters.slot}"


def _misspelt_key(job: dict[str, Any]) -> None:
    job["spec"]["runPolicy"]["cleanPodPolicies"] = "Running"


def _number_for_a_string(job: dict[str, Any]) -> None:
    job["spec"]["nprocPerNode"] = 1


def _unknown_pod_field(job: dict[str, Any]) -> None:
    job["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["containers"][0]["enviroment"] = []


@pytest.mark.parametrize("spoil", [_placeholder_for_a_number, _misspelt_key, _number_for_a_string, _unknown_pod_field])
def test_the_crd_test_can_fail(job_schema: Draft202012Validator, spoil: Callable[[dict[str, Any]], None]) -> None:
    """A placeholder where a number belongs, a misspelt key and a wrong type are each found."""
    job = copy.deepcopy(job_of(from_recipe(EXPERIMENTS["mlas-smoke"], "mlas-smoke")))
    spoil(job)
    assert len(list(job_schema.iter_errors(job))) == 1


def _leaves(tree: Any) -> Iterator[Any]:
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else None
    if inner is None:
        yield tree
    else:
        for value in inner:
            yield from _leaves(value)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_files_hold_no_nulls(name: str) -> None:
    """Nothing is written that says nothing."""
    assert None not in list(_leaves(yaml.safe_load((FILES / f"{name}.yaml").read_text())))
