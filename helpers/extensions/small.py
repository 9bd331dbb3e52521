"""Networks of 256 and 256 units, for long runs.

An update takes about 0.7 of the time that it takes with the paper's 400 and 300 units.
"""

from torch import nn

from helpers.networks import Actor, Critic

UNITS = 256


class SmallActor(Actor):
    """The policy mu(s) with 256 units in both hidden layers; shapes as of `Actor`."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__(state_dim, action_dim)
        self.layer1, self.layer2 = nn.Linear(state_dim, UNITS), nn.Linear(UNITS, UNITS)
        self.layer3 = small_start(nn.Linear(UNITS, action_dim))


class SmallCritic(Critic):
    """The value Q(s, a) with 256 units in both hidden layers; shapes as of `Critic`."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__(state_dim, action_dim)
        self.layer1, self.layer2 = nn.Linear(state_dim, UNITS), nn.Linear(UNITS, UNITS)
        self.action = nn.Linear(action_dim, UNITS, bias=False)
        self.layer3 = small_start(nn.Linear(UNITS, 1))
        bound = (UNITS + action_dim) ** -0.5  # as in `Critic`
        for parameter in (*self.layer2.parameters(), self.action.weight):
            nn.init.uniform_(parameter, -bound, bound)


def small_start(layer: nn.Linear) -> nn.Linear:
    """The same layer with weights and biases close to 0: U(±3e-3), the paper's last layer."""
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -3e-3, 3e-3)
    return layer
