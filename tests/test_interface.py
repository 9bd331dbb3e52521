"""Pixels and many agents at once need no switch inside DDPG: small proofs."""

from dataclasses import replace
from functools import partial

import gymnasium as gym
import numpy as np
import probes
import pytest
import torch
from gymnasium.spaces import Box
from small_run import SmallActor, SmallCritic
from torch import nn
from torch.func import functional_call, stack_module_state

from helpers import losses
from helpers.agent import DDPG
from helpers.buffer import Batch, ReplayBuffer
from helpers.noise import Gaussian
from helpers.recipes import Recipe
from helpers.training import train

QUICK = Recipe(
    actor_lr=1e-3, critic_lr=3e-3, weight_decay=0, gamma=0.9, tau=0.05, learning_starts=100,
    buffer_size=2_000, noise=Gaussian,
)  # fmt: skip
SMALL = {"actor": SmallActor, "critic": SmallCritic}


def weights(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


# Pixels: stacked frames in uint8, convolutional networks, a buffer that keeps bytes


class Spot(gym.Env):
    """Three frames of 16 x 16; a bright column says which action is best. Episodes of one step."""

    observation_space = Box(0, 255, (3, 16, 16), np.uint8)
    action_space = Box(-1.0, 1.0, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = int(self.np_random.integers(2))
        return self.frames(), {}

    def frames(self):
        frames = np.zeros((3, 16, 16), np.uint8)
        frames[:, :, 2 + 8 * self.place : 6 + 8 * self.place] = 255
        return frames

    def step(self, action):
        best = self.place - 0.5
        return self.frames(), -float((action[0] - best) ** 2), True, False, {}


class FrameBuffer:
    """Keeps states as bytes, a quarter of what float32 takes."""

    def __init__(self, capacity, shape, action_dim, seed=None, device="cpu"):
        self.frames = np.zeros((capacity, 2, *shape), np.uint8)
        self.rest = np.zeros((capacity, action_dim + 2), np.float32)
        self.added, self.rng = 0, np.random.default_rng(seed)

    def __len__(self):
        return min(self.added, len(self.rest))

    def add(self, s, a, r, s_next, terminated):
        row = self.added % len(self.rest)
        self.frames[row], self.rest[row] = (s, s_next), (*a, r, terminated)
        self.added += 1

    def sample(self, n):
        rows = self.rng.integers(len(self), size=n)
        s, s_next = torch.from_numpy(self.frames[rows]).float().unbind(1)
        rest = torch.from_numpy(self.rest[rows])
        return Batch(s, rest[:, :-2], rest[:, -2:-1], s_next, rest[:, -1:])


class Eyes(nn.Sequential):
    def __init__(self, channels):
        super().__init__(nn.Conv2d(channels, 4, 4, stride=4), nn.Tanh(), nn.Flatten())

    def forward(self, s):
        return super().forward(s / 255)


class PixelActor(nn.Module):
    def __init__(self, shape, action_dim):
        super().__init__()
        self.eyes, self.head = Eyes(shape[0]), SmallActor(64, action_dim)

    def forward(self, s):
        return self.head(self.eyes(s))


class PixelCritic(nn.Module):
    def __init__(self, shape, action_dim):
        super().__init__()
        self.eyes, self.head = Eyes(shape[0]), SmallCritic(64, action_dim)

    def forward(self, s, a):
        return self.head(self.eyes(s), a)


def test_pixels_through_components_only():
    env = Spot()
    env.reset(seed=0)
    recipe = replace(QUICK, buffer_size=600, sigma=0.5)
    parts = {"actor": PixelActor, "critic": PixelCritic, "buffer": FrameBuffer}
    agent = DDPG(env, seed=0, recipe=recipe, **parts)
    train(env, agent, 1_200)
    assert agent.buffer.frames.dtype == np.uint8
    for env.place in (0, 1):
        assert agent.act(env.frames())[0] == pytest.approx(env.place - 0.5, abs=0.2)
    assert agent.act(np.stack([env.frames()] * 5)).shape == (5, 1)


# Many agents at once: their networks are stacked, and each batch has one more dimension


class Stacked(nn.Module):
    """N networks of one kind as one: the first dimension of every input tells which."""

    def __init__(self, *sizes, kind, number):
        super().__init__()
        networks = [kind(*sizes) for _ in range(number)]
        self.names, self.kind = [name for name, _ in networks[0].named_parameters()], [networks[0]]
        stacked, _ = stack_module_state(networks)
        self.stacked = nn.ParameterList(stacked.values())

    def forward(self, *inputs):
        def one(parameters, *inputs):
            return functional_call(self.kind[0], parameters, inputs)

        return torch.vmap(one)(dict(zip(self.names, self.stacked, strict=True)), *inputs)


class Together:
    """N buffers as one; it only samples here."""

    def __init__(self, buffers):
        self.buffers = buffers

    def __len__(self):
        return min(map(len, self.buffers))

    def sample(self, n):
        batches = zip(*(buffer.sample(n) for buffer in self.buffers), strict=True)
        return Batch(*(torch.stack(column) for column in batches))


def summed(loss, number):
    """The sum of N agents' losses, where `loss` takes the mean over all of them."""
    return lambda *arguments: number * loss(*arguments)


def test_many_agents_learn_at_once_as_each_learns_alone():
    env, number = probes.BestAction(), 3
    settings = {"recipe": replace(QUICK, average=5.0, lr_decay_steps=50)}
    singles = [DDPG(env, seed=seed, **settings, **SMALL) for seed in range(number)]
    for agent in singles:
        train(env, agent, 99)  # all of it at random: nothing is learned yet
        agent.observe(np.zeros(1), np.ones(1), 1.0, np.zeros(1), True, False)
    many = DDPG(
        env,
        seed=0,
        **settings,
        actor=partial(Stacked, kind=SmallActor, number=number),
        critic=partial(Stacked, kind=SmallCritic, number=number),
        critic_loss=summed(losses.critic_loss, number),
        actor_loss=summed(losses.actor_loss, number),
    )
    names = ("actor", "critic", "target_actor", "target_critic", "policy")
    many.buffer, many.steps = Together([ReplayBuffer(2_000, 1, 1) for _ in singles]), 100
    for i, agent in enumerate(singles):
        many.buffer.buffers[i].load_state_dict(agent.buffer.state_dict())
        for name in names:
            pairs = zip(getattr(many, name).stacked, getattr(agent, name).parameters(), strict=True)
            for stacked, p in pairs:
                stacked.data[i] = p.data
    for _ in range(5):
        together, alone = many.learn(), [agent.learn() for agent in singles]
        for name, loss in together.items():
            assert loss == pytest.approx(sum(losses[name] for losses in alone), rel=1e-4)
    for name in names:
        for i, agent in enumerate(singles):
            ours = torch.cat([p[i].flatten() for p in getattr(many, name).stacked])
            torch.testing.assert_close(ours, weights(getattr(agent, name)), rtol=1e-4, atol=1e-6)
