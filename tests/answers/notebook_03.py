"""Answers to the exercises of notebook 03."""

import torch
import torch.nn.functional as F
from torch import nn

from answers.shared import EMPTY, changed
from helpers.checks import check_critic, check_q_slope
from helpers.networks import Critic
from helpers.variants.ablations import CriticOfTheState


def own(a):
    return a.detach().clone().requires_grad_()


def slope(of=lambda q, s, a: q(s, a).sum(), along=own, **options):
    """An answer that asks PyTorch for the gradient of what `of` gives, along what `along` makes."""

    def answer(critic, s, a):
        a = along(a)
        return torch.autograd.grad(of(critic, s, a), a, **options)[0]

    return answer


right = slope()


def with_ones(critic, s, a):
    a = own(a)
    return torch.autograd.grad(critic(s, a), a, torch.ones(len(a), 1))[0]


def along_the_state(critic, s, a):
    s = own(s)
    return torch.autograd.grad(critic(s, a).sum(), s)[0]


def not_asked_for(critic, s, a):
    with torch.no_grad():
        q = critic(s, a)
    return torch.autograd.grad(q.sum(), a)[0]


def adding_up(critic, s, a):
    a.requires_grad_()
    critic(s, a).sum().backward()
    return a.grad.clone()


def filling_the_critic(critic, s, a):
    a = own(a)
    critic(s, a).sum().backward()
    return a.grad


def by_item(critic, s, a):
    return torch.tensor([right(critic, s[i : i + 1], a[i : i + 1]).item() for i in range(len(a))])


SLOPES = [
    (right, "Right: your function gives the slope of Q along the action"),
    (slope(create_graph=True), "Right: "),
    (with_ones, "Right: "),
    *EMPTY,
    (lambda q, s, a: right(q, s, a) / len(a), "sum, don't average"),
    (lambda q, s, a: -right(q, s, a), "the sign is wrong"),
    (along_the_state, "slope along the state"),
    (lambda q, s, a: right(q, s, a)[:, 0], "has shape (5,), not (5, 2): keep the slopes"),
    (lambda q, s, a: right(q, s, a).sum(), "has shape (), not (5, 2)"),
    (lambda q, s, a: q(s, a), "has shape (5, 1), not (5, 2)"),
    (not_asked_for, "call requires_grad_()"),
    (slope(along=lambda a: a), "call requires_grad_()"),
    (slope(lambda q, s, a: q(s, a).detach().sum()), "don't detach"),
    (slope(lambda q, s, a: q(s, a.detach()).sum()), "isn't the one you gave to the critic"),
    (slope(lambda q, s, a: q(s, a)), "belongs to one number"),
    (slope(lambda q, s, a: q(s, 0 * a).sum()), "all slopes are 0"),
    (adding_up, "backward() adds to a.grad"),
    (filling_the_critic, "filled the critic's own gradients"),
    (lambda q, s, a: right(q, s, a).numpy(), "a ndarray, not a tensor"),
    (lambda q, s, a: right(q, s, a) + 0.1, "differ from what a small step"),
    (slope(along=lambda a: ...), "still to be written"),
    (slope(lambda q, s, a: q(s, a)[0]), "only the first row"),
    (by_item, "an action may have several numbers"),
    (slope(along=torch.Tensor.requires_grad_), "the actions you were given were changed"),
    (lambda q, s, a: q(s[:2], a), "Not yet: it raised RuntimeError"),
]


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


def giving(forward):
    """The critic with another way to the values."""
    return changed(Right, forward=forward)


def joining(joined):
    """The critic with another way to put states and actions together."""
    return changed(Right, joined=joined)


def started(change):
    """The critic, whose start is then changed."""
    return changed(Right, __init__=change)


def dotted(q):
    del q.layer1
    q.layer1 = ...


@torch.no_grad()
def keep_apart(q):
    """Every second unit sees the action alone, and they never meet."""
    q.layer1.weight[::2, :3] = 0
    q.layer1.weight[1::2, 3:] = 0
    q.layer2.weight[:150, ::2] = 0
    q.layer2.weight[150:, 1::2] = 0


def one_bend(q, s, a):
    return q.layer3(q.layer2(q.bend(q.layer1(q.joined(s, a)))))


def bends_late(q, s, a):
    return q.layer3(q.bend(q.layer2(q.layer1(q.joined(s, a)))))


class NeverNegative(started(lambda q: nn.init.uniform_(q.layer3.weight, 0, 3e-3))):
    def forward(self, s, a):
        return F.relu(super().forward(s, a))


class NoLayer(nn.Module):
    def __init__(self, state_dim, action_dim):
        super().__init__()

    def forward(self, s, a):
        return a[:, :1]


CRITICS = [
    (Right, "Right: your critic gives one value a row"),
    (started(dotted), "still to be written"),
    (giving(lambda q, s, a: None), "still to be written"),
    (Critic, "its first layer takes 3 numbers: state and action together are 5"),
    (
        giving(lambda q, s, a: Right.forward(q, s, a)[:, 0]),
        "has shape (50,), not (50, 1): keep the column",
        "(N,) against (N, 1)",
    ),
    (
        giving(lambda q, s, a: Right.forward(q, s.repeat(2, 1), a.repeat(2, 1))),
        "has shape (100, 1), not (50, 1)",
    ),
    (joining(lambda q, s, a: torch.cat([s, a], dim=0)), "it raised RuntimeError"),
    (giving(lambda q, s, a: Right.forward(q, s, a).detach().numpy()), "a ndarray, not a tensor"),
    (
        started(lambda q: nn.init.uniform_(q.layer3.weight, -0.5, 0.5)),
        "start the last layer in U(±0.003)",
    ),
    (joining(lambda q, s, a: torch.cat([s, 0 * a], dim=1)), "the action changes nothing"),
    (CriticOfTheState, "its first layer takes 3"),
    (joining(lambda q, s, a: torch.cat([0 * s, a], dim=1)), "the state changes nothing"),
    (changed(Right, bend=lambda q, x: x), "there are negative numbers before the last layer"),
    (giving(one_bend), "there are negative numbers before the last layer"),
    (giving(bends_late), "there are negative numbers between the layers"),
    (started(keep_apart), "the best action is the same in every state"),
    (giving(lambda q, s, a: torch.tanh(Right.forward(q, s, a))), "can't leave [-1, 1]"),
    (NeverNegative, "its values are never negative"),
    (giving(lambda q, s, a: Right.forward(q, s, a).detach()), "no gradient flows"),
    (joining(lambda q, s, a: torch.cat([s, a.detach()], dim=1)), "no gradient reaches the action"),
    (NoLayer, "it has no nn.Linear layer"),
]
ANSWERS = {check_q_slope: SLOPES, check_critic: CRITICS}
