"""Checks of notebook 02: the learner's own actor, and how a layer's weights are initialised."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from helpers.checks.verdicts import check, first

WIDTHS = [400, 300]  # units of the hidden layers
NO_BEND = "there is no ReLU between its layers: without a bend, two layers are no more than one."
ONE_SIGN = "all its actions have one sign: is there a ReLU after the last layer?"
BENDS = [  # what may stand between two layers in place of a ReLU
    (lambda x: x, NO_BEND),
    *(
        (function, f"between its layers stands {name}, where a ReLU was expected.")
        for name, function in {
            "a sigmoid": torch.sigmoid,
            "a tanh": torch.tanh,
            "an absolute value": torch.abs,
            "an ELU": F.elu,
            "a leaky ReLU": F.leaky_relu,
            "a GELU": F.gelu,
            "a SiLU": F.silu,
            "a softplus": F.softplus,
            "a sine": torch.sin,
        }.items()
    ),
    (lambda x: F.relu(-x), "the ReLU should make the negative numbers 0, not the positive ones."),
]
ENDS = [  # what may stand at the end in place of a tanh
    (lambda x: x, "with larger weights its actions leave [-1, 1]: it lacks the tanh at the end."),
    (
        lambda x: x.clamp(-1, 1),
        "it clips its actions at ±1, where no gradient comes back: use tanh instead.",
    ),
    (lambda x: torch.tanh(F.relu(x)), ONE_SIGN),
    (F.relu, ONE_SIGN),
    (lambda x: 2 * torch.tanh(x), "its actions reach ±2: the actor answers in [-1, 1]."),
    (torch.sin, "a sine turns back where a larger number should mean a larger action: use tanh."),
    (lambda x: 2 * torch.sigmoid(x) - 1, "a stretched sigmoid is tanh(x / 2), half as steep."),
    (F.softsign, "softsign isn't tanh: it nears ±1 much more slowly."),
    (lambda x: torch.tanh(torch.tanh(x)), "the tanh is applied twice: ±1 is out of reach."),
]
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
    for states, expected in [(s, (100, 2)), (s[0], (2,))]:
        if (shape := tuple(mu(states).shape)) != expected:
            return f"states {tuple(states.shape)} should give actions {expected}, not {shape}."
    layers = [layer for layer, _, _ in trace(mu, s)]
    if (found := len({*layers})) != 3 or len(layers) != 3:
        return f"it uses {found} nn.Linear layers, where three were expected, each used once."
    if (widths := [layer.out_features for layer in layers[:-1]]) != WIDTHS:
        return f"its hidden layers have {widths} units, not {WIDTHS}."
    if not {(400, 5), (1, 300)} <= {tuple(p.shape) for p in actor(5, 1).parameters()}:
        return "it fits 3 state numbers only, or 2 actions only: use state_dim and action_dim."
    return (
        last_layer_complaint(mu, s, layers[-1])
        or first(map(hidden_layer_complaint, layers[:-1]))
        or gradient_complaint(mu, s)
        or bend_complaint(mu, s)
        or end_complaint(mu, s, layers[-1])
    )


@torch.no_grad()
def trace(mu: nn.Module, s: torch.Tensor) -> list[tuple[nn.Linear, torch.Tensor, torch.Tensor]]:
    """Each layer in the order in which they are used: what goes in, and what comes out."""
    seen = []

    def look(layer, inputs, output):
        seen.append((layer, inputs[0].clone(), output.clone()))

    layers = [layer for layer in mu.modules() if isinstance(layer, nn.Linear)]
    handles = [layer.register_forward_hook(look) for layer in layers]
    mu(s)
    for handle in handles:
        handle.remove()
    return seen


def last_layer_complaint(mu: nn.Module, s: torch.Tensor, last: nn.Linear) -> str | None:
    """What is wrong with the initial weights of the last layer."""
    for name, p in last.named_parameters():
        if (largest := p.abs().max().item()) > 3.01e-3:
            return f"the last layer's {name} should start in U(±0.003), but reaches {largest:.4f}."
    if last.weight.min() >= 0 or last.weight.max() <= 0 or not last.bias.any():
        return "the last layer's numbers should be drawn from both sides of 0, the bias too."
    if (largest := last.weight.abs().max().item()) < 2e-3:
        return f"the last layer's weights should reach 0.003, but end at {largest:.4f}."
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


def gradient_complaint(mu: nn.Module, s: torch.Tensor) -> str | None:
    """What keeps it from learning."""
    if not mu(s).requires_grad:
        return "no gradient flows through it: don't detach, and use only torch's functions."
    mu(s).sum().backward()
    for name, p in mu.named_parameters():
        if p.grad is None or not p.grad.any():
            return f"no gradient reaches {name}: is it used in forward?"
    return None


def bend_complaint(mu: nn.Module, s: torch.Tensor) -> str | None:
    """What else than a ReLU stands between two layers, or before the first."""
    (_, x, out), *others = trace(mu, s)
    if not torch.equal(x, s):
        return "the first layer should take the state as it is."
    for _, x, next_out in others:
        if not torch.allclose(x, F.relu(out), atol=1e-6):
            return named(x, out, BENDS) or (
                "what goes into a layer should be the ReLU of what the layer before it gives."
            )
        out = next_out
    return None


@torch.no_grad()
def end_complaint(mu: nn.Module, s: torch.Tensor, last: nn.Linear) -> str | None:
    """What else than a tanh stands at the end; seen once the last layer has grown."""
    for p in last.parameters():
        p *= 300
    _, _, out = trace(mu, s)[-1]
    if torch.allclose(action := mu(s), torch.tanh(out), atol=1e-5):
        return None
    return named(action, out, ENDS) or (
        "its action should be the tanh of what the last layer gives, and nothing else."
    )


def named(y: torch.Tensor, x: torch.Tensor, functions: Sequence[tuple]) -> str | None:
    """The words for the function that makes y of x, if it is one of these."""
    found = [words for function, words in functions if torch.allclose(function(x), y, atol=1e-5)]
    return found[0] if found else None


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
