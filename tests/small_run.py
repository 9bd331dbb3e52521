"""A short run with small networks: the lines that a learner would run again."""

from pathlib import Path

import torch
from torch import nn

from helpers.agent import DDPG
from helpers.callbacks.checkpoint import Checkpoint
from helpers.environment import make_env
from helpers.recipes import Recipe
from helpers.training import Callback, train

RECIPE = Recipe(learning_starts=32, batch_size=16, buffer_size=100, average=5.0, lr_decay_steps=500)
STEPS, EPISODE = 120, 20  # the buffer is full after 100 steps, and overwrites the oldest then


class SmallActor(nn.Sequential):
    """An actor with 16 units."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__(nn.Linear(state_dim, 16), nn.ReLU(), nn.Linear(16, action_dim), nn.Tanh())


class SmallCritic(nn.Module):
    """A critic with 16 units."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(state_dim + action_dim, 16), nn.ReLU(), nn.Linear(16, 1)
        )

    def forward(self, s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        return self.layers(torch.cat([s, a], dim=1))


def same_lines(
    path: Path | None = None,
    steps: int = STEPS,
    *others: Callback,
    seed: int = 0,
    recipe: Recipe = RECIPE,
    cls: type[DDPG] = DDPG,
    env=None,
    **components,
) -> DDPG:
    """Train a small agent on Pendulum-v1 (or in `env`), with a Checkpoint at `path` if given."""
    env = env or make_env("Pendulum-v1", seed=seed, max_episode_steps=EPISODE)
    components = {"actor": SmallActor, "critic": SmallCritic} | components
    agent = cls(env, seed=seed, recipe=recipe, **components)
    checkpoint = [Checkpoint(path, every=1, share=1e9)] if path else []
    train(env, agent, steps, [*checkpoint, *others])
    return agent
