"""The pipeline that searches: prepare data, search, train the best in parallel, score them, report."""

from typing import Any

from kfp import dsl

from components.steps.prepare_data import prepare_data
from components.steps.report import report
from components.steps.search import search
from components.steps.summarize import summarize
from pipelines.placement import PipelinePlacement, place_computing, place_preparing, place_searching, place_summary
from pipelines.training import train_and_score

NAME = "mlas-search"


def mlas_search(placement: PipelinePlacement) -> Any:
    """The pipeline with its steps placed."""

    @dsl.pipeline(name=NAME, display_name="AutoGAN: search for a generator architecture")
    def pipeline(
        preset: str = "cifar10",
        overrides: str = "",
        dataset: str = "",
        data_uri: str = "",
        seed: int = 0,
        reward: str = "",
        top_k: int = -1,
        retrain_iterations: int = -1,
        backend: str = placement.backend,
        katib_namespace: str = "autogan",
        experiment_name: str = "",
        trial_workers: int = 0,
        timeout_hours: float = 0.0,
        keep_experiment: bool = False,
        store: str = placement.store,
        run: str = "",
    ) -> None:
        """Searches the generator architecture that draws your images best (AutoGAN, ICCV 2019), trains the best
        candidates from scratch in parallel, scores them by Inception score and FID, and reports. Repeating it with the
        same settings, images and program repeats no work.

        Args:
            preset: Settings to start from: cifar10 (the paper's), stl10, fashion-mnist or digits.
            overrides: Settings to change, section.key=value each, separated by ; such as
                search.iterations=30; search.shared_epochs=5.
            dataset: Images to imitate: digits, fashion-mnist, cifar10, stl10, or the path or URI (gs://bucket/photos)
                of a folder of images or an .npz file. Empty: the preset's.
            data_uri: Where the files of a named data set lie, a path or URI. Empty: the usual place, or fetched from
                its publisher.
            seed: Seeds everything random. Equal seeds, images and programs give equal architectures.
            reward: What the search maximises: inception-score or inverse-fid. Empty: the preset's.
            top_k: Architectures to train from scratch, at least 1. -1: as many as the preset says.
            retrain_iterations: Generator steps of each training, at least 1. -1: as many as the preset says.
            backend: katib runs the search as a Katib Experiment, local inside the search step.
            katib_namespace: Namespace of the Experiment, prepared as docs/cluster.md says. Empty: this pipeline's own.
            experiment_name: Name of the Experiment, unique in the cluster. Empty: one is made from the run.
            trial_workers: Pods beside the master of each Katib trial that share its work.
            timeout_hours: Gives up the Experiment after so many hours. 0: never.
            keep_experiment: Keeps the Experiment and its trials' logs after a search that went well.
            store: Object storage for everything that is kept, gs://bucket/prefix. Empty: AUTOGAN_STORE of the
                ConfigMap autogan in this namespace.
            run: Name of the run's folder there. Empty: named after settings, images and program, so that a change
                of any of them starts anew. A name continues what lies there.
        """
        ending = place_summary(summarize(job=dsl.PIPELINE_JOB_ID_PLACEHOLDER, store=store), placement)
        with dsl.ExitHandler(ending.set_display_name("Summary"), name="search-and-train"):
            prepared = place_preparing(
                prepare_data(
                    job=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
                    pipeline=NAME,
                    preset=preset,
                    overrides=overrides,
                    dataset=dataset,
                    data_uri=data_uri,
                    seed=seed,
                    reward=reward,
                    top_k=top_k,
                    retrain_iterations=retrain_iterations,
                    backend=backend,
                    katib_namespace=katib_namespace,
                    experiment_name=experiment_name,
                    trial_workers=trial_workers,
                    timeout_hours=timeout_hours,
                    store=store,
                    run=run,
                ),
                placement,
            )
            # It looks at the images each time, and finds out at once that there is nothing to do if they are the same.
            prepared.set_caching_options(False).set_display_name("Prepare data")
            found = place_searching(
                search(
                    run=prepared.outputs["Output"],
                    backend=backend,
                    katib_namespace=katib_namespace,
                    experiment_name=experiment_name,
                    trial_workers=trial_workers,
                    timeout_hours=timeout_hours,
                    keep_experiment=keep_experiment,
                    store=store,
                ),
                placement,
            ).set_display_name("Search")
            scores = train_and_score(found.outputs["Output"], store, placement)
            place_computing(
                report(run=prepared.outputs["Output"], scores=scores, store=store),
                placement,
            ).set_display_name("Report")

    return pipeline
