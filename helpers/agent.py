"""The agent: DDPG, Algorithm 1 of Lillicrap et al. 2015."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import torch
from torch import nn
from torch.optim import Adam, Optimizer

from helpers import losses, targets
from helpers.buffer import Batch, ReplayBuffer
from helpers.history import History
from helpers.networks import Actor, Critic
from helpers.recipes import Recipe, modern
from helpers.schedules import inverse_decay, linear_decay
from helpers.storage import load_agent, save_agent
from helpers.validation import explain_misfit, sizes


class DDPG:
    """Deep Deterministic Policy Gradient; every component can be replaced by your own.

    Source: Lillicrap et al. 2015, Algorithm 1.
    """

    def __init__(
        self,
        env: gym.Env,
        *,
        seed: int,
        recipe: Recipe = modern,
        device: str = "cpu",
        actor: Callable[..., nn.Module] = Actor,
        critic: Callable[..., nn.Module] = Critic,
        buffer: Callable = ReplayBuffer,
        noise: Callable | None = None,  # None: the recipe's
        td_target: Callable = losses.td_target,
        critic_loss: Callable = losses.critic_loss,
        actor_loss: Callable = losses.actor_loss,
        soft_update: Callable = targets.soft_update,
    ):
        state_dim, self.action_dim = sizes(env)
        recipe = replace(recipe, noise=noise or recipe.noise)
        self.state_shape = (state_dim,) if isinstance(state_dim, int) else state_dim
        self.device, self.recipe = device, recipe
        self.td_target, self.critic_loss = td_target, critic_loss
        self.actor_loss, self.soft_update = actor_loss, soft_update
        self.steps, self.first_update, self.history = 0, recipe.learning_starts, History()
        self.made_with = {"agent": type(self), "seed": seed, "recipe": recipe, "actor": actor,
                          "critic": critic, "buffer": buffer, "noise": recipe.noise,
                          "td_target": td_target, "critic_loss": critic_loss,
                          "actor_loss": actor_loss, "soft_update": soft_update}  # fmt: skip

        seeds = [int(n) for n in np.random.SeedSequence(seed).generate_state(4)]
        with torch.random.fork_rng(devices=[]), explain_misfit(state_dim, self.action_dim):
            torch.manual_seed(seeds[0])  # within fork_rng: the global generator stays as it was
            self.actor = actor(state_dim, self.action_dim).to(device, torch.float32)
            self.critic = critic(state_dim, self.action_dim).to(device, torch.float32)
        self.target_actor = copy.deepcopy(self.actor).requires_grad_(False)
        self.target_critic = copy.deepcopy(self.critic).requires_grad_(False)
        self.policy = copy.deepcopy(self.target_actor) if recipe.average else self.actor

        self.actor_optimizer = Adam(
            self.actor.parameters(), recipe.actor_lr, eps=recipe.actor_adam_eps, fused=True
        )
        self.critic_optimizer = Adam(
            self.critic.parameters(), recipe.critic_lr, weight_decay=recipe.weight_decay, fused=True
        )
        self.buffer = buffer(
            recipe.buffer_size, state_dim, self.action_dim, seed=seeds[1], device=device
        )
        self.noise = recipe.noise(self.action_dim, sigma=recipe.sigma, seed=seeds[2])
        self.rng = np.random.default_rng(seeds[3])

    def act(self, state: np.ndarray) -> np.ndarray:
        """The policy's action in [-1, 1], without noise, for one state or for many in rows."""
        return self.predict(self.policy, state)

    @torch.no_grad()
    def predict(self, network: nn.Module, state: np.ndarray) -> np.ndarray:
        """A network's actions (..., action_dim) for states (..., *shape), in evaluation mode."""
        s = torch.as_tensor(state, dtype=torch.float32, device=self.device)
        training = network.training
        a = network.eval()(s.reshape(-1, *self.state_shape))  # in rows, whatever the network is
        network.train(training)
        return a.reshape(*s.shape[: s.ndim - len(self.state_shape)], -1).cpu().numpy()

    def explore(self, state: np.ndarray) -> np.ndarray:
        """An action to learn from: random at first, then the actor's plus noise, in [-1, 1]."""
        if self.steps < self.recipe.learning_starts:
            return self.rng.uniform(-1, 1, self.action_dim).astype(np.float32)
        scale = linear_decay(self.steps, self.recipe.noise_decay_steps)
        return np.clip(self.predict(self.actor, state) + scale * self.noise(), -1, 1)

    def observe(self, s, a, r, s_next, terminated, truncated) -> None:
        """Store one transition; at the end of an episode, reset the noise."""
        # only a true end is stored as one: after a time limit, more would follow (notebook 7)
        self.buffer.add(s, a, self.recipe.reward_scale * r, s_next, terminated)
        self.steps += 1
        if terminated or truncated:
            self.noise.reset()

    def learn(self) -> dict[str, float]:
        """One update of both networks and their targets; both losses, or {} before it begins."""
        if self.steps < self.first_update:
            return {}
        batch = self.buffer.sample(self.recipe.batch_size)
        losses = {"critic_loss": self.update_critic(batch), "actor_loss": self.update_actor(batch)}
        self.update_targets()
        return losses

    def update_critic(self, batch: Batch) -> float:
        """The critic moves towards the target y."""
        y = self.td_target(batch, self.target_actor, self.target_critic, self.recipe.gamma)
        loss = self.critic_loss(self.critic, batch, y)
        return self.descend(loss, self.critic, self.critic_optimizer, self.recipe.critic_lr)

    def update_actor(self, batch: Batch) -> float:
        """The actor climbs the critic, whose weights stay fixed."""
        loss = self.actor_loss(self.actor, self.critic, batch.s)
        return self.descend(loss, self.actor, self.actor_optimizer, self.recipe.actor_lr)

    def descend(self, loss, network: nn.Module, optimizer: Optimizer, lr: float) -> float:
        """One step of a network down the gradient of its loss; gives the loss."""
        optimizer.param_groups[0]["lr"] = lr * inverse_decay(self.steps, self.recipe.lr_decay_steps)
        optimizer.zero_grad()
        loss.backward(inputs=[*network.parameters()])  # no gradient for any other network
        optimizer.step()
        return loss.item()

    def update_targets(self) -> None:
        """The targets follow slowly, and the policy more and more slowly."""
        self.soft_update(self.target_actor, self.actor, self.recipe.tau)
        self.soft_update(self.target_critic, self.critic, self.recipe.tau)
        if self.recipe.average:
            self.soft_update(self.policy, self.actor, min(1, self.recipe.average / self.steps))

    def state_dict(self) -> dict:
        """Everything that decides how the agent goes on: the state of every part that has one."""
        parts = {name: part.state_dict() for name, part in self.parts().items()}
        numbers = {key: value for key, value in vars(self.recipe).items() if key != "noise"}
        rng = self.rng.bit_generator.state
        return parts | {"steps": self.steps, "rng": rng, "recipe": numbers}

    def load_state_dict(self, state: dict) -> None:
        """Go on from `state`, of an agent made in the same way; parts it lacks stay as they are."""
        for name, part in self.parts().items():
            if name in state:
                part.load_state_dict(state[name])
        self.steps, self.rng.bit_generator.state = state["steps"], state["rng"]
        self.recipe = replace(self.recipe, **state["recipe"])
        # an empty buffer has to fill again
        self.first_update = self.recipe.learning_starts + (0 if "buffer" in state else self.steps)

    def parts(self) -> dict:
        """Networks, optimizers, buffer, noise, history, and whatever else has a state dict."""
        return {name: part for name, part in vars(self).items() if hasattr(part, "state_dict")}

    def save(self, path: str | Path) -> None:
        """Write the agent to a file, without its replay buffer and history."""
        save_agent(self, Path(path))

    @classmethod
    def load(cls, path: str | Path, env: gym.Env, **components):
        """The agent saved at `path` by `save` or by a Checkpoint: it acts as it did.

        `components` are those it was made with, if they weren't the defaults. It learns on once its
        new buffer holds `learning_starts` transitions. Raises ValueError for components of other
        names, or an environment of other sizes.
        """
        return load_agent(cls, Path(path), env, components)
