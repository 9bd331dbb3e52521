"""Checks of actor networks."""

import copy

import torch
from torch import nn

from helpers.checks.judging import check


@check
def check_actor(actor: type) -> str | None:
    """your actor gives one row of actions a state, all inside [-1, 1], and starts as it should."""
    mu, s = actor(3, 2), torch.randn(100, 3)
    if any(part is ... for part in vars(mu).values()):
        return "a layer is still `...`: put an nn.Linear there."
    if mu(s) is None:
        return "forward gives nothing back: is its `return` missing?"
    layers = [layer for layer in mu.modules() if isinstance(layer, nn.Linear)]
    if len(layers) < 2:
        return f"it has {len(layers)} nn.Linear layers, where at least two were expected."
    return (
        shape_complaint(mu, s)
        or start_complaint(mu, s, layers)
        or learning_complaint(mu, s)
        or range_complaint(mu, s, layers[-1])
        or size_complaint(layers)
    )


def shape_complaint(mu: nn.Module, s: torch.Tensor) -> str | None:
    """What is wrong with the shapes, for states (100, 3) and actions of 2 numbers."""
    for states, expected in [(s, (100, 2)), (s[0], (2,))]:
        if (shape := tuple(mu(states).shape)) != expected:
            return f"states {tuple(states.shape)} should give actions {expected}, not {shape}."
    return None


def start_complaint(mu: nn.Module, s: torch.Tensor, layers: list[nn.Linear]) -> str | None:
    """What is wrong with the weights that it starts with."""
    *hidden, last = layers
    for name, p in last.named_parameters():
        if (largest := p.abs().max().item()) > 3.01e-3:
            return f"the last layer's {name} should start in U(±0.003), but reaches {largest:.3f}."
    if last.weight.min() >= 0 or last.weight.max() <= 0 or not last.bias.any():
        return "the last layer's numbers should be drawn from both sides of 0, the bias too."
    if mu(s).abs().max() > 0.1:
        return "its first actions should be close to 0, but one is larger than 0.1."
    for layer in hidden:
        out, fan_in = layer.weight.shape  # a layer's weights are (fan-out, fan-in)
        largest = layer.weight.abs().max().item()
        if largest < 3.01e-3:
            return "only the last layer should be made small: the others keep PyTorch's start."
        if largest > 1.01 * fan_in**-0.5 or largest < 0.8 * fan_in**-0.5:
            word = " (that is its fan-out)" if 0.8 < largest * out**0.5 < 1.01 else ""
            return (
                f"a layer with fan-in {fan_in} should start in U(±1/√{fan_in}), but its weights "
                f"end at {largest:.3f}, which is 1/√{largest**-2:.0f}{word}."
            )
    return None


def learning_complaint(mu: nn.Module, s: torch.Tensor) -> str | None:
    """What keeps it from learning, or from learning more than straight lines."""
    if (mu(s) >= 0).all() or (mu(s) <= 0).all():
        return "all its actions have one sign: is there a ReLU after the last layer?"
    odd = copy.deepcopy(mu)  # without biases only a ReLU tells a state from its opposite
    for layer in odd.modules():
        if isinstance(layer, nn.Linear):
            nn.init.zeros_(layer.bias)
    if (odd(s) + odd(-s)).abs().max() < 0.01 * odd(s).abs().max():
        return (
            "without a ReLU between its layers they are no more than one: with the biases at 0, "
            "opposite states get opposite actions."
        )
    if not mu(s).requires_grad:
        return "no gradient flows through it: do not detach, and keep to torch's functions."
    mu(s).sum().backward()
    for name, p in mu.named_parameters():
        if p.grad is None or not p.grad.any():
            return f"no gradient reaches {name}: is it used in forward?"
    return None


@torch.no_grad()
def range_complaint(mu: nn.Module, s: torch.Tensor, last: nn.Linear) -> str | None:
    """Whether its actions leave [-1, 1], or are cut off there, once the last layer has grown."""
    for _ in range(40):
        if mu(s).abs().max() > 0.9:
            break
        for p in last.parameters():
            p *= 2
    for p in last.parameters():
        p *= 2  # a tanh was below 0.995 before, and is still below 1
    largest = mu(s).abs().max()
    if largest > 1:
        return "with larger weights its actions leave [-1, 1]: it lacks the tanh at the end."
    if largest == 1:
        return "it cuts its actions off at ±1, where no gradient comes back: use tanh instead."
    return None


def size_complaint(layers: list[nn.Linear]) -> str | None:
    """Whether it has the one hidden layer of 64 units that was asked for."""
    widths = [layer.out_features for layer in layers[:-1]]
    return None if widths == [64] else f"its hidden layers have {widths} units, not one of 64."
