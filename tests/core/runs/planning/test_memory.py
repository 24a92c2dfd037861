"""The memory of a run, known before it starts."""

from __future__ import annotations

import pytest
import torch

from autogan_core.config import Config
from autogan_core.metrics.features.inception import untrained_inception
from autogan_core.runs.planning import memory
from autogan_core.runs.planning.memory import PROCESS_BYTES, heaviest_architecture, peak_memory
from autogan_core.runtime.tensor_memory import TensorMemory, counted
from autogan_core.search_space import Architecture
from autogan_core.training.adversarial.training_stream import TrainingStream
from autogan_core.training.design import searched
from tests.core.tiny import CPU, tiny_config


def step_bytes(config: Config, architecture: Architecture) -> int:
    gan = searched(architecture).gan(config, CPU, 0)
    return memory._step_bytes(gan, config, architecture, CPU)


def test_a_step_is_counted_as_it_runs() -> None:
    """Without values it takes what its real tensors take."""
    config, architecture = tiny_config(), Architecture.parse("paper-top1")
    gan = searched(architecture).gan(config, CPU, 0)
    images = torch.zeros(16, 1, 16, 16, dtype=torch.uint8)
    with TensorMemory() as real:
        gan.train_generator(TrainingStream(images, 16, config.model.latent_dim, 0), 0, architecture)
    assert memory.SCRATCH * real.peak == pytest.approx(step_bytes(config, architecture), rel=0.05)


def test_memory_grows_with_the_batch_and_its_bits() -> None:
    """Twice the batch takes about twice the activations; bfloat16 takes less than float32."""
    architecture = Architecture.parse("sn-gan")

    def of(batch: int, *overrides: str) -> int:
        batches = (f"training.generator_batch={batch}", f"training.discriminator_batch={batch}")
        return step_bytes(tiny_config(*batches, *overrides), architecture)

    plain = of(64)
    assert of(128) / plain == pytest.approx(2, rel=0.05)
    assert 0.4 * plain < of(64, "training.precision=bfloat16") < 0.9 * plain


def test_no_architecture_takes_more_than_the_heaviest() -> None:
    """Neither SN-GAN's nor a bilinear one with all skips."""
    config = tiny_config()
    most = step_bytes(config, heaviest_architecture(config.search_space()))
    for text in ("sn-gan", "0001-00011-00013"):
        assert 0.3 * most < step_bytes(config, Architecture.parse(text)) < most


def test_counting_leaves_nothing_behind() -> None:
    """Bilinear matrices that have no values would be met by the next real step."""
    config, bilinear = tiny_config(), Architecture.parse("1000-10000-10000")
    step_bytes(config, bilinear)
    gan = searched(bilinear).gan(config, CPU, 0)
    assert gan.generator(torch.zeros(2, 8), bilinear).isfinite().all()


def test_the_peaks_hold_images_features_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """More images in memory, or InceptionV3, show in the phases that hold them, an adapted copy in the search's."""
    monkeypatch.setattr(memory, "_step_bytes", lambda *_: 1_000_000)
    plain = peak_memory(tiny_config(), CPU, 64)
    assert PROCESS_BYTES["cpu"] + 1_000_000 < plain.search < plain.largest < PROCESS_BYTES["cpu"] + 5_000_000
    assert peak_memory(tiny_config(), CPU, 1_000_064).search == plain.search + 1_000_000 * 256
    adapted = peak_memory(tiny_config("search.reward.adaptation_steps=1"), CPU, 64)
    assert adapted.search > plain.search and adapted.retraining == plain.retraining
    inception = peak_memory(tiny_config("scores.features=inception", "scores.batch_size=500"), CPU, 64)
    assert inception.scoring - plain.scoring > 500 * memory.INCEPTION_IMAGE_BYTES


def test_inceptions_batch_is_that_of_the_network() -> None:
    """The number in the module is what InceptionV3 takes for an image."""
    network = untrained_inception(CPU, "float32")
    with torch.no_grad(), counted() as held:
        features, logits = network(torch.zeros(3, 3, 32, 32, dtype=torch.uint8))
    assert held.peak == pytest.approx(3 * memory.INCEPTION_IMAGE_BYTES, rel=0.01)
    assert (features.shape, logits.shape) == ((3, 2048), (3, 1008))
    assert 2 * sum(t.nbytes for t in network.state_dict().values()) == pytest.approx(memory.INCEPTION_BYTES, rel=0.01)
