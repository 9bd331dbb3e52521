"""Networks for the pendulum that see its state through fixed random Fourier features.

ReLU layers learn coarse shapes first and sharp ones late; waves of many lengths show both at once.
Source: Rahimi & Recht 2007; Tancik et al. 2020.
"""

import torch
import torch.nn.functional as F
from torch import nn

from helpers.networks import Actor, Critic
from helpers.pendulum.physics import MAX_SPEED

FEATURES = 400  # as many as the first layer has units
SCALE = 2.0  # the standard deviation of the frequencies, in waves per unit of the scaled state


class FourierFeatures(nn.Module):
    """Random waves over the pendulum's state: cos(2 pi (B x + phase)), without any weight to learn.

    Shapes: s (N, 3) -> (N, 400). The velocity in x is a share of its limit, so that all three
    numbers lie in [-1, 1]. `B` and `phase` are buffers: copied and saved, but never moved.
    Raises ValueError for states of another length.
    """

    def __init__(self, state_dim: int):
        super().__init__()
        if state_dim != 3:
            raise ValueError(
                f"these Fourier features fit the pendulum's 3 numbers, not {state_dim}"
            )
        self.register_buffer("largest", torch.tensor([1.0, 1.0, MAX_SPEED]))
        self.register_buffer("B", SCALE * torch.randn(3, FEATURES))
        self.register_buffer("phase", torch.rand(FEATURES))

    def forward(self, s: torch.Tensor) -> torch.Tensor:
        """The height of each wave at each state, in [-1, 1]."""
        return torch.cos(2 * torch.pi * ((s / self.largest) @ self.B + self.phase))


class FourierActor(Actor):
    """An actor with Fourier features in place of its first layer."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__(state_dim, action_dim)
        self.layer1 = FourierFeatures(state_dim)

    def forward(self, s: torch.Tensor) -> torch.Tensor:
        """The action mu(s) for each state."""
        return torch.tanh(self.layer3(F.relu(self.layer2(self.layer1(s)))))


class FourierCritic(Critic):
    """A critic with Fourier features in place of its first layer."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__(state_dim, action_dim)
        self.layer1 = FourierFeatures(state_dim)

    def forward(self, s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """The value Q(s, a) for each pair of state and action."""
        return self.layer3(F.relu(self.layer2(self.layer1(s)) + self.action(a)))
