"""Training one architecture from scratch: checkpoints, resuming, the best beside the last."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import torch

from autogan_core.baselines import BASELINES
from autogan_core.config import Config
from autogan_core.errors import NonFiniteLossError, StateError
from autogan_core.metrics.scorer import Scorer, sample_images
from autogan_core.metrics.scores import Scores
from autogan_core.runtime.distributed import World
from autogan_core.runtime.monitor import Monitor
from autogan_core.search_space import NAMED
from autogan_core.storage import CommittedState, DirectoryStore
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.derived_gan import DerivedGAN
from autogan_core.training.design import Design, searched
from autogan_core.training.validation import TrainingResult, Validation
from autogan_core.training.workspace import Workspace
from tests.core.tiny import CPU, BeginningsMonitor, tiny_config, tiny_dataset, tiny_scorer

TOP1 = NAMED["paper-top1"]


def derived_gan(
    folder: Path, config: Config | None = None, design: Design | None = None, monitor: Monitor | None = None
) -> DerivedGAN:
    scorer = tiny_scorer(folder / "cache")
    store = DirectoryStore(folder)
    chosen = design or searched(TOP1)
    world = World.single(CPU)
    workspace = Workspace(config or tiny_config(), tiny_dataset(), scorer, store, world, monitor or Monitor())
    return DerivedGAN(chosen, workspace)


def test_training_validates_and_keeps_best_and_last(tmp_path: Path) -> None:
    """Six iterations give three validations; best is the lowest FID; both checkpoints draw images from the store."""
    training = derived_gan(tmp_path).train()
    assert [v.iteration for v in training.validations] == [2, 4, 6]
    assert training.best.fid == min(v.fid for v in training.validations)
    assert training.last.iteration == 6
    assert training.seconds > 0
    assert set(training.last.named) == {"is_32_2split_fixed", "is_32_2split_std_fixed", "fid_32_fixed"}
    again = derived_gan(tmp_path)
    for checkpoint, validation in (("best", training.best), ("last", training.last)):
        generator = again.generator(checkpoint)
        scores = tiny_scorer(tmp_path / "cache").score(
            generator, TOP1, "validate", num_images=32, splits=2, with_fid=True
        )
        assert scores.fid == pytest.approx(validation.fid, rel=1e-9)
        [images] = sample_images(generator, TOP1, 5, 8, 0, "x")
        assert images.shape == (5, 1, 16, 16)
        assert images.dtype == torch.uint8


def test_the_average_lags_behind_the_generator(tmp_path: Path) -> None:
    """With decay 0 the average is the generator itself; with 0.9 it is not, and with nearly 1 it hardly moves."""
    distances = []
    for decay in (0.0, 0.9, 0.999999):
        folder = tmp_path / str(decay)
        derived = derived_gan(folder, tiny_config(f"retrain.ema_decay={decay}"))
        start = derived._gan.generator.project.weight.detach().clone()
        derived.train()
        average, trained = derived._average.project.weight, derived._gan.generator.project.weight
        distances.append(((average - trained).norm().item(), (average - start).norm().item()))
    assert distances[0][0] == 0
    assert distances[1][0] > 0 and distances[1][1] > 0
    assert distances[2][1] < 1e-3 * distances[0][1]


def test_an_interrupted_training_ends_as_if_it_had_not_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Stopped after each commit and in the middle, the training says where it goes on, and ends with the same scores
    and bits."""
    expected = derived_gan(tmp_path / "whole").train()

    def stop_after(iteration: int) -> None:
        real = DerivedGAN._commit

        def commit_and_stop(self: DerivedGAN, validation: Validation) -> None:
            if validation.iteration > iteration:
                raise KeyboardInterrupt
            real(self, validation)

        with monkeypatch.context() as patch:
            patch.setattr(DerivedGAN, "_commit", commit_and_stop)
            with pytest.raises(KeyboardInterrupt):
                derived_gan(tmp_path / "parts").train()

    for iteration in (0, 2, 4):
        stop_after(iteration)
    monitor, [checkpoint] = BeginningsMonitor(), (tmp_path / "parts").rglob("00000002-*")
    with caplog.at_level(logging.INFO):
        resumed = derived_gan(tmp_path / "parts", monitor=monitor).train()
    assert monitor.begun == [(6, 4)]
    assert f"training {TOP1}: going on at step 4 of 6, from checkpoint {checkpoint}" in caplog.messages
    assert resumed.validations == expected.validations
    files = [sorted((tmp_path / part / "retrain").rglob("00000003-*/*.safetensors")) for part in ("whole", "parts")]
    assert files[0][0].read_bytes() == files[1][0].read_bytes()
    # Once finished, training again does nothing.
    monkeypatch.setattr(DerivedGAN, "_train_until", None)
    assert derived_gan(tmp_path / "parts").train().validations == expected.validations


