"""Answers to the exercises of notebook 07."""

import torch
import torch.nn.functional as F

from answers.shared import EMPTY
from helpers.checks import check_collecting, check_critic_loss, check_td_target
from helpers.losses import critic_loss, td_target


def attached(batch, mu, q, gamma):
    return batch.r + gamma * (1 - batch.terminated) * q(batch.s_next, mu(batch.s_next))


def flagged(flag):
    """A target that takes `flag(terminated)` for the end."""
    return lambda b, *rest: attached(b._replace(terminated=flag(b.terminated)), *rest)


def detached_after_mu(batch, mu, q, gamma):
    a = mu(batch.s_next).detach()
    return batch.r + gamma * (1 - batch.terminated) * q(batch.s_next, a)


def mu_under_no_grad(batch, mu, q, gamma):
    with torch.no_grad():
        a = mu(batch.s_next)
    return batch.r + gamma * (1 - batch.terminated) * q(batch.s_next, a)


def label(change=lambda y: y, **options):
    """A right answer, changed at the end, or with other networks or another γ."""

    def answer(batch, mu, q, gamma):
        settings = {"mu": mu, "q": q, "gamma": gamma} | {
            name: make(batch, mu, q) for name, make in options.items()
        }
        return change(attached(batch, *settings.values()).detach())

    return answer


def where(batch, mu, q, gamma):
    with torch.no_grad():
        after = batch.r + gamma * q(batch.s_next, mu(batch.s_next))
        return torch.where(batch.terminated == 1, batch.r, after)


def in_place(batch, mu, q, gamma):
    y = batch.r
    with torch.no_grad():
        y += gamma * (1 - batch.terminated) * q(batch.s_next, mu(batch.s_next))
    return y


def for_good(batch, mu, q, gamma):
    torch.set_grad_enabled(False)
    return attached(batch, mu, q, gamma)


def frozen(batch, mu, q, gamma):
    mu.requires_grad_(False), q.requires_grad_(False)
    return attached(batch, mu, q, gamma)


@torch.no_grad()
def discounting_all(b, mu, q, gamma):
    return gamma * (b.r + (1 - b.terminated) * q(b.s_next, mu(b.s_next)))


TARGETS = [
    (td_target, "Right: y is r + γ Q'"),
    (torch.no_grad()(attached), "Right: y is r + γ Q'"),
    (label(), "Right: y is r + γ Q'"),
    (where, "Right: y is r + γ Q'"),
    *EMPTY,
    (attached, "y is right, but carries a gradient", "a missing detach"),
    (detached_after_mu, "a gradient still reaches the critic", "a missing detach"),
    (mu_under_no_grad, "a gradient still reaches the critic", "a missing detach"),
    (
        lambda b, mu, q, gamma: detached_after_mu(b, mu, lambda s, a: q(s, a).detach(), gamma),
        "Right: ",
    ),
    (for_good, "switched off for good"),
    (frozen, "switched off for good"),
    (in_place, "it changes batch.r itself"),
    (flagged(torch.zeros_like), "Use `terminated`"),
    (flagged(lambda terminated: 1 - terminated), "the wrong way round"),
    (label(gamma=lambda *_: 1.0), "γ is missing"),
    (label(gamma=lambda *_: 0.99), "γ is an argument"),
    (discounting_all, "γ also multiplies r"),
    (lambda b, *rest: attached(b, *rest) - b.r, "the reward is missing"),
    (lambda b, *rest: 2 * b.r - attached(b, *rest), "what comes later is added to r"),
    (lambda b, *rest: attached(b._replace(s_next=b.s), *rest), "y needs the next state"),
    (label(mu=lambda b, mu, q: lambda s: b.a), "it uses the action a"),
    (label(mu=lambda b, mu, q: lambda s: mu(b.s)), "it asks mu about s"),
    (label(q=lambda b, mu, q: lambda s, a: q(b.s, a)), "only mu looks at s_next"),
    (label(q=lambda b, mu, q: lambda s, a: q(a, s)), "q takes the state first"),
    (lambda b, *rest: (1 - b.terminated) * attached(b, *rest), "the last reward is lost"),
    (label(lambda y: y[:, 0]), "y has shape (3,), not (3, 1): keep the columns"),
    (label(torch.mean), "y has shape (), not (3, 1): a batch of 3 has 3 labels"),
    (
        lambda b, mu, q, gamma: b.r[:, 0] + gamma * q(b.s_next, mu(b.s_next)),
        "y has shape (3, 3), not (3, 1): somewhere (N,)",
        "(N,) against (N, 1)",
    ),
    (lambda *args: -attached(*args), "y should be"),
    (lambda *_: 3.0, "y is a float, not a tensor"),
    (label(torch.Tensor.numpy), "y is a ndarray, not a tensor"),
]


