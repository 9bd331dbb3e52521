"""Checks of the numbers that a layer starts with."""

from collections.abc import Callable

import torch
from torch import nn

from helpers.checks.judging import check

SHAPES = [(400, 900), (900, 400), (100, 1_600)]  # (fan-in, fan-out)
UNTOUCHED = 7.0
RULES = {  # other ends of the range, by fan-in and fan-out
    "1/√fan-out. Fan-in counts the inputs; layer.weight has the shape (outputs, inputs).": (
        lambda i, o: o**-0.5
    ),
    "1/fan-in: the root is missing.": lambda i, o: 1 / i,
    "fan-in itself: the paper's range is ±1/√fan-in.": lambda i, o: i,
    "fan-out itself: the paper's range is ±1/√fan-in.": lambda i, o: o,
    "√(6/(inputs + outputs)), another rule: the paper takes 1/√fan-in.": (
        lambda i, o: (6 / (i + o)) ** 0.5
    ),
    "√(6/fan-in), another rule: the paper takes 1/√fan-in.": lambda i, o: (6 / i) ** 0.5,
}


@check
def check_fan_in_start(start: Callable) -> str | None:
    """weights and biases are drawn evenly from ±1/√fan-in, and fan-in is what goes in."""
    complaints = []
    for fan_in, fan_out in SHAPES:
        layer = nn.Linear(fan_in, fan_out)
        for p in layer.parameters():
            nn.init.constant_(p, UNTOUCHED)
        start(layer)
        if all((p == UNTOUCHED).all() for p in layer.parameters()):
            raise NotImplementedError
        if any(p.grad_fn for p in layer.parameters()):
            return "the layer drags a calculation along: put @torch.no_grad() above it."
        for name, p in layer.named_parameters():
            complaints.append(range_complaint(name, p.detach(), fan_in, fan_out))
    return next(filter(None, complaints), None)


def range_complaint(name: str, p: torch.Tensor, fan_in: int, fan_out: int) -> str | None:
    """What is wrong with the numbers of the weight or the bias of such a layer."""
    what = f"for a layer of {fan_in} inputs and {fan_out} outputs the {name}"
    largest, bound = p.abs().max().item(), fan_in**-0.5
    if (p == UNTOUCHED).all():
        return f"the {name} was left as it was: weight and bias are both to be drawn."
    if p.min() == p.max():
        return f"the numbers of the {name} are all the same: draw each one by chance."
    if p.min() >= 0 or p.max() <= 0:
        return f"the {name} lies on one side of 0: the range goes from −1/√fan-in to 1/√fan-in."
    spread = p.std().item() * 3**0.5  # of numbers drawn evenly, the end of their range
    if largest > 1.2 * spread:
        return f"{what} is not drawn evenly: use a uniform range, without a normal's long tails."
    if 0.97 * bound < largest <= bound * (1 + 1e-5):
        return None
    for words, rule in RULES.items():
        end = rule(fan_in, fan_out)
        if 0.97 * end < largest <= end * (1 + 1e-5):
            return f"{what} ends at {words}"
    return f"{what} should end at 1/√{fan_in} = {bound:.4f}, and ends at {largest:.4f}."
