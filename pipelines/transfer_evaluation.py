"""The pipeline that is scheduled: architectures found elsewhere, trained and scored on a data set, and the trend."""

from typing import Any

from kfp import dsl

from autogan_kubeflow.components.pipeline_run.form import UNSET
from autogan_kubeflow.components.steps.choose_architectures import choose_architectures
from autogan_kubeflow.components.steps.prepare_data import prepare_data
from autogan_kubeflow.components.steps.record_scores import record_scores
from autogan_kubeflow.components.steps.summarize import summarize
from autogan_kubeflow.pipelines.placement import PipelinePlacement, place_preparing, place_small, place_summary
from autogan_kubeflow.pipelines.training import training

NAME = "transfer-evaluation"


def transfer_evaluation(placement: PipelinePlacement) -> Any:
    """The pipeline with its steps placed."""
    train_and_score = training(placement)

    @dsl.pipeline(name=NAME, display_name="AutoGAN: transfer evaluation")
    def pipeline(
        architectures: str = "paper-top1",
        architectures_search_run: str = "",
        data_files_uri: str = "",
        data_set: str = "",
        run_name: str = "",
        run_store_uri: str = placement.store,
        score_history: str = "",
        settings_overrides: str = "",
        settings_preset: str = "stl10",
        settings_seed: int = 0,
        train_iterations: int = UNSET,
        train_top_k: int = UNSET,
    ) -> None:
        """Trains architectures on a data set that they were not searched on, scores them, and adds a line to a history
        of scores, whose trend it draws. Made to be scheduled: what was evaluated before, for the same architecture,
        images, settings and program, is taken from there.

        Args:
            architectures: Names such as paper-top1 or sn-gan, or compact forms such as 1011-10011-10103, separated by
                commas or spaces. Empty: only those of architectures_search_run.
            architectures_search_run: Folder of a finished search, such as mlas-search leaves in the store: its best
                architectures are evaluated too. A URI names one in another store. Empty: none.
            data_files_uri: Where the files of a named data set lie, a path or URI. Empty: the usual place, or fetched
                from its publisher.
            data_set: Images to imitate: digits, fashion-mnist, cifar10, stl10, or the path or URI (gs://bucket/photos)
                of a folder or an archive of images, parquet files, or an .npz file. Empty: the preset's.
            run_name: Name of the run's folder in the run store. Empty: named after settings, images and program, so
                that a change of any of them is evaluated anew. A name continues what lies there.
            run_store_uri: Object storage for everything that is kept, gs://bucket/prefix. Empty: AUTOGAN_STORE of the
                ConfigMap autogan in this namespace.
            score_history: Name of the history that gets this run's line. Empty: the data set's name.
            settings_overrides: Settings to change, section.key=value each, separated by ; such as
                training.n_critic=5; training.generator_lr=1e-4.
            settings_preset: Settings of the training: cifar10, stl10 (the paper's transfer), fashion-mnist or digits.
            settings_seed: Seeds everything random.
            train_iterations: Generator steps of each training, at least 1. -1: as many as the preset says.
            train_top_k: How many architectures of architectures_search_run, at least 1. -1: as many as it trained
                itself.
        """
        ending = place_summary(summarize(pipeline_run=dsl.PIPELINE_JOB_ID_PLACEHOLDER, store=run_store_uri), placement)
        with dsl.ExitHandler(ending.set_display_name("Summary"), name="train-and-compare"):
            prepared = place_preparing(
                prepare_data(
                    pipeline_run=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
                    pipeline=NAME,
                    preset=settings_preset,
                    overrides=settings_overrides,
                    dataset=data_set,
                    data_uri=data_files_uri,
                    seed=settings_seed,
                    reward="",
                    top_k=UNSET,
                    pool=UNSET,
                    retrain_iterations=train_iterations,
                    backend="local",
                    katib_namespace="",
                    experiment_name="",
                    trial_workers=0,
                    timeout_hours=0.0,
                    store=run_store_uri,
                    run=run_name,
                    max_rungs=placement.rungs,
                ),
                placement,
            )
            prepared.set_caching_options(False).set_display_name("Prepare data")
            chosen = place_small(
                choose_architectures(
                    run=prepared.outputs["Output"],
                    architectures=architectures,
                    search_run=architectures_search_run,
                    top_k=train_top_k,
                    max_rungs=placement.rungs,
                    store=run_store_uri,
                ),
                placement,
            )
            # A search of the same name may have been replaced since.
            chosen.set_caching_options(False).set_display_name("Choose architectures")
            items, scores = train_and_score(prepared.outputs["Output"], chosen, run_store_uri)
            recorded = place_small(
                record_scores(
                    pipeline_run=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
                    run=prepared.outputs["Output"],
                    items=items,
                    scores=scores,
                    history=score_history,
                    store=run_store_uri,
                ),
                placement,
            )
            recorded.set_caching_options(False).set_display_name("Record scores")

    return pipeline
