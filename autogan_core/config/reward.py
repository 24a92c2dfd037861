"""What the search pays for an architecture."""

from __future__ import annotations

from typing import Annotated, Literal

from autogan_core.config.ranges import Count, Images, Range, Weight
from autogan_core.config.section import Section

RewardScore = Literal["inception-score", "inverse-fid", "log-fid", "negative-kid", "is-over-fid", "f-score"]
"""What a candidate's reward can be; more is better in each. Under Katib also the objective metric's name."""


class RewardConfig(Section):
    """The controller's reward for a candidate (paper, sections 3.2 and 4.3.2)."""

    score: RewardScore = "inception-score"
    """What is computed on the candidate's images. Paper: the Inception score (IS) and, as an ablation, 1 / FID.

    inverse-fid: 1 / FID. log-fid: -ln FID, which unlike 1 / FID spreads bad candidates as far apart as good ones.
    negative-kid: -KID, whose estimate has no bias at few images. is-over-fid: ln IS - ln FID. f-score: the harmonic
    mean of precision and recall. Neither is offered alone: one good image drawn again and again has full precision,
    noise that reaches everywhere full recall. The last four are not in the paper."""
    num_images: Images = 5000
    """Images generated to score one candidate. Paper: not given; released code: 5,000."""
    splits: Count = 10
    """Parts over which the Inception score is averaged."""
    penalty_per_gflop: Weight = 0.0
    """Subtracted per 1e9 multiply-accumulates of the candidate; 0 is off. Not in the paper."""
    statistics: Literal["recalibrated", "running"] = "recalibrated"
    """Batch-norm statistics that a candidate is scored with. Paper: not given; released code: running.

    recalibrated: estimated on the candidate's own samples. running: those that training has left, a mixture over all
    architectures and stages; scoring then leaves them as they are."""
    recalibration_images: Images = 512
    """Own samples on which a candidate's batch-norm statistics are estimated before it is scored, where they are."""
    adaptation_steps: Annotated[int, Range(ge=0, le=1_000_000)] = 0
    """Training steps that a candidate makes alone, on a copy of the shared GAN, before it is scored; the copy is then
    thrown away. Every ``training.n_critic``-th step, from the first one on, also trains the generator. Paper: none."""
