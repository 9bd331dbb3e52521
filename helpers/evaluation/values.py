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
    """Discounted values of N states in units of reward, (N,) each, and the states themselves."""

    s: np.ndarray  # (N, 3), as the agent sees them
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
    s = observe(theta, velocity)
    seen = torch.as_tensor(s, device=agent.device)
    with torch.inference_mode():
        promised = agent.critic(seen, agent.actor(seen))[:, 0].cpu().numpy()
    earned = agent.recipe.gamma ** np.arange(FOREVER)
    earned = earned @ rollout(actor, theta, velocity, FOREVER).reward
    possible = interpolate(load_optimum().discounted, theta, velocity)
    return Values(s, promised / agent.recipe.reward_scale, earned, possible)
