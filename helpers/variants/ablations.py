"""DDPG with one component taken out: what breaks without it, in the notebooks and the recordings.

Use one in place of the real component: `DDPG(env, seed=0, buffer=LastTransitionOnly)`. What is only
a number needs no definition: `replace(modern, sigma=0.0)`, or `tau=1.0`.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from helpers.agent import DDPG
from helpers.buffer import Batch, ReplayBuffer
from helpers.losses import actor_loss
from helpers.networks import Actor, Critic
from helpers.targets import soft_update


class ActorWithoutTanh(Actor):
    """An actor without the tanh: its action may be any number; give it to `ClippingDDPG`."""

    def forward(self, s: torch.Tensor) -> torch.Tensor:
        """The last layer's raw output for each state."""
        return self.layer3(F.relu(self.layer2(F.relu(self.layer1(s)))))


class ClippingDDPG(DDPG):
    """DDPG for an actor that may leave [-1, 1]: its actions are clipped outside the network."""

    def act(self, state: np.ndarray) -> np.ndarray:
        """The policy's action, clipped to [-1, 1] where no gradient sees it."""
        return np.clip(super().act(state), -1, 1)


class ActorWithDefaultStart(Actor):
    """An actor without the small last layer: it starts as PyTorch starts any layer."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__(state_dim, action_dim)
        self.layer3.reset_parameters()  # U(±1/sqrt(300)): 19 times wider than U(±0.003)


class CriticOfTheState(Critic):
    """A critic without the action: it values states only, and can't tell actions apart."""

    def forward(self, s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """The value of each state, whatever is done there."""
        return super().forward(s, 0 * a)  # not zeros: the actor still gets its gradient, which is 0


class CriticWithActionFirst(Critic):
    """A critic without a layer of its own for the state: the action enters at the first one."""

    def __init__(self, state_dim: int, action_dim: int):
        super().__init__(state_dim, action_dim)
        self.layer1 = nn.Linear(state_dim + action_dim, 400)
        del self.action

    def forward(self, s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        """The value Q(s, a) for each pair of state and action."""
        x = F.relu(self.layer1(torch.cat([s, a], dim=1)))
        return self.layer3(F.relu(self.layer2(x)))


class OtherRows(ReplayBuffer):
    """A replay buffer that doesn't draw its transitions independently of each other."""

    def choose(self, n: int) -> np.ndarray:
        """The rows of the ring that go into a batch, (n,)."""
        raise NotImplementedError

    def sample(self, n: int) -> Batch:
        """The n transitions that `choose` chooses."""
        rows = torch.from_numpy(self.rows[self.choose(n)]).to(self.device)
        return Batch(*rows.split(self.widths, dim=1))


class LastTransitionOnly(OtherRows):
    """A replay buffer without a past: it returns nothing but the newest transition."""

    def choose(self, n: int) -> np.ndarray:
        """The newest row, n times."""
        return np.repeat((self.added - 1) % len(self.rows), n)


class SingleTransition(OtherRows):
    """A replay buffer without a batch: one transition, drawn uniformly, fills all of it."""

    def choose(self, n: int) -> np.ndarray:
        """One random row, n times."""
        return np.repeat(self.rng.integers(len(self)), n)


class InOrder(OtherRows):
    """A replay buffer without shuffling: a batch is a stretch of time, from a random place on.

    It never joins the newest transition to the oldest, which lies behind it in the ring. Raises
    ValueError for batches of more transitions than the buffer holds.
    """

    def choose(self, n: int) -> np.ndarray:
        """n rows in the order in which they were added."""
        oldest = self.added - len(self)
        start = oldest + self.rng.integers(len(self) - n + 1)
        return np.arange(start, start + n) % len(self.rows)


class HardCopy:
    """Targets without the slow following: they jump after so many updates, as in DQN.

    Make one for each agent. Use it with a recipe of `average` 0: an average can't jump.
    """

    def __init__(self, every: int):
        self.every, self.calls, self.saved = every, {}, []

    def __call__(self, target: nn.Module, online: nn.Module, tau: float) -> None:
        """Count this target's updates, and copy the network when it is time."""
        if target not in self.calls:  # actor and critic are counted apart
            self.calls[target] = self.saved.pop(0) if self.saved else 0
        self.calls[target] += 1
        if self.calls[target] % self.every == 0:
            soft_update(target, online, tau=1.0)

    def state_dict(self) -> dict:
        """The updates of each target so far, in the order of their first update."""
        return {"calls": [*self.calls.values(), *self.saved]}

    def load_state_dict(self, state: dict) -> None:
        """Go on counting from `state`."""
        self.calls, self.saved = {}, list(state["calls"])

    def __repr__(self) -> str:
        return f"HardCopy({self.every})"


class DDPGWithLiveTargets(DDPG):
    """DDPG without target networks: both names mean one network, as in a forgotten copy."""

    def __init__(self, env, **settings):
        super().__init__(env, **settings)
        self.target_actor, self.target_critic = self.actor, self.critic


class DDPGWithTimeLimitAsEnd(DDPG):
    """DDPG without the difference between "time is up" and "the task is over"."""

    def observe(self, s, a, r, s_next, terminated, truncated) -> None:
        """Store one transition, and the time limit as if nothing could come after it."""
        super().observe(s, a, r, s_next, terminated or truncated, truncated)


class DDPGWithoutEnds(DDPG):
    """DDPG that takes no end for true: its critic counts on, as if more came after a fall."""

    def observe(self, s, a, r, s_next, terminated, truncated) -> None:
        """Store one transition, and a true end as if it were the time limit."""
        super().observe(s, a, r, s_next, False, terminated or truncated)


def td_target_attached(batch: Batch, mu: nn.Module, q: nn.Module, gamma: float) -> torch.Tensor:
    """The target y without no_grad; with `DDPGWithLiveTargets` the critic also moves its label."""
    a_next = mu(batch.s_next)  # (N, action_dim)
    q_next = q(batch.s_next, a_next)  # (N, 1)
    return batch.r + gamma * (1 - batch.terminated) * q_next


def frozen_actor_loss(mu: nn.Module, q: nn.Module, s: torch.Tensor) -> torch.Tensor:
    """The actor's loss without its gradient: the actor stays as it began."""
    return 0 * actor_loss(mu, q, s)


def wrong_sign_actor_loss(mu: nn.Module, q: nn.Module, s: torch.Tensor) -> torch.Tensor:
    """The actor's loss without its minus: it seeks what the critic likes least."""
    return q(s, mu(s)).mean()
