"""Priorities that only a known optimum can give: how far Q is from the true Q*, on the pendulum."""

import numpy as np
import torch
from torch import nn

from helpers.extensions.prioritized import WeightedBatch
from helpers.pendulum.optimum import interpolate, load_optimum
from helpers.recipes import Recipe, modern


class TrueErrors:
    """The weighted critic's loss, which reports |Q - Q*| to the buffer in place of the TD error.

    Q*(s, a) is the reward plus what the best controller earns from s' on, both discounted by 0.99
    and in the recipe's scale of rewards. With `centred`, less the mean error of the batch: what is
    the same for all actions doesn't change which one looks best.
    """

    def __init__(self, recipe: Recipe = modern, centred: bool = False):
        self.gamma, self.scale, self.centred = recipe.gamma, recipe.reward_scale, centred
        self.values = load_optimum().discounted

    def __call__(self, q: nn.Module, batch: WeightedBatch, y: torch.Tensor) -> torch.Tensor:
        """The loss, a scalar, exactly as `weighted_critic_loss` has it."""
        value = q(batch.s, batch.a)  # (N, 1)
        error = value.detach() - self.q_star(batch)
        batch.report(error - error.mean() if self.centred else error)
        return (batch.weight * (y - value).square()).mean()

    def q_star(self, batch: WeightedBatch) -> torch.Tensor:
        """The true value of each transition's state and action, (N, 1)."""
        cos, sin, velocity = batch.s_next.double().numpy().T
        best = interpolate(self.values, np.arctan2(sin, cos), velocity)
        return batch.r + self.gamma * self.scale * torch.from_numpy(best).float()[:, None]

    def __repr__(self) -> str:
        return f"TrueErrors(centred={self.centred})"
