"""N seeds trained as one: every tensor gets one more dimension, which tells the agents apart.

The agents are ordinary ones, and know afterwards what each would have learned alone:

    envs = [make_env("Pendulum-v1", seed=k) for k in range(64)]
    stacked = StackedDDPG([DDPG(env, seed=k) for k, env in enumerate(envs)])
    train_stacked(envs, stacked, 6_000)
    evaluate(stacked.agents[0].act)

Source: Flajolet et al. 2022 (one update for a population of agents).
"""

import copy
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import gymnasium as gym
import numpy as np
import torch
from torch import nn
from torch.func import functional_call, stack_module_state
from torch.optim import Adam

from helpers.agent import DDPG
from helpers.buffer import Batch, ReplayBuffer
from helpers.env_checker import CheckedEnv
from helpers.extensions.stackable import (
    NETWORKS,
    OPTIMIZERS,
    check_agents,
    check_envs,
    check_update,
)
from helpers.schedules import inverse_decay, linear_decay
from helpers.training import flush_denormals, interruptible, started
from helpers.validation import check_finite, check_steps


def stack_networks(networks: Sequence[nn.Module]) -> nn.Module:
    """A network like these whose every parameter holds all of theirs, (N, *shape).

    Only a function made by `for_each` can call it.
    """
    parameters, _ = stack_module_state([*networks])
    stack = copy.deepcopy(networks[0])
    for name, parameter in stack.named_parameters():
        parameter.data = parameters[name].data
    return stack


def for_each(function: Callable) -> Callable:
    """The same function for all agents in one call, by `torch.vmap`.

    It takes stacks of networks, batches and tensors whose first dimension tells the agents apart,
    and plain numbers, the same for all; what it gives has this first dimension, too.
    """

    def for_all(*arguments):
        def for_one(*shares):
            return function(*map(callable_share, arguments, shares))

        stacks = [dict(x.named_parameters()) if isinstance(x, nn.Module) else x for x in arguments]
        dims = tuple(None if isinstance(x, int | float) else 0 for x in arguments)
        return torch.vmap(for_one, in_dims=dims)(*stacks)

    return for_all


def callable_share(argument, share):
    """One agent's share of an argument; of a stack of networks, a function in its place."""
    if isinstance(argument, nn.Module):
        return lambda *inputs: functional_call(argument, share, inputs)
    return share


def stack_adams(adams: Sequence[Adam], network: nn.Module) -> Adam:
    """One Adam for a stack of networks, which goes on where these are.

    It treats every number by itself, so it does what they would do.
    """
    states = [adam.state_dict() for adam in adams]
    moments = {
        i: {key: torch.stack([state["state"][i][key] for state in states]) for key in first}
        for i, first in states[0]["state"].items()
    }
    for first in moments.values():
        first["step"] = first["step"][0]  # a single number, the same for all agents
    stack = Adam(network.parameters())
    stack.load_state_dict({"state": moments, "param_groups": states[0]["param_groups"]})
    return stack


def share_of(state, i: int):
    """Agent i's share of the state dict of a stack, in memory of its own."""
    if isinstance(state, dict):
        return {key: share_of(value, i) for key, value in state.items()}
    if isinstance(state, torch.Tensor):
        return (state[i] if state.ndim else state).clone()  # without a dimension: Adam's step
    return state


class StackedBuffer:
    """The agents' replay buffers as one; each draws with its own random generator."""

    def __init__(self, buffers: Sequence[ReplayBuffer], device: str):
        self.buffers, self.device = buffers, device

    def sample(self, n: int) -> Batch:
        """Draw n transitions for each agent: the tensors of `Batch` are (N, n, width)."""
        rows = np.stack([ring.rows[ring.rng.integers(len(ring), size=n)] for ring in self.buffers])
        tensor = torch.from_numpy(rows).to(self.device)  # one copy to the device, for all agents
        return Batch(*tensor.split(self.buffers[0].widths, dim=-1))


