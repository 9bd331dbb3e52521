"""Two systems that gymnasium doesn't have, as environments: a rod with a late motor, and a tank."""

from collections.abc import Sequence

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box


class Rod:
    """A simulator: a rod of 1.5 m, with friction, on a motor that is weak and obeys late."""

    length, mass, friction = 1.5, 1.0, 0.1  # m, kg, N m s
    limit, dt, delay = 4.0, 0.05, 2  # N m; s; steps until a torque acts

    def __init__(self, theta: float, velocity: float):
        self.theta, self.velocity = theta, velocity  # rad, 0 is upright; rad/s
        self.waiting = [0.0] * self.delay  # torques that were sent and don't act yet

    def advance(self, torque: float) -> None:
        """Send a torque (N m), and let dt pass."""
        self.waiting.append(float(np.clip(torque, -self.limit, self.limit)))
        weight = self.mass * 10.0 * self.length / 2 * np.sin(self.theta)
        inertia = self.mass * self.length**2 / 3
        torque = weight + self.waiting.pop(0) - self.friction * self.velocity
        self.velocity += torque / inertia * self.dt
        self.theta += self.velocity * self.dt


class RodEnv(gym.Env):
    """The rod as an environment; `keep` says which of the state's numbers the agent sees."""

    def __init__(self, keep: Sequence[int] | None = None):
        everything = range(3 + len(Rod(0.0, 0.0).waiting))
        self.keep = [*(everything if keep is None else keep)]
        self.action_space = Box(-1, 1, (1,), np.float32)
        self.observation_space = Box(-5, 5, (len(self.keep),), np.float32)

    def reset(self, *, seed: int | None = None, options: dict | None = None):
        """Any angle, and up to 1 rad/s."""
        super().reset(seed=seed)
        self.rod = Rod(self.np_random.uniform(-np.pi, np.pi), self.np_random.uniform(-1, 1))
        return self.state(), {}

    def step(self, action: np.ndarray):
        """One torque and what it costs: nothing, while the rod stands still and upright."""
        rod, torque = self.rod, Rod.limit * float(action[0])
        angle = (rod.theta + np.pi) % (2 * np.pi) - np.pi
        reward = -(angle**2 + 0.1 * rod.velocity**2 + 0.001 * torque**2)
        rod.advance(torque)
        return self.state(), reward, False, False, {}

    def state(self) -> np.ndarray:
        """What is measured or known, in numbers not much larger than 1."""
        rod = self.rod
        velocity = rod.velocity + self.np_random.normal(0, 0.1)  # a noisy sensor
        state = [np.cos(rod.theta), np.sin(rod.theta), velocity / 8]
        state += [torque / rod.limit for torque in rod.waiting]
        return np.array(state, dtype=np.float32)[self.keep]


class TankEnv(gym.Env):
    """A pump fills the upper tank, which drains into the lower one; keep *that* at its goal.

    The state is both levels and the goal, in mm; the action is the pump, from 0 to 1. The lower
    tank may also lose `leak` mm/s, which nobody knows of.
    """

    action_space = Box(0, 1, (1,), np.float32)
    observation_space = Box(0, 700, (3,), np.float32)
    dt, pump, drain = 5.0, 20.0, 0.6  # s; mm/s at full power; a tank loses drain * sqrt(level) mm/s

    def __init__(self, leak: float = 0.0):
        self.leak = leak

    def reset(self, *, seed: int | None = None, options: dict | None = None):
        """Levels from 50 to 600 mm, and a goal from 100 to 500 mm."""
        super().reset(seed=seed)
        self.levels, self.goal = (
            self.np_random.uniform(50, 600, 2),
            self.np_random.uniform(100, 500),
        )
        return self.state(), {}

    def step(self, action: np.ndarray):
        """Let dt pass; the reward is minus the square of the distance from the goal, in dm."""
        for _ in range(10):
            upper, lower = self.drain * np.sqrt(self.levels)
            flow = np.array([self.pump * float(action[0]) - upper, upper - lower - self.leak])
            self.levels = np.clip(self.levels + self.dt / 10 * flow, 0, 700)
        return self.state(), -(((self.levels[1] - self.goal) / 100) ** 2), False, False, {}

    def state(self) -> np.ndarray:
        """Both levels and the goal, in mm."""
        return np.array([*self.levels, self.goal], dtype=np.float32)


for name, env, steps in (("Rod", RodEnv, 200), ("Tank", TankEnv, 60)):
    gym.register(f"helpers/{name}-v0", f"{__name__}:{env.__name__}", max_episode_steps=steps)
