"""Checks for the exercises: each takes your own work and answers in one friendly sentence.

A check never raises. Its answer begins with "Right" or with "Not yet". Where the work makes
one of the usual mistakes, the answer says which.
"""

from helpers.checks.actions import check_rescaling
from helpers.checks.actor_update import check_policy_gradient, check_priced_loss
from helpers.checks.actors import check_actor
from helpers.checks.critic_networks import check_critic
from helpers.checks.critic_update import check_critic_loss, check_td_target
from helpers.checks.critics import check_q_slope
from helpers.checks.driving import check_driver
from helpers.checks.evaluating import check_evaluation
from helpers.checks.experience import check_collecting
from helpers.checks.measuring import check_solved
from helpers.checks.memory import check_buffer, check_newest
from helpers.checks.noises import check_noise
from helpers.checks.pendulum import check_policy
from helpers.checks.probing import check_loss_probe, check_memory_probe, check_start_probe
from helpers.checks.pushes import check_held_noise
from helpers.checks.returns import check_returns
from helpers.checks.running import check_stopping
from helpers.checks.seeds import check_best_of, check_bootstrap, check_interquartile_mean
from helpers.checks.shaping import check_shaping
from helpers.checks.starts import check_fan_in_start
from helpers.checks.targets import check_soft_update, check_target
from helpers.checks.updating import check_learning_twice

__all__ = [
    "check_actor",
    "check_best_of",
    "check_bootstrap",
    "check_buffer",
    "check_collecting",
    "check_critic",
    "check_critic_loss",
    "check_driver",
    "check_evaluation",
    "check_fan_in_start",
    "check_held_noise",
    "check_interquartile_mean",
    "check_learning_twice",
    "check_loss_probe",
    "check_memory_probe",
    "check_newest",
    "check_noise",
    "check_policy",
    "check_policy_gradient",
    "check_priced_loss",
    "check_q_slope",
    "check_rescaling",
    "check_returns",
    "check_shaping",
    "check_soft_update",
    "check_solved",
    "check_start_probe",
    "check_stopping",
    "check_target",
    "check_td_target",
]
