"""Answers to the exercises of notebook 03."""

import torch
import torch.nn.functional as F
from torch import nn

from answers.shared import EMPTY, changed
from helpers.checks import check_critic, check_q_gradient
from helpers.networks import Critic
from helpers.variants.ablations import CriticOfTheState, CriticWithActionFirst
from helpers.variants.bugs import CriticWithFanOut


class Joined(nn.Module):
    """The right critic with state's features and action side by side."""

    def __init__(self, state_dim, action_dim):
        super().__init__()
        self.layer1 = nn.Linear(state_dim, 400)
        self.layer2 = nn.Linear(400 + action_dim, 300)
        self.layer3 = nn.Linear(300, 1)
        small(self.layer3)

    def first(self, s):
        return F.relu(self.layer1(s))

    def joined(self, x, a):
        return torch.cat([x, a], dim=1)

    def second(self, x):
        return F.relu(self.layer2(x))

    def forward(self, s, a):
        return self.layer3(self.second(self.joined(self.first(s), a)))


def small(layer, bound=3e-3):
    for p in layer.parameters():
        nn.init.uniform_(p, -bound, bound)


def giving(forward):
    """The critic with another way to the values."""
    return changed(Joined, forward=forward)


def after(change):
    """The critic, whose values are then changed."""
    return giving(lambda q, s, a: change(Joined.forward(q, s, a)))


def started(change, base=Joined):
    """The critic, whose start is then changed."""
    return changed(base, __init__=change)


def first(bend):
    """The critic with another function after the first layer."""
    return changed(Joined, first=lambda q, s: bend(q.layer1(s)))


def second(bend):
    """The critic with another function after the second layer."""
    return changed(Joined, second=lambda q, x: bend(q.layer2(x)))


def two_biases(q):
    q.action = nn.Linear(2, 300)
    small(q.action, 402**-0.5)


def default_start(q):
    """Two layers for the second, as PyTorch starts them."""
    q.action = nn.Linear(2, 300)


def dotted(q):
    del q.layer1
    q.layer1 = ...


def for_three_numbers(q):
    q.layer1 = nn.Linear(3, 400)


def with_one_more(q):
    q.spare = nn.Linear(300, 300)


def narrow(q):
    q.layer1, q.layer2 = nn.Linear(3, 64), nn.Linear(66, 300)


def wide_at_the_end(q):
    q.layer3 = nn.Linear(300, 2)
    small(q.layer3)


def blind(q):
    q.layer2 = nn.Linear(400, 300)


def without_super(states, actions):
    return object()


class InAnotherOrder(Joined):
    """The right critic, written differently."""

    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        self.features = nn.Sequential(self.layer1, nn.ReLU())
        self.head = nn.Sequential(self.layer2, nn.ReLU(), self.layer3)

    def forward(self, s, a):
        return self.head(torch.hstack([a, self.features(s)]))


class AddedLate(Critic):
    """The action is added behind the ReLU."""

    def forward(self, s, a):
        return self.layer3(F.relu(self.layer2(F.relu(self.layer1(s)))) + self.action(a))


class OfFixedSize(Joined):
    """Made for the pendulum only."""

    def __init__(self, state_dim, action_dim):
        super().__init__(3, 1)


class NoLayer(nn.Module):
    def __init__(self, state_dim, action_dim):
        super().__init__()

    def forward(self, s, a):
        return a[:, :1]


