"""Answers to the exercise on rewards that are shaped by a potential."""

import gymnasium as gym

from helpers.checks import check_shaping


class Right(gym.Wrapper):
    def __init__(self, env, potential, gamma=0.99):
        super().__init__(env)
        self.potential, self.gamma = potential, gamma

    def reset(self, **options):
        self.state, info = self.env.reset(**options)
        return self.state, info

    def step(self, action):
        state, reward, terminated, truncated, info = self.env.step(action)
        reward += self.pay(state, terminated, truncated)
        self.state = state
        return state, reward, terminated, truncated, info

    def pay(self, state, terminated, truncated):
        after = 0.0 if terminated else self.gamma * self.potential(state)
        return after - self.potential(self.state)


class Untouched(Right):
    def pay(self, state, terminated, truncated):
        return 0.0


class Reversed(Right):
    def pay(self, *seen):
        return -super().pay(*seen)


class Undiscounted(Right):
    def __init__(self, env, potential, gamma=0.99):
        super().__init__(env, potential, 1.0)


class NoEnd(Right):
    def pay(self, state, terminated, truncated):
        return super().pay(state, False, truncated)


class EveryEnd(Right):
    def pay(self, state, terminated, truncated):
        return super().pay(state, terminated or truncated, truncated)


class FirstState(Right):
    def step(self, action):
        state, reward, terminated, truncated, info = self.env.step(action)
        reward += self.pay(state, terminated, truncated)
        return state, reward, terminated, truncated, info


class Height(Right):
    def pay(self, state, terminated, truncated):
        return super().pay(state, terminated, truncated) + self.potential(self.state)


class Twice(Right):
    def pay(self, *seen):
        return 2 * super().pay(*seen)


class NoReset(Right):
    def reset(self, **options):
        state, info = self.env.reset(**options)
        if not hasattr(self, "state"):
            self.state = state
        return state, info


class EndsItself(Right):
    def step(self, action):
        state, reward, _, truncated, info = super().step(action)
        return state, reward, True, truncated, info


ROWS = [
    (Right, "Right: what is paid adds up"),
    (Untouched, "still to be written"),
    (Reversed, "the sign"),
    (Undiscounted, "multiply it by gamma"),
    (NoEnd, "there is no next state"),
    (EveryEnd, "only `terminated`"),
    (FirstState, "keep the state"),
    (Height, "not its change"),
    (Twice, "at the first step it pays"),
    (NoReset, "at step 1 of a later episode"),
    (EndsItself, "only the reward may change"),
]
ANSWERS = [(check_shaping, *row) for row in ROWS]
