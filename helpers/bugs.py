"""DDPG with a mistake in it, each as it is made in earnest: what notebook 11 hunts.

More are in `ablations` (a piece left out) and `misjudging`; `tools/diffs.py` shows each as a diff.
"""

import gymnasium as gym
import numpy as np
import torch
from gymnasium.spaces import Box
from gymnasium.wrappers import TransformAction
from torch import nn
from torch.optim import Adam

from helpers.agent import DDPG
from helpers.buffer import Batch
from helpers.environment import make_env
from helpers.networks import Actor, Critic
from helpers.noise import OrnsteinUhlenbeck
from helpers.pendulum import MAX_TORQUE


class SameSeed(gym.Wrapper):
    """An environment that is reset with its first seed again in every episode."""

    def reset(self, *, seed=None, options=None):
        """Start an episode: always the same one."""
        return super().reset(seed=self.unwrapped.np_random_seed, options=options)


def env_with_one_start(env_id: str = "Pendulum-v1", seed: int | None = None, **options) -> gym.Env:
    """An environment with one start state for the whole run."""
    return SameSeed(make_env(env_id=env_id, seed=seed, **options))


def env_without_scaling(env_id: str = "Pendulum-v1", seed: int | None = None, **options) -> gym.Env:
    """An environment that says [-1, 1] and takes the numbers as they are: as newton metres."""
    env = gym.make(env_id, **options)
    env = TransformAction(env, lambda action: action, Box(-1, 1, (1,)))
    env.reset(seed=seed)
    return env


class DDPGInNewtonMetres(DDPG):
    """DDPG for `env_without_scaling`, judged by the torque that it really asks for there."""

    def act(self, state: np.ndarray) -> np.ndarray:
        """The policy's action, 1 standing for 1 N m, as a share of the motor's torque."""
        return super().act(state) / MAX_TORQUE


class BiasedNoise(OrnsteinUhlenbeck):
    """Noise whose kicks are uniform on [0, 1): none of them goes down."""

    def __call__(self) -> np.ndarray:
        """The next noise, (action_dim,)."""
        kick = self.rng.random(self.x.shape, dtype=np.float32)
        self.x = self.x - self.theta * self.x * self.dt + self.sigma * self.dt**0.5 * kick
        return self.x


class SlowNoise(OrnsteinUhlenbeck):
    """Noise that hardly moves within an episode, and is never started anew."""

    def __init__(self, action_dim: int, sigma: float = 0.2, seed: int | None = None):
        super().__init__(action_dim, sigma=sigma, seed=seed, dt=0.01)

    def reset(self) -> None:
        """Nothing: the noise goes on where it was."""


def start_by_fan_out(*layers: nn.Linear) -> None:
    """Start layers at U(±1/sqrt(n)), where n should be the number of inputs and is not."""
    for layer in layers:
        bound = layer.weight.size(0) ** -0.5  # a weight is (out, in): this is the fan-out
        for parameter in layer.parameters():
            nn.init.uniform_(parameter, -bound, bound)


class ActorWithFanOut(Actor):
    """An actor whose hidden layers start by their fan-out."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__(state_dim, action_dim)
        start_by_fan_out(self.layer1, self.layer2)


class CriticWithFanOut(Critic):
    """A critic whose hidden layers start by their fan-out."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__(state_dim, action_dim)
        start_by_fan_out(self.layer1, self.layer2)


def broadcast_critic_loss(q: nn.Module, batch: Batch, y: torch.Tensor) -> torch.Tensor:
    """The mean of all N x N differences, since a row (N,) meets a column (N, 1)."""
    return ((y.squeeze(1) - q(batch.s, batch.a)) ** 2).mean()


@torch.no_grad()
def soft_update_reversed(target: nn.Module, online: nn.Module, tau: float) -> None:
    """Move each weight of `target` nearly all the way: tau and 1 - tau are exchanged."""
    for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
        p_target.lerp_(p, 1 - tau)  # p_target + (1 - tau) (p - p_target)


class DDPGWithNextStateAsState(DDPG):
    """DDPG that overwrites the state before it stores it."""

    def observe(self, s, a, r, s_next, terminated, truncated) -> None:
        """Remember one transition, which begins where it ends."""
        super().observe(s_next, a, r, s_next, terminated, truncated)


class DDPGWithCleanAction(DDPG):
    """DDPG that stores what the actor proposed, and not what was done."""

    def observe(self, s, a, r, s_next, terminated, truncated) -> None:
        """Remember one transition, without the noise that was in its action."""
        proposed = a if self.steps < self.recipe.warmup else self.ask(self.actor, s)
        super().observe(s, proposed, r, s_next, terminated, truncated)


class AdamEverySecondStep(Adam):
    """Adam that takes every second step, and lets the others pass."""

    calls = 0

    def step(self, closure=None):
        """Count, and take the step if its number is even."""
        self.calls += 1
        return super().step(closure) if self.calls % 2 == 0 else None


class DDPGWithDelayedActor(DDPG):
    """DDPG with a trick of TD3: its actor is updated at every second step."""

    def __init__(self, env: gym.Env, **settings):
        super().__init__(env, **settings)
        (g,) = self.actor_adam.param_groups
        self.actor_adam = AdamEverySecondStep(g["params"], g["lr"], eps=g["eps"])


class DDPGWithoutZeroGrad(DDPG):
    """DDPG whose gradients are never cleared: each adds to all that came before."""

    def __init__(self, env: gym.Env, **settings):
        super().__init__(env, **settings)
        for adam in (self.actor_adam, self.critic_adam):
            adam.zero_grad = lambda: None
