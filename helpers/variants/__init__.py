"""DDPG with something taken out, broken or exchanged, to see what it is good for."""

from helpers.variants.ablations import (
    ActorWithDefaultStart,
    ActorWithoutTanh,
    ClippingDDPG,
    CriticOfTheState,
    CriticWithActionFirst,
    DDPGWithLiveTargets,
    DDPGWithTimeLimitAsEnd,
    HardCopy,
    InOrder,
    LastTransitionOnly,
    SingleTransition,
    frozen_actor_loss,
    td_target_attached,
    wrong_sign_actor_loss,
)
from helpers.variants.batch_norm import ActorWithBatchNorm, CriticWithBatchNorm
from helpers.variants.bug_hunt import BUGS, MYSTERIES, Mystery, mystery
from helpers.variants.bugs import (
    ActorWithFanOut,
    BiasedNoise,
    CriticWithFanOut,
    DDPGInNewtonMetres,
    DDPGWithCleanAction,
    DDPGWithDelayedActor,
    DDPGWithNextStateAsState,
    DDPGWithoutZeroGrad,
    SameSeed,
    SlowNoise,
    broadcast_critic_loss,
    env_with_one_start,
    env_without_scaling,
    soft_update_reversed,
)
from helpers.variants.evaluation_bugs import DDPGJudgedWithNoise, DDPGOfTheBestEpisode
from helpers.variants.fourier import FourierActor, FourierCritic, FourierFeatures

__all__ = [
    "BUGS", "MYSTERIES", "ActorWithBatchNorm", "ActorWithDefaultStart", "ActorWithFanOut",
    "ActorWithoutTanh", "BiasedNoise", "ClippingDDPG", "CriticOfTheState", "CriticWithActionFirst",
    "CriticWithBatchNorm", "CriticWithFanOut", "DDPGInNewtonMetres", "DDPGJudgedWithNoise",
    "DDPGOfTheBestEpisode", "DDPGWithCleanAction", "DDPGWithDelayedActor", "DDPGWithLiveTargets",
    "DDPGWithNextStateAsState", "DDPGWithTimeLimitAsEnd", "DDPGWithoutZeroGrad", "FourierActor",
    "FourierCritic", "FourierFeatures", "HardCopy", "InOrder", "LastTransitionOnly", "Mystery",
    "SameSeed", "SingleTransition", "SlowNoise", "broadcast_critic_loss", "env_with_one_start",
    "env_without_scaling", "frozen_actor_loss", "mystery", "soft_update_reversed",
    "td_target_attached", "wrong_sign_actor_loss",
]  # fmt: skip
