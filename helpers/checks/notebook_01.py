"""Checks of notebook 01: sums of rewards, and the environment as an agent meets it."""

from collections.abc import Callable

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box

from helpers.checks.verdicts import check, failure, given, mistake, shape_complaint
from helpers.checks.worlds import World

REWARDS = np.array([-1.0, -5.0, 2.0, -3.0])
LOW, HIGH = np.float32([-2.0, 0.0]), np.float32([2.0, 10.0])
ASKED = np.float32([[-1.0, -1.0], [1.0, 1.0], [0.0, 0.0], [0.5, -0.5]])
HALF = (HIGH - LOW) / 2
CAR, MARS = "MountainCarContinuous-v0", 3.7  # another environment, and another gravity
SEEDLESS = "the seed has no effect on the starts: reset the environment once with it."
UNSCALED = "its actions aren't rescaled: give back the environment in its RescaledActions."


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


def two_motors() -> World:
    """A machine with two motors: one takes -2 to 2, the other 0 to 10."""
    motors = World(state=lambda world: [0.0], reward=lambda world: 0.0, ends=[(9, True, False)])
    motors.action_space = Box(LOW, HIGH)
    return motors


def takes_unit_actions(env: gym.Env, motors: int = 2) -> bool:
    """Whether the machine says that it takes an action in [-1, 1] for each motor."""
    limits = env.action_space
    return limits.shape == (motors,) and (limits.low == -1).all() and (limits.high == 1).all()


@check
def check_rescaling(wrapper: type) -> str | None:
    """-1 becomes the lowest action of the machine, 1 the highest, in a straight line."""
    motors = two_motors()
    motors.reset()
    env, told = wrapper(motors), []
    for asked in ASKED:
        try:
            env.step(asked.copy())
        except ValueError as error:
            hint = " np.interp takes one motor at a time." if "too deep" in str(error) else ""
            return failure(error) + hint
        told.append(given(motors.told.item() if motors.told.dtype == object else motors.told))
        if complaint := shape_complaint(told[-1], (2,), "what an action of 2 numbers becomes"):
            return complaint
    told, right = np.array(told, dtype=float), LOW + (ASKED + 1) * HALF
    if np.allclose(told, right, atol=1e-5):
        if takes_unit_actions(env):
            return None
        return "its action_space should say that it takes two actions, each in [-1, 1]."
    usual = [
        (ASKED, "the actions are not rescaled: the machine gets what the agent says."),
        (
            ASKED * HIGH,
            "right for the pendulum, whose range is symmetric around 0, but only there.",
        ),
        (2 * ASKED, "every motor gets the range -2 to 2: each has its own, in `low` and `high`."),
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


@check
def check_make_env(make_env: Callable[..., gym.Env]) -> str | None:
    """it makes an environment or takes yours, rescales the actions, and seeds it once."""
    car, pendulum = given(make_env(CAR)), given(make_env("Pendulum-v1", seed=7))
    if isinstance(pendulum, tuple):
        return "it gave back what `reset` answers: give back the environment itself."
    if not isinstance(car, gym.Env):
        return f"it gave back a {type(car).__name__}, not an environment."
    if (made := car.unwrapped.spec.id) != CAR:
        return f"asked for {CAR} it made {made}: use the name that is given."
    if make_env("Pendulum-v1", g=MARS).unwrapped.g != MARS:
        return f"g={MARS} had no effect: hand the options on to gym.make."
    if not takes_unit_actions(pendulum, motors=1):
        return UNSCALED
    pendulum.reset()
    if pendulum.unwrapped.np_random_seed != 7:
        return SEEDLESS
    try:
        return object_complaint(make_env)
    except Exception as error:  # whatever a learner's code may raise
        problem = failure(error)
        return f"given an environment that is made already, {problem} Make one only from a name."


def object_complaint(make_env: Callable[..., gym.Env]) -> str | None:
    """What is wrong with what it makes of the machine with two motors, or how it seeds that."""
    motors = two_motors()
    env = make_env(motors, seed=7)
    if env.unwrapped is not motors:
        return "it ignored the environment that it was given."
    so_far = len(motors.seeds)
    env.reset()
    env.reset()
    if 7 not in motors.seeds:
        return SEEDLESS
    if any(seed is not None for seed in motors.seeds[so_far:]):
        return "every episode gets a seed and starts alike: only the first reset gets it."
    if complaint := actions_complaint(env, motors):
        return complaint
    seedless, zero = two_motors(), two_motors()
    make_env(seedless)
    make_env(zero, seed=0)
    if any(seed is not None for seed in seedless.seeds):
        return f"without a seed it takes {seedless.seeds[-1]}: None means that luck decides."
    if 0 not in zero.seeds:
        return "seed 0 is ignored: it is a seed like any other, so ask `if seed is not None`."
    return None


def actions_complaint(env: gym.Env, motors: World) -> str | None:
    """Whether the actions of what it makes are rescaled."""
    if not takes_unit_actions(env):
        return UNSCALED
    env.step(np.float32([1.0, -1.0]))
    if not np.allclose(motors.told, [2.0, 0.0]):
        return "its actions say [-1, 1], but reach the machine as they are: use RescaledActions."
    return None
