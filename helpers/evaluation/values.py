"""What a critic promises on the pendulum, beside what is true there."""

from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from helpers.evaluation.returns import EVALUATION_STARTS
from helpers.pendulum.controllers import rollout
from helpers.pendulum.optimum import interpolate, load_optimum
from helpers.pendulum.physics import observe, start_states

FOREVER = 500  # steps: a reward that comes later counts less than 0.01 of itself


class Values(NamedTuple):
    """Discounted values of states in units of reward; each array is (N,)."""

    promised: np.ndarray  # Q(s, mu(s)), by the first critic if there are several
    earned: np.ndarray  # what the actor really earns from s on
    possible: np.ndarray  # what the best controller would earn, for a discount of 0.99

    @property
    def bias(self) -> float:
        """How much more is promised than is earned, on average."""
        return float(np.mean(self.promised - self.earned))


def visited_values(agent, starts=EVALUATION_STARTS) -> Values:
    """The values of every 25th state that the agent's actor visits, without noise.

    What is earned is exact: the pendulum swings on from each state, with no time limit.
    """
    actor = partial(agent.predict, agent.actor)
    path = rollout(actor, *start_states(starts))
    theta, velocity = path.theta[::25].ravel(), path.velocity[::25].ravel()
    s = torch.as_tensor(observe(theta, velocity), device=agent.device)
    with torch.inference_mode():
        promised = agent.critic(s, agent.actor(s))[:, 0].cpu().numpy() / agent.recipe.reward_scale
    earned = agent.recipe.gamma ** np.arange(FOREVER)
    earned = earned @ rollout(actor, theta, velocity, FOREVER).reward
    return Values(promised, earned, interpolate(load_optimum().discounted, theta, velocity))
