"""Answers to the exercises on the critic's update."""

import torch

from helpers.checks import check_critic_loss, check_td_target
from helpers.losses import critic_loss, td_target


def my_td_target(batch, mu, q, gamma):
    with torch.no_grad():
        q_next = q(batch.s_next, mu(batch.s_next))
        return batch.r + gamma * q_next * (1 - batch.terminated)


def unfinished(batch, mu, q, gamma):
    raise NotImplementedError


def attached(batch, mu, q, gamma):
    return batch.r + gamma * (1 - batch.terminated) * q(batch.s_next, mu(batch.s_next))


def never_ends(batch, mu, q, gamma):
    return batch.r + gamma * q(batch.s_next, mu(batch.s_next))


def turned(batch, mu, q, gamma):
    return batch.r + gamma * batch.terminated * q(batch.s_next, mu(batch.s_next))


def no_gamma(batch, mu, q, gamma):
    return attached(batch, mu, q, 1.0)


def no_reward(batch, mu, q, gamma):
    return attached(batch, mu, q, gamma) - batch.r


def old_state(batch, mu, q, gamma):
    return attached(batch._replace(s_next=batch.s), mu, q, gamma)


def old_action(batch, mu, q, gamma):
    return attached(batch, lambda s: batch.a, q, gamma)


def action_for_the_old_state(batch, mu, q, gamma):
    return attached(batch, lambda s: mu(batch.s), q, gamma)


def value_of_the_old_state(batch, mu, q, gamma):
    return attached(batch, mu, lambda s, a: q(batch.s, a), gamma)


def no_last_reward(batch, mu, q, gamma):
    return (1 - batch.terminated) * attached(batch, mu, q, gamma)


def flat(batch, mu, q, gamma):
    return attached(batch, mu, q, gamma)[:, 0]


def square(batch, mu, q, gamma):
    return batch.r[:, 0] + gamma * q(batch.s_next, mu(batch.s_next))


def backwards(batch, mu, q, gamma):
    return -attached(batch, mu, q, gamma)


def error(q, batch, y):
    return q(batch.s, batch.a) - y


def crossed(q, batch, y):
    return ((q(batch.s, batch.a)[:, 0] - y) ** 2).mean()


ANSWERS = [
    (check_td_target, td_target, "Right: y is r + γ Q'"),
    (check_td_target, my_td_target, "Right: y is r + γ Q'"),
    (check_td_target, unfinished, "Not yet: your code is still to be written"),
    (check_td_target, lambda *_: None, "Not yet: your code is still to be written"),
    (check_td_target, lambda *_: ..., "Not yet: your code is still to be written"),
    (check_td_target, attached, "carries a gradient", "a missing detach"),
    (check_td_target, never_ends, "Use `terminated`"),
    (check_td_target, turned, "the wrong way round"),
    (check_td_target, no_gamma, "γ is missing"),
    (check_td_target, no_reward, "the reward is missing"),
    (check_td_target, old_state, "its opinion of the next state"),
    (check_td_target, old_action, "it uses the action a"),
    (check_td_target, action_for_the_old_state, "it asks mu about s"),
    (check_td_target, value_of_the_old_state, "the critic is asked about s: both it"),
    (check_td_target, no_last_reward, "the last reward is lost"),
    (check_td_target, flat, "y has shape (3,), not (3, 1), a column. Keep the columns"),
    (
        check_td_target,
        square,
        "y has shape (3, 3), not (3, 1), a column. Somewhere (N,)",
        "(N,) against (N, 1)",
    ),
    (check_td_target, backwards, "y should be"),
    (check_td_target, lambda *_: 3.0, "y is a float, not a tensor"),
    (check_critic_loss, critic_loss, "Right: the loss is the mean squared TD error"),
    (check_critic_loss, lambda *args: (error(*args) ** 2).mean(), "Right"),
    (check_critic_loss, unfinished, "Not yet: it raised TypeError"),
    (check_critic_loss, lambda *_: None, "Not yet: your code is still to be written"),
    (check_critic_loss, lambda *args: -(error(*args) ** 2).mean(), "its sign is wrong"),
    (check_critic_loss, lambda *args: (error(*args) ** 2).sum(), "the sum of the squares"),
    (check_critic_loss, lambda *args: error(*args) ** 2, "has shape (3, 1), not (), one number"),
    (check_critic_loss, crossed, "every label met every value", "(N,) against (N, 1)"),
    (check_critic_loss, lambda *args: error(*args).abs().mean(), "not of their squares"),
    (check_critic_loss, lambda *args: -error(*args).mean(), "are not squared"),
    (check_critic_loss, lambda *args: (error(*args) ** 2).mean() / 2, "batch it should be"),
    (check_critic_loss, lambda *args: (error(*args) ** 2).mean().detach(), "no gradient reaches"),
]
