"""Checks of notebook 01: sums of rewards, and how an agent's actions reach a machine."""

from collections.abc import Callable

import numpy as np
from gymnasium.spaces import Box

from helpers.checks.verdicts import check, given, mistake, shape_complaint
from helpers.checks.worlds import World

REWARDS = np.array([-1.0, -5.0, 2.0, -3.0])
LOW, HIGH = np.float32([-2.0, 0.0]), np.float32([2.0, 10.0])
ASKED = np.float32([[-1.0, -1.0], [1.0, 1.0], [0.0, 0.0], [0.5, -0.5]])
HALF = (HIGH - LOW) / 2


@check
def check_returns(returns_to_go: Callable[[np.ndarray, float], np.ndarray]) -> str | None:
    """each step gets its own reward and, discounted, all that are still to come."""
    rewards = REWARDS.copy()
    try:
        answer = given(returns_to_go(rewards, 0.5))
    except IndexError:
        return "it asked for a step that isn't there: what comes after step t is in `to_come`."
    if not np.array_equal(rewards, REWARDS):
        return "it changed the rewards that it was given: write into an array of your own."
    answer = np.asarray(answer, dtype=float)
    if answer.ndim == 0:
        return "it gave one number: every step needs its own sum, from that step on."
    if complaint := shape_complaint(answer, (4,), "for 4 rewards the answer"):
        return complaint
    right = to_go(REWARDS, 0.5)
    if not np.allclose(answer, right):
        return mistake(
            answer,
            wrong_returns(right),
            f"for the rewards {REWARDS.tolist()} and γ = 0.5 the last sum is {right[-1]:g} and the "
            f"one before it {right[-2]:g}; yours are {answer[-1]:g} and {answer[-2]:g}.",
        )
    for rewards, gamma in [(REWARDS, 1.0), (REWARDS, 0.0), (np.arange(7.0), 0.9)]:
        if not np.allclose(returns_to_go(rewards.copy(), gamma), to_go(rewards, gamma)):
            return f"it is right for γ = 0.5, but not for {len(rewards)} rewards and γ = {gamma}."
    return None


def to_go(rewards: np.ndarray, gamma: float) -> np.ndarray:
    """The sums by their definition: R_t is the sum of gamma^(i - t) r_i over all i >= t."""
    step = np.arange(len(rewards))
    later = step - step[:, None]  # (from t, to i)
    return np.where(later >= 0, float(gamma) ** np.maximum(later, 0), 0.0) @ rewards


def wrong_returns(right: np.ndarray) -> list[tuple[np.ndarray, str]]:
    """The usual wrong answers to `REWARDS` and 0.5."""
    forwards = to_go(REWARDS[::-1], 0.5)[::-1]
    one_late, late_discount = np.append(right[1:], 0.0), 0.5 ** np.arange(4) * right
    return [
        (REWARDS, "it gave the rewards themselves: add what comes after them."),
        (to_go(REWARDS, 1.0), "it added the rewards without γ: a later reward counts less."),
        (right[::-1], "the sums are right, but in reversed order: the first step comes first."),
        (forwards, "it added what has been, not what is still to come: begin at the last step."),
        (right - REWARDS, "it left out the step's own reward: that one counts in full."),
        (one_late, "it is off by one: each step has the sum of the next one."),
        (0.5 * right, "γ is in it once too often: the step's own reward counts in full."),
        (late_discount, "it discounts from the start of the episode: count the steps from t."),
        (np.full(4, right[0]), "every step has the sum of the first: add up from each step on."),
    ]


@check
def check_rescaling(wrapper: type) -> str | None:
    """-1 becomes the lowest action of the machine, 1 the highest, in a straight line."""
    motors = World(state=lambda world: [0.0], reward=lambda world: 0.0, ends=[(9, True, False)])
    motors.action_space = Box(LOW, HIGH)  # two motors: one takes -2 to 2, the other 0 to 10
    motors.reset()
    env, told = wrapper(motors), []
    for asked in ASKED:
        env.step(asked.copy())
        told.append(given(motors.told.item() if motors.told.dtype == object else motors.told))
        if complaint := shape_complaint(told[-1], (2,), "what an action of 2 numbers becomes"):
            return complaint
    told, right = np.array(told, dtype=float), LOW + (ASKED + 1) * HALF
    if np.allclose(told, right, atol=1e-5):
        limits = env.action_space
        stated = np.allclose(limits.low, -1) and np.allclose(limits.high, 1)
        return None if stated else "its action_space should say that it takes actions in [-1, 1]."
    usual = [
        (ASKED, "the actions are not rescaled: the machine gets what the agent says."),
        (
            ASKED * HIGH,
            "right for the pendulum, whose range is symmetric around 0, but only there.",
        ),
        (2 * ASKED, "2 is the pendulum's strength: take the range from `low` and `high`."),
        (right - LOW, "that is the way from the lowest action on: it has to be added to `low`."),
        (LOW + ASKED * 2 * HALF, "0 becomes the lowest action; it should be the middle."),
        (LOW + HIGH + ASKED * HALF, "the middle of a range is (low + high) / 2."),
        ((LOW + HIGH) / 2 + ASKED * 2 * HALF, "twice too wide: from -1 to 1 it is 2 already."),
        (LOW + HIGH - right, "it is upside down: -1 should become the lowest action."),
        (np.clip(ASKED, LOW, HIGH), "it clips actions; they must be stretched and shifted."),
    ]
    row, motor = np.argwhere(~np.isclose(told, right, atol=1e-5))[0]
    return mistake(
        told,
        usual,
        f"where the range is {LOW[motor]:g} to {HIGH[motor]:g}, {ASKED[row, motor]:g} should "
        f"become {right[row, motor]:g}, not {told[row, motor]:g}.",
    )
