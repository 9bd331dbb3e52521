"""Answers to the exercises on the actor's update."""

import torch

from helpers.checks import check_policy_gradient, check_priced_loss
from helpers.losses import actor_loss


def right(mu, q, s):
    a = mu(s)
    (dq_da,) = torch.autograd.grad(q(s, a).sum(), a)
    return torch.autograd.grad(a, [*mu.parameters()], grad_outputs=dq_da / len(s))


def by_autograd(mu, q, s):
    return [-g for g in torch.autograd.grad(actor_loss(mu, q, s), [*mu.parameters()])]


def with_inputs(mu, q, s):
    (-actor_loss(mu, q, s)).backward(inputs=[*mu.parameters()])
    return [p.grad for p in mu.parameters()]


def scaled(factor):
    def times(mu, q, s):
        return [factor * g for g in right(mu, q, s)]

    times.__name__ = f"right times {factor:.2g}"
    return times


def unfinished(mu, q, s):
    raise NotImplementedError


def nothing(mu, q, s):
    pass


def fills_the_critic(mu, q, s):
    (-actor_loss(mu, q, s)).backward()
    return [p.grad for p in mu.parameters()]


def along_the_state(mu, q, s):
    a, s = mu(s), s.clone().requires_grad_()
    (dq_ds,) = torch.autograd.grad(q(s, a.detach()).sum(), s)
    return torch.autograd.grad(a, [*mu.parameters()], grad_outputs=dq_ds / len(s))


def without_the_critic(mu, q, s):
    return torch.autograd.grad(mu(s).sum(), [*mu.parameters()])


def at_another_action(mu, q, s):
    a, other = mu(s), torch.zeros(len(s), 2).double().requires_grad_()
    (dq_da,) = torch.autograd.grad(q(s, other).sum(), other)
    return torch.autograd.grad(a, [*mu.parameters()], grad_outputs=dq_da / len(s))


def one_tensor(mu, q, s):
    return torch.cat([g.flatten() for g in right(mu, q, s)])


def of_the_critic(mu, q, s):
    return torch.autograd.grad(actor_loss(mu, q, s), [*q.parameters()])


def too_few(mu, q, s):
    return right(mu, q, s)[:3]


def breaks(mu, q, s):
    return torch.autograd.grad(mu(s), [*mu.parameters()])


ROWS = [
    (right, "Right: your policy gradient is that of J"),
    (by_autograd, "Right: your policy gradient is that of J"),
    (with_inputs, "Right: your policy gradient is that of J"),
    (unfinished, "Not yet: your code is still to be written"),
    (nothing, "Not yet: your code is still to be written"),
    (breaks, "Not yet: it raised RuntimeError"),
    (scaled(-1), "Not yet: it has the wrong sign: this is the way down", "the actor's sign"),
    (scaled(6), "Not yet: it is 6 times too large for a batch of 6"),
    (scaled(1 / 6), "Not yet: it is 6 times too small for a batch of 6: the mean is taken twice"),
    (scaled(-6), "Not yet: it has the wrong sign, and it is the sum"),
    (scaled(2), "Not yet: its numbers are not those"),
    (fills_the_critic, "Not yet: the critic's .grad is filled"),
    (along_the_state, "Not yet: that is the slope of Q along the state"),
    (without_the_critic, "Not yet: the critic has no say"),
    (at_another_action, "is dQ/da taken at a = mu(s)?"),
    (one_tensor, "Not yet: it should give 6 tensors"),
    (too_few, "Not yet: it should give 6 tensors"),
    (of_the_critic, "Not yet: a gradient has the shape of its parameter"),
]


def priced(value=-1.0, price=1.0, cost=lambda a: a.square().sum(dim=1).mean()):
    def loss(mu, q, s, p):
        return value * q(s, mu(s)).mean() + price * p * cost(mu(s))

    return loss


def named(name, loss):
    loss.__name__ = name
    return loss


def in_one_line(mu, q, s, price):
    return (price * mu(s).square().sum(dim=1, keepdim=True) - q(s, mu(s))).mean()


def one_for_each_state(mu, q, s, price):
    return price * mu(s).square().sum(dim=1, keepdim=True) - q(s, mu(s))


def price_forgotten(mu, q, s, price):
    return mu(s).square().sum(dim=1).mean() - q(s, mu(s)).mean()


def over_the_batch(mu, q, s, price):
    return one_for_each_state(mu, q, s, price).sum()


def cost_over_the_batch(mu, q, s, price):
    return price * mu(s).square().sum() - q(s, mu(s)).mean()


def value_detached(mu, q, s, price):
    return price * mu(s).square().sum(dim=1).mean() - q(s, mu(s).detach()).mean()


def cost_detached(mu, q, s, price):
    return price * mu(s).detach().square().sum(dim=1).mean() - q(s, mu(s)).mean()


def all_detached(mu, q, s, price):
    return in_one_line(mu, q, s, price).detach()


PRICED = [
    (priced(), "Right: the loss falls where the critic's value rises"),
    (in_one_line, "Right"),
    (lambda mu, q, s, price: ..., "still to be written"),
    (lambda mu, q, s, price: None, "still to be written"),
    (named("up is down", priced(value=1)), "the sign of the value is wrong", "the actor's sign"),
    (named("both signs", priced(1, -1)), "both signs are wrong", "the actor's sign"),
    (named("a prize", priced(price=-1)), "the sign of the price is wrong"),
    (named("no price", priced(price=0)), "the price is missing"),
    (price_forgotten, "not multiplied by the price"),
    (named("sizes", priced(cost=lambda a: a.abs().sum(dim=1).mean())), "not the size of a"),
    (named("mean first", priced(cost=lambda a: a.mean() ** 2)), "square each action first"),
    (named("mean of all", priced(cost=lambda a: a.square().mean())), "sum(dim=1, keepdim=True)"),
    (one_for_each_state, "one number in a tensor"),
    (over_the_batch, "the sum over the batch"),
    (cost_over_the_batch, "the cost is summed over the batch"),
    (value_detached, "a part of it was detached"),
    (cost_detached, "a part of it was detached"),
    (all_detached, "no gradient reaches the actor"),
    (named("double", priced(price=2)), "for the check's batch it should be"),
]
ANSWERS = [(check_policy_gradient, *row) for row in ROWS]
ANSWERS += [(check_priced_loss, *row) for row in PRICED]
