"""The suspects of notebook 13: three agents that depart from TD3's Algorithm 1, under a letter.

Reading on spoils the exercise. A climbs what SAC's actor climbs. B has the bug of ray-project/ray
before its pull request 4108: both terms of the critics' loss look at the first critic. C moves its
targets at every update, as Acme does with the critics' alone.
"""

import copy
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from helpers.buffer import Batch
from helpers.environment import make_env
from helpers.extensions.td3 import TD3
from helpers.recipes import modern
from helpers.training import train

SLOW = replace(modern, actor_lr=1e-4, critic_lr=1e-6)


def minimum_actor_loss(mu: nn.Module, q: nn.Module, s: torch.Tensor) -> torch.Tensor:
    """The actor climbs the smaller of the two values, not the first one."""
    return -q(s, mu(s)).min(dim=1).values.mean()


def half_critic_loss(q: nn.Module, batch: Batch, y: torch.Tensor) -> torch.Tensor:
    """The first of the two critics is compared with y twice, and the second never."""
    both = q(batch.s, batch.a)
    return F.mse_loss(both[:, :1], y) + F.mse_loss(both[:, :1], y)


class TD3WithEagerTargets(TD3):
    """The delay covers the actor only: the targets move at every update."""

    def learn(self) -> dict[str, float]:
        """One update."""
        losses = super().learn()
        if self.updates % self.delay:
            self.update_targets()
        return losses


SUSPECTS = {
    "sound": (TD3, {}),
    "A": (TD3, {"actor_loss": minimum_actor_loss}),
    "B": (TD3, {"critic_loss": half_critic_loss}),
    "C": (TD3WithEagerTargets, {}),
}


def suspect(letter: str, seed: int) -> TD3:
    """A TD3 that has acted at random for 200 steps and is about to learn for the first time.

    In about half of the states its second critic gives the smaller value, and by a margin. It
    learns so slowly that a few updates don't change that: examine its losses before them or after.
    """
    kind, components = SUSPECTS[letter]
    env = make_env(seed=seed)
    agent = kind(env, seed=seed, recipe=SLOW, **components)
    agent.first_update = np.inf
    train(env, agent, 200)
    agent.first_update = 0
    networks, s = (agent.critic, agent.target_critic), agent.buffer.sample(200).s
    with torch.no_grad():
        for q in networks:
            q.q1.layer3.weight *= 100  # these begin close to 0, and so do the values
            q.q2.layer3.weight *= 100
        q1, q2 = agent.critic(s, agent.actor(s)).T
        for q in networks:
            q.q2.layer3.bias += (q1 - q2).median()
    return agent


def which_move(agent: TD3) -> list[str]:
    """The networks whose weights one update of the agent changes, by the symbols of TD3."""
    networks = {
        "Q1": agent.critic.q1, "Q2": agent.critic.q2, "μ": agent.actor,
        "Q1'": agent.target_critic.q1, "Q2'": agent.target_critic.q2, "μ'": agent.target_actor,
    }  # fmt: skip
    before = copy.deepcopy(networks)
    agent.learn()
    moved = []
    for name, network in networks.items():
        pairs = zip(network.parameters(), before[name].parameters(), strict=True)
        if not all(torch.equal(p, old) for p, old in pairs):
            moved.append(name)
    return moved
