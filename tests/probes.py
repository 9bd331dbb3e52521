"""Probe environments: each so small that the right answer is known, each testing one thing."""

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box


class Probe(gym.Env):
    """States of one number and actions of one number; subclasses say what follows."""

    observation_space = Box(-np.inf, np.inf, (1,), np.float32)
    action_space = Box(-1.0, 1.0, (1,), np.float32)
    truncates = False

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.time = 0
        return self.state(), {}

    def state(self):
        return np.zeros(1, dtype=np.float32)

    def step(self, action):
        reward, over = self.outcome(float(action[0]))
        self.time += 1
        return self.state(), reward, over and not self.truncates, over and self.truncates, {}


class ConstantReward(Probe):
    """One step, reward 1: every value is 1."""

    def outcome(self, action):
        return 1.0, True


class EndlessReward(ConstantReward):
    """Reward 1 for ever; each episode is cut off after one step: every value is 1 / (1 - gamma)."""

    truncates = True


class TwoSteps(Probe):
    """Two steps, the state tells which; only the second pays: the values are gamma and 1."""

    def state(self):
        return np.full(1, self.time, dtype=np.float32)

    def outcome(self, action):
        return float(self.time == 1), self.time == 1


class BestAction(Probe):
    """One step, reward -(a - 0.5)^2: the best action is 0.5."""

    def outcome(self, action):
        return -((action - 0.5) ** 2), True


class Endless(Probe):
    """Reward 0, and no end, ever."""

    def outcome(self, action):
        return 0.0, False
