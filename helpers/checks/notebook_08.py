"""Checks of notebook 08: the actor's loss, the policy gradient, and a price for large actions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from helpers.checks.verdicts import check, given, mistake, tensor_complaint
from helpers.networks import Actor, Critic

N = 6
ONE_NUMBER = {
    (N, 1): ": take the mean over the batch",
    (N,): ": take the mean over the batch",
    (1,): ": it should be one number, without brackets",
}


def networks() -> tuple[nn.Module, nn.Module, torch.Tensor]:
    """A small problem in double precision: mu, q, and 6 states; 2 numbers of state, 2 of action."""
    mu, q = Actor(2, 2).double(), Critic(2, 2).double()
    for network in (mu, q):
        nn.init.uniform_(network.layer3.weight, -0.5, 0.5)  # gradients large enough to compare
    nn.init.ones_(q.layer3.bias)  # so that J is positive, and not all values are
    return mu, q, torch.randn(N, 2).double()


def climb(mu: nn.Module, q: nn.Module, s: torch.Tensor, of: str = "a") -> list[torch.Tensor]:
    """The gradient of J, by the chain rule; with that of Q along s, or 1, for the wrong answers."""
    a, s = mu(s), s.clone().requires_grad_()
    at = a.detach().requires_grad_()
    slopes = dict(zip("as", torch.autograd.grad(q(s, at).sum(), [at, s]), strict=True))
    slope = slopes.get(of, torch.ones_like(a)) / len(s)
    return [*torch.autograd.grad(a, [*mu.parameters()], grad_outputs=slope)]


def filled(*networks: nn.Module) -> bool:
    """Whether any of their weights has a .grad."""
    return any(p.grad is not None for network in networks for p in network.parameters())


def gradient_complaint(loss: torch.Tensor, right: torch.Tensor, mu: nn.Module) -> str | None:
    """A complaint unless both losses, of equal value, have the same gradient for the actor."""
    weights = [*mu.parameters()]
    wanted = torch.autograd.grad(right, weights, retain_graph=True)
    mine = [None]
    if loss.requires_grad:
        mine = torch.autograd.grad(loss, weights, allow_unused=True)
    if all(x is None for x in mine):
        return "its number is right, but no gradient reaches the actor: detach nothing."
    if all(x is not None and torch.allclose(x, y) for x, y in zip(mine, wanted, strict=True)):
        return None
    if all(x is not None and torch.allclose(x, -y) for x, y in zip(mine, wanted, strict=True)):
        return "its number is right, but its gradient is reversed: it leads down the critic."
    return "its number is right, but its gradient isn't: a part of it was detached from the actor."


@check
def check_actor_loss(actor_loss: Callable) -> str | None:
    """the loss is minus the mean of Q(s, μ(s)), one number, with a gradient for the actor."""
    mu, q, s = networks()
    loss = given(actor_loss(mu, q, s))
    if complaint := tensor_complaint(loss, (), "the loss", ONE_NUMBER):
        return complaint
    if filled(mu, q):
        return "it calls backward(), and so would the agent: only return the loss."
    if not all(p.requires_grad for p in q.parameters()):
        return "it freezes the critic for good, which still has to learn: the agent sees to that."
    right = -q(s, mu(s)).mean()
    if not torch.allclose(loss, right):
        words = f"for the check's batch it should be {right:.4g}, not {loss:.4g}."
        with torch.no_grad():
            return mistake(loss.detach(), wrong_actor_losses(q, s, mu(s)), words)
    return gradient_complaint(loss, right, mu)


def wrong_actor_losses(q: Callable, s, a) -> list[tuple[torch.Tensor, str]]:
    """The usual wrong losses of the actor."""
    values = q(s, a)
    unasked = "the critic isn't asked: its value of the actions is what counts."
    return [
        (values.mean(), "the minus is missing: the optimizer goes down, and J is to go up."),
        (-values.sum(), "it is the sum over the batch, not the mean."),
        (values.sum(), "the minus is missing, and it is the sum in place of the mean."),
        (-a.mean(), unasked),
        (a.mean(), unasked),
        (-q(s, 0 * a).mean(), "the critic must get the actor's own actions, mu(s)."),
        (values.square().mean(), "it is a mean of squares: there is no label here to meet."),
        (-values.abs().mean(), "take the values as they are, without abs()."),
        (-values.max(), "it is the best state's value: take the mean over all states."),
    ]


@contextmanager
def noticing_backward() -> Iterator[list]:
    """A list that isn't empty once backward() has been called."""
    usual, calls = torch.autograd.backward, []

    def noticed(*args, **options):
        calls.append(args)
        return usual(*args, **options)

    torch.autograd.backward = noticed
    try:
        yield calls
    finally:
        torch.autograd.backward = usual


@check
def check_policy_gradient(policy_gradient: Callable) -> str | None:
    """your policy gradient is that of J, and the critic's weights were left alone."""
    mu, q, s = networks()
    with noticing_backward() as calls:
        answer = given(policy_gradient(mu, q, s))
    right, along_s, without_q = (climb(mu, q, s, of) for of in ("a", "s", "nothing"))
    if isinstance(answer, torch.Tensor) or len(answer) != len(right):
        return f"it should give {len(right)} tensors, one for each parameter of mu."
    for mine, parameter in zip(answer, mu.parameters(), strict=True):
        if not isinstance(mine, torch.Tensor) or mine.shape != parameter.shape:
            return f"a gradient has the shape of its parameter, here {tuple(parameter.shape)}."
    if filled(q):
        return "the critic's .grad is filled: ask only for the gradients you want (autograd.grad)."

    def same(other: list[torch.Tensor], factor: float = 1.0) -> bool:
        pairs = zip(answer, other, strict=True)
        return all(torch.allclose(x, factor * y, rtol=1e-6, atol=1e-12) for x, y in pairs)

    n = len(s)
    if same(right):
        backward = "the gradient is right, but it comes from backward(): use torch.autograd.grad."
        return backward if calls else None
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
    price = 0.3
    loss = given(priced_loss(mu, q, s, price))
    if complaint := tensor_complaint(loss, (), "the loss", ONE_NUMBER):
        return complaint
    if filled(mu, q):
        return "it calls backward(), and so would the agent: only return the loss."
    a, value = mu(s), q(s, mu(s)).mean()
    cost = a.square().sum(dim=1).mean()
    right = price * cost - value
    if not torch.allclose(loss, right):
        words = f"for the check's batch it should be {right:.4g}, not {loss:.4g}."
        with torch.no_grad():
            return mistake(loss.detach(), wrong_losses(a, value, cost, price), words)
    return gradient_complaint(loss, right, mu)


def wrong_losses(a, value, cost, price: float) -> list[tuple[torch.Tensor, str]]:
    """The usual wrong losses."""
    sizes, squares = a.abs().sum(dim=1).mean(), a.square().mean()
    return [
        (value + price * cost, "the sign of the value is wrong: the optimizer goes down."),
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
