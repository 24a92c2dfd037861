"""The memory that a run takes at its peaks, known before it starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from autogan_core.config import Config
from autogan_core.data import to_uint8
from autogan_core.metrics.features.classifier_network import NUM_FEATURES, new_network
from autogan_core.metrics.neighbours import IMAGES
from autogan_core.networks.generator import BaseGenerator
from autogan_core.networks.precision import training_dtype
from autogan_core.operations.layers.resampling import forget_matrices
from autogan_core.runtime.tensor_memory import TensorMemory, counted
from autogan_core.search_space import Architecture, SearchSpace
from autogan_core.shared_gan.shared_networks import shared_networks
from autogan_core.training.adversarial.gan import GAN
from autogan_core.training.adversarial.training_stream import TrainingStream
from autogan_core.training.design import searched

PROCESS_BYTES = {"cpu": 950_000_000, "cuda": 1_000_000_000}
"""What a process takes before its first tensor. CPU: Python and the libraries, measured. CUDA: a guess for the driver's
context and the libraries' workspaces; not measured."""
INCEPTION_BYTES = 2 * 95_334_976
"""InceptionV3's weights, which are kept as they were read and as they are used."""
INCEPTION_IMAGE_BYTES = 11_773_272
"""What InceptionV3 takes for each image of a batch in float32, counted by `tensor_memory`."""
SCRATCH = 1.2
"""What a training step takes for each byte of its tensors, with what kernels take for themselves: on CPUs 1.15 to 1.35
in float32."""
FLOAT_BYTES = 4
_CLASSES = 10
"""Of a data set's classifier: their number hardly matters."""


@dataclass(frozen=True, slots=True)
class PeakMemory:
    """Bytes at the peaks of a run: of RAM on the CPU, of the card's memory on a GPU.

    They hold whatever the search finds: the heaviest architectures of its space were counted.
    """

    search: int
    """While the shared GAN is trained."""
    retraining: int
    """While an architecture is trained."""
    scoring: int
    """While the final scores are computed."""

    @property
    def largest(self) -> int:
        """The peak of the whole run."""
        return max(self.search, self.retraining, self.scoring)


def peak_memory(config: Config, device: torch.device, num_images: int) -> PeakMemory:
    """Estimates the peaks of a run from shapes; nothing of them is allocated but the networks' weights.

    The training steps and the scoring are the real ones, run on tensors that have shapes and no values. What kernels
    take for themselves inside an operation is not seen.

    Args:
        config: of the run.
        device: what it will work on; there, since ``training.precision`` may ask it.
        num_images: training images.

    Returns:
        The peaks; about 30 % from what a CPU's process takes.
    """
    heaviest, cpu = heaviest_architecture(config.search_space()), torch.device("cpu")
    images = num_images * config.model.image_channels * config.model.image_size**2
    kept = PROCESS_BYTES[device.type] + images + (INCEPTION_BYTES if config.scores.features == "inception" else 0)
    shared = shared_networks(config, config.search_space(), cpu, config.seed)
    copies = 2 if config.search.reward.adaptation_steps else 1
    search = copies * _state_bytes(shared) + _step_bytes(shared, config, heaviest, device)
    trained = config.model.completed(heaviest)
    derived = searched(trained).gan(config, cpu, config.seed)
    weights = _state_bytes(derived) + 2 * _bytes(derived.generator.state_dict().values())  # its averages: last and best
    scoring = weights + _scoring_bytes(derived.generator, config, trained, num_images)
    retraining = weights + _step_bytes(derived, config, trained, device)
    return PeakMemory(kept + search, kept + retraining, kept + scoring)


def heaviest_architecture(space: SearchSpace) -> Architecture:
    """The architecture of a space that keeps the most for its gradients.

    Returns:
        As far as the space allows: activation behind the convolution, instance normalisation, transposed convolutions,
        all shortcuts and all skips; of the discriminator's choices the last ones.
    """
    cells = tuple(cell.cell((0, *(count - 1 for count in cell.option_counts[1:]))) for cell in space.cells)
    judging = tuple(cell.cell([count - 1 for count in cell.option_counts]) for cell in space.discriminator)
    return Architecture(cells, discriminator=judging)


@contextmanager
def _counted() -> Iterator[TensorMemory]:
    """`counted`, for networks that keep interpolation matrices: none is left behind that has no values."""
    try:
        with counted() as memory:
            yield memory
    finally:
        forget_matrices()


def _state_bytes(gan: GAN) -> int:
    """Weights, buffers and Adam's two moments of every weight."""
    networks = (gan.generator, gan.discriminator)
    return sum(_bytes(net.state_dict().values()) + 2 * _bytes(net.parameters()) for net in networks)


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors)


def _step_bytes(gan: GAN, config: Config, architecture: Architecture, device: torch.device) -> int:
    """What a training step takes beyond the state: activations, gradients, batches. The GAN is spoilt by it."""
    gan.generator.dtype = gan.discriminator.dtype = training_dtype(config.training, device)
    batch, size = gan.training.discriminator_batch, config.model.image_size_at(architecture.depth)
    peaks = []
    with _counted() as memory:
        images = torch.zeros(batch, config.model.image_channels, size, size, dtype=torch.uint8)
        labels = torch.zeros(batch, dtype=torch.int64) if config.model.classes else None
        stream = TrainingStream(images, batch, config.model.latent_dim, config.seed, labels)
        for train in (gan.train_discriminator, gan.train_generator):
            held = memory.peak = memory.held
            train(stream, 0, architecture)
            peaks.append(memory.peak - held)
    return int(SCRATCH * max(peaks))


@torch.no_grad()
def _scoring_bytes(generator: BaseGenerator, config: Config, architecture: Architecture, num_images: int) -> int:
    """What final scores take: a batch on its way from latent vectors to features, all features, and distances."""
    model, scores = config.model, config.scores
    classifier = scores.features == "classifier"
    network = new_network(model.image_channels, model.image_size, _CLASSES).eval() if classifier else None
    with _counted() as memory:
        latents, labels = torch.zeros(scores.batch_size, model.latent_dim), generator.even_labels(scores.batch_size)
        images = to_uint8(generator.eval()(latents, architecture, labels))
        if network is not None:
            network(images)
    batch = memory.peak if classifier else max(memory.peak, scores.batch_size * INCEPTION_IMAGE_BYTES)
    features, logits = (NUM_FEATURES, _CLASSES) if classifier else (2048, 1008)
    kept = FLOAT_BYTES * scores.num_images * (features + logits)
    # Both are joined at the end, one after the other; then come the distances between all images, in four matrices.
    compared = min(scores.num_images, IMAGES) * min(num_images, IMAGES)
    read = max(FLOAT_BYTES * scores.num_images * features + 4 * FLOAT_BYTES * compared, 8 * 8 * features**2)
    return kept + max(batch, read)
