"""The policy that proposes architectures."""

from __future__ import annotations

from typing import Literal

from autogan_core.config.ranges import Count, Decay, Rate, Weight, Width
from autogan_core.config.section import Section


class ControllerConfig(Section):
    """The LSTM policy and its REINFORCE update (paper, section 3.3.2)."""

    hidden_dim: Width = 100
    """LSTM state and token embedding size. Paper: not given; released code: 100."""
    learning_rate: Rate = 3.5e-4
    """Adam's learning rate."""
    adam_betas: tuple[Decay, Decay] = (0.0, 0.9)
    """Adam's decay rates. Paper: not given; released code: the GAN's."""
    entropy_weight: Weight = 1e-4
    """Weight of the entropy bonus, in nats. Paper: 1e-4 (released code: 1e-3, with the opposite effect)."""
    baseline: Literal["moving-average", "slot-mean", "leave-one-out", "released"] = "moving-average"
    """What a reward is compared with (`advantages`). Paper: the moving average.

    moving-average: of all rewards of the stage, the reward itself excluded. slot-mean: the mean of the slot's rewards,
    which a drift of the shared weights from slot to slot does not move. leave-one-out: the mean of the slot's other
    rewards. released: the released code's moving average, which restarts in every slot and includes the reward."""
    baseline_decay: Decay = 0.9
    """Share of the old value kept in a moving average, in [0, 1). Paper: not given; released code: 0.9."""
    advantage: Literal["plain", "normalised"] = "plain"
    """plain: the reward above the baseline (paper). normalised: the same in standard deviations of the slot's rewards,
    so that step sizes relative to the entropy bonus do not depend on the score's scale. Not in the paper."""
    passes: Count = 1
    """Updates for each reward: so often the slot's candidates are gone through. From the second pass on the policy is
    no longer the one that drew them, and no weight corrects for it. Paper and released code: 1."""
    objective: Literal["reinforce", "released"] = "reinforce"
    """reinforce: advantage times log-likelihood, and the entropy bonus (paper). released: the released code's loss,
    which counts the first as often as there are tokens, and lowers the entropy (`Policy.learn`)."""
