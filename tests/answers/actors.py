"""Answers to the exercises on actor networks."""

import torch
import torch.nn.functional as F
from torch import nn

from helpers.ablations import ActorWithDefaultStart, ActorWithoutTanh
from helpers.checks import check_actor
from helpers.networks import Actor


class MyActor(nn.Module):
    """The right answer."""

    def __init__(self, state_dim, action_dim):
        super().__init__()
        self.hidden = nn.Linear(state_dim, 64)
        self.last = nn.Linear(64, action_dim)
        for p in self.last.parameters():
            nn.init.uniform_(p, -3e-3, 3e-3)

    def forward(self, s):
        return torch.tanh(self.last(F.relu(self.hidden(s))))


class InARow(nn.Sequential):
    """The right answer in another form."""

    def __init__(self, state_dim, action_dim):
        last = nn.Linear(64, action_dim)
        for p in last.parameters():
            nn.init.uniform_(p, -3e-3, 3e-3)
        super().__init__(nn.Linear(state_dim, 64), nn.ReLU(), last, nn.Tanh())


class Unfinished(MyActor):
    def forward(self, s):
        raise NotImplementedError


class Empty(MyActor):
    def forward(self, s):
        pass


class Dots(MyActor):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        del self.last
        self.last = ...


class AllSmall(MyActor):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        for p in self.parameters():
            nn.init.uniform_(p, -3e-3, 3e-3)


class OneSided(MyActor):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        nn.init.uniform_(self.last.weight, 0, 3e-3)


class NoBias(MyActor):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        nn.init.zeros_(self.last.bias)


class NeverNegative(MyActor):
    def forward(self, s):
        return torch.tanh(F.relu(self.last(F.relu(self.hidden(s)))))


class TanhInside(MyActor):
    def forward(self, s):
        return torch.tanh(self.last(torch.tanh(self.hidden(s))))


class OneLayer(nn.Module):
    def __init__(self, state_dim, action_dim):
        super().__init__()
        self.last = nn.Linear(state_dim, action_dim)

    def forward(self, s):
        return torch.tanh(self.last(s))


class OneAction(MyActor):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, 1)


class RowsOnly(MyActor):
    def forward(self, s):
        return super().forward(torch.atleast_2d(s))


class LargeLast(MyActor):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        self.last.reset_parameters()


class LargeBias(MyActor):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        nn.init.ones_(self.last.bias)


class Offset(MyActor):
    def forward(self, s):
        return torch.tanh(super().forward(s) + 0.5)


class FanOut(MyActor):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        nn.init.uniform_(self.hidden.weight, -1 / 8, 1 / 8)


class TooWide(MyActor):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        nn.init.uniform_(self.hidden.weight, -1, 1)


class Linear(MyActor):
    def forward(self, s):
        return torch.tanh(self.last(self.hidden(s)))


class Detached(MyActor):
    def forward(self, s):
        return super().forward(s).detach()


class Unused(MyActor):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        self.spare = nn.Parameter(torch.ones(1))


class WithoutTanh(MyActor):
    def forward(self, s):
        return self.last(F.relu(self.hidden(s)))


class Clipped(WithoutTanh):
    def forward(self, s):
        return super().forward(s).clamp(-1, 1)


ROWS = [
    (MyActor, "Right: your actor gives one row"),
    (InARow, "Right: your actor gives one row"),
    (Unfinished, "still to be written"),
    (Empty, "forward gives nothing back"),
    (Dots, "a layer is still `...`"),
    (AllSmall, "only the last layer should be made small"),
    (OneSided, "from both sides of 0"),
    (NoBias, "from both sides of 0"),
    (NeverNegative, "all its actions have one sign"),
    (TanhInside, "opposite states get opposite actions"),
    (Actor, "have [400, 300] units, not one of 64"),
    (OneLayer, "1 nn.Linear"),
    (OneAction, "(100, 3) should give actions (100, 2), not (100, 1)"),
    (RowsOnly, "(3,) should give actions (2,), not (1, 2)"),
    (LargeLast, "the last layer's weight should start"),
    (LargeBias, "last layer's bias should start in U(±0.003), but reaches 1.000"),
    (ActorWithDefaultStart, "the last layer's weight should start"),
    (Offset, "first actions should be close to 0"),
    (FanOut, "that is its fan-out", "fan-out in place of fan-in"),
    (TooWide, "a layer with fan-in 3 should start in U(±1/√3)"),
    (Linear, "opposite states get opposite actions"),
    (Detached, "no gradient flows"),
    (Unused, "no gradient reaches spare"),
    (WithoutTanh, "lacks the tanh"),
    (ActorWithoutTanh, "lacks the tanh"),
    (Clipped, "cuts its actions off"),
]
ANSWERS = [(check_actor, *row) for row in ROWS]
