"""Answers to the exercises of notebook 02."""

import torch
import torch.nn.functional as F
from torch import nn

from answers.shared import EMPTY, changed
from helpers.checks import check_actor, check_fan_in_start
from helpers.networks import Actor
from helpers.variants.ablations import ActorWithDefaultStart, ActorWithoutTanh


class MyActor(nn.Module):
    """The right answer."""

    def __init__(self, state_dim, action_dim):
        super().__init__()
        self.hidden = nn.Linear(state_dim, 64)
        self.last = nn.Linear(64, action_dim)
        draw(self.last, 3e-3)

    def forward(self, s):
        return torch.tanh(self.last(F.relu(self.hidden(s))))


def draw(module, bound):
    """Draw all numbers of a layer or a network evenly from minus to plus `bound`."""
    for p in module.parameters():
        nn.init.uniform_(p, -bound, bound)


def in_a_row(state_dim, action_dim):
    """The right answer in another form."""
    mu = MyActor(state_dim, action_dim)
    return nn.Sequential(mu.hidden, nn.ReLU(), mu.last, nn.Tanh())


def one_layer(state_dim, action_dim):
    return nn.Sequential(nn.Linear(state_dim, action_dim), nn.Tanh())


def started(change):
    """The right actor, whose start is then changed."""
    return changed(MyActor, __init__=change)


def giving(forward):
    """The right actor with another way from states to actions."""
    return changed(MyActor, forward=forward)


def dotted(mu):
    del mu.last
    mu.last = ...


def unused(mu):
    mu.spare = nn.Parameter(torch.ones(1))


ACTORS = [
    (MyActor, "Right: your actor gives one row"),
    (in_a_row, "Right: your actor gives one row"),
    (giving(lambda mu, s: None), "forward gives nothing back"),
    (started(dotted), "a layer is still `...`"),
    (started(lambda mu: draw(mu, 3e-3)), "only the last layer should be made small"),
    (started(lambda mu: nn.init.uniform_(mu.last.weight, 0, 3e-3)), "from both sides of 0"),
    (started(lambda mu: nn.init.zeros_(mu.last.bias)), "from both sides of 0"),
    (
        giving(lambda mu, s: torch.tanh(F.relu(mu.last(F.relu(mu.hidden(s)))))),
        "all its actions have one sign",
    ),
    (
        giving(lambda mu, s: torch.tanh(mu.last(torch.tanh(mu.hidden(s))))),
        "opposite states get opposite actions",
    ),
    (giving(lambda mu, s: torch.tanh(mu.last(mu.hidden(s)))), "get opposite actions"),
    (Actor, "have [400, 300] units, not one of 64"),
    (one_layer, "1 nn.Linear"),
    (lambda states, actions: MyActor(states, 1), "should give actions (100, 2), not (100, 1)"),
    (
        giving(lambda mu, s: MyActor.forward(mu, torch.atleast_2d(s))),
        "(3,) should give actions (2,), not (1, 2)",
    ),
    (started(lambda mu: mu.last.reset_parameters()), "the last layer's weight should start"),
    (
        started(lambda mu: nn.init.ones_(mu.last.bias)),
        "last layer's bias should start in U(±0.003), but reaches 1.000",
    ),
    (ActorWithDefaultStart, "the last layer's weight should start"),
    (
        giving(lambda mu, s: torch.tanh(MyActor.forward(mu, s) + 0.5)),
        "first actions should be close to 0",
    ),
    (
        started(lambda mu: draw(mu.hidden, 1 / 8)),
        "that is its fan-out",
        "fan-out in place of fan-in",
    ),
    (started(lambda mu: draw(mu.hidden, 1)), "fan-in 3 should start in U(±1/√3)"),
    (giving(lambda mu, s: MyActor.forward(mu, s).detach()), "no gradient flows"),
    (started(unused), "no gradient reaches spare"),
    (giving(lambda mu, s: mu.last(F.relu(mu.hidden(s)))), "lacks the tanh"),
    (ActorWithoutTanh, "lacks the tanh"),
    (giving(lambda mu, s: mu.last(F.relu(mu.hidden(s))).clamp(-1, 1)), "clips its actions"),
]


def fan_in(layer):
    return layer.in_features**-0.5


def ends(bound):
    """A start that draws evenly from minus to plus `bound(layer)`."""
    return lambda layer: draw(layer, bound(layer))


def each(initialise):
    """A start that draws weight and bias in another way."""
    return lambda layer: [initialise(p, fan_in(layer)) for p in layer.parameters()]


def new_tensors(layer):
    for name, p in list(layer.named_parameters()):
        numbers = (2 * torch.rand_like(p) - 1) * fan_in(layer)
        setattr(layer, name, nn.Parameter(numbers.detach()))


def dragging(layer):
    with torch.enable_grad():
        for p in layer.parameters():
            p.requires_grad_(False)
            p.add_(nn.Parameter(torch.rand_like(p)))


STARTS = [
    (ends(fan_in), "Right: weights and biases are drawn uniformly"),
    (nn.Linear.reset_parameters, "Right"),
    (new_tensors, "Right"),
    *EMPTY,
    (ends(lambda layer: ...), "still to be written"),
    (
        ends(lambda layer: layer.weight.size(0) ** -0.5),
        "1/√fan-out. A layer.weight has",
        "fan-out in place of fan-in",
    ),
    (ends(lambda layer: 1 / layer.in_features), "the root is missing"),
    (ends(lambda layer: layer.in_features), "ends at fan-in itself"),
    (ends(lambda layer: layer.out_features), "ends at fan-out itself"),
    (
        ends(lambda layer: (6 / sum(layer.weight.shape)) ** 0.5),
        "√(6/(inputs + outputs)); the paper",
    ),
    (ends(lambda layer: (6 / layer.in_features) ** 0.5), "√(6/fan-in); the paper"),
    (ends(lambda layer: 3e-3), "should end at 1/√400 = 0.0500, and ends at 0.0030"),
    (dragging, "drags a calculation along"),
    (
        lambda layer: nn.init.uniform_(layer.weight, -fan_in(layer), fan_in(layer)),
        "the bias was left as it was",
    ),
    (
        each(lambda p, end: nn.init.uniform_(p, -(p.shape[-1] ** -0.5), p.shape[-1] ** -0.5)),
        "the bias ends at 1/√fan-out",
    ),
    (each(lambda p, end: nn.init.uniform_(p, 0, end)), "on one side of 0"),
    (each(lambda p, end: nn.init.constant_(p, end)), "are all the same"),
    (each(lambda p, end: nn.init.normal_(p, 0, end)), "isn't drawn uniformly"),
]
ANSWERS = {check_actor: ACTORS, check_fan_in_start: STARTS}