class StackedDDPG:
    """N agents that learn in one update what each of them would learn alone.

    Each keeps its buffer, noise, random generators, steps and history. Networks and optimizers are
    copied into the stack, on the agents' device, and back by `write_back`. Raises ValueError for
    agents of which the stack would leave something out.
    Source: Lillicrap et al. 2015, Algorithm 1, for N agents at once.
    """

    # DDPG's own lines: they don't mind one more dimension
    act, learn, update_targets = DDPG.act, DDPG.learn, DDPG.update_targets
    update_critic, update_actor = DDPG.update_critic, DDPG.update_actor

    def __init__(self, agents: Sequence[DDPG]):
        check_agents(agents)
        self.agents, one = [*agents], agents[0]
        self.recipe, self.device, self.first_update = one.recipe, one.device, one.first_update
        for name in NETWORKS:
            setattr(self, name, stack_networks([getattr(agent, name) for agent in agents]))
        self.policy = self.policy if self.recipe.average else self.actor
        for name, network in zip(OPTIMIZERS, (self.actor, self.critic), strict=True):
            setattr(self, name, stack_adams([getattr(agent, name) for agent in agents], network))
        self.buffer = StackedBuffer([agent.buffer for agent in agents], self.device)
        self.td_target, self.critic_loss = for_each(one.td_target), for_each(one.critic_loss)
        self.actor_loss, self.soft_update = for_each(one.actor_loss), one.soft_update
        check_update(self)

    @property
    def steps(self) -> int:
        """How many steps each agent has taken."""
        return self.agents[0].steps

    @torch.no_grad()
    def predict(self, network: nn.Module, states: np.ndarray) -> np.ndarray:
        """Each actor's actions (N, ..., action_dim) for its own states (N, ..., state_dim)."""
        s = torch.as_tensor(states, dtype=torch.float32, device=self.device)
        training = network.training
        a = for_each(lambda mu, s: mu(s))(network.eval(), s.reshape(len(s), -1, s.shape[-1]))
        network.train(training)
        return a.reshape(*s.shape[:-1], -1).cpu().numpy()

    def explore(self, states: np.ndarray) -> np.ndarray:
        """An action for each agent to learn from, (N, action_dim), as `DDPG.explore` chooses it."""
        if self.steps < self.recipe.learning_starts:  # at random, which asks no network
            return np.stack([*map(DDPG.explore, self.agents, states)])
        scale = linear_decay(self.steps, self.recipe.noise_decay_steps)
        noise = np.stack([agent.noise() for agent in self.agents])
        return np.clip(self.predict(self.actor, states) + scale * noise, -1, 1)

    def observe(self, *columns) -> None:
        """Each agent stores its own transition; `columns` are as in `DDPG.observe`, (N, ...)."""
        for agent, *transition in zip(self.agents, *columns, strict=True):
            agent.observe(*transition)

    def descend(self, losses, network: nn.Module, optimizer: Adam, lr: float) -> torch.Tensor:
        """One step of every network down the gradient of its own loss; gives the losses, (N,)."""
        optimizer.param_groups[0]["lr"] = lr * inverse_decay(self.steps, self.recipe.lr_decay_steps)
        optimizer.zero_grad()
        # an agent's weights are in no term of the sum but its own loss
        losses.sum().backward(inputs=[*network.parameters()])
        optimizer.step()
        return losses.detach()

    def write_back(self) -> None:
        """Copy networks and Adam's moments back to the agents: each can act, and learn on alone."""
        for name in NETWORKS + OPTIMIZERS:
            state = getattr(self, name).state_dict()
            for i, agent in enumerate(self.agents):
                getattr(agent, name).load_state_dict(share_of(state, i))


def train_stacked(envs: Sequence[gym.Env], stacked: StackedDDPG, steps: int) -> None:
    """`train` for all agents at once, each in its own environment, until `steps` steps of each.

    Every agent has its own episodes, and notes them in its own history. Whatever ends the run,
    all that was learned is written back to the agents.
    """
    check_steps(steps)
    check_envs(envs, stacked.agents)
    envs = [CheckedEnv(env, agent) for env, agent in zip(envs, stacked.agents, strict=True)]
    s, over = [None] * len(envs), np.ones(len(envs), dtype=bool)
    returns, lengths = np.zeros((2, len(envs)))
    with flush_denormals(), interruptible() as interrupted, ExitStack() as runs:
        for agent in stacked.agents:
            runs.enter_context(started([], agent, steps))
        runs.callback(stacked.write_back)
        while stacked.steps < steps and not interrupted.is_set():
            for i in np.flatnonzero(over):
                (s[i], _), returns[i], lengths[i] = envs[i].reset(), 0.0, 0
            a = stacked.explore(np.stack(s))
            outcomes = [env.step(action) for env, action in zip(envs, a, strict=True)]
            s_next, r, terminated, truncated, _ = map(list, zip(*outcomes, strict=True))
            stacked.observe(s, a, r, s_next, terminated, truncated)
            record_losses(stacked, **stacked.learn())
            s, returns, lengths = s_next, returns + r, lengths + 1
            over = np.logical_or(terminated, truncated)
            for i in np.flatnonzero(over):
                ended = {"return": returns[i], "length": lengths[i]}
                stacked.agents[i].history.record(stacked.steps, **ended)


def record_losses(stacked: StackedDDPG, **losses: torch.Tensor) -> None:
    """Note every agent's losses in its history; raises ValueError if one isn't finite."""
    columns = {name: values.tolist() for name, values in losses.items()}
    for i, agent in enumerate(stacked.agents):
        own = {name: values[i] for name, values in columns.items()}
        check_finite(agent.steps, {f"{name} of agent {i}": loss for name, loss in own.items()})
        agent.history.record(agent.steps, **own)
