"""Answers to the exercises on sums of rewards."""

import numpy as np

from helpers.checks import check_returns


def right(rewards, gamma):
    found, to_come = [], 0.0
    for r in reversed(rewards):
        to_come = r + gamma * to_come
        found.append(to_come)
    return np.array(found[::-1])


def unfinished(rewards, gamma):
    raise NotImplementedError


def in_place(rewards, gamma):
    for t in reversed(range(len(rewards) - 1)):
        rewards[t] += gamma * rewards[t + 1]
    return rewards


def forwards(rewards, gamma):
    found, so_far = [], 0.0
    for r in rewards:
        so_far = r + gamma * so_far
        found.append(so_far)
    return found


def next_step(rewards, gamma):
    return np.append(right(rewards, gamma)[1:], 0.0)


def three_dots(rewards, gamma):
    found = np.zeros(len(rewards))
    for t in reversed(range(len(rewards))):
        found[t] = ...
    return found


def dots_in_a_sum(rewards, gamma):
    return gamma * ...


def beyond_the_end(rewards, gamma):
    found = np.zeros(len(rewards))
    for t in reversed(range(len(rewards))):
        found[t] = rewards[t] + gamma * found[t + 1]
    return found


def from_the_start(rewards, gamma):
    return gamma ** np.arange(len(rewards)) * right(rewards, gamma)


ROWS = [
    (right, "Right: each step gets its own reward"),
    (lambda r, g: right(r, g).tolist(), "Right: each step gets its own reward"),
    (unfinished, "Not yet: your code is still to be written"),
    (lambda r, g: None, "Not yet: your code is still to be written"),
    (three_dots, "Not yet: your code is still to be written"),
    (dots_in_a_sum, "Not yet: your code is still to be written"),
    (beyond_the_end, "Not yet: it asked for a step that is not there"),
    (in_place, "Not yet: it changed the rewards"),
    (lambda r, g: right(r, g)[0], "Not yet: it gave one number"),
    (lambda r, g: right(r, g)[:1], "Not yet: for 4 rewards it gave an array of shape (1,)"),
    (lambda r, g: r, "Not yet: it gave the rewards themselves"),
    (lambda r, g: right(r, 1.0), "Not yet: it added the rewards without γ"),
    (lambda r, g: right(r, g)[::-1], "Not yet: the sums are right, but in reversed order"),
    (forwards, "Not yet: it added what has been"),
    (lambda r, g: right(r, g) - r, "Not yet: it left out the step's own reward"),
    (next_step, "Not yet: it is off by one"),
    (lambda r, g: g * right(r, g), "Not yet: γ is in it once too often"),
    (from_the_start, "Not yet: it discounts from the start of the episode"),
    (lambda r, g: right(r, g)[0] + 0 * r, "Not yet: every step has the sum of the first"),
    (lambda r, g: 7 * r, "Not yet: for the rewards [-1.0, -5.0, 2.0, -3.0] and γ = 0.5"),
    (lambda r, g: right(r, 0.5), "Not yet: it is right for γ = 0.5, but not"),
]
ANSWERS = [(check_returns, *row) for row in ROWS]
