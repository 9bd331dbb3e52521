"""Answers to the exercises of notebook 02."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from answers.shared import EMPTY, changed
from helpers.checks import check_actor, check_fan_in_start
from helpers.networks import Actor
from helpers.variants.ablations import ActorWithDefaultStart, ActorWithoutTanh
from helpers.variants.bugs import ActorWithFanOut


class MyActor(nn.Module):
    """The right answer."""

    def __init__(self, state_dim, action_dim):
        super().__init__()
        self.layer1 = nn.Linear(state_dim, 400)
        self.layer2 = nn.Linear(400, 300)
        self.layer3 = nn.Linear(300, action_dim)
        draw(self.layer3, 3e-3)

    def bend(self, x):
        return F.relu(x)

    def end(self, x):
        return torch.tanh(x)

    def last_number(self, s):
        return self.layer3(self.bend(self.layer2(self.bend(self.layer1(s)))))

    def forward(self, s):
        return self.end(self.last_number(s))


def draw(module, bound):
    """Draw all numbers of a layer or a network evenly from minus to plus `bound`."""
    for p in module.parameters():
        nn.init.uniform_(p, -bound, bound)


def in_a_row(state_dim, action_dim):
    """The right answer in another form."""
    mu = MyActor(state_dim, action_dim)
    relu = nn.ReLU(inplace=True)
    return nn.Sequential(mu.layer1, relu, mu.layer2, relu, mu.layer3, nn.Tanh())


class Backwards(MyActor):
    """The right answer, with its layers defined in another order."""

    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        layers = self.layer3, self.layer2, self.layer1
        del self.layer1, self.layer2, self.layer3
        self.layer3, self.layer2, self.layer1 = layers


def layers_of(*sizes):
    """An actor with hidden layers of other sizes, or none."""

    def make(state_dim, action_dim):
        widths, parts = [state_dim, *sizes, action_dim], []
        for inputs, outputs in pairwise(widths):
            parts += [nn.Linear(inputs, outputs), nn.ReLU()]
        draw(parts[-2], 3e-3)
        return nn.Sequential(*parts[:-1], nn.Tanh())

    return make


def started(change):
    """The right actor, whose start is then changed."""
    return changed(MyActor, __init__=change)


def giving(forward):
    """The right actor with another way from states to actions."""
    return changed(MyActor, forward=forward)


def bending(bend):
    """The right actor with something else in place of its ReLUs."""
    return changed(MyActor, bend=lambda mu, x: bend(x))


def ending(end):
    """The right actor with something else in place of its tanh."""
    return changed(MyActor, end=lambda mu, x: end(x))


def dotted(mu):
    del mu.layer3
    mu.layer3 = ...


def for_three_numbers(mu):
    mu.layer1 = nn.Linear(3, 400)


def for_two_actions(mu):
    mu.layer3 = nn.Linear(300, 2)
    draw(mu.layer3, 3e-3)


def unused(mu):
    mu.spare = nn.Parameter(torch.ones(1))


def skipping(mu, s):
    return mu.end(mu.layer3(mu.bend(mu.layer1(s))[..., :300]))


ACTORS = [
    (MyActor, "Right: your actor gives one row"),
    (Actor, "Right: your actor gives one row"),
    (in_a_row, "Right: your actor gives one row"),
    (Backwards, "Right: your actor gives one row"),
    (bending(lambda x: x.clamp(min=0)), "Right: "),
    (ending(lambda x: 2 * torch.sigmoid(2 * x) - 1), "Right: "),  # the tanh
    (giving(lambda mu, s: None), "forward gives nothing back"),
    (started(dotted), "a layer is still `...`"),
    (started(lambda mu: draw(mu, 3e-3)), "only the last layer should be made small"),
    (started(lambda mu: nn.init.uniform_(mu.layer3.weight, 0, 3e-3)), "from both sides of 0"),
    (started(lambda mu: nn.init.zeros_(mu.layer3.bias)), "from both sides of 0"),
    (started(lambda mu: draw(mu.layer3, 3e-4)), "should reach 0.003, but end at 0.0003"),
    (bending(lambda x: x), "no ReLU between its layers"),
    (bending(torch.sigmoid), "stands a sigmoid, where a ReLU"),
    (bending(torch.tanh), "stands a tanh, where a ReLU"),
    (bending(torch.abs), "stands an absolute value"),
    (bending(F.elu), "stands an ELU"),
    (bending(F.leaky_relu), "stands a leaky ReLU"),
    (bending(F.gelu), "stands a GELU"),
    (bending(torch.sin), "stands a sine"),
    (bending(lambda x: F.relu(-x)), "make the negative numbers 0, not the positive"),
    (bending(lambda x: F.relu(x) ** 2), "should be the ReLU of what the layer before it gives"),
    (
        giving(lambda mu, s: mu.end(mu.layer3(mu.layer2(mu.bend(mu.layer1(s)))))),
        "no ReLU between its layers",
    ),
    (
        giving(lambda mu, s: mu.end(mu.layer3(mu.bend(mu.layer2(mu.layer1(s)))))),
        "no ReLU between its layers",
    ),
    (giving(lambda mu, s: MyActor.forward(mu, mu.bend(s))), "take the state as it is"),
    (ending(lambda x: torch.tanh(F.relu(x))), "all its actions have one sign"),
    (ending(lambda x: F.relu(torch.tanh(x))), "all its actions have one sign"),
    (ending(lambda x: x), "lacks the tanh"),
    (ActorWithoutTanh, "lacks the tanh"),
    (ending(lambda x: x.clamp(-1, 1)), "clips its actions"),
    (ending(torch.sin), "a sine turns back"),
    (ending(F.softsign), "softsign isn't tanh"),
    (ending(lambda x: 2 * torch.tanh(x)), "its actions reach ±2"),
    (ending(lambda x: torch.tanh(torch.tanh(x))), "the tanh is applied twice"),
    (ending(lambda x: 2 * torch.sigmoid(x) - 1), "half as steep"),
    (ending(torch.sigmoid), "first actions should be close to 0"),
    (ending(torch.atan), "should be the tanh of what the last layer gives"),
    (layers_of(64), "uses 2 nn.Linear layers"),
    (layers_of(), "uses 1 nn.Linear layers"),
    (layers_of(300, 400), "have [300, 400] units, not [400, 300]"),
    (layers_of(400, 300, 300), "uses 4 nn.Linear layers"),
    (giving(skipping), "uses 2 nn.Linear layers"),
    (lambda states, actions: MyActor(states, 1), "should give actions (100, 2), not (100, 1)"),
    (
        giving(lambda mu, s: MyActor.forward(mu, torch.atleast_2d(s))),
        "(3,) should give actions (2,), not (1, 2)",
    ),
    (started(for_three_numbers), "it fits 3 state numbers only"),
    (started(for_two_actions), "or 2 actions only: use state_dim and action_dim"),
    (started(lambda mu: mu.layer3.reset_parameters()), "the last layer's weight should start"),
    (
        started(lambda mu: nn.init.ones_(mu.layer3.bias)),
        "last layer's bias should start in U(±0.003), but reaches 1.000",
    ),
    (ActorWithDefaultStart, "the last layer's weight should start"),
    (ending(lambda x: torch.tanh(torch.tanh(x) + 0.5)), "first actions should be close to 0"),
    (ActorWithFanOut, "that is its fan-out", "fan-out in place of fan-in"),
    (started(lambda mu: draw(mu.layer1, 1)), "fan-in 3 should start in U(±1/√3)"),
    (ending(lambda x: torch.tanh(x).detach()), "no gradient flows"),
    (started(unused), "no gradient reaches spare"),
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
