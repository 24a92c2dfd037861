"""Both pipelines on Kubeflow Pipelines, small, where there is one. Importing this module imports kfp."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from acceptance import claim, evidence, kubectl
from acceptance.claim import MARK, Note
from acceptance.cluster import Cluster
from acceptance.errors import AcceptanceError
from acceptance.report import PipelineRun
from acceptance.settings import PipelinesAccess, Settings
from autogan_kubeflow.components.katib_experiments import recipe
from autogan_kubeflow.pipelines.catalogue import compile_to, compiled
from autogan_kubeflow.pipelines.parameters import read_arguments
from autogan_kubeflow.pipelines.placement import PipelinePlacement
from autogan_kubeflow.pipelines.remote.connection import Address, Server, connect
from autogan_kubeflow.pipelines.remote.run_steps import FINISHED, elapsed, run_state, run_steps
from autogan_kubeflow.pipelines.remote.runs import Order, RunFailedError, cancel, follow, get_run, submit
from autogan_kubeflow.pipelines.remote.specification import Specifications, named_steps

SERVICE, PORT = "ml-pipeline", 8888
CONFIG_MAP = "autogan"
"""The ConfigMap that tells the steps their bucket, in their own namespace."""
BINDING = "autogan-acceptance-pipelines"
SEARCH_RUN, TRANSFER_RUN = "acceptance-search", "acceptance-transfer"
"""The runs' folders in the store."""

# Small enough for two cores, of which Kubeflow Pipelines itself takes some: a trial runs beside the suggestion service,
# which asks for half of one.
_PLACEMENT = PipelinePlacement(gpus=0, cpu="500m", memory="2Gi", scratch="2Gi", parallel=1)
_OVERRIDES = ("search.iterations=3",)
_ITERATIONS = "train_iterations=40"


@contextmanager
def opened(access: PipelinesAccess) -> Iterator[Server]:
    """Connects to Kubeflow Pipelines, through a forwarded port unless an address was given.

    Yields:
        A server that answers, as long as the context lasts.

    Raises:
        AcceptanceError: the port cannot be forwarded.
        PipelinesError: it does not answer, or refuses.
    """
    address = Address(host=access.host, token_file=access.token_file, namespace=access.profile)
    if access.host:
        yield connect(address)
        return
    with kubectl.forwarded(access.namespace, f"service/{SERVICE}", PORT) as port:
        yield connect(replace(address, host=f"http://127.0.0.1:{port}"))


def is_there(cluster: Cluster, access: PipelinesAccess) -> bool:
    """Whether Kubeflow Pipelines is installed where it should be, or an address of one was given."""
    return (
        bool(access.host) or cluster.find(cluster.core.read_namespaced_service, SERVICE, access.namespace) is not None
    )


def run_pipelines(cluster: Cluster, settings: Settings, access: PipelinesAccess, note: Note) -> list[PipelineRun]:
    """Runs mlas-search with backend katib to its end, then transfer-evaluation on its result.

    Args:
        cluster: where the steps run.
        settings: of the test, whose namespace is ready for Experiments.
        access: to Kubeflow Pipelines.
        note: of the test; gets what is to be taken away.

    Returns:
        Both runs, in this order.

    Raises:
        AcceptanceError: the steps could not reach the store.
        RunFailedError: a run did not succeed.
        PipelinesError: Kubeflow Pipelines refuses, or does not answer for ten minutes.
    """
    experiment = f"{settings.namespace}-{settings.token}"
    note = replace(note, pipelines_namespace=access.pods_namespace, pipelines_experiment=experiment)
    claim.write(cluster, settings.namespace, note)
    _let_search(cluster, settings, access)
    _say_where(cluster, settings, access)
    with opened(access) as server:
        runner = _Runner(cluster, settings, access, server, experiment)
        return [runner.run(pipeline, given) for pipeline, given in _forms(settings).items()]


def take_away(cluster: Cluster, access: PipelinesAccess | None, note: Note) -> None:
    """Stops and deletes the test's runs, and the ConfigMap that the steps read.

    Raises:
        AcceptanceError: there are runs, and no access to Kubeflow Pipelines was given.
        PipelinesError: it refuses, or does not answer.
    """
    if note.pipelines_namespace is None or note.pipelines_experiment is None:
        return
    core, namespace = cluster.core, note.pipelines_namespace
    config_map = cluster.find(core.read_namespaced_config_map, CONFIG_MAP, namespace)
    if config_map is not None and claim.is_marked(config_map):
        cluster.find(core.delete_namespaced_config_map, CONFIG_MAP, namespace)
    if access is None:
        raise AcceptanceError(
            f"the runs of Kubeflow Pipelines below the experiment '{note.pipelines_experiment}' are still there; "
            "start this again without skipping the pipelines"
        )
    with opened(access) as server:
        experiment = server.experiment(note.pipelines_experiment)
        for run in list(server.everything(server.client.list_runs, "runs", experiment_id=experiment)):
            if run.state not in FINISHED:
                cancel(server, run)
            server.client.delete_run(run.run_id)
        server.client.delete_experiment(experiment)


