"""Checks of what is asked of critics."""

from collections.abc import Callable

import torch
from torch import nn

from helpers.checks.judging import check, given

HINTS = {  # words of PyTorch's errors, and what a learner can do
    "can be implicitly created only for scalar": (
        "a gradient belongs to a single number: make one of all the values first."
    ),
    "does not require grad": (
        "nothing there can be asked for its gradient: make a tensor of your own, a.clone(), call "
        "requires_grad_() on it before you ask the critic, and do not detach what it answers."
    ),
    "to not have been used": (
        "the tensor whose gradient you ask for is not the one that you gave to the critic."
    ),
    "cannot be converted to Scalar": (
        "an action may have several numbers, here 2, so a row's slope is not always one number."
    ),
}


class Hill(nn.Module):
    """A critic whose slopes are known: Q = -|w (a - b s)|^2 has its top at a = b s."""

    def __init__(self):
        super().__init__()
        self.b, self.w = nn.Parameter(torch.tensor(0.5)), nn.Parameter(torch.tensor([1.0, 2.0]))

    def forward(self, s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """The value, (N, 1), of states (N, 3) and actions (N, 2)."""
        return -(self.w * (a - self.b * s[:, :2])).square().sum(dim=1, keepdim=True)

    def slope(self, s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """The slope of the value along each action, (N, 2)."""
        return (-2 * self.w.square() * (a - self.b * s[:, :2])).detach()


@check
def check_q_slope(q_slope: Callable) -> str | None:
    """your function gives the slope of Q along the action, row by row."""
    n, critic = 5, Hill()
    numbers = torch.Generator().manual_seed(0)
    s = torch.randn(n, 3, generator=numbers)
    a = 2 * torch.rand(n, 2, generator=numbers) - 1
    expected, unchanged = critic.slope(s, a), a.clone()
    try:
        slope = given(q_slope(critic, s, a))
        again = q_slope(critic, s, a)
    except (RuntimeError, TypeError) as error:
        hints = [hint for words, hint in HINTS.items() if words in str(error)]
        if not hints:
            raise
        return hints[0]
    wrong = complaint(slope, expected, n) or aftermath(again, expected, critic)
    if wrong is None and (a.requires_grad or not torch.equal(a, unchanged)):
        return "the slopes are right, but the actions you were given were changed: clone them."
    return wrong


def complaint(slope: object, expected: torch.Tensor, n: int) -> str | None:
    """What is wrong with the slopes of n states of 3 numbers, with actions of 2."""
    if not isinstance(slope, torch.Tensor):
        return f"it gives a {type(slope).__name__}, not a tensor."
    shape = tuple(slope.shape)
    if shape == (n, 3):
        return "that is the slope along the state: ask for the gradient with respect to a."
    if shape == (n,):
        return f"its shape is ({n},): keep the slopes in the shape of a, one row for each state."
    if shape != (n, 2):
        return f"for {n} actions of 2 numbers its shape is {shape}, not ({n}, 2)."
    slope = slope.detach()
    if torch.allclose(slope, expected, atol=1e-5):
        return None
    if torch.allclose(slope, expected / n, atol=1e-5):
        return f"all slopes are {n} times too small, for {n} rows: take the sum, not the mean."
    if torch.allclose(slope, -expected, atol=1e-5):
        return "the sign is wrong: uphill is where Q grows; the minus of a loss comes later."
    if (slope == 0).all():
        return "all slopes are 0: the critic must get the actions themselves, not 0 in their place."
    if torch.allclose(slope[0], expected[0], atol=1e-5) and (slope[1:] == 0).all():
        return "only the first row has its slope: make one number of the values of all rows."
    return "the slopes differ from what a small step to both sides gives."


def aftermath(again: torch.Tensor, expected: torch.Tensor, critic: nn.Module) -> str | None:
    """What a second call with the same batch gives away."""
    if not torch.allclose(again.detach(), expected, atol=1e-5):
        return (
            "a second call with the same actions gives something else: backward() adds to a.grad. "
            "Use a tensor of your own, or torch.autograd.grad."
        )
    if any(parameter.grad is not None for parameter in critic.parameters()):
        return (
            "the slopes are right, but backward() has filled the critic's own gradients too: "
            "torch.autograd.grad leaves them alone."
        )
    return None
