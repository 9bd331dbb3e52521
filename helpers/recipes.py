"""Recipes: the settings of DDPG as data."""

from dataclasses import dataclass, replace

from helpers.noise import OrnsteinUhlenbeck


@dataclass(frozen=True)
class Recipe:
    """The settings of one DDPG agent; where the paper states one, it is the default.

    Source: Lillicrap et al. 2015, section 7.
    """

    actor_rate: float = 1e-4  # Adam's learning rate for the actor
    critic_rate: float = 1e-3  # Adam's learning rate for the critic
    weight_decay: float = 1e-2  # pulls the critic's weights towards 0
    gamma: float = 0.99  # what a reward one step later is worth today
    tau: float = 0.001  # the part of the way that the targets move at each step
    batch_size: int = 64  # transitions in one update
    memory: int = 1_000_000  # transitions that the replay buffer holds
    warmup: int = 64  # steps of random actions before learning begins (not stated there)
    noise: type = OrnsteinUhlenbeck  # the process that makes the actor explore
    sigma: float = 0.2  # its size, in units of the action
    # what the paper does not have: these five are off
    decay_steps: int | None = None  # steps in which the noise fades to nothing; None: never
    actor_epsilon: float = 1e-8  # Adam's own; a large one lets the actor rest when slopes are small
    reward_scale: float = 1.0  # rewards are stored times this
    half_rate_steps: int | None = None  # steps after which both rates are halved; None: never
    average: float = 0.0  # act with a mean of the actor over about the last 1/average of its life


paper = Recipe()

# The source tutorial's settings; its noise never restarts and barely moves (dt 0.01), ours does.
tutorial = Recipe(weight_decay=0.0, warmup=100, decay_steps=100_000)

# What solved Pendulum soonest and most reliably of what was tried.
modern = Recipe(
    actor_rate=3e-3,
    weight_decay=0.0,
    tau=0.02,
    warmup=1_000,
    actor_epsilon=1e-2,
    reward_scale=0.1,
    half_rate_steps=5_000,
    average=5.0,
)

# What a random search over settings found: sooner and nearer to the optimum (notebook 10).
tuned = replace(
    modern,
    actor_rate=1e-2,
    tau=0.03,
    sigma=1.5,
    actor_epsilon=4e-4,
    reward_scale=0.01,
    half_rate_steps=1_500,
    average=10.0,
)
