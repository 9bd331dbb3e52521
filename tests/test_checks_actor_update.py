"""The check of the policy gradient: the right answer, unfinished work, each mistake it names."""

import pytest
import torch

from helpers.checks import check_policy_gradient
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
    return lambda mu, q, s: [factor * g for g in right(mu, q, s)]


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


ANSWERS = [
    (right, "Right: your policy gradient is that of J"),
    (by_autograd, "Right: your policy gradient is that of J"),
    (with_inputs, "Right: your policy gradient is that of J"),
    (unfinished, "Not yet: your code is still to be written"),
    (nothing, "Not yet: your code is still to be written"),
    (None, "Not yet: it raised TypeError"),
    (breaks, "Not yet: it raised RuntimeError"),
    (scaled(-1), "Not yet: it has the wrong sign: this is the way down"),
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


@pytest.mark.parametrize(("work", "words"), ANSWERS)
def test_answers(work, words, capsys):
    assert check_policy_gradient(work) is None
    answer = capsys.readouterr().out
    assert words in answer
    assert answer.count("\n") == 1


def test_the_global_generator_is_left_alone():
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    check_policy_gradient(right)
    assert torch.rand(1) == expected
