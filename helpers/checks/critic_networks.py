"""Checks of critic networks."""

import torch
from torch import nn

from helpers.checks.judging import check, given

N, STATE_DIM, ACTION_DIM = 50, 3, 2


@check
def check_critic(critic: type) -> str | None:
    """your critic gives one value a row, of state and action together, of any size."""
    q = critic(STATE_DIM, ACTION_DIM)
    s, a = torch.randn(N, STATE_DIM), 2 * torch.rand(N, ACTION_DIM) - 1
    if any(part is ... for part in vars(q).values()):
        raise NotImplementedError
    if not isinstance(given(q(s, a)), torch.Tensor):
        return f"it gives a {type(q(s, a)).__name__}, not a tensor."
    return (
        shape_complaint(q, s, a)
        or start_complaint(q, s, a)
        or meeting_complaint(q, s, a)
        or slope_complaint(q, s, a)
        or range_complaint(q, s, a)
    )


def shape_complaint(q: nn.Module, s: torch.Tensor, a: torch.Tensor) -> str | None:
    """What is wrong with the shape of the values, or with that of the first layer."""
    shape = tuple(q(s, a).shape)
    if shape == (N,):
        return (
            f"its values have the shape ({N},): keep the column, ({N}, 1), or they meet ({N}, 1)."
        )
    if shape != (N, 1):
        return f"{N} pairs of state and action should give values ({N}, 1), not {shape}."
    layers = [layer for layer in q.modules() if isinstance(layer, nn.Linear)]
    if not layers:
        return "it has no nn.Linear layer."
    wanted = STATE_DIM + ACTION_DIM
    if (found := layers[0].in_features) != wanted:
        return (
            f"its first layer takes {found} numbers: state and action together are {wanted} here."
        )
    return None


@torch.no_grad()
def start_complaint(q: nn.Module, s: torch.Tensor, a: torch.Tensor) -> str | None:
    """Whether its first values are near 0."""
    if (largest := q(s, a).abs().max().item()) > 0.1:
        return (
            f"one of its first values is {largest:.2f}: start the last layer in U(±0.003), so that "
            "all of them are near 0."
        )
    return None


@torch.no_grad()
def meeting_complaint(q: nn.Module, s: torch.Tensor, a: torch.Tensor) -> str | None:
    """Whether the value hangs on the state, on the action, and on how they go together."""
    values, none = q(s, a), torch.zeros_like
    size = values.std()
    if torch.allclose(values, q(s, none(a)), atol=1e-9):
        return "the action changes nothing: it has to go into a layer."
    if torch.allclose(values, q(none(s), a), atol=1e-9):
        return "the state changes nothing: it has to go into a layer."
    *hidden, last = [x.min() < 0 for x in reaching_the_layers(q, s, a)[1:]]
    if last:
        return "there are negative numbers before the last layer: ReLU after the one before, too."
    if any(hidden):
        return "there are negative numbers between the layers: ReLU after the first one, too."
    together = values - q(s, none(a)) - q(none(s), a) + q(none(s), none(a))
    if together.abs().max() < 1e-3 * size:
        return (
            "the best action is the same in every state: state and action must meet before a ReLU."
        )
    return None


def reaching_the_layers(q: nn.Module, s: torch.Tensor, a: torch.Tensor) -> list[torch.Tensor]:
    """What goes into each layer, in the order in which they are called."""
    layers, seen = [layer for layer in q.modules() if isinstance(layer, nn.Linear)], []
    hook = lambda layer, inputs: seen.append(inputs[0])  # noqa: E731
    handles = [layer.register_forward_pre_hook(hook) for layer in layers]
    q(s, a)
    for handle in handles:
        handle.remove()
    return seen


def slope_complaint(q: nn.Module, s: torch.Tensor, a: torch.Tensor) -> str | None:
    """Whether the actor could learn from it."""
    a = a.clone().requires_grad_()
    values = q(s, a)
    if not values.requires_grad:
        return "no gradient flows through it: do not detach, and keep to torch's functions."
    (slope,) = torch.autograd.grad(values.sum(), a, allow_unused=True)
    if slope is None or not slope.any():
        return "no gradient reaches the action, and the actor lives on that: do not detach it."
    return None


@torch.no_grad()
def range_complaint(q: nn.Module, s: torch.Tensor, a: torch.Tensor) -> str | None:
    """Whether its values can be any number, once the last layer has grown."""
    last = [layer for layer in q.modules() if isinstance(layer, nn.Linear)][-1]
    for p in last.parameters():
        p *= 1e6
    values = q(s, a)
    if values.abs().max() <= 1:
        return "its values cannot leave [-1, 1]: a value may be −300, so nothing squashes it."
    for p in last.parameters():
        p *= -1
    if (values >= 0).all() and (q(s, a) >= 0).all():
        return "its values are never negative: no ReLU after the last layer."
    return None
