"""The compiled pipelines: up to date, documented, bounded, and with a cache that sees what matters."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from kfp.components import load_component_from_file

from autogan_core.errors import ConfigError
from autogan_kubeflow.components.katib_experiments import IMAGE
from autogan_kubeflow.components.pipeline_run.form import CHOICES
from autogan_kubeflow.pipelines.catalogue import PIPELINES, compile_to, compiled
from autogan_kubeflow.pipelines.parameters import read_parameters
from autogan_kubeflow.pipelines.placement import PipelinePlacement

SMALL = {"summarize", "choose-architectures", "choose-finalists", "choose-survivors", "record-scores"}
SPARING = {"prepare-data", "search"}
"""Steps that seldom need what they may use."""
UNCACHED = {"prepare-data", "choose-architectures", "record-scores"}
EARLY = "comp-successive-halving"
"""The nested pipeline with all rungs but the last."""
DIGEST = "registry.test/team/runtime@sha256:" + "0" * 64


def documents(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """A compiled pipeline and its platform's part."""
    spec, platforms = yaml.safe_load_all(path.read_text())
    return spec, platforms["platforms"]["kubernetes"]["deploymentSpec"]["executors"]


def tasks(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every task that runs a container, by name."""
    dags = [spec["root"], *spec["components"].values()]
    found = {name: task for dag in dags for name, task in dag.get("dag", {}).get("tasks", {}).items()}
    return {name: task for name, task in found.items() if "dag" not in spec["components"][task["componentRef"]["name"]]}


def step(name: str) -> str:
    """The step that a task is one use of: kfp numbers the second one and those behind it."""
    return re.sub(r"-\d+$", "", name)


def containers(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every container, by its task's name."""
    executors = spec["deploymentSpec"]["executors"]
    return {name.removeprefix("exec-"): executor["container"] for name, executor in executors.items()}


@pytest.fixture(params=PIPELINES)
def pipeline(request: pytest.FixtureRequest) -> str:
    """Each pipeline's name."""
    name: str = request.param
    return name


def test_what_is_committed_is_what_the_code_says(pipeline: str, tmp_path: Path) -> None:
    """Compiling again gives the committed file, byte for byte; 'make pipelines' brings it up to date."""
    compile_to(pipeline, PipelinePlacement(), tmp_path / "new.yaml")
    assert (tmp_path / "new.yaml").read_text() == compiled(pipeline).read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["new.yaml"]


def test_every_field_of_the_form_is_explained(pipeline: str) -> None:
    """Each has a default, so that the form can be sent as it is, and a description of at least a few words."""
    for name, definition in read_parameters(compiled(pipeline)).items():
        assert "defaultValue" in definition, name
        assert len(definition["description"]) > 20, name


def test_fields_with_a_fixed_set_of_values_are_drop_downs(pipeline: str) -> None:
    """The choices stand in the file, as KFP's server and UI read them: of the field's type, none empty, the default
    among them; and kfp's client reads the file and keeps them."""
    fields = read_parameters(compiled(pipeline))
    found = {name: definition["literals"] for name, definition in fields.items() if "literals" in definition}
    assert found == {name: list(choices) for name, choices in CHOICES.items() if name in fields}
    kinds = {"STRING": str, "BOOLEAN": bool}
    for name, choices in found.items():
        assert all(type(choice) is kinds[fields[name]["parameterType"]] and choice != "" for choice in choices)
        assert fields[name]["defaultValue"] in choices
    loaded = load_component_from_file(str(compiled(pipeline))).pipeline_spec.root.input_definitions.parameters
    assert {name: len(loaded[name].literals) for name in found} == {name: len(found[name]) for name in found}


def test_fields_stand_in_groups(pipeline: str) -> None:
    """KFP's UI sorts them, and so do the definition and everything that is printed of it."""
    names = list(read_parameters(compiled(pipeline)))
    assert names == sorted(names)
    assert {name.partition("_")[0] for name in names} <= {
        *("architectures", "data", "katib", "run", "score", "search", "settings", "train")
    }


def test_every_step_is_explained(pipeline: str) -> None:
    """Inputs of the steps have descriptions, and tasks names for people."""
    spec, _ = documents(compiled(pipeline))
    for name in containers(spec):
        inputs = spec["components"][f"comp-{name}"]["inputDefinitions"]["parameters"]
        assert all(p.get("description") or p.get("parameterType") == "TASK_FINAL_STATUS" for p in inputs.values()), name
    assert all(" " in t["taskInfo"]["name"] or t["taskInfo"]["name"].istitle() for t in tasks(spec).values())


def test_every_container_is_bounded_and_not_root(pipeline: str) -> None:
    """Image, limits, an account without privileges, room to write, and what a step learns about its pod and store."""
    spec, platform = documents(compiled(pipeline))
    for name, container in containers(spec).items():
        assert container["image"] == IMAGE
        assert "pip install" not in str(container["command"])
        if step(name) not in SMALL | SPARING:
            limits = container["resources"]
            assert limits["resourceCpuLimit"] == limits["resourceCpuRequest"] == "4"
            assert limits["resourceMemoryLimit"] == limits["resourceMemoryRequest"] == "16Gi"
        kubernetes = platform[f"exec-{name}"]
        assert kubernetes["securityContext"] == {"runAsGroup": "1000", "runAsNonRoot": True, "runAsUser": "1000"}
        assert {mount["mountPath"] for mount in kubernetes["emptyDirMounts"]} == {"/tmp", "/cache"}
        assert {field["name"]: field["fieldPath"] for field in kubernetes["fieldPathAsEnv"]} == {
            "AUTOGAN_JOB": "metadata.labels['pipeline/runid']",
            "AUTOGAN_NODE": "metadata.annotations['workflows.argoproj.io/node-name']",
        }
        [settings] = kubernetes["configMapAsEnv"]
        assert {each["envVar"] for each in settings["keyToEnv"]} == {
            "AUTOGAN_STORE",
            "AUTOGAN_USER_PROJECT",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "STORAGE_EMULATOR_HOST",
            *("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"),
        }
        assert all(source["optional"] for source in (*kubernetes["configMapAsEnv"], *kubernetes["secretAsVolume"]))


def test_what_is_reserved_is_what_is_needed(pipeline: str) -> None:
    """The summary, which must always run, finds room anywhere; steps that seldom need much may use it all the same."""
    spec, _ = documents(compiled(pipeline))
    resources = {name: container["resources"] for name, container in containers(spec).items()}
    assert resources["summarize"]["resourceCpuRequest"] == "100m"
    assert resources["summarize"]["resourceMemoryRequest"] == "256Mi"
    assert resources["summarize"]["resourceMemoryLimit"] == "512Mi"
    for name in SPARING & resources.keys():
        assert resources[name]["resourceCpuRequest"] == "250m"
        assert resources[name]["resourceCpuLimit"] == "4"
        assert resources[name]["resourceMemoryRequest"] in ("1Gi", "2Gi")
        assert resources[name]["resourceMemoryLimit"] == "16Gi"


def test_nothing_reserves_more_than_it_may_use(pipeline: str, tmp_path: Path) -> None:
    """However little the steps that compute are given."""
    compile_to(pipeline, PipelinePlacement(gpus=0, cpu="200m", memory="900Mi"), tmp_path / "p.yaml")
    spec, _ = documents(tmp_path / "p.yaml")
    for name, container in containers(spec).items():
        limits = container["resources"]
        assert limits["cpuRequest"] <= limits["cpuLimit"], name
        assert limits["memoryRequest"] <= limits["memoryLimit"], name


def test_gpus_go_to_the_steps_that_compute(pipeline: str) -> None:
    """Bookkeeping needs none, the images are prepared on CPUs and the search step follows Katib by default; nodes with
    GPUs are tolerated."""
    spec, platform = documents(compiled(pipeline))
    for name, container in containers(spec).items():
        gpu = container["resources"].get("accelerator", {})
        if step(name) in SMALL | SPARING:
            assert gpu == {} and "tolerations" not in platform[f"exec-{name}"]
        else:
            assert (gpu["resourceType"], gpu["resourceCount"]) == ("nvidia.com/gpu", "1")
            assert platform[f"exec-{name}"]["tolerations"][0]["key"] == "nvidia.com/gpu"


def test_caching_and_retries(pipeline: str) -> None:
    """Steps that look at what may have changed always run, the others are cached; all are tried again but the form's
    own mistakes are not (see the step's frame)."""
    spec, _ = documents(compiled(pipeline))
    for name, task in tasks(spec).items():
        assert bool(task["cachingOptions"].get("enableCache")) == (name not in UNCACHED), name
        retry = task["retryPolicy"]
        assert retry["maxRetryCount"] == 2
        # Argo makes no other pod when this has passed since the first began, and stops what still runs.
        assert int(retry["backoffMaxDuration"].removesuffix("s")) > 300 * 24 * 3600
    for container in containers(spec).values():
        assert {"name": "AUTOGAN_STEP_RETRIES", "value": "2"} in container["env"]


def test_the_loops_get_nothing_that_kfp_would_mix_up(pipeline: str) -> None:
    """Inside, only the loop's item and fields of the form, or of the nested pipeline, are used: kfp's local runner
    replaces other values."""
    spec, _ = documents(compiled(pipeline))
    components = spec["components"]
    fields = {f"pipelinechannel--{name}" for name in read_parameters(compiled(pipeline))}
    fields |= {f"pipelinechannel--{name}" for name in components[EARLY]["inputDefinitions"]["parameters"]}
    loops = [c for c in components.values() if {"retrain", "train"} & {*map(step, c.get("dag", {}).get("tasks", ()))}]
    assert len(loops) == PipelinePlacement().rungs
    for loop in loops:
        inputs = set(loop["inputDefinitions"]["parameters"])
        assert {name for name in inputs if not name.endswith(("-Output", "-loop-item"))} <= fields
        for task in loop["dag"]["tasks"].values():
            used = {p.get("componentInputParameter") for p in task["inputs"]["parameters"].values()}
            assert all(name in fields or name.endswith("-loop-item") for name in used)


def test_a_rung_that_a_run_has_not_costs_nothing(pipeline: str) -> None:
    """The nested pipeline holds the first rung's condition alone; in each condition there is one loop, and the next
    rung's condition, for which nothing waits: with a condition that is skipped Argo omits what does."""
    spec, _ = documents(compiled(pipeline))
    components = spec["components"]
    tasks, rung = components[EARLY]["dag"]["tasks"], 0
    assert len(tasks) == 1
    while any("triggerPolicy" in task for task in tasks.values()):
        rung += 1
        [name] = [name for name, task in tasks.items() if "triggerPolicy" in task]
        condition = tasks[name]["triggerPolicy"]["condition"]
        assert condition == f"int(inputs.parameter_values['pipelinechannel--rungs']) > {rung}"
        assert all(name not in task.get("dependentTasks", ()) for task in tasks.values())
        tasks = components[tasks[name]["componentRef"]["name"]]["dag"]["tasks"]
        kinds = sorted({re.sub(r"-\d+", "", name) for name in tasks})
        last = rung == PipelinePlacement().rungs - 1
        expected = ["choose-survivors"] * (rung > 1) + ["condition"] * (not last) + ["for-loop"]
        assert kinds == expected
    assert rung == PipelinePlacement().rungs - 1


def test_every_rung_waits_for_the_one_before(pipeline: str) -> None:
    """Who goes on is chosen when all trainings have ended: the condition of a rung depends on the loop of the one
    before, and the choice of the finalists on them all."""
    spec, _ = documents(compiled(pipeline))
    for component in spec["components"].values():
        found = component.get("dag", {}).get("tasks", {})
        if any("triggerPolicy" in task for task in found.values()) and component != spec["components"][EARLY]:
            [condition] = [task for task in found.values() if "triggerPolicy" in task]
            [loop] = [name for name, task in found.items() if "parameterIterator" in task]
            assert loop in condition["dependentTasks"]
        if "choose-finalists" in found:
            assert "successive-halving" in found["choose-finalists"]["dependentTasks"]


def test_a_pipeline_with_room_for_two_rungs(pipeline: str, tmp_path: Path) -> None:
    """Room is a constant; the first step is told, to refuse what does not fit."""
    compile_to(pipeline, PipelinePlacement(rungs=2), tmp_path / "p.yaml")
    spec, _ = documents(tmp_path / "p.yaml")
    assert {"train", "retrain"} <= set(containers(spec)) and "choose-survivors" not in containers(spec)
    given = tasks(spec)["prepare-data"]["inputs"]["parameters"]["max_rungs"]
    assert given["runtimeValue"]["constant"] == 2


def test_placement_reaches_every_step(pipeline: str, tmp_path: Path) -> None:
    """Image, resources, nodes and limits are constants of the compiled file."""
    placement = PipelinePlacement(
        image=DIGEST,
        gpus=2,
        gpu_type="amd.com/gpu",
        prepare_gpus=1,
        backend="local",
        cpu="8",
        memory="32Gi",
        scratch="64Gi",
        node_selector=("pool=gpu",),
        tolerations=("dedicated",),
        trial_queue="team",
        trial_priority_class="low",
        parallel=3,
        retries=0,
        store="gs://bucket/autogan",
    )
    compile_to(pipeline, placement, tmp_path / "p.yaml")
    spec, platform = documents(tmp_path / "p.yaml")
    assert read_parameters(tmp_path / "p.yaml")["run_store_uri"]["defaultValue"] == "gs://bucket/autogan"
    loops = [
        task
        for c in spec["components"].values()
        for task in c.get("dag", {}).get("tasks", {}).values()
        if "parameterIterator" in task
    ]
    assert {loop["iteratorPolicy"]["parallelismLimit"] for loop in loops} == {3}
    for name, container in containers(spec).items():
        assert container["image"] == DIGEST
        environment = {variable["name"]: variable["value"] for variable in container["env"]}
        assert (environment["AUTOGAN_TRIAL_IMAGE"], environment["AUTOGAN_TRIAL_MEMORY"]) == (DIGEST, "32Gi")
        assert (environment["AUTOGAN_TRIAL_QUEUE"], environment["AUTOGAN_TRIAL_PRIORITY_CLASS"]) == ("team", "low")
        assert environment["AUTOGAN_TRIAL_NODE_SELECTOR"] == "pool=gpu"
        assert environment["AUTOGAN_TRIAL_TOLERATIONS"] == "dedicated:NoSchedule"
        if step(name) not in SMALL:
            gpu = container["resources"]["accelerator"]
            count = "1" if name == "prepare-data" else "2"
            assert (gpu["resourceType"], gpu["resourceCount"]) == ("amd.com/gpu", count)
            assert container["resources"]["resourceMemoryLimit"] == "32Gi"
            assert platform[f"exec-{name}"]["nodeSelector"]["labels"] == {"pool": "gpu"}
            assert platform[f"exec-{name}"]["tolerations"][0]["key"] == "dedicated"
            assert {m["mountPath"]: m["sizeLimit"] for m in platform[f"exec-{name}"]["emptyDirMounts"]}[
                "/cache"
            ] == "64Gi"
    assert all("retryPolicy" not in task for task in tasks(spec).values())


def test_only_steps_with_a_gpu_are_kept_on_its_nodes(pipeline: str, tmp_path: Path) -> None:
    """The others do not tolerate the taints that such nodes have; without GPUs all that compute are kept there."""
    for gpus, free in ((1, SMALL | SPARING), (0, SMALL)):
        compile_to(pipeline, PipelinePlacement(gpus=gpus, node_selector=("pool=x",)), tmp_path / "p.yaml")
        spec, platform = documents(tmp_path / "p.yaml")
        for name in containers(spec):
            assert ("nodeSelector" in platform[f"exec-{name}"]) == (step(name) not in free), (gpus, name)


def test_the_forms_backend_is_what_the_search_step_is_made_for(tmp_path: Path) -> None:
    """Who compiles for local searches finds that in the form."""
    compile_to("mlas-search", PipelinePlacement(backend="local"), tmp_path / "p.yaml")
    assert read_parameters(tmp_path / "p.yaml")["search_backend"]["defaultValue"] == "local"


def test_a_cpu_pipeline_has_no_gpu(pipeline: str, tmp_path: Path) -> None:
    """With no GPUs the trials are told too."""
    compile_to(pipeline, PipelinePlacement(gpus=0), tmp_path / "p.yaml")
    text = (tmp_path / "p.yaml").read_text()
    assert "accelerator" not in text and "tolerations" not in text
    spec, _ = documents(tmp_path / "p.yaml")
    for container in containers(spec).values():
        assert {"name": "AUTOGAN_TRIAL_DEVICE", "value": "cpu"} in container["env"]


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({"gpus": -1}, "gpus must be 0 or more, not -1"),
        ({"rungs": 1}, "rungs must be 2 or more, not 1"),
        ({"prepare_gpus": -1}, "prepare_gpus must be 0 or more, not -1"),
        ({"backend": "argo"}, "backend is 'argo'; set it to one of katib, local"),
        ({"memory": "16 GB"}, "memory is '16 GB'; write a Kubernetes quantity"),
        ({"node_selector": ("pool",)}, "the node selector is 'pool'; write key=value"),
        ({"node_selector": ("pool=a b",)}, "the node selector is 'pool=a b'"),
        ({"image": ""}, "the image '' is no image reference; write registry/name:tag"),
        ({"image": "registry.example/r:1"}, "names the placeholder registry.example of the documentation"),
        ({"image": "ghcr.io/Team/r:1"}, "is no image reference; .*, in lower case"),
        ({"tolerations": ("dedicated=gan:NoSchedule",)}, "the toleration is 'dedicated=gan:NoSchedule'; write the key"),
        ({"gpu_type": "a gpu"}, "gpu_type is 'a gpu'; write the name of a resource, such as nvidia.com/gpu"),
        ({"trial_queue": "Team A"}, "trial_queue is 'Team A'"),
        ({"trial_priority_class": "low_"}, "trial_priority_class is 'low_'"),
        ({"store": "s3://b"}, "store is 's3://b', which has the scheme s3://"),
        ({"store": "runs"}, "store is 'runs', which is a folder"),
    ],
)
def test_constants_are_checked(constants: dict[str, Any], message: str) -> None:
    """The sentence names the one that is wrong."""
    with pytest.raises(ConfigError, match=message):
        PipelinePlacement(**constants)


def test_an_unknown_pipeline_is_an_error() -> None:
    """The message lists those that there are."""
    with pytest.raises(
        ConfigError, match="there is no pipeline 'search'; choose one of mlas-search, transfer-evaluation"
    ):
        compiled("search")
