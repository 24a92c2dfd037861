"""The pipeline that searches: prepare data, search, train the best in parallel, score them, report."""

from typing import Any

from kfp import dsl

from autogan_kubeflow.components.pipeline_run.form import FROM_PRESET, UNSET
from autogan_kubeflow.components.steps.prepare_data import prepare_data
from autogan_kubeflow.components.steps.report import report
from autogan_kubeflow.components.steps.search import search
from autogan_kubeflow.components.steps.summarize import summarize
from autogan_kubeflow.pipelines.placement import (
    PipelinePlacement,
    place_computing,
    place_preparing,
    place_searching,
    place_summary,
)
from autogan_kubeflow.pipelines.training import training

NAME = "mlas-search"


def mlas_search(placement: PipelinePlacement) -> Any:
    """The pipeline with its steps placed."""
    train_and_score = training(placement)

    @dsl.pipeline(name=NAME, display_name="AutoGAN: search for a generator architecture")
    def pipeline(
        data_files_uri: str = "",
        data_set: str = "",
        katib_experiment_name: str = "",
        katib_keep_experiment: bool = False,
        katib_namespace: str = "autogan",
        katib_timeout_hours: float = 0.0,
        katib_trial_workers: int = 0,
        run_name: str = "",
        run_store_uri: str = placement.store,
        search_backend: str = placement.backend,
        search_reward: str = FROM_PRESET,
        settings_overrides: str = "",
        settings_preset: str = "cifar10",
        settings_seed: int = 0,
        train_iterations: int = UNSET,
        train_pool: int = UNSET,
        train_top_k: int = UNSET,
    ) -> None:
        """Searches the generator architecture that draws your images best (AutoGAN, ICCV 2019), trains the best
        candidates in parallel, rung by rung from a larger pool if you want, scores them by Inception score and FID,
        and reports. Repeating it with the same settings, images and program repeats no work.

        Args:
            data_files_uri: Where the files of a named data set lie, a path or URI. Empty: the usual place, or fetched
                from its publisher.
            data_set: Images to imitate: digits, fashion-mnist, cifar10, stl10, or the path or URI (gs://bucket/photos)
                of a folder or an archive of images, parquet files, or an .npz file. Empty: the preset's.
            katib_experiment_name: Name of the Experiment, unique in the cluster. Empty: one is made from the run.
            katib_keep_experiment: Keeps the Experiment and its trials' logs after a search that went well.
            katib_namespace: Namespace of the Experiment, prepared as docs/cluster.md says. Empty: this pipeline's own.
            katib_timeout_hours: Gives up the Experiment after so many hours. 0: never.
            katib_trial_workers: Pods beside the master of each Katib trial that share its work.
            run_name: Name of the run's folder in the run store. Empty: named after settings, images and program, so
                that a change of any of them starts anew. A name continues what lies there.
            run_store_uri: Object storage for everything that is kept, gs://bucket/prefix. Empty: AUTOGAN_STORE of the
                ConfigMap autogan in this namespace.
            search_backend: katib runs the search as a Katib Experiment, local inside the search step.
            search_reward: What the search maximises, such as inception-score or inverse-fid; from-preset as the
                preset says.
            settings_overrides: Settings to change, section.key=value each, separated by ; such as
                search.iterations=30; search.shared_epochs=5.
            settings_preset: Settings to start from: cifar10 (the paper's), stl10, fashion-mnist or digits.
            settings_seed: Seeds everything random. Equal seeds, images and programs give equal architectures.
            train_iterations: Generator steps of each training, at least 1. -1: as many as the preset says.
            train_pool: Architectures that successive halving trains a little before the best go on, at least
                train_top_k. -1: as the preset says.
            train_top_k: Architectures to train to the end, at least 1. -1: as many as the preset says.
        """
        ending = place_summary(summarize(pipeline_run=dsl.PIPELINE_JOB_ID_PLACEHOLDER, store=run_store_uri), placement)
        with dsl.ExitHandler(ending.set_display_name("Summary"), name="search-and-train"):
            prepared = place_preparing(
                prepare_data(
                    pipeline_run=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
                    pipeline=NAME,
                    preset=settings_preset,
                    overrides=settings_overrides,
                    dataset=data_set,
                    data_uri=data_files_uri,
                    seed=settings_seed,
                    reward=search_reward,
                    top_k=train_top_k,
                    pool=train_pool,
                    retrain_iterations=train_iterations,
                    backend=search_backend,
                    katib_namespace=katib_namespace,
                    experiment_name=katib_experiment_name,
                    trial_workers=katib_trial_workers,
                    timeout_hours=katib_timeout_hours,
                    store=run_store_uri,
                    run=run_name,
                    max_rungs=placement.rungs,
                ),
                placement,
            )
            # It looks at the images each time, and finds out at once that there is nothing to do if they are the same.
            prepared.set_caching_options(False).set_display_name("Prepare data")
            found = place_searching(
                search(
                    run=prepared.outputs["Output"],
                    backend=search_backend,
                    katib_namespace=katib_namespace,
                    experiment_name=katib_experiment_name,
                    trial_workers=katib_trial_workers,
                    timeout_hours=katib_timeout_hours,
                    keep_experiment=katib_keep_experiment,
                    store=run_store_uri,
                ),
                placement,
            ).set_display_name("Search")
            _, scores = train_and_score(prepared.outputs["Output"], found, run_store_uri)
            place_computing(
                report(run=prepared.outputs["Output"], scores=scores, store=run_store_uri),
                placement,
            ).set_display_name("Report")

    return pipeline
