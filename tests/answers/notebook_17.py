"""Answers to the exercises of notebook 17."""

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box

from helpers.checks import check_exit, check_gamma, check_pid, check_rod_env
from helpers.extensions.plants import Rod, RodEnv


class Unfinished(RodEnv):
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        ...


class NoSpaces(gym.Env):
    pass


class Wide(RodEnv):
    def __init__(self):
        super().__init__()
        self.action_space = Box(-3, 3, (1,), np.float32)


class Double(RodEnv):
    def __init__(self):
        super().__init__()
        self.observation_space = Box(-5, 5, (5,), np.float64)


class NoRod(RodEnv):
    def reset(self, *, seed=None, options=None):
        answer = super().reset(seed=seed)
        self.rod = None
        return answer


class Unseeded(RodEnv):
    def reset(self, *, seed=None, options=None):
        return super().reset()


class GlobalNoise(RodEnv):
    def state(self):
        state = super().state()
        state[2] = self.rod.velocity / 8 + np.random.normal(0, 0.1) / 8  # noqa: NPY002
        return state


class Hanging(RodEnv):
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.rod = Rod(np.pi, 0.0)
        return self.state(), {}

    def state(self):
        return np.zeros(5, np.float32)


class HalfCircle(RodEnv):
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.rod.theta = abs(self.rod.theta)
        return self.state(), {}


class Twice(RodEnv):
    def step(self, action):
        super().step(action)
        return super().step(action)


class InFractions(RodEnv):
    def step(self, action):
        return super().step(action / 4)


class Counting(RodEnv):
    def step(self, action):
        self.time = getattr(self, "time", 0) + 1
        return *super().step(action)[:3], self.time % 200 == 0, {}


class ArrayTorque(RodEnv):
    def step(self, action):
        self.rod.advance(4 * action)
        return super().step(action)


class OldGym(RodEnv):
    def step(self, action):
        state, reward, _, _, info = super().step(action)
        return state, reward, False, info


class Ending(RodEnv):
    def step(self, action):
        return *super().step(action)[:3], True, {}


def paying(reward, kind=float):
    """The rod with another reward, of the rod before and after the torque."""

    class Paying(RodEnv):
        def step(self, action):
            rod = self.rod
            before = rod.theta, rod.velocity
            state, right, *rest = super().step(action)
            paid = reward(right, *before, rod.theta, rod.velocity, 4 * float(action[0]))
            return state, kind(paid), *rest

    return Paying


def seen(change, kind=np.float32):
    """The rod with another state."""

    class Seen(RodEnv):
        def state(self):
            state = change(super().state(), self.rod)
            return list(state) if kind is list else np.asarray(state, dtype=kind)

    return Seen


def wrapped(angle):
    return (angle + np.pi) % (2 * np.pi) - np.pi


def noise_outside(state, rod):
    state[2] = rod.velocity / 8 + 8 * (state[2] - rod.velocity / 8)
    return state


def pid(errors, dt, kp, ki, kd):
    change = errors[-1] - errors[-2] if len(errors) > 1 else 0.0
    return kp * errors[-1] + ki * sum(errors) * dt + kd * change / dt


def change(errors):
    return errors[-1] - errors[-2] if len(errors) > 1 else 0.0


ANSWERS = {
    check_rod_env: [
        (RodEnv, "Right: gymnasium's own check passes"),
        (Unfinished, "it gives back None"),
        (lambda: Rod(0.0, 0.0), "let your class inherit from gym.Env"),
        (NoSpaces, "action_space is None: make it a Box"),
        (Wide, "its bounds are -1 and 1"),
        (Double, "and dtype float64, not (5,) and float32"),
        (NoRod, "keep the simulator there"),
        (Unseeded, "gives two different starts"),
        (GlobalNoise, "gives two different starts"),
        (Hanging, "every episode starts in the same way"),
        (HalfCircle, "draw it evenly between −3.142 and 3.142"),
        (Twice, "once"),
        (InFractions, "4 N m times the action"),
        (Ending, "both flags are False"),
        (Counting, "both flags are False"),
        (ArrayTorque, "give `advance` a number"),
        (OldGym, "`step` must give state, reward, terminated, truncated, {}"),
        (seen(lambda s, rod: s, kind=list), "dtype float32, not list"),
        (seen(lambda s, rod: s, kind=np.float64), "dtype float32, not float64"),
        (paying(lambda right, *_: right, kind=lambda r: np.array([r])), "not an array"),
        (paying(lambda right, *_: -right), "a cost is a negative reward"),
        (
            paying(lambda r, a, v, *_: -(a**2 + 0.1 * v**2 + 0.001 * _[-1] ** 2)),
            "wrap the angle",
        ),
        (
            paying(lambda r, a, v, a2, v2, u: -(wrapped(a2) ** 2 + 0.1 * v2**2 + 0.001 * u**2)),
            "*after* the torque",
        ),
        (paying(lambda r, a, v, a2, v2, u: r + 0.001 * u**2), "the torque's cost is missing"),
        (paying(lambda r, *_: r - 1), "the reward isn't right: at "),
        (seen(lambda s, rod: s[[1, 0, 2, 3, 4]]), "the cosine is "),
        (seen(lambda s, rod: s[:3]), "a state has shape (3,), not (5,)"),
        (
            seen(lambda s, rod: [*s[:2], rod.velocity / 8, *s[3:]]),
            "e-08 rad/s (standard deviation)",
        ),
        (seen(noise_outside), "before you divide by 8"),
    ],
    check_pid: [
        (pid, "Right: it adds up the error now"),
        (lambda errors, dt, kp, ki, kd: ..., "still to be written"),
        (lambda e, dt, p, i, d: p * e[-1] + i * sum(e) + d * change(e) / dt, "*times dt*"),
        (lambda e, dt, p, i, d: p * e[-1] + i * sum(e) * dt + d * change(e), "*divided by dt*"),
        (
            lambda e, dt, p, i, d: p * e[-1] + i * sum(e) * dt - d * change(e) / dt,
            "the last error minus the one before",
        ),
        (
            lambda e, dt, p, i, d: p * e[-1] + i * e[-1] * dt + d * change(e) / dt,
            "sums up *all* errors",
        ),
        (lambda e, dt, p, i, d: p * e[-1] + i * sum(e) * dt, "the part with kd is missing"),
        (lambda e, dt, p, i, d: p * e[-1], "only the part with kp"),
        (lambda e, dt, p, i, d: 1.0, "it should be 18, and yours is 1"),
    ],
    check_gamma: [
        (lambda seconds, dt: 1 - dt / seconds, "Right: it looks as many seconds ahead"),
        (lambda seconds, dt: ..., "still to be written"),
        (lambda seconds, dt: dt / seconds, "that is 1 − γ"),
        (lambda seconds, dt: 1 - 1 / seconds, "takes seconds for steps"),
        (lambda seconds, dt: np.exp(-dt / seconds), "close: solve"),
        (lambda seconds, dt: 0.5, "it should be 0.99, and yours is 0.5"),
    ],
    check_exit: [
        (lambda cost, gamma: cost / (1 - gamma), "Right: with this much to pay"),
        (lambda cost, gamma: ..., "still to be written"),
        (lambda cost, gamma: -cost / (1 - gamma), "a positive number"),
        (lambda cost, gamma: cost, "pays for a single step"),
        (lambda cost, gamma: gamma * cost / (1 - gamma), "counts in full"),
        (lambda cost, gamma: cost / gamma, "sum up cost"),
        (lambda cost, gamma: 7.0, "it should be 100, and yours is 7"),
    ],
}
