"""What later notebooks build on top of DDPG: components for it, which need no change inside it."""

from helpers.extensions.halving import successive_halving
from helpers.extensions.many_seeds import SeedsFailed, many_seeds
from helpers.extensions.oracle import TrueErrors
from helpers.extensions.pixels import (
    ConvActor,
    ConvCritic,
    Eyes,
    FrameReplay,
    ShiftedReplay,
    from_pixels,
    regularized_actor_loss,
)
from helpers.extensions.plants import Rod, RodEnv, TankEnv
from helpers.extensions.prioritized import (
    PrioritizedReplay,
    Tree,
    UniformActorDDPG,
    WeightedBatch,
    weighted_critic_loss,
)
from helpers.extensions.stacked import StackedDDPG, train_stacked
from helpers.extensions.td3 import (
    TD3,
    DelayedDDPG,
    SmoothedTarget,
    TwinCritic,
    clipped_double_q_target,
    first_critic_actor_loss,
    twin_critic_loss,
)

__all__ = [
    "TD3",
    "ConvActor",
    "ConvCritic",
    "DelayedDDPG",
    "Eyes",
    "FrameReplay",
    "PrioritizedReplay",
    "Rod",
    "RodEnv",
    "SeedsFailed",
    "ShiftedReplay",
    "SmoothedTarget",
    "StackedDDPG",
    "TankEnv",
    "Tree",
    "TrueErrors",
    "TwinCritic",
    "UniformActorDDPG",
    "WeightedBatch",
    "clipped_double_q_target",
    "first_critic_actor_loss",
    "from_pixels",
    "many_seeds",
    "regularized_actor_loss",
    "successive_halving",
    "train_stacked",
    "twin_critic_loss",
    "weighted_critic_loss",
]
