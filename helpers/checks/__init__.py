"""Checks for the exercises: each takes your own work and answers in one friendly sentence.

A check never raises. Its answer begins with "Right" or with "Not yet".
"""

from helpers.checks.actor_update import check_policy_gradient
from helpers.checks.actors import check_actor
from helpers.checks.critic_update import check_critic_loss, check_td_target
from helpers.checks.critics import check_q_slope
from helpers.checks.memory import check_buffer
from helpers.checks.noises import check_noise
from helpers.checks.pendulum import check_policy
from helpers.checks.probing import check_loss_probe, check_memory_probe, check_start_probe
from helpers.checks.returns import check_returns
from helpers.checks.running import check_stopping
from helpers.checks.seeds import check_best_of, check_bootstrap, check_interquartile_mean
from helpers.checks.targets import check_soft_update

__all__ = [
    "check_actor",
    "check_best_of",
    "check_bootstrap",
    "check_buffer",
    "check_critic_loss",
    "check_interquartile_mean",
    "check_loss_probe",
    "check_memory_probe",
    "check_noise",
    "check_policy",
    "check_policy_gradient",
    "check_q_slope",
    "check_returns",
    "check_soft_update",
    "check_start_probe",
    "check_stopping",
    "check_td_target",
]
