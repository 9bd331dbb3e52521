"""Checks of the actor's update."""

from collections.abc import Callable

import torch
from torch import nn

from helpers.checks.judging import check
from helpers.networks import Actor, Critic


def networks() -> tuple[nn.Module, nn.Module, torch.Tensor]:
    """A small problem in double precision: mu, q, and 6 states; 2 numbers of state, 2 of action."""
    with torch.random.fork_rng(devices=[]):  # leave the global generator as it was
        torch.manual_seed(0)
        mu, q = Actor(2, 2).double(), Critic(2, 2).double()
        for network in (mu, q):
            nn.init.uniform_(network.layer3.weight, -0.5, 0.5)  # slopes worth comparing
        return mu, q, torch.randn(6, 2).double()


def climb(mu: nn.Module, q: nn.Module, s: torch.Tensor, of: str = "a") -> list[torch.Tensor]:
    """The gradient of J, by the chain rule; with the slope along s, or 1, for the wrong answers."""
    a, s = mu(s), s.clone().requires_grad_()
    at = a.detach().requires_grad_()
    slopes = dict(zip("as", torch.autograd.grad(q(s, at).sum(), [at, s]), strict=True))
    slope = slopes.get(of, torch.ones_like(a)) / len(s)
    return [*torch.autograd.grad(a, [*mu.parameters()], grad_outputs=slope)]


@check
def check_policy_gradient(policy_gradient: Callable) -> str | None:
    """your policy gradient is that of J, and the critic's weights were left alone."""
    mu, q, s = networks()
    answer = policy_gradient(mu, q, s)
    if answer is None or answer is ...:
        raise NotImplementedError
    right = climb(mu, q, s)
    if isinstance(answer, torch.Tensor) or len(answer) != len(right):
        return f"it should give {len(right)} tensors, one for each parameter of mu."
    for mine, parameter in zip(answer, mu.parameters(), strict=True):
        if not isinstance(mine, torch.Tensor) or mine.shape != parameter.shape:
            return f"a gradient has the shape of its parameter, here {tuple(parameter.shape)}."
    if any(p.grad is not None for p in q.parameters()):
        return (
            "the critic's .grad is filled: ask for the gradients you want, as autograd.grad does."
        )
    return wrong_answer(answer, right, mu, q, s)


def wrong_answer(answer, right: list[torch.Tensor], *problem) -> str | None:
    """Which of the likely mistakes the answer is, or None if it is right."""

    def same(other: list[torch.Tensor], factor: float = 1.0) -> bool:
        pairs = zip(answer, other, strict=True)
        return all(torch.allclose(x, factor * y, rtol=1e-6, atol=1e-12) for x, y in pairs)

    n = len(problem[-1])
    along_s, without_q = climb(*problem, of="s"), climb(*problem, of="nothing")
    if same(right):
        return None
    if same(right, -1):
        return "it has the wrong sign: this is the way down. J is to be climbed."
    if same(right, n):
        return f"it is {n} times too large for a batch of {n}: J is a mean, so divide by N."
    if same(right, -n):
        return "it has the wrong sign, and it is the sum over the batch in place of the mean."
    if same(right, 1 / n):
        return f"it is {n} times too small for a batch of {n}: the mean is taken twice."
    if same(along_s) or same(along_s, n):
        return "that is the slope of Q along the state s: take the one along the action a."
    if same(without_q) or same(without_q, n):
        return "the critic has no say in it: multiply by dQ/da."
    return "its numbers are not those of the chain rule: is dQ/da taken at a = mu(s)?"
