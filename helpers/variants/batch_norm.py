"""The paper's batch normalisation, which our networks leave out: to try, as an experiment.

An agent learns with each batch's statistics and acts with running ones, which can't be averaged:
`DDPG(env, seed=0, recipe=replace(modern, average=0), actor=ActorWithBatchNorm,
critic=CriticWithBatchNorm)`. Source: Lillicrap et al. 2015, section 3, which leaves open whether it
covers the actor's last layer: here it doesn't.
"""

from torch import nn

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
