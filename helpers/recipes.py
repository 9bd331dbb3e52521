"""Recipes: the settings of DDPG as data."""

from dataclasses import dataclass

from helpers.noise import Gaussian, OrnsteinUhlenbeck


@dataclass(frozen=True)
class Recipe:
    """The settings of one DDPG agent; each default is the paper's (Lillicrap et al., section 7)."""

    actor_rate: float = 1e-4  # Adam's learning rate for the actor
    critic_rate: float = 1e-3  # Adam's learning rate for the critic
    weight_decay: float = 1e-2  # pulls the critic's weights towards 0
    gamma: float = 0.99  # what a reward one step later is worth today
    tau: float = 0.001  # the part of the way that the targets move at each step
    batch_size: int = 64  # transitions in one update
    memory: int = 1_000_000  # transitions that the replay buffer holds
    warmup: int = 64  # steps of random actions before learning begins
    noise: type = OrnsteinUhlenbeck  # the process that makes the actor explore
    sigma: float = 0.2  # its size, in units of the action
    decay_steps: int | None = None  # steps in which it fades to nothing; None: never


paper = Recipe()

# The source tutorial's settings; its noise never restarts and barely moves (dt 0.01), ours does.
tutorial = Recipe(weight_decay=0.0, warmup=100, decay_steps=100_000)

# What solves Pendulum fastest on every seed, found by measurement.
modern = Recipe(
    actor_rate=5e-4,
    critic_rate=2e-3,
    weight_decay=0.0,
    tau=0.005,
    warmup=1_000,
    noise=Gaussian,
    sigma=0.1,
)
