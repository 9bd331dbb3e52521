"""The agent: DDPG (Algorithm 1), joined from pieces that it receives."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import gymnasium as gym
import numpy as np
import torch
from torch.optim import Adam

from helpers import losses, targets
from helpers.buffer import Batch, ReplayBuffer
from helpers.checkpoints import Saved
from helpers.history import History
from helpers.networks import Actor, Critic
from helpers.recipes import Recipe, modern
from helpers.schedules import inverse_decay, linear_decay
from helpers.validation import check_recipe, sizes


@dataclass(frozen=True)
class Pieces:
    """What an agent is joined from; each can be replaced by your own class or function."""

    actor: type = Actor
    critic: type = Critic
    buffer: type = ReplayBuffer
    noise: type | None = None  # None: the recipe's
    td_target: Callable = losses.td_target
    critic_loss: Callable = losses.critic_loss
    actor_loss: Callable = losses.actor_loss
    soft_update: Callable = targets.soft_update


class ActorCritic(Saved):
    """The two networks, their targets and their optimisers: what acts, and what will learn."""

    def __init__(self, env: gym.Env, *, seed: int, recipe: Recipe, device: str, pieces: Pieces):
        check_recipe(recipe)
        self.recipe, self.pieces, self.device = recipe, pieces, device
        with torch.random.fork_rng(devices=[]):  # leave the global generator as it was
            torch.manual_seed(seed)
            self.actor = pieces.actor(*sizes(env)).to(device)
            self.critic = pieces.critic(*sizes(env)).to(device)
        self.target_actor = copy.deepcopy(self.actor).requires_grad_(False)
        self.target_critic = copy.deepcopy(self.critic).requires_grad_(False)
        self.policy = copy.deepcopy(self.target_actor) if recipe.average else self.actor
        self.actor_adam = Adam(
            self.actor.parameters(), recipe.actor_rate, eps=recipe.actor_epsilon, fused=True
        )
        self.critic_adam = Adam(
            self.critic.parameters(),
            recipe.critic_rate,
            weight_decay=recipe.weight_decay,
            fused=True,
        )

    @torch.inference_mode()
    def ask(self, network: torch.nn.Module, state: np.ndarray) -> np.ndarray:
        """What a network answers to one state, or to many in rows."""
        s = torch.as_tensor(state, dtype=torch.float32, device=self.device)
        return network(s).cpu().numpy()

    def act(self, state: np.ndarray) -> np.ndarray:
        """The policy's action in [-1, 1], without noise, for one state or for many in rows."""
        return self.ask(self.policy, state)


class Agent(ActorCritic):
    """Networks, memory and noise: all that acts and remembers; how it learns comes with DDPG."""

    def __init__(
        self, env: gym.Env, *, seed: int, recipe: Recipe = modern, device: str = "cpu", **pieces
    ):
        pieces, (state_dim, action_dim) = Pieces(**pieces), sizes(env)
        seeds = [int(n) for n in np.random.SeedSequence(seed).generate_state(4)]
        super().__init__(env, seed=seeds[0], recipe=recipe, device=device, pieces=pieces)
        self.buffer = pieces.buffer(recipe.memory, state_dim, action_dim, seed=seeds[1])
        noise = pieces.noise or recipe.noise
        self.noise = noise(action_dim, sigma=recipe.sigma, seed=seeds[2])
        self.rng, self.action_dim = np.random.default_rng(seeds[3]), action_dim
        self.steps, self.history = 0, History()

    def explore(self, state: np.ndarray) -> np.ndarray:
        """An action to learn from: random at first, then the actor's with noise added."""
        if self.steps < self.recipe.warmup:
            return self.rng.uniform(-1, 1, self.action_dim).astype(np.float32)
        scale = linear_decay(self.steps, self.recipe.decay_steps)
        return np.clip(self.ask(self.actor, state) + scale * self.noise(), -1, 1)

    def observe(self, s, a, r, s_next, terminated, truncated) -> None:
        """Remember one transition; where the episode is over, start the noise anew."""
        # only a true end is stored: a time limit is none (notebook 7)
        self.buffer.add(s, a, self.recipe.reward_scale * r, s_next, terminated)
        self.steps += 1
        if terminated or truncated:
            self.noise.reset()


class DDPG(Agent):
    """Deep Deterministic Policy Gradient. Source: Lillicrap et al. 2015, Algorithm 1."""

    def learn(self) -> dict[str, float]:
        """One update of both networks and their targets; what it saw, or {} before it begins."""
        if self.steps < self.recipe.warmup or len(self.buffer) < self.recipe.batch_size:
            return {}
        batch = self.buffer.sample(self.recipe.batch_size)
        batch = Batch(*(column.to(self.device) for column in batch))
        slowdown = inverse_decay(self.steps, self.recipe.half_rate_steps)

        # the critic moves towards the target y
        y = self.pieces.td_target(batch, self.target_actor, self.target_critic, self.recipe.gamma)
        critic_loss = self.pieces.critic_loss(self.critic, batch, y)
        self.critic_adam.param_groups[0]["lr"] = slowdown * self.recipe.critic_rate
        self.critic_adam.zero_grad()
        critic_loss.backward()
        self.critic_adam.step()

        # the actor climbs the critic, which stands still meanwhile
        actor_loss = self.pieces.actor_loss(self.actor, self.critic, batch.s)
        self.actor_adam.param_groups[0]["lr"] = slowdown * self.recipe.actor_rate
        self.actor_adam.zero_grad()
        actor_loss.backward(inputs=[*self.actor.parameters()])  # none for the critic's weights
        self.actor_adam.step()

        # the targets follow slowly
        self.pieces.soft_update(self.target_actor, self.actor, self.recipe.tau)
        self.pieces.soft_update(self.target_critic, self.critic, self.recipe.tau)
        if self.recipe.average:  # the policy that is judged follows more and more slowly
            self.pieces.soft_update(
                self.policy, self.actor, min(1, self.recipe.average / self.steps)
            )
        return {"critic_loss": critic_loss.item(), "actor_loss": actor_loss.item()}
