"""Checks of notebook 02: the learner's own actor, and how a layer's weights are initialised."""

import copy
from collections.abc import Callable

import torch
from torch import nn

from helpers.checks.verdicts import check, first

SHAPES = [(400, 900), (900, 400), (100, 1_600)]  # (fan-in, fan-out)
UNTOUCHED = 7.0
RULES = [  # other ends of the range, by fan-in and fan-out
    (lambda i, o: o**-0.5, "1/√fan-out. A layer.weight has the shape (outputs, inputs)."),
    (lambda i, o: 1 / i, "1/fan-in: the root is missing."),
    (lambda i, o: i, "fan-in itself: the paper's range is ±1/√fan-in."),
    (lambda i, o: o, "fan-out itself: the paper's range is ±1/√fan-in."),
    (lambda i, o: (6 / (i + o)) ** 0.5, "√(6/(inputs + outputs)); the paper takes 1/√fan-in."),
    (lambda i, o: (6 / i) ** 0.5, "√(6/fan-in); the paper takes 1/√fan-in."),
]


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
    for states, expected in [(s, (100, 2)), (s[0], (2,))]:
        if (shape := tuple(mu(states).shape)) != expected:
            return f"states {tuple(states.shape)} should give actions {expected}, not {shape}."
    widths = [layer.out_features for layer in layers[:-1]]
    return (
        last_layer_complaint(mu, s, layers[-1])
        or first(map(hidden_layer_complaint, layers[:-1]))
        or learning_complaint(mu, s)
        or range_complaint(mu, s, layers[-1])
        or (f"its hidden layers have {widths} units, not one of 64." if widths != [64] else None)
    )


def last_layer_complaint(mu: nn.Module, s: torch.Tensor, last: nn.Linear) -> str | None:
    """What is wrong with the initial weights of the last layer."""
    for name, p in last.named_parameters():
        if (largest := p.abs().max().item()) > 3.01e-3:
            return f"the last layer's {name} should start in U(±0.003), but reaches {largest:.3f}."
    if last.weight.min() >= 0 or last.weight.max() <= 0 or not last.bias.any():
        return "the last layer's numbers should be drawn from both sides of 0, the bias too."
    if mu(s).abs().max() > 0.1:
        return "its first actions should be close to 0, but one is larger than 0.1."
    return None


def hidden_layer_complaint(layer: nn.Linear) -> str | None:
    """What is wrong with the initial weights of another layer."""
    out, fan_in = layer.weight.shape  # a layer's weights are (fan-out, fan-in)
    largest = layer.weight.abs().max().item()
    if largest < 3.01e-3:
        return "only the last layer should be made small: the others keep PyTorch's start."
    if 0.8 * fan_in**-0.5 <= largest <= 1.01 * fan_in**-0.5:
        return None
    word = " (that is its fan-out)" if 0.8 < largest * out**0.5 < 1.01 else ""
    return (
        f"a layer with fan-in {fan_in} should start in U(±1/√{fan_in}), but its weights "
        f"end at {largest:.3f}, which is 1/√{largest**-2:.0f}{word}."
    )


def learning_complaint(mu: nn.Module, s: torch.Tensor) -> str | None:
    """What keeps it from learning, or from learning anything but a linear function."""
    if (mu(s) >= 0).all() or (mu(s) <= 0).all():
        return "all its actions have one sign: is there a ReLU after the last layer?"
    odd = copy.deepcopy(mu)  # without biases only a ReLU tells a state from its opposite
    for layer in odd.modules():
        if isinstance(layer, nn.Linear):
            nn.init.zeros_(layer.bias)
    if (odd(s) + odd(-s)).abs().max() < 0.01 * odd(s).abs().max():
        return "without a ReLU between its layers, opposite states get opposite actions: add one."
    if not mu(s).requires_grad:
        return "no gradient flows through it: don't detach, and use only torch's functions."
    mu(s).sum().backward()
    for name, p in mu.named_parameters():
        if p.grad is None or not p.grad.any():
            return f"no gradient reaches {name}: is it used in forward?"
    return None


@torch.no_grad()
def range_complaint(mu: nn.Module, s: torch.Tensor, last: nn.Linear) -> str | None:
    """Whether its actions leave [-1, 1], or are clipped there, once the last layer has grown."""
    for _ in range(40):
        large = mu(s).abs().max() > 0.9
        for p in last.parameters():
            p *= 2  # a tanh was below 0.995 before the last time, and is still below 1
        if large:
            break
    largest = mu(s).abs().max()
    if largest > 1:
        return "with larger weights its actions leave [-1, 1]: it lacks the tanh at the end."
    if largest == 1:
        return "it clips its actions at ±1, where no gradient comes back: use tanh instead."
    return None


@check
def check_fan_in_start(start: Callable) -> str | None:
    """weights and biases are drawn uniformly from ±1/√fan-in, and fan-in is what goes in."""
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
            complaints.append(numbers_complaint(name, p.detach(), fan_in, fan_out))
    return first(complaints)


def numbers_complaint(name: str, p: torch.Tensor, fan_in: int, fan_out: int) -> str | None:
    """What is wrong with the numbers of the weight or the bias of such a layer."""
    what = f"for a layer of {fan_in} inputs and {fan_out} outputs the {name}"
    largest, bound = p.abs().max().item(), fan_in**-0.5
    if (p == UNTOUCHED).all():
        return f"the {name} was left as it was: weight and bias are both to be drawn."
    if p.min() == p.max():
        return f"the numbers of the {name} are all the same: draw each one at random."
    if p.min() >= 0 or p.max() <= 0:
        return f"the {name} lies on one side of 0: the range goes from −1/√fan-in to 1/√fan-in."
    spread = p.std().item() * 3**0.5  # of a uniform distribution, the end of its range
    if largest > 1.2 * spread:
        return f"{what} isn't drawn uniformly: use a uniform range, without a normal's long tails."
    if 0.97 * bound < largest <= bound * (1 + 1e-5):
        return None
    for rule, words in RULES:
        end = rule(fan_in, fan_out)
        if 0.97 * end < largest <= end * (1 + 1e-5):
            return f"{what} ends at {words}"
    return f"{what} should end at 1/√{fan_in} = {bound:.4f}, and ends at {largest:.4f}."
