"""Which agents can be trained in one stack: the others are refused, before any time is spent."""

from collections.abc import Iterator, Sequence

import gymnasium as gym
import torch

from helpers.agent import DDPG
from helpers.buffer import Batch, ReplayBuffer
from helpers.storage import describe

NETWORKS = ("actor", "critic", "target_actor", "target_critic", "policy")
OPTIMIZERS = ("actor_optimizer", "critic_optimizer")


def check_agents(agents: Sequence[DDPG]) -> None:
    """Raise a ValueError unless there are agents, all different, and alike but for their seeds."""
    if not agents:
        raise ValueError("A stack needs agents, but the list is empty: make one for each seed.")
    if (different := len({*map(id, agents)})) < len(agents):
        raise ValueError(
            f"Each agent of a stack must be another one, but of {len(agents)} only {different} "
            "are different: make one for each seed."
        )
    for i, agent in enumerate(agents):
        for obstacle in obstacles(agent):
            raise ValueError(f"Agent {i} can't be part of a stack: {obstacle}; train it alone.")
    first, *others = map(traits, agents)
    for i, own in enumerate(others, start=1):
        for name in first | own:
            if own.get(name) != first.get(name):
                raise ValueError(
                    f"Agents of one stack may differ in nothing but their seeds, but {name} is "
                    f"{describe(first.get(name))} in agent 0 and {describe(own.get(name))} in "
                    f"agent {i}: make them alike, and train them for the same time."
                )


def obstacles(agent: DDPG) -> Iterator[str]:
    """What a stack would silently leave out of this agent."""
    if type(agent) is not DDPG:
        yield f"a {type(agent).__name__} may act or learn in another way than DDPG"
    if type(agent.buffer).sample is not ReplayBuffer.sample:
        yield f"its buffer, a {type(agent.buffer).__name__}, draws batches in a way of its own"
    for name in NETWORKS:
        for buffer, _ in getattr(agent, name).named_buffers():
            yield f"its {name} has the buffer {buffer} beside its weights, as batch norm does"
    for name in sorted(agent.parts().keys() - {*NETWORKS, *OPTIMIZERS}):
        if name not in ("buffer", "noise", "history"):
            yield f"its {name} has a state of its own"


def traits(agent: DDPG) -> dict:
    """Everything in which the agents of a stack must agree, by its name."""
    names = ("state_shape", "action_dim", "device", "steps", "first_update")
    numbers = {name: str(getattr(agent, name)) for name in names}
    made_with = {k: part for k, part in agent.made_with.items() if k not in ("seed", "recipe")}
    parts = describe(made_with | vars(agent.recipe), called=lambda thing: thing)
    shapes = {
        f"the shape of {network}.{name}": str(list(p.shape))
        for network in NETWORKS
        for name, p in getattr(agent, network).named_parameters()
    }
    return numbers | parts | shapes


def check_envs(envs: Sequence[gym.Env], agents: Sequence[DDPG]) -> None:
    """Raise a ValueError unless each agent has an environment of its own."""
    different = len({id(getattr(env, "unwrapped", env)) for env in envs})
    if not len(envs) == different == len(agents):
        raise ValueError(
            f"Each of {len(agents)} agent(s) needs an environment of its own, but {len(envs)} were "
            f"given, of which {different} are different: make one for each."
        )


def check_update(stacked) -> None:
    """Raise a ValueError if a stack's losses can't be computed; nothing is learned."""
    widths = stacked.agents[0].buffer.widths
    batch = Batch(*(torch.zeros(len(stacked.agents), 2, n, device=stacked.device) for n in widths))
    try:
        y = stacked.td_target(batch, stacked.target_actor, stacked.target_critic, 0.9)
        stacked.critic_loss(stacked.critic, batch, y)
        stacked.actor_loss(stacked.actor, stacked.critic, batch.s)
    except Exception as error:  # whatever a network or a loss may raise
        reason = str(error).partition("\n")[0].partition(". ")[0].rstrip(".")
        raise ValueError(
            f"torch.vmap can't run these networks and losses for all agents at once ({reason}): "
            "train the agents one by one."
        ) from error
