"""Checks of actor networks."""

import torch
from torch import nn

from helpers.checks.judging import check


@check
def check_actor(actor: type) -> str | None:
    """your actor gives one row of actions a state, all inside [-1, 1], and starts as it should."""
    with torch.random.fork_rng(devices=[]):  # leave the global generator as it was
        torch.manual_seed(0)
        mu, s = actor(3, 2), torch.randn(100, 3)
        if mu(s) is None:
            raise NotImplementedError
        layers = [layer for layer in mu.modules() if isinstance(layer, nn.Linear)]
        if len(layers) < 2:
            return f"it has {len(layers)} nn.Linear layers, where at least two were expected."
        return (
            shape_complaint(mu, s)
            or start_complaint(mu, s, layers)
            or learning_complaint(mu, s)
            or range_complaint(mu, s, layers[-1])
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
    largest = max(p.abs().max().item() for p in last.parameters())
    if largest > 3.01e-3:
        return (
            f"the last layer should start in U(±0.003), but holds a weight of size {largest:.3f}."
        )
    if mu(s).abs().max() > 0.1:
        return "its first actions should be close to 0, but one is larger than 0.1."
    for layer in hidden:
        out, fan_in = layer.weight.shape  # a layer's weights are (fan-out, fan-in)
        largest = layer.weight.abs().max().item()
        if largest > 1.01 * fan_in**-0.5 or largest < 0.8 * fan_in**-0.5:
            word = " (that is its fan-out)" if 0.8 < largest * out**0.5 < 1.01 else ""
            return (
                f"a layer with fan-in {fan_in} should start in U(±1/√{fan_in}), but its weights "
                f"end at {largest:.3f}, which is 1/√{largest**-2:.0f}{word}."
            )
    return None


def learning_complaint(mu: nn.Module, s: torch.Tensor) -> str | None:
    """What keeps it from learning, or from learning more than straight lines."""
    even, odd = mu(s) + mu(-s) - 2 * mu(0 * s), mu(s) - mu(-s)  # a linear network has no even part
    if even.abs().max() < 0.01 * odd.abs().max():
        return "without a ReLU between them, its layers are together no more than one linear layer."
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
