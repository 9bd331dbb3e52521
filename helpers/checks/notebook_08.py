"""Checks of notebook 08: the policy gradient, and a loss that penalises large actions."""

from collections.abc import Callable

import torch
from torch import nn

from helpers.checks.verdicts import check, given, mistake
from helpers.networks import Actor, Critic


def networks() -> tuple[nn.Module, nn.Module, torch.Tensor]:
    """A small problem in double precision: mu, q, and 6 states; 2 numbers of state, 2 of action."""
    mu, q = Actor(2, 2).double(), Critic(2, 2).double()
    for network in (mu, q):
        nn.init.uniform_(network.layer3.weight, -0.5, 0.5)  # gradients large enough to compare
    return mu, q, torch.randn(6, 2).double()


def climb(mu: nn.Module, q: nn.Module, s: torch.Tensor, of: str = "a") -> list[torch.Tensor]:
    """The gradient of J, by the chain rule; with that of Q along s, or 1, for the wrong answers."""
    a, s = mu(s), s.clone().requires_grad_()
    at = a.detach().requires_grad_()
    slopes = dict(zip("as", torch.autograd.grad(q(s, at).sum(), [at, s]), strict=True))
    slope = slopes.get(of, torch.ones_like(a)) / len(s)
    return [*torch.autograd.grad(a, [*mu.parameters()], grad_outputs=slope)]


@check
def check_policy_gradient(policy_gradient: Callable) -> str | None:
    """your policy gradient is that of J, and the critic's weights were left alone."""
    mu, q, s = networks()
    answer = given(policy_gradient(mu, q, s))
    right, along_s, without_q = (climb(mu, q, s, of) for of in ("a", "s", "nothing"))
    if isinstance(answer, torch.Tensor) or len(answer) != len(right):
        return f"it should give {len(right)} tensors, one for each parameter of mu."
    for mine, parameter in zip(answer, mu.parameters(), strict=True):
        if not isinstance(mine, torch.Tensor) or mine.shape != parameter.shape:
            return f"a gradient has the shape of its parameter, here {tuple(parameter.shape)}."
    if any(p.grad is not None for p in q.parameters()):
        return "the critic's .grad is filled: ask only for the gradients you want (autograd.grad)."

    def same(other: list[torch.Tensor], factor: float = 1.0) -> bool:
        pairs = zip(answer, other, strict=True)
        return all(torch.allclose(x, factor * y, rtol=1e-6, atol=1e-12) for x, y in pairs)

    n = len(s)
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


@check
def check_priced_loss(priced_loss: Callable) -> str | None:
    """the loss falls where the critic's value rises, and where the actions get smaller."""
    mu, q, s = networks()
    price, weights = 0.3, [*mu.parameters()]
    loss = given(priced_loss(mu, q, s, price))
    if not isinstance(loss, torch.Tensor) or loss.ndim:
        return "it should give one number in a tensor: take the mean over the batch."
    if not loss.requires_grad:
        return "no gradient reaches the actor: neither its action nor the value may be detached."
    a, value = mu(s), q(s, mu(s)).mean()
    cost = a.square().sum(dim=1).mean()
    right = price * cost - value
    if not torch.allclose(loss, right):
        words = f"for the check's batch it should be {right:.4g}, not {loss:.4g}."
        with torch.no_grad():
            return mistake(loss.detach(), wrong_losses(a, value, cost, price), words)
    wanted = torch.autograd.grad(right, weights, retain_graph=True)
    mine = torch.autograd.grad(loss, weights, allow_unused=True)
    if all(x is not None and torch.allclose(x, y) for x, y in zip(mine, wanted, strict=True)):
        return None
    return "its number is right, but its gradient isn't: a part of it was detached from the actor."


def wrong_losses(a, value, cost, price: float) -> list[tuple[torch.Tensor, str]]:
    """The usual wrong losses."""
    sizes, squares = a.abs().sum(dim=1).mean(), a.square().mean()
    return [
        (value + price * cost, "the sign of the value is wrong: the optimiser goes down."),
        (value - price * cost, "both signs are wrong: it climbs where it should descend."),
        (-value - price * cost, "the sign of the price is wrong: it rewards large actions."),
        (-value, "the price is missing."),
        (-value + cost, "the cost is there, but not multiplied by the price."),
        (-value + price * sizes, "the cost is a², and not the size of a."),
        (-value + price * a.mean() ** 2, "square each action first, then take the mean."),
        (-len(a) * (value - price * cost), "it is the sum over the batch, not the mean."),
        (-value + price * len(a) * cost, "the cost is summed over the batch: take its mean."),
        (-value + price * squares, "add the squares of an action: sum(dim=1, keepdim=True)."),
    ]
