"""DDPG with a mistake in it, each as real code makes it: what notebook 11 hunts.

More are in `ablations` (a component left out) and `evaluation_bugs`; `tools/diffs.py` shows each as
a diff.
"""

import gymnasium as gym
import numpy as np
import torch
from gymnasium.spaces import Box
from torch import nn
from torch.optim import Optimizer

from helpers.agent import DDPG
from helpers.buffer import Batch
from helpers.environment import make_env
from helpers.networks import Actor, Critic
from helpers.noise import OrnsteinUhlenbeck
from helpers.pendulum.physics import MAX_TORQUE
from helpers.schedules import inverse_decay


class SameSeed(gym.Wrapper):
    """An environment that is reset with its first seed again in every episode."""

    def reset(self, *, seed=None, options=None):
        """Start an episode: always the same one."""
        return super().reset(seed=self.unwrapped.np_random_seed, options=options)


def env_with_one_start(env: str = "Pendulum-v1", seed: int | None = None, **options) -> gym.Env:
    """An environment with one start state for the whole run."""
    return SameSeed(make_env(env=env, seed=seed, **options))


def env_without_scaling(env: str = "Pendulum-v1", seed: int | None = None, **options) -> gym.Env:
    """An environment that says [-1, 1] and takes the numbers as they are: as newton metres."""
    env = gym.make(env, **options)
    env.action_space = Box(-1, 1, (1,))
    env.reset(seed=seed)
    return env


class DDPGInNewtonMetres(DDPG):
    """DDPG for `env_without_scaling`; evaluate it in the usual environment.

    It acts there with the torque that it really asks for in its own.
    """

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
    """Noise that hardly moves within an episode, and is never reset."""

    def __init__(self, action_dim: int, sigma: float = 0.2, seed: int | None = None):
        super().__init__(action_dim, sigma=sigma, seed=seed, dt=0.01)

    def reset(self) -> None:
        """Nothing: the noise goes on where it was."""


def start_by_fan_out(*layers: nn.Linear) -> None:
    """Start layers at U(±1/sqrt(n)), where n should be the number of inputs and isn't."""
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
        start_by_fan_out(self.layer1, self.layer2, self.action)


def broadcast_critic_loss(q: nn.Module, batch: Batch, y: torch.Tensor) -> torch.Tensor:
    """The mean of all N x N differences, since a row (N,) meets a column (N, 1)."""
    return ((y.squeeze(1) - q(batch.s, batch.a)) ** 2).mean()


@torch.no_grad()
def soft_update_reversed(target: nn.Module, online: nn.Module, tau: float) -> None:
    """Move each weight of `target` nearly all the way: tau and 1 - tau are swapped."""
    for p_target, p in zip(target.parameters(), online.parameters(), strict=True):
        p_target.lerp_(p, 1 - tau)  # p_target + (1 - tau) (p - p_target)


class DDPGWithNextStateAsState(DDPG):
    """DDPG that overwrites the state before it stores it."""

    def observe(self, s, a, r, s_next, terminated, truncated) -> None:
        """Store one transition, which begins where it ends."""
        super().observe(s_next, a, r, s_next, terminated, truncated)


class DDPGWithCleanAction(DDPG):
    """DDPG that stores what the actor proposed, and not what was done."""

    def observe(self, s, a, r, s_next, terminated, truncated) -> None:
        """Store one transition, without the noise that was in its action."""
        proposed = a if self.steps < self.recipe.learning_starts else self.predict(self.actor, s)
        super().observe(s, proposed, r, s_next, terminated, truncated)


class DDPGWithDelayedActor(DDPG):
    """DDPG with a trick of TD3: its actor is updated at every second step."""

    def update_actor(self, batch: Batch) -> float:
        """The actor climbs the critic at odd steps, and stays where it is at even ones."""
        if self.steps % 2 == 0:
            return self.actor_loss(self.actor, self.critic, batch.s).item()
        return super().update_actor(batch)


class DDPGWithoutZeroGrad(DDPG):
    """DDPG whose gradients are never cleared: each adds to all that came before."""

    def descend(self, loss, network: nn.Module, optimizer: Optimizer, lr: float) -> float:
        """One step of a network down the sum of all its gradients so far; gives the loss."""
        optimizer.param_groups[0]["lr"] = lr * inverse_decay(self.steps, self.recipe.lr_decay_steps)
        loss.backward(inputs=[*network.parameters()])  # no gradient for any other network
        optimizer.step()
        return loss.item()
