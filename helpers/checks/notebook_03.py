"""Checks of notebook 03: the gradient of Q along the action, and the learner's own critic."""

from collections.abc import Callable

import torch
from torch import nn

from helpers.checks.verdicts import check, given, mistake, tensor_complaint

ROWS, N, STATE_DIM, ACTION_DIM = 5, 50, 3, 2
HINTS = {  # words of PyTorch's errors, and what a learner can do
    "only for scalar": "a gradient belongs to one number: make one of all the values first.",
    "does not require grad": (
        "nothing there can be asked for its gradient: make a tensor of your own, a.clone(), call "
        "requires_grad_() on it before you ask the critic, and don't detach what it answers."
    ),
    "to not have been used": "the tensor that you ask about isn't the one you gave to the critic.",
    "converted to Scalar": "an action may have several numbers, so a row's slope isn't one number.",
}
SLOPE_SHAPES = {  # wrong ones, and what else to say about them
    (ROWS, STATE_DIM): ": that is the slope along the state, so ask for that along a",
    (ROWS,): ": keep the slopes in the shape of a, one row for each state",
}
VALUE_SHAPES = {(N,): ": keep the column, or (N,) meets (N, 1)"}


class Hill(nn.Module):
    """A critic whose gradient is known: Q = -|w (a - b s)|^2 has its top at a = b s."""

    def __init__(self):
        super().__init__()
        self.b, self.w = nn.Parameter(torch.tensor(0.5)), nn.Parameter(torch.tensor([1.0, 2.0]))

    def forward(self, s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """The value, (N, 1), of states (N, 3) and actions (N, 2)."""
        return -(self.w * (a - self.b * s[:, :2])).square().sum(dim=1, keepdim=True)

    def slope(self, s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """The gradient of the value with respect to each action, (N, 2)."""
        return (-2 * self.w.square() * (a - self.b * s[:, :2])).detach()


@check
def check_q_slope(q_slope: Callable) -> str | None:
    """your function gives the slope of Q along the action, row by row."""
    critic, s, a = Hill(), torch.randn(ROWS, 3), 2 * torch.rand(ROWS, 2) - 1
    right, unchanged = critic.slope(s, a), a.clone()
    try:
        slope = given(q_slope(critic, s, a))
        again = q_slope(critic, s, a)
    except (RuntimeError, TypeError) as error:
        hints = [hint for words, hint in HINTS.items() if words in str(error)]
        if not hints:
            raise
        return hints[0]
    if complaint := tensor_complaint(slope, (ROWS, 2), "the answer", SLOPE_SHAPES):
        return complaint
    if not torch.allclose(slope.detach(), right, atol=1e-5):
        only_first = torch.zeros_like(right)
        only_first[0] = right[0]
        usual = [
            (right / ROWS, "all slopes are 5 times too small, for 5 rows: sum, don't average."),
            (
                -right,
                "the sign is wrong: uphill is where Q grows; the minus of a loss comes later.",
            ),
            (0 * right, "all slopes are 0: the critic must get the actions themselves, not 0."),
            (only_first, "only the first row has its slope: sum the values of all rows first."),
        ]
        words = "the slopes differ from what a small step to both sides gives."
        return mistake(slope.detach(), usual, words)
    if not torch.allclose(again.detach(), right, atol=1e-5):
        return "a second call gives something else: backward() adds to a.grad, so clone a first."
    if any(parameter.grad is not None for parameter in critic.parameters()):
        return "backward() has filled the critic's own gradients too: use torch.autograd.grad."
    if a.requires_grad or not torch.equal(a, unchanged):
        return "the slopes are right, but the actions you were given were changed: clone them."
    return None


@check
def check_critic(critic: type) -> str | None:
    """your critic gives one value a row, of state and action together, of any size."""
    q = critic(STATE_DIM, ACTION_DIM)
    s, a = torch.randn(N, STATE_DIM), 2 * torch.rand(N, ACTION_DIM) - 1
    if any(part is ... for part in vars(q).values()):
        raise NotImplementedError
    layers = [layer for layer in q.modules() if isinstance(layer, nn.Linear)]
    return (
        tensor_complaint(given(q(s, a)), (N, 1), f"for {N} pairs the answer", VALUE_SHAPES)
        or start_complaint(q(s, a), layers)
        or meeting_complaint(q, s, a, layers)
        or slope_complaint(q, s, a)
        or range_complaint(q, s, a, layers[-1])
    )


def start_complaint(values: torch.Tensor, layers: list[nn.Linear]) -> str | None:
    """Whether its first layer takes state and action, and its first values are near 0."""
    if not layers:
        return "it has no nn.Linear layer."
    if (found := layers[0].in_features) != STATE_DIM + ACTION_DIM:
        return f"its first layer takes {found} numbers: state and action together are 5 here."
    if (largest := values.abs().max().item()) > 0.1:
        return f"one of its first values is {largest:.2f}: start the last layer in U(±0.003)."
    return None


@torch.no_grad()
def meeting_complaint(q: nn.Module, s, a, layers: list[nn.Linear]) -> str | None:
    """Whether the value depends on the state, on the action, and on their combination."""
    values, no_s, no_a = q(s, a), torch.zeros_like(s), torch.zeros_like(a)
    if torch.allclose(values, q(s, no_a), atol=1e-9):
        return "the action changes nothing: it has to go into a layer."
    if torch.allclose(values, q(no_s, a), atol=1e-9):
        return "the state changes nothing: it has to go into a layer."
    *hidden, last = [x.min() < 0 for x in reaching(layers, q, s, a)[1:]]
    if last:
        return "there are negative numbers before the last layer: ReLU after the one before, too."
    if any(hidden):
        return "there are negative numbers between the layers: ReLU after the first one, too."
    together = values - q(s, no_a) - q(no_s, a) + q(no_s, no_a)
    if together.abs().max() < 1e-3 * values.std():
        return "the best action is the same in every state: both must meet before a ReLU."
    return None


def reaching(layers: list[nn.Linear], q: nn.Module, s, a) -> list[torch.Tensor]:
    """What goes into each layer, in the order in which they are called."""
    seen = []
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
        return "no gradient flows through it: don't detach, and use only torch's functions."
    (slope,) = torch.autograd.grad(values.sum(), a, allow_unused=True)
    if slope is None or not slope.any():
        return "no gradient reaches the action, and the actor lives on that: don't detach it."
    return None


@torch.no_grad()
def range_complaint(q: nn.Module, s, a, last: nn.Linear) -> str | None:
    """Whether its values can be any number, once the last layer has grown."""
    for p in last.parameters():
        p *= 1e6
    values = q(s, a)
    if values.abs().max() <= 1:
        return "its values can't leave [-1, 1]: a value may be −300, so nothing squashes it."
    for p in last.parameters():
        p *= -1
    if (values >= 0).all() and (q(s, a) >= 0).all():
        return "its values are never negative: no ReLU after the last layer."
    return None
