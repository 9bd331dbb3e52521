"""Answers to the exercises on critics."""

import torch

from helpers.checks import check_q_slope


def own(a):
    return a.detach().clone().requires_grad_()


def right(critic, s, a):
    a = own(a)
    return torch.autograd.grad(critic(s, a).sum(), a)[0]


def with_a_graph(critic, s, a):
    a = own(a)
    return torch.autograd.grad(critic(s, a).sum(), a, create_graph=True)[0]


def with_ones(critic, s, a):
    a = own(a)
    return torch.autograd.grad(critic(s, a), a, torch.ones(len(a), 1))[0]


def unfinished(critic, s, a):
    raise NotImplementedError


def of_the_mean(critic, s, a):
    return right(critic, s, a) / len(a)


def downhill(critic, s, a):
    return -right(critic, s, a)


def along_the_state(critic, s, a):
    s = own(s)
    return torch.autograd.grad(critic(s, a).sum(), s)[0]


def flat(critic, s, a):
    return right(critic, s, a)[:, 0]


def summed(critic, s, a):
    return right(critic, s, a).sum()


def not_asked_for(critic, s, a):
    with torch.no_grad():
        q = critic(s, a)
    return torch.autograd.grad(q.sum(), a)[0]


def forgotten(critic, s, a):
    return torch.autograd.grad(critic(s, a).sum(), a)[0]


def detached(critic, s, a):
    a = own(a)
    return torch.autograd.grad(critic(s, a).detach().sum(), a)[0]


def another_tensor(critic, s, a):
    return torch.autograd.grad(critic(s, a.detach()).sum(), own(a))[0]


def one_for_each_row(critic, s, a):
    a = own(a)
    return torch.autograd.grad(critic(s, a), a)[0]


def action_ignored(critic, s, a):
    a = own(a)
    return torch.autograd.grad(critic(s, 0 * a).sum(), a)[0]


def values(critic, s, a):
    return critic(s, a)


def adding_up(critic, s, a):
    a.requires_grad_()
    critic(s, a).sum().backward()
    return a.grad.clone()


def filling_the_critic(critic, s, a):
    a = own(a)
    critic(s, a).sum().backward()
    return a.grad


def as_array(critic, s, a):
    return right(critic, s, a).numpy()


def off(critic, s, a):
    return right(critic, s, a) + 0.1


def line_left(critic, s, a):
    a = ...
    return torch.autograd.grad(critic(s, a), a)[0]


def first_row(critic, s, a):
    a = own(a)
    return torch.autograd.grad(critic(s, a)[0], a)[0]


def by_item(critic, s, a):
    return torch.tensor([right(critic, s[i : i + 1], a[i : i + 1]).item() for i in range(len(a))])


def theirs(critic, s, a):
    a.requires_grad_()
    return torch.autograd.grad(critic(s, a).sum(), a)[0]


def broken(critic, s, a):
    return critic(s[:2], a)


ROWS = [
    (right, "Right: your function gives the slope of Q along the action"),
    (with_a_graph, "Right: "),
    (with_ones, "Right: "),
    (unfinished, "Not yet: your code is still to be written"),
    (lambda critic, s, a: None, "Not yet: your code is still to be written"),
    (lambda critic, s, a: ..., "Not yet: your code is still to be written"),
    (of_the_mean, "take the sum, not the mean"),
    (downhill, "the sign is wrong"),
    (along_the_state, "slope along the state"),
    (flat, "its shape is (5,)"),
    (summed, "its shape is (), not (5, 2)"),
    (values, "its shape is (5, 1), not (5, 2)"),
    (not_asked_for, "call requires_grad_()"),
    (forgotten, "call requires_grad_()"),
    (detached, "do not detach"),
    (another_tensor, "not the one that you gave to the critic"),
    (one_for_each_row, "belongs to a single number"),
    (action_ignored, "all slopes are 0"),
    (adding_up, "backward() adds to a.grad"),
    (filling_the_critic, "filled the critic's own gradients"),
    (as_array, "a ndarray, not a tensor"),
    (off, "differ from what a small step"),
    (line_left, "still to be written"),
    (first_row, "only the first row"),
    (by_item, "an action may have several numbers"),
    (theirs, "the actions you were given were changed"),
    (broken, "Not yet: it raised RuntimeError"),
]
ANSWERS = [(check_q_slope, *row) for row in ROWS]
