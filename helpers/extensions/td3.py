"""TD3: DDPG with three changes, each a component of its own.

Two critics and the smaller of their values in the target (`TwinCritic`, `twin_critic_loss`,
`first_critic_actor_loss`, `clipped_double_q_target`); noise in the target's action
(`SmoothedTarget`); fewer updates of the actor and the targets (`DelayedDDPG`). `TD3` has all three.
Source: Fujimoto et al. 2018, Algorithm 1.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from helpers.agent import DDPG
from helpers.buffer import Batch
from helpers.losses import td_target
from helpers.networks import Critic


class TwinCritic(nn.Module):
    """Two critics side by side, which start with different weights.

    Shapes: s (N, state_dim), a (N, action_dim) -> q (N, 2).
    """

    def __init__(self, state_dim: int, action_dim: int, critic: Callable = Critic):
        super().__init__()
        self.q1, self.q2 = critic(state_dim, action_dim), critic(state_dim, action_dim)

    def forward(self, s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """Both values of each pair of state and action."""
        return torch.cat([self.q1(s, a), self.q2(s, a)], dim=1)


def twin_critic_loss(q: nn.Module, batch: Batch, y: torch.Tensor) -> torch.Tensor:
    """The sum of both critics' mean squared TD errors, with the same y (N, 1) for both.

    Source: Fujimoto et al. 2018, Algorithm 1.
    """
    both = q(batch.s, batch.a)  # (N, 2)
    return F.mse_loss(both[:, :1], y) + F.mse_loss(both[:, 1:], y)


def first_critic_actor_loss(mu: nn.Module, q: nn.Module, s: torch.Tensor) -> torch.Tensor:
    """Minus the mean value of mu(s) in the eyes of the first critic alone: a scalar.

    Source: Fujimoto et al. 2018, Algorithm 1.
    """
    return -q(s, mu(s))[:, 0].mean()


def clipped_double_q_target(batch: Batch, mu: nn.Module, q: nn.Module, gamma: float):
    """y = r + gamma min(Q1'(s', mu'(s')), Q2'(s', mu'(s'))), or just r at the end; (N, 1).

    Source: Fujimoto et al. 2018, equation 10.
    """

    def smaller(s, a):
        return q(s, a).min(dim=1, keepdim=True).values

    return td_target(batch, mu, smaller, gamma)


class SmoothedTarget:
    """The target y with noise in its action, so that one sharp peak of Q' counts for little.

    `sigma` and `clip` are in units of an action in [-1, 1]. Make one for each agent; `td_target`
    says what else the target does.
    Source: Fujimoto et al. 2018, section 5.3 and Algorithm 1 (sigma 0.2, clipped at 0.5).
    """

    def __init__(
        self, td_target: Callable = td_target, sigma: float = 0.2, clip: float = 0.5, seed: int = 0
    ):
        self.td_target, self.sigma, self.clip = td_target, sigma, clip
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(self, batch: Batch, mu: nn.Module, q: nn.Module, gamma: float) -> torch.Tensor:
        """The target y, (N, 1)."""

        def noisy(s):
            a = mu(s)
            noise = torch.randn(a.shape, generator=self.generator).to(a.device)
            return (a + (self.sigma * noise).clamp(-self.clip, self.clip)).clamp(-1, 1)

        return self.td_target(batch, noisy, q, gamma)

    def state_dict(self) -> dict:
        """The state of the random generator."""
        return {"generator": self.generator.get_state()}

    def load_state_dict(self, state: dict) -> None:
        """Go on from `state`."""
        self.generator.set_state(state["generator"])

    def __repr__(self) -> str:
        return f"SmoothedTarget({self.td_target.__name__}, {self.sigma}, {self.clip})"


class DelayedDDPG(DDPG):
    """DDPG whose actor and targets are updated at every second update of the critic only.

    Source: Fujimoto et al. 2018, Algorithm 1 (d = 2).
    """

    delay = 2

    def __init__(self, env, **settings):
        super().__init__(env, **settings)
        self.updates = 0  # of the critic

    def learn(self) -> dict[str, float]:
        """One update of the critic and, if it's their turn, of the actor and all targets."""
        if self.steps < self.first_update:
            return {}
        batch = self.buffer.sample(self.recipe.batch_size)
        losses = {"critic_loss": self.update_critic(batch)}
        self.updates += 1
        if self.updates % self.delay == 0:
            losses["actor_loss"] = self.update_actor(batch)
            self.update_targets()
        return losses

    def state_dict(self) -> dict:
        """The same as of `DDPG`, and the number of updates."""
        return super().state_dict() | {"updates": self.updates}

    def load_state_dict(self, state: dict) -> None:
        """Go on from `state`, of an agent made in the same way."""
        super().load_state_dict(state)
        self.updates = state["updates"]


class TD3(DelayedDDPG):
    """Twin Delayed DDPG: all three changes together. Source: Fujimoto et al. 2018, Algorithm 1."""

    def __init__(self, env, *, seed: int, **settings):
        parts = {
            "critic": TwinCritic,
            "critic_loss": twin_critic_loss,
            "actor_loss": first_critic_actor_loss,
            "td_target": SmoothedTarget(clipped_double_q_target, seed=seed),
        }
        super().__init__(env, seed=seed, **(parts | settings))
