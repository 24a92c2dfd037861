"""A small search on a fake cluster: trials that the real suggestion service asks for, with rewards made up here."""

from __future__ import annotations

import random
import threading
import time
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from kubernetes import client  # type: ignore[import-untyped]

from autogan_core.config import Config
from autogan_core.history import Record
from autogan_core.presets import load_config
from autogan_core.search.mlas import MultiLevelSearch
from autogan_core.search_space import Architecture
from autogan_kubeflow.components.katib_experiments import Placement
from autogan_kubeflow.components.katib_protocol import from_parameters, to_metrics
from autogan_kubeflow.components.katib_search import ExperimentRequest, ExperimentsAPI, Waiting
from autogan_kubeflow.components.manifest_checks.request import as_katib_sends
from autogan_kubeflow.components.suggestion.service import SuggestionService
from tests.components.fake_kubernetes import FakeKubernetes
from tests.components.katib import Katib
from tests.components.katib_player import Publisher, playing
from tests.components.kubernetes_server import serving

NAME = "digits-0f3a"
OWNER = "runs/digits@0f3a"
_NO_CONTEXT: Any = None  # that of gRPC is needed for refusals only
CONFIG = load_config(
    "digits",
    [
        "seed=3",
        "search.iterations=4",
        "search.controller_steps=2",
        "search.num_candidates=2",
        "search.top_k=2",
        "search.training_draws=2",
        "search.controller.hidden_dim=8",
        "search.reward.score=inception-score",
        "retrain.num_architectures=1",
        "retrain.pool=null",
        "retrain.incumbents=[]",
    ],
)


def request(**changes: Any) -> ExperimentRequest:
    """What the search step asks for."""
    placement = Placement(device="cpu", namespace="autogan")
    fields: dict[str, Any] = {"name": NAME, "owner": OWNER, "placement": placement}
    return ExperimentRequest(**(fields | changes))


@dataclass
class FakeClock:
    """Time that passes only while somebody sleeps."""

    share: float = 0.0
    """Of each pause, the share that really passes."""
    now: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def time(self) -> float:
        """Seconds since the clock was made."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Returns at once, or after a share of the time."""
        time.sleep(self.share * seconds)
        self.pauses.append(seconds)
        self.now += seconds


def reward(architecture: Architecture) -> float:
    """Any number between 1 and 2, always the same for an architecture."""
    return 1.0 + zlib.crc32(str(architecture).encode()) / 2**32


def local_records(config: Config, failing: Collection[int] = ()) -> list[Record]:
    """The same search without Katib."""
    search = MultiLevelSearch(config.search_space(), config.search, config.seed)
    records: list[Record] = []
    for slot in range(search.num_slots):
        [assignment] = search.ask(records, slot)
        failure = "failed" if slot in failing else None
        records.append(Record(assignment, () if failure else tuple(map(reward, assignment.candidates)), failure))
    return records


@contextmanager
def cluster(
    kubernetes: FakeKubernetes,
    failing: Collection[int] = (),
    hold: Callable[[], bool] = lambda: False,
    clock: FakeClock | None = None,
) -> Iterator[ExperimentsAPI]:
    """A cluster whose Katib works, and the way to it.

    Args:
        kubernetes: its API server.
        failing: slots whose trial fails.
        hold: while it says so, Katib makes no trial.
        clock: lets the waiting pass at once; a new one by default.
    """
    with serving(kubernetes) as url, playing(kubernetes, player(kubernetes, failing, hold)):
        yield api(url, clock or FakeClock())


def api(url: str, clock: FakeClock, **waiting: Any) -> ExperimentsAPI:
    """The client under test, with short watches and compressed pauses."""
    configuration = client.Configuration(host=url)
    configuration.retries = False
    patience = Waiting(**({"clock": clock.time, "sleep": clock.sleep} | waiting))
    return ExperimentsAPI(client.ApiClient(configuration), "autogan", patience, watch_seconds=1)


def player(
    kubernetes: FakeKubernetes, failing: Collection[int] = (), hold: Callable[[], bool] = lambda: False
) -> Callable[[dict[str, Any], threading.Event], None]:
    """Katib's part: makes the trials of an Experiment, and ends them with `reward`. Arguments as of `cluster`."""

    def play(experiment: dict[str, Any], over: threading.Event) -> None:
        if "status" in experiment:  # another player's
            return
        uid, name = experiment["metadata"]["uid"], experiment["metadata"]["name"]
        katib, service = Katib(as_katib_sends(experiment), random.Random(uid)), SuggestionService("autogan")
        publisher = Publisher(kubernetes, experiment)
        for slot in range(experiment["spec"]["maxTrialCount"]):
            publisher.publish(katib)
            current = kubernetes.find("experiments", name)
            if current is None or current["metadata"]["uid"] != uid or _has_failed(current):
                return
            while hold():
                if over.wait(0.005):
                    return
            [reply] = service.GetSuggestions(katib.request(), _NO_CONTEXT).parameter_assignments
            katib.suggested += 1
            trial = katib.create({a.name: a.value for a in reply.assignments})
            publisher.publish(katib)
            assignment, _ = from_parameters({a.name: a.value for a in reply.assignments})
            record = Record(assignment, tuple(map(reward, assignment.candidates)))
            if slot in failing:
                katib.fail(trial)
            else:
                katib.finish(trial, {n: repr(v) for n, v in to_metrics(record, CONFIG.search.reward).items()})
        publisher.publish(katib)

    return play


def _has_failed(experiment: dict[str, Any]) -> bool:
    kind: str = experiment["status"]["conditions"][-1]["type"]
    return kind == "Failed"
