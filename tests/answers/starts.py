"""Answers to the exercise on the numbers that a layer starts with."""

import torch
from torch import nn

from helpers.checks import check_fan_in_start


def ends(bound):
    """A start that draws evenly from minus to plus `bound(layer)`."""

    def start(layer):
        for p in layer.parameters():
            nn.init.uniform_(p, -bound(layer), bound(layer))

    start.__name__ = bound.__name__
    return start


def fan_in(layer):
    return layer.in_features**-0.5


def fan_out(layer):
    return layer.weight.size(0) ** -0.5


def no_root(layer):
    return 1 / layer.in_features


def itself(layer):
    return layer.in_features


def outputs(layer):
    return layer.out_features


def glorot(layer):
    return (6 / sum(layer.weight.shape)) ** 0.5


def he(layer):
    return (6 / layer.in_features) ** 0.5


def small(layer):
    return 3e-3


def library(layer):
    layer.reset_parameters()


@torch.no_grad()
def in_place(layer):
    bound = layer.weight.shape[1] ** -0.5
    layer.weight.uniform_(-bound, bound)
    layer.bias.uniform_(-bound, bound)


def new_tensors(layer):
    for name, p in list(layer.named_parameters()):
        numbers = (2 * torch.rand_like(p) - 1) * fan_in(layer)
        setattr(layer, name, nn.Parameter(numbers.detach()))


def dragging(layer):
    for name, p in list(layer.named_parameters()):
        delattr(layer, name)
        layer.register_parameter(name, nn.Parameter(torch.zeros_like(p)))
    with torch.enable_grad():
        for p in layer.parameters():
            p.requires_grad_(False)
            p.add_(nn.Parameter(torch.rand_like(p)))


def nothing(layer):
    pass


def dots(layer):
    bound = ...
    nn.init.uniform_(layer.weight, -bound, bound)


def weight_alone(layer):
    nn.init.uniform_(layer.weight, -fan_in(layer), fan_in(layer))


def own_size(layer):
    for p in layer.parameters():
        bound = p.shape[-1] ** -0.5  # of a bias that is its fan-out
        nn.init.uniform_(p, -bound, bound)


def one_sided(layer):
    for p in layer.parameters():
        nn.init.uniform_(p, 0, fan_in(layer))


def constant(layer):
    for p in layer.parameters():
        nn.init.constant_(p, fan_in(layer))


def normal(layer):
    for p in layer.parameters():
        nn.init.normal_(p, 0, fan_in(layer))


ROWS = [
    (ends(fan_in), "Right: weights and biases are drawn evenly"),
    (library, "Right"),
    (in_place, "Right"),
    (new_tensors, "Right"),
    (nothing, "still to be written"),
    (dots, "still to be written"),
    (ends(fan_out), "1/√fan-out. Fan-in counts the inputs", "fan-out in place of fan-in"),
    (ends(no_root), "the root is missing"),
    (ends(itself), "ends at fan-in itself"),
    (ends(outputs), "ends at fan-out itself"),
    (ends(glorot), "√(6/(inputs + outputs)), another rule"),
    (ends(he), "√(6/fan-in), another rule"),
    (ends(small), "should end at 1/√400 = 0.0500, and ends at 0.0030"),
    (dragging, "drags a calculation along"),
    (weight_alone, "the bias was left as it was"),
    (own_size, "the bias ends at 1/√fan-out"),
    (one_sided, "on one side of 0"),
    (constant, "are all the same"),
    (normal, "is not drawn evenly"),
]
ANSWERS = [(check_fan_in_start, *row) for row in ROWS]
