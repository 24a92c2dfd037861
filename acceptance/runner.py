"""The test from beginning to end; whatever happens, what it made is taken away again."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType
from typing import Any

from kubernetes.client.exceptions import ApiException  # type: ignore[import-untyped]

from acceptance import claim, evidence, kubectl, pipeline_runs, pods, preconditions, registered, remains, search
from acceptance.claim import Note
from acceptance.cluster import Cluster, Pending
from acceptance.comparison import compare
from acceptance.documents import suggestion_image_pod, trial_image_pod, trial_settings
from acceptance.errors import AcceptanceError
from acceptance.overlays import selected, write_base, write_experiment
from acceptance.progress import Phase
from acceptance.report import Report
from acceptance.settings import Settings
from autogan_core.config import Config
from autogan_core.errors import AutoGANError
from autogan_core.history import Record
from autogan_core.presets import load_config
from autogan_core.search.mlas import MultiLevelSearch
from autogan_kubeflow.components.katib_search import answers

IMAGES_S = 30 * 60
PREPARE_S = 30 * 60


@dataclass(frozen=True, slots=True)
class Prepared:
    """Results of earlier parts that later parts need."""

    note: Note
    node: str
    """The node that all compared programs run on."""


class AcceptanceTest:
    """One test of one cluster.

    Args:
        cluster: under test.
        settings: what to test with.
    """

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._cluster, self._settings, self._progress = cluster, settings, cluster.progress
        self.report = Report(datetime.now(UTC), {}, self._progress.phases)

    def run(self, keep: bool) -> Report:
        """Runs all parts; a part that fails ends the test.

        Args:
            keep: whether to leave everything as it is, to be looked at.

        Returns:
            The report, of a failed test too.

        Raises:
            KeyboardInterrupt: it was stopped while it took things away.
        """
        settings = self._settings
        self.report.facts = {
            "API server": self._cluster.address,
            "runtime image": settings.runtime_image,
            "suggestion image": settings.suggestion_image,
        }
        with _stopped_like_ctrl_c():
            try:
                self._preconditions()
            except (AutoGANError, KeyboardInterrupt):
                return self.report  # nothing was made
            try:
                self._parts()
            except (AutoGANError, KeyboardInterrupt) as error:
                self._keep_evidence(error)
            finally:
                self._end(keep)
        return self.report

    def _preconditions(self) -> None:
        with self._part("preconditions") as phase:
            facts = preconditions.check(self._cluster, self._settings)
            self.report.facts |= facts
            phase.note = ", ".join(f"{name} {version}" for name, version in facts.items())

    def _parts(self) -> None:
        prepared = self._images()
        experiment, config = self._prepare(prepared)
        expected = self._search_locally(experiment, config)
        self._register(prepared)
        found = self._search_with_katib(prepared, config)
        self._compare(config, found, expected)
        self._run_pipelines()

    @contextmanager
    def _part(self, name: str) -> Iterator[Phase]:
        """A phase that makes one sentence of a refusal by the API server which nobody has expected."""
        with self._progress.phase(name) as phase:
            try:
                yield phase
            except ApiException as error:
                raise AcceptanceError(
                    f"the cluster refuses: {error.status} {answers.message(error)}; mend what it objects to, and start "
                    "again"
                ) from error

    def _images(self) -> Prepared:
        """Starts both images at once, with the resources of the real pods, and so learns whether there is room."""
        cluster, settings = self._cluster, self._settings
        with self._part("namespace and images") as phase:
            note = claim.claim(cluster, settings)
            documents = (
                trial_image_pod(self._rendered_experiment(), settings.namespace, settings.runtime_image),
                suggestion_image_pod(settings.namespace, settings.suggestion_image),
            )
            names = [pods.start(cluster, document) for document in documents]
            images = (settings.runtime_image, settings.suggestion_image)
            ended = [
                pods.finish(cluster, settings.namespace, name, image, IMAGES_S)
                for name, image in zip(names, images, strict=True)
            ]
            for name in names:
                cluster.find(cluster.core.delete_namespaced_pod, name, settings.namespace)
            node = ended[0].node
            phase.note = f"both start; trials compute on the node {node}"
        self.report.facts |= {
            "runtime image": _identified(settings.runtime_image, ended[0]),
            "suggestion image": _identified(settings.suggestion_image, ended[1]),
            "node": preconditions.node_in_words(cluster, node),
        }
        return Prepared(note, node)

    def _prepare(self, prepared: Prepared) -> tuple[dict[str, Any], Config]:
        """Applies the overlay, which starts prepare-data, and waits for the data."""
        cluster, settings = self._cluster, self._settings
        with self._part("prepare") as phase:
            kubectl.run("apply", "--kustomize", str(write_base(settings, prepared.node)))
            if settings.emulator_host:
                cluster.wait("the emulator", self._emulator, limit_s=300)
            cluster.wait("prepare-data", self._prepare_data, PREPARE_S)
            phase.note = f"data in {settings.store_uri}"
        experiment = self._rendered_experiment(prepared.node)
        preset, overrides = trial_settings(experiment)
        return experiment, load_config(preset, overrides)

    def _search_locally(self, experiment: dict[str, Any], config: Config) -> list[Record]:
        with self._part("local search") as phase:
            local = search.LocalSearch(self._cluster, experiment, config)
            local.start()
            records = local.finish()
            search.write_history(self._settings.folder / "local.jsonl", records)
            phase.note = f"{len(records)} iterations"
        return records

    def _register(self, prepared: Prepared) -> None:
        with self._part("registration") as phase:
            phase.note = registered.register(self._cluster, self._settings.namespace, prepared.note)

    def _search_with_katib(self, prepared: Prepared, config: Config) -> list[Record]:
        cluster, settings = self._cluster, self._settings
        with self._part("mlas-smoke under Katib, disturbed") as phase:
            overlay = write_experiment(settings, prepared.node)
            records, self.report.disruptions = search.disturbed_search(
                cluster, overlay, settings.namespace, settings.experiment, config
            )
            search.write_history(settings.folder / "katib.jsonl", records)
            phase.note = f"{len(records)} trials succeeded, {len(self.report.disruptions)} disruptions"
        return records

    def _compare(self, config: Config, found: list[Record], expected: list[Record]) -> None:
        with self._part("comparison") as phase:
            search = MultiLevelSearch(config.search_space(), config.search, config.seed)
            self.report.comparison = comparison = compare(search, found, expected)
            if comparison.differences:
                raise AcceptanceError(
                    f"the search under Katib differs from the local one: {comparison.differences[0]}"
                    + (f", and {len(comparison.differences) - 1} more" if len(comparison.differences) > 1 else "")
                    + f"; compare local.jsonl and katib.jsonl in {self._settings.folder}"
                )
            phase.note = f"{comparison.rewards} rewards and {len(comparison.beams)} beams are equal to the last bit"

    def _run_pipelines(self) -> None:
        cluster, settings, access = self._cluster, self._settings, self._settings.pipelines
        with self._part("pipelines") as phase:
            if access is None or not pipeline_runs.is_there(cluster, access):
                phase.outcome = "skipped"
                phase.note = "skipped, as asked" if access is None else "no Kubeflow Pipelines here: skipped"
                return
            note = claim.read(cluster, settings.namespace)
            assert note is not None
            self.report.pipeline_runs = pipeline_runs.run_pipelines(cluster, settings, access, note)
            phase.note = f"{', '.join(run.pipeline for run in self.report.pipeline_runs)} succeeded"

    def _end(self, keep: bool) -> None:
        settings = self._settings
        if keep:
            self._progress.say(
                f"everything stays in the namespace {settings.namespace}, and the algorithm registered, until 'make "
                f"acceptance-clean NAMESPACE={settings.namespace}'"
            )
            return
        try:
            with suppress(AutoGANError), self._part("taken away") as phase:
                phase.note = remains.take_away(self._cluster, settings.namespace, settings.pipelines)
        except KeyboardInterrupt:
            self._progress.say(
                f"stopped before all was taken away; do it by 'make acceptance-clean NAMESPACE={settings.namespace}'"
            )
            raise

    def _keep_evidence(self, error: BaseException) -> None:
        if isinstance(error, KeyboardInterrupt):
            self._progress.say("stopped; taking away what was made (again Ctrl-C: leaving it)")
            return
        folder = evidence.keep(self._settings.folder, self._settings.namespace)
        if folder:
            self._progress.say(f"logs, events and descriptions of the failure: {folder}")

    def _rendered_experiment(self, node: str | None = None) -> dict[str, Any]:
        return selected(kubectl.kustomize(write_experiment(self._settings, node)))

    def _emulator(self) -> bool | Pending:
        core = self._cluster.core
        pod = self._cluster.find(core.read_namespaced_pod, "fake-gcs-server", self._settings.namespace)
        if pod is None:
            raise AcceptanceError("the pod fake-gcs-server was deleted by somebody else; start again")
        return pods.is_ready(pod) or Pending(pods.state(pod))

    def _prepare_data(self) -> bool | Pending:
        cluster, namespace = self._cluster, self._settings.namespace
        job = cluster.find(cluster.batch.read_namespaced_job, "prepare-data", namespace)
        if job is None:
            raise AcceptanceError("the Job prepare-data was deleted by somebody else; start again")
        if job.status.succeeded:
            return True
        made = cluster.call(cluster.core.list_namespaced_pod, namespace, label_selector="job-name=prepare-data").items
        failed = [c for c in job.status.conditions or [] if c.type == "Failed" and c.status == "True"]
        if failed:
            said = pods.last_words(pods.log(cluster, made[-1])) if made else failed[0].message
            raise AcceptanceError(f"prepare-data failed, saying: {said}")
        return Pending(pods.state(made[-1]) if made else "no pod yet")


def _identified(image: str, ran: pods.EndedPod) -> str:
    """An image's name with the start of its digest."""
    _, _, digest = ran.image_id.rpartition("sha256:")
    return f"{image} ({digest[:12]})" if digest else image


@contextmanager
def _stopped_like_ctrl_c() -> Iterator[None]:
    """Lets SIGTERM end the test as Ctrl-C does."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
