"""A whole search through the real service and real trials on a bucket, with everything killed on the way."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from autogan_core.config import Config
from autogan_core.history import Record
from autogan_core.presets import load_config
from autogan_core.runs.local_search import HistoryFile, search_records
from autogan_core.runs.scoring.stored_inputs import load_inputs
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.search.mlas import MultiLevelSearch
from autogan_core.shared_gan.shared_gan import SharedGAN
from autogan_core.shared_gan.trial_records import shared_state
from autogan_core.shared_gan.warm_start import keep_weights
from autogan_core.storage import DirectoryStore, RunStore, open_store
from autogan_kubeflow.components.katib_experiments import recipe
from autogan_kubeflow.components.katib_search import ExperimentRequest, KatibSearch, search_with_katib
from autogan_kubeflow.components.trial.search_iteration import run_folder
from tests.components.cluster import Cluster
from tests.components.db_manager import DBManager
from tests.components.fake_kubernetes import FakeKubernetes, storm
from tests.components.katib_player import Publisher, playing
from tests.components.kubernetes_server import serving
from tests.components.scripted_katib import FakeClock, api
from tests.fake_gcs import FakeGCS

CPU = torch.device("cpu")
SHORT = (
    "data.max_images=320",
    "search.iterations=3",
    "search.controller_steps=3",
    "search.num_candidates=3",
    "search.generator_channels=8",
    "search.discriminator_channels=8",
    "search.reward.num_images=100",
    "search.reward.recalibration_images=64",
)


def local_records(config: Config, inputs_store: RunStore, folder: Path) -> list[Record]:
    """The same search by the driver on one machine, left alone."""
    inputs = load_inputs(config, inputs_store, CPU)
    space = config.search_space()
    store, world = DirectoryStore(folder), World.single(CPU)
    shared_gan = SharedGAN(inputs.workspace(config, store, world, Monitor()))
    search = MultiLevelSearch(space, config.search, config.seed)
    return list(search_records(search, shared_gan, HistoryFile(DirectoryStore(folder)), 3, Monitor()))


def search_on(
    kubernetes: FakeKubernetes, config: Config, make_cluster: Callable[[dict[str, Any]], Cluster]
) -> tuple[KatibSearch, Cluster]:
    """The search step's Katib backend, before an API server whose Katib runs a cluster of processes."""
    clusters: list[Cluster] = []

    def play(experiment: dict[str, Any], _: threading.Event) -> None:
        cluster = make_cluster(experiment)
        cluster.observe = Publisher(kubernetes, experiment).publish
        clusters.append(cluster)
        cluster.prepare()
        cluster.run()

    request = ExperimentRequest(name="mlas-smoke", owner="test", placement=recipe("mlas-smoke").placement)
    with serving(kubernetes) as url, playing(kubernetes, play):
        found = search_with_katib(config, request, api(url, FakeClock(share=0.2)))
    return found, clusters[0]


def check_disturbed(
    gcs: FakeGCS, manager: DBManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overrides: tuple[str, ...]
) -> list[Record]:
    """Searches on a cluster, disturbed all the while, and once more on one machine, left alone, with equal results.

    Returns:
        The records.
    """
    kept = DirectoryStore(tmp_path / "kept")
    rng, chosen, kubernetes = random.Random(4), recipe("mlas-smoke"), FakeKubernetes()
    kubernetes.trouble = storm(4, kubernetes)
    config = load_config(chosen.preset, (*chosen.overrides, *SHORT, *overrides))
    found, cluster = search_on(kubernetes, config, lambda e: Cluster(e, gcs, manager, tmp_path, rng, kills=True))
    assert {"service", "pod", "node", "storage"} & set(cluster.killed)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs.url)
    expected = local_records(config, open_store(cluster.store, tmp_path / "cache"), tmp_path / "local")
    search = cluster.search()
    assert found.records == expected
    assert search.finished(found.records)
    assert search.beams(found.records) == search.beams(expected)
    keep_weights(open_store(f"{cluster.store}/{run_folder(found.run, '')}", tmp_path / "cache"), kept)
    mine, local = (shared_state(store).load(CPU) for store in (kept, DirectoryStore(tmp_path / "local")))
    assert mine is not None and local is not None
    mine.require({"configuration": config.fingerprint()}, "what retraining goes on from")
    assert mine.tensors.keys() == local.tensors.keys()
    assert all(torch.equal(tensor, local.tensors[name]) for name, tensor in mine.tensors.items())
    return found.records