def error(q, batch, y):
    return q(batch.s, batch.a) - y


def squared(*args):
    return (error(*args) ** 2).mean()


def with_backward(*args):
    loss = squared(*args)
    loss.backward()
    return loss


def partly_detached(q, batch, y):
    delta = error(q, batch, y)
    return (delta * delta.detach()).mean()


def in_place_error(q, batch, y):
    y -= q(batch.s, batch.a).detach()
    return squared(q, batch, y + q(batch.s, batch.a).detach())


LOSSES = [
    (critic_loss, "Right: the loss is the mean squared TD error"),
    (squared, "Right"),
    (lambda q, batch, y: F.mse_loss(y, q(batch.s, batch.a)), "Right"),
    (lambda q, batch, y: F.mse_loss(q(batch.s, batch.a)[:, 0], y[:, 0]), "Right"),
    (lambda *args: (error(*args) ** 2).sum() / 3, "Right"),
    *EMPTY,
    (lambda *args: -squared(*args), "its sign is wrong"),
    (lambda *args: (error(*args) ** 2).sum(), "the sum of the squares"),
    (lambda *args: error(*args) ** 2, "has shape (3, 1), not (): it should be one number"),
    (lambda *args: squared(*args)[None], "has shape (1,), not (): it should be one number"),
    (
        lambda q, batch, y: ((q(batch.s, batch.a)[:, 0] - y) ** 2).mean(),
        "every label met every value",
        "(N,) against (N, 1)",
    ),
    (
        lambda q, batch, y: F.mse_loss(q(batch.s, batch.a), y.squeeze()),
        "every label met every value",
        "(N,) against (N, 1)",
    ),
    (lambda *args: error(*args).abs().mean(), "not of their squares"),
    (lambda *args: -error(*args).mean(), "are not squared"),
    (lambda *args: error(*args).mean(), "are not squared"),
    (lambda *args: error(*args).mean() ** 2, "square each error first"),
    (lambda *args: squared(*args) / 2, "leave the ½ out"),
    (lambda *args: squared(*args).sqrt(), "leave the root out"),
    (lambda *args: 3 * squared(*args) / 2, "batch it should be"),
    (lambda q, b, y: squared(q, b._replace(s=b.s_next), y), "the critic is asked about s_next"),
    (lambda q, b, y: squared(q, b._replace(s=b.a, a=b.s), y), "q takes the state first"),
    (lambda q, b, y: F.mse_loss(b.r, y), "it compares y with r"),
    (lambda *args: squared(*args).detach(), "no gradient reaches"),
    (lambda q, b, y: F.mse_loss(q(b.s, b.a).detach(), y), "no gradient reaches"),
    (torch.no_grad()(squared), "no gradient reaches"),
    (lambda *args: 2 * squared(*args).detach() - squared(*args), "its gradient is reversed"),
    (partly_detached, "its value is right, but its gradient isn't"),
    (with_backward, "it calls backward()"),
    (in_place_error, "it changes y itself"),
    (lambda *args: squared(*args).item(), "the loss is a float, not a tensor"),
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


def keeps_the_tuple(env, policy, memory, steps):
    s, _ = env.reset()
    for _ in range(steps):
        a = policy(s)
        s_next, r, terminated, truncated, _ = env.step(a)
        memory.add(s, a, r, s_next, terminated)
        s = env.reset() if terminated or truncated else s_next


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
    (keeps_the_tuple, "`env.reset()` returns two things"),
    (stays, "s stays the first state"),
    (reset_before_storing, "store the transition before you reset"),
    (
        collecting(stored=lambda s, a, r, s_next, end: (s, r, a, s_next, end)),
        "the order is s, a, r, s_next, terminated",
    ),
    (lambda env, policy, memory, steps: right(env, policy, memory, steps - 1), "it stored 11"),
]
ANSWERS = {check_td_target: TARGETS, check_critic_loss: LOSSES, check_collecting: COLLECTING}
