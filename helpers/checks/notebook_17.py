"""Checks of notebook 17: your own environment, a PID controller, and how far to look ahead."""

import warnings
from collections.abc import Callable

import gymnasium as gym
import numpy as np
from gymnasium.utils.env_checker import check_env

from helpers.checks.notebook_04 import numpy_kept
from helpers.checks.notebook_10 import number
from helpers.checks.verdicts import check, first, given, mistake
from helpers.extensions.plants import Rod
from helpers.pendulum.physics import normalise_angle

ROD_STATE = ("the cosine", "the sine", "the measured velocity / 8")
WAITING = tuple(f"waiting torque {k + 1} / {Rod.limit:g}" for k in range(Rod.delay))


def spaces_complaint(env: gym.Env) -> str | None:
    """A complaint unless the spaces are those of the rod."""
    for name, low, high, shape in (
        ("action_space", -1, 1, (1,)),
        ("observation_space", -5, 5, (3 + Rod.delay,)),
    ):
        space = getattr(env, name, None)
        if not isinstance(space, gym.spaces.Box):
            return f"{name} is {space}: make it a Box in __init__."
        if space.shape != shape or space.dtype != np.float32:
            return (
                f"{name} has shape {space.shape} and dtype {space.dtype}, not {shape} and float32."
            )
        if not ((space.low == low).all() and (space.high == high).all()):
            return f"{name} is {space}: its bounds are {low:g} and {high:g}."
    return None


def answer_complaint(env: gym.Env) -> str | None:
    """A complaint unless `reset` and `step` give as many things as gymnasium's, of such kinds."""
    answers = {"reset": given(env.reset(seed=0))}
    rod_of(env)
    try:
        answers["step"] = given(env.step(np.zeros(1, np.float32)))
    except TypeError as error:
        if "0-dimensional" in str(error):
            return "an action is an array: give `advance` a number, 4 * float(action[0])."
        raise
    parts = {"reset": "state, {}", "step": "state, reward, terminated, truncated, {}"}
    for name, answer in answers.items():
        if not isinstance(answer, tuple) or len(answer) != len(parts[name].split(",")):
            return f"`{name}` must give {parts[name]}, as a tuple."
        if not isinstance(answer[0], np.ndarray) or answer[0].dtype != np.float32:
            kind = getattr(answer[0], "dtype", type(answer[0]).__name__)
            return f"`{name}` must give the state as a numpy array of dtype float32, not {kind}."
    if np.shape(answers["step"][1]) != ():
        return "the reward must be a number, not an array."
    return None


def rod_of(env: gym.Env) -> Rod:
    """The simulator inside, which the page's text asks for."""
    rod = getattr(env, "rod", None)
    if not hasattr(rod, "theta"):
        raise ValueError("after `reset`, there is no `self.rod`: keep the simulator there")
    return rod


def start_complaint(env: gym.Env) -> str | None:
    """A complaint unless the seed, and only the seed, decides where episodes begin."""
    starts = []
    for seed in (5, 5, None, 6):
        np.random.seed(len(starts))  # noqa: NPY002  (whoever uses it is found out)
        state, _ = given(env.reset(seed=seed))
        starts.append([rod_of(env).theta, rod_of(env).velocity, *state])
    if not np.array_equal(starts[0], starts[1]):
        return (
            "`reset(seed=5)` twice gives two different starts: call `super().reset(seed=seed)`, "
            "and draw all that is random, noise too, from `self.np_random`."
        )
    if np.array_equal(starts[0], starts[3]) or np.array_equal(starts[1], starts[2]):
        return "every episode starts in the same way: draw the start from `self.np_random`."
    starts = [(env.reset(), rod_of(env).theta, rod_of(env).velocity) for _ in range(300)]
    angles, velocities = (np.array([start[k] for start in starts]) for k in (1, 2))
    for name, values, most in (("angle", angles, np.pi), ("velocity", velocities, 1)):
        if not (
            values.min() < -0.8 * most and 0.8 * most < values.max() and (abs(values) <= most).all()
        ):
            return (
                f"over 300 episodes the first {name} lies between {values.min():.2f} and "
                f"{values.max():.2f}: draw it evenly between −{most:.4g} and {most:.4g}."
            )
    return None


def step_complaint(env: gym.Env) -> str | None:
    """A complaint unless each step sends the torque, pays the reward, and never ends an episode."""
    rng, noise = np.random.default_rng(0), []
    for episode in range(3):
        env.reset(seed=episode)
        for _ in range(250):  # longer than the time limit
            rod = rod_of(env)
            theta, velocity, waiting = rod.theta, rod.velocity, [*rod.waiting]
            action = rng.uniform(-1, 1, 1).astype(np.float32)
            state, reward, terminated, truncated, _ = given(env.step(action))
            torque = Rod.limit * float(action[0])
            if not np.allclose(rod.waiting, [*waiting[1:], torque], atol=1e-5):
                return "`step` must send 4 N m times the action to `self.rod.advance`, once."
            if terminated or truncated:
                return "this task has no end, and the time limit isn't yours: both flags are False."
            found = reward_complaint(reward, theta, velocity, torque, rod)
            if found := found or state_complaint(state, rod):
                return found
            noise.append(8 * state[2] - rod.velocity)
    if not (0.085 < np.std(noise) < 0.115 and abs(np.mean(noise)) < 0.03):
        return (
            f"the measured velocity differs from the true one by {np.std(noise):.3g} rad/s "
            "(standard deviation), not by 0.1: add the noise before you divide by 8."
        )
    return None