def _let_search(cluster: Cluster, settings: Settings, access: PipelinesAccess) -> None:
    """Gives the steps' account the right to search in the test's namespace, as docs/pipelines.md does."""
    body = {
        "metadata": {"name": BINDING},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "autogan-pipeline"},
        "subjects": [{"kind": "ServiceAccount", "name": access.account, "namespace": access.pods_namespace}],
    }
    cluster.call(cluster.rbac.create_namespaced_role_binding, settings.namespace, body)


def _say_where(cluster: Cluster, settings: Settings, access: PipelinesAccess) -> None:
    """Makes the ConfigMap that tells the steps of the bucket; one that is there is left, if it does for this bucket."""
    namespace, core = access.pods_namespace, cluster.core
    data = {"AUTOGAN_STORE": settings.store_uri}
    if settings.emulator_host:
        data["STORAGE_EMULATOR_HOST"] = settings.emulator_host
    existing = cluster.find(core.read_namespaced_config_map, CONFIG_MAP, namespace)
    if existing is None:
        body = {"metadata": {"name": CONFIG_MAP, "labels": MARK}, "data": data}
        cluster.call(core.create_namespaced_config_map, namespace, body)
    elif settings.emulator_host:
        raise AcceptanceError(
            f"the steps of pipelines read the ConfigMap {namespace}/{CONFIG_MAP}, which is there and is left alone, so "
            "they cannot be told of the emulator; give a bucket by STORE=gs://bucket/prefix, or skip the pipelines by "
            "SKIP_PIPELINES=1"
        )


def _forms(settings: Settings) -> Mapping[str, list[str]]:
    """The fields of each pipeline's form, as ``name=value``."""
    overrides = "; ".join((*recipe("mlas-smoke").overrides, *_OVERRIDES))
    common = [
        "settings_preset=digits",
        f"settings_overrides={overrides}",
        _ITERATIONS,
        # The emulator cannot be reached from here, where the reasons of a failure would be looked for in the store: the
        # steps take it from the ConfigMap.
        *([f"run_store_uri={settings.store_uri}"] if settings.store else []),
    ]
    return {
        "mlas-search": [
            *common,
            f"run_name={SEARCH_RUN}",
            "search_backend=katib",
            f"katib_namespace={settings.namespace}",
            f"katib_experiment_name=pipeline-{settings.namespace}",
            "train_top_k=1",
        ],
        "transfer-evaluation": [
            *common,
            f"run_name={TRANSFER_RUN}",
            "architectures=",
            f"architectures_search_run={SEARCH_RUN}",
            "score_history=acceptance",
        ],
    }


@dataclass(frozen=True, slots=True)
class _Runner:
    """Runs pipelines one after the other."""

    cluster: Cluster
    settings: Settings
    access: PipelinesAccess
    server: Server
    experiment: str

    def run(self, pipeline: str, given: list[str]) -> PipelineRun:
        """Compiles, submits and follows; of a run that failed the pods' logs are kept."""
        server, say = self.server, self.cluster.progress.say
        package = self.settings.folder / "pipelines" / compiled(pipeline).name
        compile_to(pipeline, replace(_PLACEMENT, image=self.settings.runtime_image), package)
        order = Order(
            pipeline=pipeline,
            package=package,
            arguments=read_arguments(pipeline, given, package),
            experiment=self.experiment,
            caching=False,  # what is tested is that the steps run
        )
        run_id = submit(server, order, f"{pipeline} {self.settings.token}")
        say(f"  {pipeline}: run {run_id}, {server.page(f'runs/details/{run_id}')}")
        try:
            follow(server, run_id, lambda line: say(f"  {line}"))
        except RunFailedError:
            evidence.keep(self.settings.folder, self.access.pods_namespace, f"pipeline/runid={run_id}")
            raise
        return _summarized(server, pipeline, run_id)


def _summarized(server: Server, pipeline: str, run_id: str) -> PipelineRun:
    run = get_run(server, run_id)
    steps = run_steps(run, named_steps(Specifications(server).of(run)))
    rows = tuple((step.title, step.state, _seconds(step.duration)) for step in steps)
    return PipelineRun(pipeline, run_id, run_state(run), _seconds(elapsed(run)), rows)


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()
