"""Checks of sums of rewards."""

from collections.abc import Callable

import numpy as np

from helpers.checks.judging import check, given, named

REWARDS = np.array([-1.0, -5.0, 2.0, -3.0])


@check
def check_returns(returns_to_go: Callable[[np.ndarray, float], np.ndarray]) -> str | None:
    """each step gets its own reward and, discounted, all that are still to come."""
    rewards = REWARDS.copy()
    try:
        answer = given(returns_to_go(rewards, 0.5))
    except IndexError:
        return (
            "it asked for a step that is not there. The last step has no next one, and what is to "
            "come after step t is already in `to_come`."
        )
    if not np.array_equal(rewards, REWARDS):
        return "it changed the rewards that it was given: write into an array of your own."
    answer = np.asarray(answer, dtype=float)
    if answer.ndim == 0:
        return "it gave one number: every step needs its own sum, from that step on."
    if answer.shape != REWARDS.shape:
        return f"for 4 rewards it gave an array of shape {answer.shape}, not (4,)."
    if not np.allclose(answer, to_go(REWARDS, 0.5)):
        return mistake(answer)
    for rewards, gamma in [(REWARDS, 1.0), (REWARDS, 0.0), (np.arange(7.0), 0.9)]:
        if not np.allclose(returns_to_go(rewards.copy(), gamma), to_go(rewards, gamma)):
            return f"it is right for γ = 0.5, but not for {len(rewards)} rewards and γ = {gamma}."
    return None


def to_go(rewards: np.ndarray, gamma: float) -> np.ndarray:
    """The sums by their definition: R_t is the sum of gamma^(i - t) r_i over all i >= t."""
    step = np.arange(len(rewards))
    later = step - step[:, None]  # (from t, to i)
    return np.where(later >= 0, float(gamma) ** np.maximum(later, 0), 0.0) @ rewards


def mistake(answer: np.ndarray) -> str:
    """What is wrong with the answer to `REWARDS` and 0.5, where it is one of the usual things."""
    right, powers = to_go(REWARDS, 0.5), 0.5 ** np.arange(4)
    usual = [
        (REWARDS, "it gave the rewards themselves: add what comes after them."),
        (to_go(REWARDS, 1.0), "it added the rewards without γ: a later reward counts less."),
        (right[::-1], "the sums are right, but in reversed order: the first step comes first."),
        (
            to_go(REWARDS[::-1], 0.5)[::-1],
            "it added what has been, not what is still to come: begin at the last step.",
        ),
        (
            right - REWARDS,
            "it left out the step's own reward: that one comes first, and counts in full.",
        ),
        (
            np.append(right[1:], 0.0),
            "it is off by one: each step has the sum of the next one. Its own reward counts too.",
        ),
        (0.5 * right, "γ is in it once too often: the step's own reward counts in full."),
        (
            powers * right,
            "it discounts from the start of the episode: count the steps from t itself.",
        ),
        (np.full(4, right[0]), "every step has the sum of the first one: begin anew at each."),
    ]
    return named(lambda wrong: np.allclose(answer, wrong), usual) or (
        f"for the rewards {REWARDS.tolist()} and γ = 0.5 the last sum is {right[-1]:g} and the one "
        f"before it {right[-2]:g}; yours are {answer[-1]:g} and {answer[-2]:g}."
    )
