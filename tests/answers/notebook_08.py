"""Answers to the exercises of notebook 08."""

import copy

import torch

from answers.shared import EMPTY
from helpers.checks import check_actor_loss, check_policy_gradient, check_priced_loss
from helpers.losses import actor_loss


def objective(mu, q, s):
    return q(s, mu(s)).mean()


def with_backward(loss):
    """The same loss, after a call of backward()."""

    def answer(*args):
        value = loss(*args)
        value.backward(retain_graph=True)
        return value

    return answer


def freezing(mu, q, s):
    q.requires_grad_(False)
    return actor_loss(mu, q, s)


def with_a_copy(mu, q, s):
    q = copy.deepcopy(q).requires_grad_(False)
    return -q(s, mu(s)).mean()


def partly_detached(mu, q, s):
    a = mu(s)
    a = torch.cat([a[:3], a[3:].detach()])
    return -q(s, a).mean()


LOSSES = [
    (actor_loss, "Right: the loss is minus the mean of Q(s, μ(s))"),
    (lambda *args: 0 - objective(*args), "Right: "),
    (lambda mu, q, s: q(s, mu(s)).sum() / -len(s), "Right: "),
    (lambda mu, q, s: (-q(s, mu(s))).mean(dim=0).squeeze(), "Right: "),
    (with_a_copy, "Right: "),
    *EMPTY,
    (objective, "the minus is missing", "the actor's sign"),
    (lambda mu, q, s: -q(s, mu(s)).sum(), "it is the sum over the batch"),
    (lambda mu, q, s: q(s, mu(s)).sum(), "it is the sum in place of the mean"),
    (lambda mu, q, s: -q(s, mu(s)), "has shape (6, 1), not (): take the mean"),
    (lambda mu, q, s: -q(s, mu(s))[:, 0], "has shape (6,), not (): take the mean"),
    (lambda mu, q, s: -q(s, mu(s)).mean(dim=0), "has shape (1,), not (): it should be one number"),
    (lambda mu, q, s: -mu(s).mean(), "the critic isn't asked"),
    (lambda mu, q, s: -q(s, 0 * mu(s)).mean(), "the actor's own actions"),
    (lambda mu, q, s: (q(s, mu(s)) ** 2).mean(), "there is no label here"),
    (lambda *args: objective(*args).abs(), "the minus is missing"),
    (lambda mu, q, s: -q(s, mu(s)).abs().mean(), "without abs()"),
    (lambda mu, q, s: -q(s, mu(s)).max(), "take the mean over all states"),
    (lambda *args: -2 * objective(*args), "for the check's batch it should be"),
    (lambda *args: -objective(*args).detach(), "no gradient reaches the actor"),
    (lambda mu, q, s: -q(s, mu(s).detach()).mean(), "no gradient reaches the actor"),
    (torch.no_grad()(actor_loss), "no gradient reaches the actor"),
    (partly_detached, "a part of it was detached"),
    (lambda *args: objective(*args) - 2 * objective(*args).detach(), "its gradient is reversed"),
    (with_backward(actor_loss), "it calls backward()"),
    (freezing, "it freezes the critic for good"),
    (lambda *args: actor_loss(*args).item(), "the loss is a float, not a tensor"),
    (lambda mu, q, s: -q(mu(s)).mean(), "it raised TypeError"),
]


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


def backward_and_cleared(mu, q, s):
    (-actor_loss(mu, q, s)).backward()
    gradients = [p.grad.clone() for p in mu.parameters()]
    mu.zero_grad(), q.zero_grad()
    return gradients


def cleared_first(mu, q, s):
    mu.zero_grad(), q.zero_grad()
    return right(mu, q, s)


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
    *EMPTY,
    (lambda mu, q, s: torch.autograd.grad(mu(s), [*mu.parameters()]), "it raised RuntimeError"),
    (scaled(-1), "Not yet: it has the wrong sign: this is the way down", "the actor's sign"),
    (scaled(6), "Not yet: it is 6 times too large for a batch of 6"),
    (scaled(1 / 6), "Not yet: it is 6 times too small for a batch of 6: the mean is taken twice"),
    (scaled(-6), "Not yet: it has the wrong sign, and it is the sum"),
    (scaled(2), "Not yet: its numbers are not those"),
    (backward(), "Not yet: the critic's .grad is filled"),
    (backward(lambda mu: [*mu.parameters()]), "it comes from backward()"),
    (backward_and_cleared, "it comes from backward()"),
    (cleared_first, "Right: "),
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
    (in_rows, "has shape (6, 1), not (): take the mean over the batch"),
    (with_backward(priced()), "it calls backward()"),
    (lambda *args: 2 * priced()(*args).detach() - priced()(*args), "its gradient is reversed"),
    (lambda *args: in_rows(*args).sum(), "the sum over the batch"),
    (priced(cost=lambda a: a.square().sum()), "the cost is summed over the batch"),
    (priced(detach="v"), "a part of it was detached"),
    (priced(detach="p"), "a part of it was detached"),
    (lambda *args: in_rows(*args).mean().detach(), "no gradient reaches the actor"),
    (priced(price=2), "for the check's batch it should be"),
]
ANSWERS = {
    check_actor_loss: LOSSES,
    check_policy_gradient: GRADIENTS,
    check_priced_loss: PRICED,
}
