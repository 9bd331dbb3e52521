"""Answers to the exercises of notebook 08."""

import torch

from answers.shared import EMPTY
from helpers.checks import check_policy_gradient, check_priced_loss
from helpers.losses import actor_loss


def right(mu, q, s):
    a = mu(s)
    (dq_da,) = torch.autograd.grad(q(s, a).sum(), a)
    return torch.autograd.grad(a, [*mu.parameters()], grad_outputs=dq_da / len(s))


def by_autograd(mu, q, s):
    return [-g for g in torch.autograd.grad(actor_loss(mu, q, s), [*mu.parameters()])]


def scaled(factor):
    return lambda mu, q, s: [factor * g for g in right(mu, q, s)]


def backward(inputs=lambda mu: None):
    """An answer that calls backward(), for these inputs only if any are named."""

    def answer(mu, q, s):
        (-actor_loss(mu, q, s)).backward(inputs=inputs(mu))
        return [p.grad for p in mu.parameters()]

    return answer


def along_the_state(mu, q, s):
    a, s = mu(s), s.clone().requires_grad_()
    (dq_ds,) = torch.autograd.grad(q(s, a.detach()).sum(), s)
    return torch.autograd.grad(a, [*mu.parameters()], grad_outputs=dq_ds / len(s))


def at_another_action(mu, q, s):
    a, other = mu(s), torch.zeros(len(s), 2).double().requires_grad_()
    (dq_da,) = torch.autograd.grad(q(s, other).sum(), other)
    return torch.autograd.grad(a, [*mu.parameters()], grad_outputs=dq_da / len(s))


GRADIENTS = [
    (right, "Right: your policy gradient is that of J"),
    (by_autograd, "Right: your policy gradient is that of J"),
    (backward(lambda mu: [*mu.parameters()]), "Right: your policy gradient is that of J"),
    *EMPTY,
    (lambda mu, q, s: torch.autograd.grad(mu(s), [*mu.parameters()]), "it raised RuntimeError"),
    (scaled(-1), "Not yet: it has the wrong sign: this is the way down", "the actor's sign"),
    (scaled(6), "Not yet: it is 6 times too large for a batch of 6"),
    (scaled(1 / 6), "Not yet: it is 6 times too small for a batch of 6: the mean is taken twice"),
    (scaled(-6), "Not yet: it has the wrong sign, and it is the sum"),
    (scaled(2), "Not yet: its numbers are not those"),
    (backward(), "Not yet: the critic's .grad is filled"),
    (along_the_state, "Not yet: that is the slope of Q along the state"),
    (lambda mu, q, s: torch.autograd.grad(mu(s).sum(), [*mu.parameters()]), "critic has no say"),
    (at_another_action, "is dQ/da taken at a = mu(s)?"),
    (lambda *args: torch.cat([g.flatten() for g in right(*args)]), "it should give 6 tensors"),
    (lambda *args: right(*args)[:3], "Not yet: it should give 6 tensors"),
    (
        lambda mu, q, s: torch.autograd.grad(actor_loss(mu, q, s), [*q.parameters()][:6]),
        "Not yet: a gradient has the shape of its parameter",
    ),
]


def priced(value=-1.0, price=1.0, cost=lambda a: a.square().sum(dim=1).mean(), detach=""):
    """A loss with other factors or another cost; `detach` names the part without a gradient."""

    def loss(mu, q, s, p):
        a_valued, a_paid = (mu(s).detach() if part in detach else mu(s) for part in "vp")
        return value * q(s, a_valued).mean() + price * p * cost(a_paid)

    return loss


def in_rows(mu, q, s, price):
    return price * mu(s).square().sum(dim=1, keepdim=True) - q(s, mu(s))


PRICED = [
    (priced(), "Right: the loss falls where the critic's value rises"),
    (lambda *args: in_rows(*args).mean(), "Right"),
    *EMPTY,
    (priced(value=1), "the sign of the value is wrong", "the actor's sign"),
    (priced(1, -1), "both signs are wrong", "the actor's sign"),
    (priced(price=-1), "the sign of the price is wrong"),
    (priced(price=0), "the price is missing"),
    (lambda mu, q, s, price: priced()(mu, q, s, 1), "not multiplied by the price"),
    (priced(cost=lambda a: a.abs().sum(dim=1).mean()), "not the size of a"),
    (priced(cost=lambda a: a.mean() ** 2), "square each action first"),
    (priced(cost=lambda a: a.square().mean()), "sum(dim=1, keepdim=True)"),
    (in_rows, "one number in a tensor"),
    (lambda *args: in_rows(*args).sum(), "the sum over the batch"),
    (priced(cost=lambda a: a.square().sum()), "the cost is summed over the batch"),
    (priced(detach="v"), "a part of it was detached"),
    (priced(detach="p"), "a part of it was detached"),
    (lambda *args: in_rows(*args).mean().detach(), "no gradient reaches the actor"),
    (priced(price=2), "for the check's batch it should be"),
]
ANSWERS = {check_policy_gradient: GRADIENTS, check_priced_loss: PRICED}
