"""Answers to the exercise on a critic of one's own."""

import torch
import torch.nn.functional as F
from torch import nn

from helpers.ablations import CriticOfTheState
from helpers.checks import check_critic
from helpers.networks import Critic


class Right(nn.Module):
    def __init__(self, state_dim, action_dim):
        super().__init__()
        self.layer1 = nn.Linear(state_dim + action_dim, 400)
        self.layer2 = nn.Linear(400, 300)
        self.layer3 = nn.Linear(300, 1)
        for p in self.layer3.parameters():
            nn.init.uniform_(p, -3e-3, 3e-3)

    def joined(self, s, a):
        return torch.cat([s, a], dim=1)

    def bend(self, x):
        return F.relu(x)

    def forward(self, s, a):
        x = self.bend(self.layer1(self.joined(s, a)))
        return self.layer3(self.bend(self.layer2(x)))


class Dots(Right):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        del self.layer1
        self.layer1 = ...


class Empty(Right):
    def forward(self, s, a):
        pass


class Flat(Right):
    def forward(self, s, a):
        return super().forward(s, a)[:, 0]


class Stacked(Right):
    def forward(self, s, a):
        return super().forward(s.repeat(2, 1), a.repeat(2, 1))


class WrongWay(Right):
    def joined(self, s, a):
        return torch.cat([s, a], dim=0)


class AsArray(Right):
    def forward(self, s, a):
        return super().forward(s, a).detach().numpy()


class DefaultStart(Right):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        nn.init.uniform_(self.layer3.weight, -0.5, 0.5)


class StateOnly(Right):
    def joined(self, s, a):
        return torch.cat([s, 0 * a], dim=1)


class ActionOnly(Right):
    def joined(self, s, a):
        return torch.cat([0 * s, a], dim=1)


class Straight(Right):
    def bend(self, x):
        return x


class OneBend(Right):
    def forward(self, s, a):
        return self.layer3(self.layer2(self.bend(self.layer1(self.joined(s, a)))))


class BendsLate(Right):
    def forward(self, s, a):
        return self.layer3(self.bend(self.layer2(self.layer1(self.joined(s, a)))))


class NeverMeeting(Right):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        with torch.no_grad():
            self.layer1.weight[::2, :state_dim] = 0  # every second unit sees the action alone
            self.layer1.weight[1::2, state_dim:] = 0
            self.layer2.weight[:150, ::2] = 0
            self.layer2.weight[150:, 1::2] = 0


class Squashed(Right):
    def forward(self, s, a):
        return torch.tanh(super().forward(s, a))


class NeverNegative(Right):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        nn.init.uniform_(self.layer3.weight, 0, 3e-3)

    def forward(self, s, a):
        return F.relu(super().forward(s, a))


class Detached(Right):
    def forward(self, s, a):
        return super().forward(s, a).detach()


class ActionDetached(Right):
    def joined(self, s, a):
        return torch.cat([s, a.detach()], dim=1)


class NoLayer(nn.Module):
    def __init__(self, state_dim, action_dim):
        super().__init__()

    def forward(self, s, a):
        return a[:, :1]


ROWS = [
    (Right, "Right: your critic gives one value a row"),
    (Dots, "still to be written"),
    (Empty, "still to be written"),
    (Critic, "its first layer takes 3 numbers: state and action together are 5"),
    (Flat, "keep the column, (50, 1)", "(N,) against (N, 1)"),
    (Stacked, "should give values (50, 1), not (100, 1)"),
    (WrongWay, "it raised RuntimeError"),
    (AsArray, "it gives a ndarray, not a tensor"),
    (DefaultStart, "start the last layer in U(±0.003)"),
    (StateOnly, "the action changes nothing"),
    (CriticOfTheState, "its first layer takes 3"),
    (ActionOnly, "the state changes nothing"),
    (Straight, "there are negative numbers before the last layer"),
    (OneBend, "there are negative numbers before the last layer"),
    (BendsLate, "there are negative numbers between the layers"),
    (NeverMeeting, "the best action is the same in every state"),
    (Squashed, "cannot leave [-1, 1]"),
    (NeverNegative, "its values are never negative"),
    (Detached, "no gradient flows"),
    (ActionDetached, "no gradient reaches the action"),
    (NoLayer, "it has no nn.Linear layer"),
]
ANSWERS = [(check_critic, *row) for row in ROWS]