def test_where_a_training_stops_and_is_validated_changes_nothing_in_it(tmp_path: Path) -> None:
    """Straight to the end, and in stops with more validations on the way, the weights, moments and averages are the
    same bits, and so are the scores wherever both were validated."""
    straight, stopped = derived_gan(tmp_path / "straight"), derived_gan(tmp_path / "stopped")
    whole = straight.train()
    assert [v.iteration for v in stopped.train(3).validations] == [2, 3]
    assert stopped.train(3).last.iteration == stopped.train(1).last.iteration == 3
    again = derived_gan(tmp_path / "stopped")
    parts = again.train(milestones=(1, 5))
    assert [v.iteration for v in parts.validations] == [2, 3, 4, 5, 6]
    assert [v for v in parts.validations if v.iteration % 2 == 0] == list(whole.validations)
    for mine, theirs in (
        (straight._gan.state_dict(), again._gan.state_dict()),
        (straight._weights(), again._weights()),
    ):
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(tensor, theirs[name]) for name, tensor in mine.items())


def test_other_first_weights_are_put_in_once(tmp_path: Path) -> None:
    """They are asked for before the first step and never again; the average starts from them too."""
    given = []

    def start(gan: GAN) -> None:
        torch.nn.init.constant_(gan.generator.project.bias, 7.0)
        given.append(gan)

    def derived() -> DerivedGAN:
        folder, config = tmp_path / "run", tiny_config("retrain.ema_decay=0.999999")
        scorer, store = tiny_scorer(tmp_path / "cache"), DirectoryStore(folder)
        workspace = Workspace(config, tiny_dataset(), scorer, store, World.single(CPU), Monitor())
        return DerivedGAN(searched(TOP1), workspace, start=start)

    derived().train(2)
    last = derived()
    last.train()
    assert len(given) == 1
    assert last.generator("last").project.bias.detach().numpy() == pytest.approx(7.0, abs=1e-2)


@pytest.mark.parametrize("name", BASELINES)
def test_an_interrupted_baseline_ends_as_if_it_had_not_been(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before its second commit and started again, a baseline ends with the same scores and bits, under a name
    and with batches of its own."""
    design = BASELINES[name](3)
    expected = derived_gan(tmp_path / "whole", design=design).train()
    real, killed = DerivedGAN._commit, derived_gan(tmp_path / "parts", design=design)

    def commit_or_die(self: DerivedGAN, validation: Validation) -> None:
        if validation.iteration > 2:
            raise KeyboardInterrupt
        real(self, validation)

    with monkeypatch.context() as patch:
        patch.setattr(DerivedGAN, "_commit", commit_or_die)
        with pytest.raises(KeyboardInterrupt):
            killed.train()
    resumed = derived_gan(tmp_path / "parts", design=design)
    assert resumed.train().validations == expected.validations
    assert resumed.state_name == f"retrain/{name}"
    folders = [tmp_path / part / "retrain" / name for part in ("whole", "parts")]
    files = [sorted(folder.rglob("00000003-*/*.safetensors")) for folder in folders]
    assert files[0][0].read_bytes() == files[1][0].read_bytes()
    [images] = sample_images(resumed.generator("best"), design.architecture, 5, 8, 0, "x")
    assert images.shape == (5, 1, 16, 16)


def test_the_best_checkpoint_survives_a_collapse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When FID rises to more than twice its best, that is said aloud, and the best checkpoint is the early one."""
    fids = iter([10.0, 5.0, 30.0])
    weights = {}
    derived = derived_gan(tmp_path)

    def score(self: Scorer, generator: object, *_: object, **__: object) -> Scores:
        fid = next(fids)
        weights[fid] = derived._average.project.weight.detach().clone()
        return Scores(2.0, 0.1, fid, 32, 2, "_fixed")

    monkeypatch.setattr(Scorer, "score", score)
    with caplog.at_level(logging.WARNING):
        training = derived.train()
    assert training.collapsed
    assert (training.best.iteration, training.last.iteration) == (4, 6)
    assert "collapsed: FID 30.0 after 6 iterations, but 5.0 after 4" in caplog.text
    assert torch.equal(derived.generator("best").project.weight, weights[5.0])
    assert torch.equal(derived.generator("last").project.weight, weights[30.0])


@pytest.mark.parametrize(("last", "collapsed"), [(5.0, False), (9.9, False), (10.1, True)])
def test_what_counts_as_collapse(last: float, collapsed: bool) -> None:
    """The last FID must exceed twice the best."""
    validations = tuple(Validation(i, 1.0, fid, {}) for i, fid in enumerate((7.0, 5.0, last)))
    assert TrainingResult(TOP1, validations, 0.0).collapsed is collapsed


def test_unscorable_images_stop_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A score that is not finite is an error before anything is committed."""
    monkeypatch.setattr(Scorer, "score", lambda *_, **__: Scores(float("nan"), 0.0, 1.0, 32, 2, ""))
    with pytest.raises(NonFiniteLossError, match="cannot be scored after 2 iterations"):
        derived_gan(tmp_path).train()
    assert not (tmp_path / "retrain").exists()


def test_untrained_and_foreign_state_are_refused(tmp_path: Path) -> None:
    """Asking for a generator before training, or with other settings, is an error that says what to do."""
    with pytest.raises(StateError, match="has not been trained in this run folder"):
        derived_gan(tmp_path).generator("best")
    derived_gan(tmp_path).train()
    with pytest.raises(StateError, match="10103 in the run store belongs to another configuration"):
        derived_gan(tmp_path, tiny_config("retrain.ema_decay=0.5")).train()
    pointer = CommittedState(DirectoryStore(tmp_path), f"retrain/{TOP1}").pointer()
    assert pointer is not None and pointer.version == 3
