"""A template: copy this file, and put a system of your own in place of the oven.

`python your_env.py` checks the environment, looks at an agent's vital signs, trains it, and says
what it earns. Notebook 17 explains each part.
"""

from dataclasses import replace

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers import RescaleObservation, TimeLimit

from helpers.agent import DDPG
from helpers.callbacks import PrintProgress
from helpers.environment import make_env
from helpers.evaluation import EVALUATION_STARTS, evaluate, vitals
from helpers.pendulum import random_policy
from helpers.recipes import modern
from helpers.training import train

# Settings to change first: how far to look ahead, and how large rewards are stored (0.02 to 0.2).
RECIPE = replace(modern, gamma=0.99, reward_scale=0.01)


class OvenEnv(gym.Env):
    """An oven, heated by an element that is slow itself, is to reach and keep a temperature."""

    # 1. The action and its true bounds: the power of the element, as a fraction of its 2 kW.
    action_space = Box(0, 1, (1,), np.float32)
    # 2. The state: the temperatures of element and oven, and the goal, in °C. It holds all that
    #    decides what happens next and what it earns. `make` rescales it from its bounds to [-1, 1].
    observation_space = Box(0, 600, (3,), np.float32)
    # 3. The time step, in s. `make` says after how many of them an episode is cut off.
    dt = 30.0

    def reset(self, *, seed: int | None = None, options: dict | None = None):
        """4. Where episodes begin. All that is random comes from self.np_random."""
        super().reset(seed=seed)
        self.oven = self.np_random.uniform(20, 200)
        self.element, self.goal = self.oven, self.np_random.uniform(60, 220)
        return self.state(), {}

    def step(self, action: np.ndarray):
        """5. What one time step does, and 6. what that's worth, and whether it's the end."""
        for _ in range(10):
            flow = 0.02 * (self.element - self.oven)  # kW, from the element to the oven
            loss = 0.005 * (self.oven - 20)
            self.element += self.dt / 10 * (2.0 * float(action[0]) - flow) / 2.0  # 2 kJ/K
            self.oven += self.dt / 10 * (flow - loss) / 10.0
        reward = -(((self.oven - self.goal) / 50) ** 2)
        terminated = False  # True only where nothing can follow; the time limit isn't yours to say
        return self.state(), reward, terminated, False, {}

    def state(self) -> np.ndarray:
        """What the agent sees: float32, within the bounds of observation_space."""
        state = np.array([self.element, self.oven, self.goal])
        box = self.observation_space
        return np.clip(state, box.low, box.high).astype(np.float32)


def make(seed: int | None = None) -> gym.Env:
    """The environment as the agent gets it: 60 steps, and all numbers in [-1, 1]."""
    env = make_env(TimeLimit(OvenEnv(), 60), seed=seed)
    return RescaleObservation(env, np.float32(-1), np.float32(1))


def nothing(states: np.ndarray) -> np.ndarray:
    """No power. An action of -1 is the lower bound, 0 the middle, 1 the upper bound."""
    return np.full((len(states), 1), -1.0)


def by_hand(states: np.ndarray) -> np.ndarray:
    """What you'd do without an agent; here a thermostat. The states are those that `make` gives."""
    return np.where(states[:, 1:2] < states[:, 2:3], 1.0, -1.0)


def main(steps: int = 5_000, seed: int = 0) -> float:
    """Check, examine, train, evaluate; gives the mean return."""
    check_env(OvenEnv(), skip_render_check=True)
    others = {"nothing": nothing, "at random": random_policy(seed), "by hand": by_hand}
    for name, policy in others.items():
        print(f"{name:10s} earns {evaluate(policy, make, EVALUATION_STARTS).mean():8.1f}")
    env = make(seed)
    agent = DDPG(env, seed=seed, recipe=RECIPE)
    first = RECIPE.learning_starts
    for k in (first - 1, first, first + 500):  # before the first update, after it, and later
        train(env, agent, k)
        print(f"\nstep {k:,}")
        for name, value in vitals(agent).items():
            print(f"{value:8.3f}  {name}")
    train(env, agent, steps, callbacks=[PrintProgress(20)])
    mean = float(evaluate(agent.act, make, EVALUATION_STARTS).mean())
    print(f"\nafter {steps:,} steps the agent earns {mean:.1f}")
    return mean


if __name__ == "__main__":
    main()