CRITICS = [
    (Joined, "Right: your critic lets the action in at the second layer"),
    (Critic, "Right: "),
    (InAnotherOrder, "Right: "),
    (started(two_biases, Critic), "Right: "),
    (started(lambda q: nn.init.zeros_(q.layer3.bias)), "Right: "),
    (first(lambda x: x.clamp(min=0)), "Right: "),
    (started(dotted), "still to be written"),
    (giving(lambda q, s, a: None), "still to be written"),
    (without_super, "it isn't a network"),
    (OfFixedSize, "with 3 numbers of state and 2 of action: mat1 and mat2"),
    (after(lambda v: v[:, 0]), "has shape (50,), not (50, 1): keep", "(N,) against (N, 1)"),
    (
        giving(lambda q, s, a: Joined.forward(q, s.repeat(2, 1), a.repeat(2, 1))),
        "has shape (100, 1), not (50, 1)",
    ),
    (changed(Joined, joined=lambda q, x, a: torch.cat([x, a], dim=0)), "it raised RuntimeError"),
    (after(lambda v: v.detach().numpy()), "a ndarray, not a tensor"),
    (started(wide_at_the_end), "has shape (50, 2), not (50, 1)"),
    (NoLayer, "it has no nn.Linear layer"),
    (CriticWithActionFirst, "the action goes into the first layer"),
    (started(for_three_numbers), "takes 3 numbers whatever the task: use state_dim"),
    (started(narrow), "no layer leads from the state alone to 400 features"),
    (started(with_one_more), "there is a layer too many, from 300 to 300"),
    (
        changed(Joined, __init__=blind, joined=lambda q, x, a: x),
        "the second layer should take 400 features and the action",
    ),
    (started(lambda q: small(q.layer3, 0.5)), "last layer's weight should start in U(±0.003)"),
    (started(lambda q: nn.init.normal_(q.layer3.weight, 0, 1e-3)), "but reaches 0.0031"),
    (started(lambda q: q.layer3.reset_parameters()), "last layer's weight should start in U(±0.00"),
    (started(lambda q: nn.init.ones_(q.layer3.bias)), "the last layer's bias should start"),
    (
        started(lambda q: nn.init.uniform_(q.layer3.weight, 0, 3e-3)),
        "drawn evenly, but lies in 0.00",
    ),
    (started(lambda q: nn.init.zeros_(q.layer3.weight)), "lies in 0.0000 … 0.0000"),
    (started(default_start, Critic), "the action's own weight should start within ±1/√402"),
    (started(lambda q: small(q)), "the first layer's weight should start within ±1/√3, drawn"),
    (CriticWithFanOut, "drawn evenly, but goes to ±1/√fan-out", "fan-out in place of fan-in"),
    (CriticOfTheState, "the action changes nothing"),
    (changed(Joined, first=lambda q, s: F.relu(q.layer1(0 * s))), "the state changes nothing"),
    (AddedLate, "the best action is the same in every state"),
    (after(F.dropout), "no dropout here"),
    (after(lambda v: v + v.mean()), "a row's value changes with the other rows"),
    (after(torch.detach), "no gradient flows"),
    (
        changed(Joined, joined=lambda q, x, a: torch.cat([x, a.detach()], dim=1)),
        "no gradient reaches the action",
    ),
    (first(lambda x: F.relu(x).detach()), "no gradient reaches layer1.weight"),
    (first(torch.sigmoid), "after layer 1 stands sigmoid, not ReLU"),
    (first(lambda x: x), "after layer 1 stands nothing, not ReLU"),
    (second(lambda x: x), "is the ReLU after the second layer missing"),
    (second(torch.tanh), "after layer 2 stands tanh, not ReLU"),
    (second(F.elu), "after layer 2 stands ELU, not ReLU"),
    (second(torch.abs), "after layer 2 stands the absolute value, not ReLU"),
    (after(torch.tanh), "after the last layer stands tanh: a value may be −300"),
    (after(F.relu), "after the last layer stands ReLU"),
    (after(lambda v: 2 * v), "aren't those of its layers in the usual order"),
]


def own(a):
    return a.detach().clone().requires_grad_()


def gradient(of=lambda q, s, a: q(s, a).sum(), along=own, **options):
    """An answer that asks PyTorch for the gradient of what `of` gives, along what `along` makes."""

    def answer(critic, s, a):
        a = along(a)
        return torch.autograd.grad(of(critic, s, a), a, **options)[0]

    return answer


right = gradient()


def with_ones(critic, s, a):
    a = own(a)
    return torch.autograd.grad(critic(s, a), a, torch.ones(len(a), 1))[0]


def one_by_one(critic, s, a):
    return torch.cat([right(critic, s[i : i + 1], a[i : i + 1]) for i in range(len(a))])


def mapped(critic, s, a):
    value = lambda s, a: critic(s[None], a[None])[0, 0]  # noqa: E731
    return torch.func.vmap(torch.func.grad(value, argnums=1))(s, a)


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


def freezing(critic, s, a):
    critic.requires_grad_(False)
    return right(critic, s, a)


def by_item(critic, s, a):
    return torch.tensor([right(critic, s[i : i + 1], a[i : i + 1]).item() for i in range(len(a))])


GRADIENTS = [
    (right, "Right: your function gives the gradient of Q along the action"),
    (gradient(create_graph=True), "Right: "),
    (with_ones, "Right: "),
    (one_by_one, "Right: "),
    (mapped, "Right: "),
    *EMPTY,
    (lambda q, s, a: right(q, s, a) / len(a), "sum, don't average"),
    (lambda q, s, a: -right(q, s, a), "the sign is wrong"),
    (lambda q, s, a: right(q, s, a).sign(), "these are the signs only"),
    (along_the_state, "gradient along the state"),
    (lambda q, s, a: right(q, s, a)[:, 0], "has shape (5,), not (5, 2): keep the gradients"),
    (lambda q, s, a: right(q, s, a).sum(), "has shape (), not (5, 2)"),
    (lambda q, s, a: q(s, a), "has shape (5, 1), not (5, 2)"),
    (not_asked_for, "call requires_grad_()"),
    (gradient(along=lambda a: a), "call requires_grad_()"),
    (gradient(lambda q, s, a: q(s, a).detach().sum()), "don't detach"),
    (gradient(lambda q, s, a: q(s, a.detach()).sum()), "isn't the one you gave to the critic"),
    (gradient(lambda q, s, a: q(s, a)), "belongs to one number"),
    (gradient(lambda q, s, a: q(s, 0 * a).sum()), "all gradients are 0"),
    (adding_up, "backward() adds to a.grad"),
    (freezing, "the critic is left frozen"),
    (filling_the_critic, "filled the critic's own gradients"),
    (lambda q, s, a: right(q, s, a).numpy(), "a ndarray, not a tensor"),
    (lambda q, s, a: right(q, s, a) + 0.1, "differ from what a small step"),
    (gradient(along=lambda a: ...), "still to be written"),
    (gradient(lambda q, s, a: q(s, a)[0]), "only the first row"),
    (by_item, "an action may have several numbers"),
    (gradient(along=torch.Tensor.requires_grad_), "the actions you were given were changed"),
    (lambda q, s, a: q(s[:2], a), "Not yet: it raised RuntimeError"),
]
ANSWERS = {check_critic: CRITICS, check_q_gradient: GRADIENTS}
