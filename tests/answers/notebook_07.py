"""Answers to the exercises of notebook 07."""

import torch

from answers.shared import EMPTY
from helpers.checks import check_collecting, check_critic_loss, check_td_target
from helpers.losses import critic_loss, td_target


def attached(batch, mu, q, gamma):
    return batch.r + gamma * (1 - batch.terminated) * q(batch.s_next, mu(batch.s_next))


def flagged(flag):
    """A target that takes `flag(terminated)` for the end."""
    return lambda b, *rest: attached(b._replace(terminated=flag(b.terminated)), *rest)


TARGETS = [
    (td_target, "Right: y is r + γ Q'"),
    (torch.no_grad()(attached), "Right: y is r + γ Q'"),
    *EMPTY,
    (attached, "carries a gradient", "a missing detach"),
    (flagged(torch.zeros_like), "Use `terminated`"),
    (flagged(lambda terminated: 1 - terminated), "the wrong way round"),
    (lambda b, mu, q, gamma: attached(b, mu, q, 1.0), "γ is missing"),
    (lambda b, *rest: attached(b, *rest) - b.r, "the reward is missing"),
    (lambda b, *rest: attached(b._replace(s_next=b.s), *rest), "y needs the next state"),
    (lambda b, mu, q, gamma: attached(b, lambda s: b.a, q, gamma), "it uses the action a"),
    (lambda b, mu, q, gamma: attached(b, lambda s: mu(b.s), q, gamma), "it asks mu about s"),
    (
        lambda b, mu, q, gamma: attached(b, mu, lambda s, a: q(b.s, a), gamma),
        "only mu looks at s_next",
    ),
    (lambda b, *rest: (1 - b.terminated) * attached(b, *rest), "the last reward is lost"),
    (lambda *args: attached(*args)[:, 0], "y has shape (3,), not (3, 1): keep the columns"),
    (
        lambda b, mu, q, gamma: b.r[:, 0] + gamma * q(b.s_next, mu(b.s_next)),
        "y has shape (3, 3), not (3, 1): somewhere (N,)",
        "(N,) against (N, 1)",
    ),
    (lambda *args: -attached(*args), "y should be"),
    (lambda *_: 3.0, "y is a float, not a tensor"),
]


def error(q, batch, y):
    return q(batch.s, batch.a) - y


LOSSES = [
    (critic_loss, "Right: the loss is the mean squared TD error"),
    (lambda *args: (error(*args) ** 2).mean(), "Right"),
    *EMPTY,
    (lambda *args: -(error(*args) ** 2).mean(), "its sign is wrong"),
    (lambda *args: (error(*args) ** 2).sum(), "the sum of the squares"),
    (lambda *args: error(*args) ** 2, "has shape (3, 1), not (): it should be one number"),
    (
        lambda q, batch, y: ((q(batch.s, batch.a)[:, 0] - y) ** 2).mean(),
        "every label met every value",
        "(N,) against (N, 1)",
    ),
    (lambda *args: error(*args).abs().mean(), "not of their squares"),
    (lambda *args: -error(*args).mean(), "are not squared"),
    (lambda *args: (error(*args) ** 2).mean() / 2, "batch it should be"),
    (lambda *args: (error(*args) ** 2).mean().detach(), "no gradient reaches"),
]


def collecting(
    flag=lambda terminated, truncated: terminated,
    over=lambda terminated, truncated: terminated or truncated,
    seed=None,
    stored=lambda s, a, r, s_next, end: (s, a, r, s_next, end),
):
    """A loop that stores `flag` as the end, and begins a new episode where it is `over`."""

    def collect(env, policy, memory, steps):
        s, _ = env.reset()
        for _ in range(steps):
            a = policy(s)
            s_next, r, terminated, truncated, _ = env.step(a)
            memory.add(*stored(s, a, r, s_next, flag(terminated, truncated)))
            s = env.reset(seed=seed)[0] if over(terminated, truncated) else s_next

    return collect


right = collecting()


class Forgetful:
    """A memory that keeps nothing."""

    def add(self, *transition):
        pass


def stays(env, policy, memory, steps):
    s, _ = env.reset()
    for _ in range(steps):
        s_next, r, terminated, truncated, _ = env.step(policy(s))
        memory.add(s, policy(s), r, s_next, terminated)
        if terminated or truncated:
            env.reset()


def reset_before_storing(env, policy, memory, steps):
    s, _ = env.reset()
    for _ in range(steps):
        s_next, r, terminated, truncated, _ = env.step(policy(s))
        if terminated or truncated:
            s_next, _ = env.reset()
        memory.add(s, policy(s), r, s_next, terminated)
        s = s_next


COLLECTING = [
    (right, "Right: each transition is stored as it was"),
    *EMPTY,
    (
        lambda env, policy, memory, steps: right(env, policy, Forgetful(), steps),
        "still to be written",
    ),
    (
        collecting(lambda terminated, truncated: terminated or truncated),
        "it stores the time limit as an end",
        "the time limit as an end",
    ),
    (collecting(lambda terminated, truncated: truncated), "it stores `truncated`"),
    (collecting(lambda terminated, truncated: not terminated), "the wrong way round"),
    (collecting(lambda terminated, truncated: False), "no transition is stored as an end"),
    (collecting(lambda terminated, truncated: 2), "the last column should be 1"),
    (collecting(over=lambda terminated, truncated: terminated), "the time was up"),
    (collecting(over=lambda terminated, truncated: truncated), "the task had ended"),
    (collecting(seed=0), "it resets with a seed"),
    (collecting(over=lambda terminated, truncated: True), "reset once an end"),
    (stays, "s stays the first state"),
    (reset_before_storing, "store the transition before you reset"),
    (
        collecting(stored=lambda s, a, r, s_next, end: (s, r, a, s_next, end)),
        "the order is s, a, r, s_next, terminated",
    ),
    (lambda env, policy, memory, steps: right(env, policy, memory, steps - 1), "it stored 11"),
]
ANSWERS = {check_td_target: TARGETS, check_critic_loss: LOSSES, check_collecting: COLLECTING}
