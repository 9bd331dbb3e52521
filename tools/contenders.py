"""What `python tools/benchmark.py` compares: three trainings of one size on one environment.

Each can take `steps(n)` of a training, with an update at every one, or `updates(n)` alone. All have
layers of 400 and 300 units, batches of 64 and Ornstein-Uhlenbeck noise.
"""

import copy
from collections.abc import Callable

import gymnasium as gym
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.networks import Actor, Critic
from helpers.noise import OrnsteinUhlenbeck
from helpers.recipes import modern
from helpers.training import train

CAPACITY, BATCH, GAMMA, TAU = modern.memory, modern.batch_size, modern.gamma, modern.tau
WARMUP = modern.warmup  # steps before anything is timed


class Ours:
    """This project, with the recipe of the series and nothing that watches."""

    def __init__(self):
        self.env = make_env(seed=0)
        self.agent = DDPG(self.env, seed=0)
        self.steps(modern.warmup)  # before it, there are no updates

    def steps(self, n: int) -> None:
        """Train for n steps."""
        train(self.env, self.agent, n)

    def updates(self, n: int) -> None:
        """Learn n times from what is remembered."""
        for _ in range(n):
            self.agent.learn()


class Textbook:
    """Algorithm 1 as it is usually written: five arrays, PyTorch's defaults, no care for speed.

    The networks are those of this project, with the action at the critic's second layer.
    """

    def __init__(self):
        self.env, self.rng, self.added = make_env(seed=0), np.random.default_rng(0), 0
        self.s, _ = self.env.reset()
        self.actor, self.critic = Actor(3, 1), Critic(3, 1)
        self.target_actor = copy.deepcopy(self.actor)
        self.target_critic = copy.deepcopy(self.critic)
        self.actor_adam = torch.optim.Adam(self.actor.parameters(), lr=1e-4)
        self.critic_adam = torch.optim.Adam(self.critic.parameters(), lr=1e-3)
        self.noise = OrnsteinUhlenbeck(1, seed=0)
        self.arrays = [np.zeros((CAPACITY, n), dtype=np.float32) for n in (3, 1, 1, 3, 1)]
        self.steps(WARMUP)

    def steps(self, n: int) -> None:
        """Act, remember, learn, n times."""
        for _ in range(n):
            with torch.no_grad():
                a = self.actor(torch.FloatTensor(self.s)).numpy()
            a = np.clip(a + self.noise(), -1, 1)
            s_next, r, terminated, truncated, _ = self.env.step(a)
            for array, value in zip(self.arrays, (self.s, a, r, s_next, terminated), strict=True):
                array[self.added % CAPACITY] = value
            self.added += 1
            self.s = s_next
            if terminated or truncated:
                self.s, _ = self.env.reset()
                self.noise.reset()
            if self.added >= BATCH:
                self.learn()

    def learn(self) -> None:
        """One update of both networks and their targets."""
        rows = self.rng.integers(min(self.added, CAPACITY), size=BATCH)
        s, a, r, s_next, terminated = (torch.FloatTensor(array[rows]) for array in self.arrays)
        with torch.no_grad():
            q_next = self.target_critic(s_next, self.target_actor(s_next))
            y = r + GAMMA * (1 - terminated) * q_next
        critic_loss = F.mse_loss(self.critic(s, a), y)
        self.critic_adam.zero_grad()
        critic_loss.backward()
        self.critic_adam.step()
        actor_loss = -self.critic(s, self.actor(s)).mean()
        self.actor_adam.zero_grad()
        actor_loss.backward()
        self.actor_adam.step()
        self.follow(self.target_actor, self.actor)
        self.follow(self.target_critic, self.critic)

    def follow(self, target: nn.Module, online: nn.Module) -> None:
        """Move the target towards the network."""
        for old, new in zip(target.parameters(), online.parameters(), strict=True):
            old.data.copy_(TAU * new.data + (1 - TAU) * old.data)

    def updates(self, n: int) -> None:
        """Learn n times from what is remembered."""
        for _ in range(n):
            self.learn()


class StableBaselines3:
    """The DDPG of stable-baselines3; its action enters at the critic's first layer."""

    def __init__(self):
        import stable_baselines3 as sb3  # installed only with the group `benchmark`
        from stable_baselines3.common.noise import OrnsteinUhlenbeckActionNoise

        env: gym.Env = make_env(seed=0)
        self.model = sb3.DDPG(
            "MlpPolicy",
            env,
            learning_starts=WARMUP,
            buffer_size=CAPACITY,
            batch_size=BATCH,
            gamma=GAMMA,
            tau=TAU,
            train_freq=1,
            gradient_steps=1,
            action_noise=OrnsteinUhlenbeckActionNoise(np.zeros(1), 0.2 * np.ones(1), dt=1.0),
            policy_kwargs={"net_arch": [400, 300]},
            device="cpu",
            seed=0,
        )
        self.steps(WARMUP)

    def steps(self, n: int) -> None:
        """Train for n steps."""
        self.model.learn(n, log_interval=None, reset_num_timesteps=False)

    def updates(self, n: int) -> None:
        """Learn n times from what is remembered."""
        for _ in range(n):
            self.model.train(gradient_steps=1, batch_size=BATCH)


CONTENDERS: dict[str, Callable] = {
    "this project": Ours,
    "stable-baselines3": StableBaselines3,
    "a textbook loop": Textbook,
}