def reward_complaint(reward, theta, velocity, torque, rod) -> str | None:
    """A complaint unless the reward is that of the state in which the torque was chosen."""

    def cost(angle, speed):
        return angle**2 + 0.1 * speed**2 + 0.001 * torque**2

    right = -cost(normalise_angle(theta), velocity)
    if np.isclose(reward, right, atol=1e-6):
        return None
    usual = [
        (-right, "it has the wrong sign: a cost is a negative reward."),
        (
            -cost(theta, velocity),
            "a rod that has gone round once is upright again: wrap the angle.",
        ),
        (
            -cost(normalise_angle(rod.theta), rod.velocity),
            "it is that of the state *after* the torque.",
        ),
        (right + 0.001 * torque**2, "the torque's cost is missing."),
    ]
    words = mistake(reward, usual, f"at {theta:.2f} rad, {velocity:.2f} rad/s and {torque:.2f} N m "
                    f"it is {float(reward):.3f}, not {right:.3f}.")  # fmt: skip
    return f"the reward isn't right: {words}"


def state_complaint(state, rod: Rod) -> str | None:
    """A complaint unless the state holds what it should; the noise is looked at elsewhere."""
    right = [np.cos(rod.theta), np.sin(rod.theta), rod.velocity / 8]
    right += [torque / Rod.limit for torque in rod.waiting]
    if np.shape(state) != (len(right),):
        return f"a state has shape {np.shape(state)}, not ({len(right)},)."
    for value, expected, name in zip(state, right, ROD_STATE + WAITING, strict=True):
        if abs(value - expected) > (0.5 if name == ROD_STATE[2] else 1e-5):
            return f"a state must hold, in this order, {', '.join(ROD_STATE + WAITING)}; " + (
                f"{name} is {value:.3f}, and should be {expected:.3f}."
            )
    return None


@check
@numpy_kept()
def check_rod_env(make: Callable[[], gym.Env]) -> str | None:
    """gymnasium's own check passes, and the rod, its rewards and its sensors are as asked."""
    env = make()
    if env is None:
        raise TypeError("called, it gives None, and not an environment")
    if not isinstance(env, gym.Env):
        return f"it makes a {type(env).__name__}: let your class inherit from gym.Env."
    examine = (spaces_complaint, answer_complaint, start_complaint, step_complaint)
    if found := first(look(env) for look in examine):
        return found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_env(env, skip_render_check=True)  # an AssertionError says what is wrong
    return None


@check
def check_pid(pid: Callable) -> str | None:
    """it adds up the error now, all errors so far, and how fast the error changes."""
    gains = 2.0, 0.5, 3.0
    for errors in ([4.0], [4.0, 2.0]):
        answer = number(pid([*errors], 5.0, *gains))
        total, change = sum(errors), errors[-1] - errors[0]
        p, i, d = gains[0] * errors[-1], gains[1] * total * 5, gains[2] * change / 5
        right = p + i + d
        usual = [
            (p + gains[1] * total + d, "the integral is the sum of all errors *times dt*."),
            (p + i + gains[2] * change, "a rate of change is a difference *divided by dt*."),
            (p + i - d, "the change is the last error minus the one before, not the reverse."),
            (p + gains[1] * errors[-1] * 5 + d, "the integral sums up *all* errors so far."),
            (p + i, "the part with kd is missing."),
            (p, "only the part with kp is there."),
        ]
        if abs(answer - right) > 1e-6:
            words = mistake(answer, usual, f"it should be {right:g}, and yours is {answer:g}.")
            return f"for errors {errors}, dt = 5 and gains {gains}: {words}"
    return None


@check
def check_gamma(gamma: Callable[[float, float], float]) -> str | None:
    """it looks as many seconds ahead as it should, whatever the time step."""
    for seconds, dt in ((5.0, 0.05), (300.0, 5.0), (2.0, 0.5)):
        answer, right = number(gamma(seconds, dt)), 1 - dt / seconds
        usual = [
            (dt / seconds, "that is 1 − γ."),
            (1 - 1 / seconds, "that takes seconds for steps: how many steps are they?"),
            (np.exp(-dt / seconds), "close: solve 1 / (1 − γ) = seconds / dt exactly."),
        ]
        if abs(answer - right) > 1e-9:
            words = mistake(answer, usual, f"it should be {right:.4g}, and yours is {answer:.4g}.")
            return f"for {seconds:g} s ahead in steps of {dt:g} s, {words}"
    return None


@check
def check_exit(penalty: Callable[[float, float], float]) -> str | None:
    """with this much to pay, leaving costs as much as staying and paying for ever."""
    for cost, gamma in ((1.0, 0.99), (16.0, 0.9)):
        answer = number(penalty(cost, gamma))
        right = sum(cost * gamma**k for k in range(5_000))  # what staying costs, step by step
        usual = [
            (-right, "give the size of the penalty, a positive number."),
            (cost, "that pays for a single step: the agent is spared all that would follow."),
            (gamma * right, "close: the first step that is spared counts in full."),
            (cost / gamma, "sum up cost · γᵏ over all steps k = 0, 1, 2, … that are spared."),
        ]
        if abs(answer - right) > 1e-6 * right:
            words = mistake(answer, usual, f"it should be {right:g}, and yours is {answer:g}.")
            return f"for a cost of {cost:g} at each step and γ = {gamma:g}: {words}"
    return None
