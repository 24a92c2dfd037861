"""How images are scored."""

from __future__ import annotations

from typing import Annotated, Literal

from autogan_core.config.ranges import Batch, Count, Images, UserPath
from autogan_core.config.section import MayChange, Section


class ScoresConfig(Section):
    """How images are scored.

    Features, precision, images and splits are the protocol of the final scores: what a run has trained may be scored
    under another one too, and the scores of both are kept. The search's rewards and the validations of trainings keep
    to the run's own.
    """

    features: Annotated[Literal["inception", "classifier"], MayChange(protocol=True)] = "inception"
    """torch-fidelity's InceptionV3, or a small CNN trained on the data set's labels (scores named ``_classifier``)."""
    inception_weights: Annotated[UserPath | None, MayChange(location=True)] = None
    """InceptionV3 weights on disk; None: torch-fidelity's download."""
    precision: Annotated[Literal["auto", "float32", "float16"], MayChange(protocol=True)] = "auto"
    """What InceptionV3's convolutions compute in. auto: final scores in float32, on any device; rewards and validations
    in float16 if a run's inputs are made on a GPU, else in float32. Who takes inputs from a run store keeps their
    precision, so that FID compares like with like. Scores in float16 are named ``_float16``.

    Not bfloat16: float16 has ten bits of mantissa to its seven, which keeps the Inception score within 0.5 %. The
    activations stay far below its limit of 65,504, and one beyond it would show as NaN: no score, never a wrong one.
    A classifier computes in float32 in any case.
    """
    num_images: Annotated[Images, MayChange(protocol=True)] = 50_000
    """Images for the final scores."""
    splits: Annotated[Count, MayChange(protocol=True)] = 10
    """Parts over which the final Inception score is averaged."""
    batch_size: Annotated[Batch, MayChange()] = 500
    """Images generated and scored at a time; lower it where memory is short.

    In a run the images stay the same: their latent vectors are drawn by the value with which the run was made. Scores
    differ by rounding alone."""
