"""The paper's batch normalisation, which our networks leave out: to try, as an experiment.

Use all three together: `BatchNormDDPG(env, seed=0, actor=ActorWithBatchNorm,
critic=CriticWithBatchNorm)`. Source: Lillicrap et al. 2015, section 3; whether it covers the
actor's last layer is left open there: here it does not.
"""

import numpy as np
from torch import nn

from helpers.agent import DDPG
from helpers.networks import Actor, Critic


class ActorWithBatchNorm(Actor):
    """An actor with what ours leaves out of the paper: batch normalisation of state and layers."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__(state_dim, action_dim)
        self.layer1 = nn.Sequential(nn.BatchNorm1d(state_dim), self.layer1, nn.BatchNorm1d(400))
        self.layer2 = nn.Sequential(self.layer2, nn.BatchNorm1d(300))


class CriticWithBatchNorm(Critic):
    """A critic with the paper's batch normalisation of all that comes before the action."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__(state_dim, action_dim)
        self.layer1 = nn.Sequential(nn.BatchNorm1d(state_dim), self.layer1, nn.BatchNorm1d(400))


class BatchNormDDPG(DDPG):
    """DDPG for such networks: it learns with each batch's statistics and acts with running ones."""

    def __init__(self, env, **settings):
        super().__init__(env, **settings)
        self.policy = self.actor  # never an average: the running statistics are the actor's own

    def ask(self, network: nn.Module, state: np.ndarray) -> np.ndarray:
        """What a network answers to one state, or to many in rows."""
        network.eval()
        actions = super().ask(network, np.atleast_2d(state))  # the layers take rows only
        network.train()
        return actions.reshape(*np.shape(state)[:-1], -1)
