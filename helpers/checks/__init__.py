"""Checks for the exercises: each takes your own work and answers in one friendly sentence.

A check never raises. Its answer begins with "Right" or "Not yet", and names the mistake if it
is one of the usual ones.
"""

from importlib import import_module

EXERCISES = {  # the checks of each notebook; its module is imported when one of them is used
    "00": ("check_policy", "check_solved"),
    "01": ("check_returns", "check_rescaling", "check_make_env"),
    "02": ("check_actor", "check_fan_in_start"),
    "03": ("check_critic", "check_q_gradient"),
    "04": ("check_buffer", "check_distinct", "check_newest"),
    "05": ("check_gaussian", "check_ornstein_uhlenbeck", "check_noise", "check_held_noise"),
    "06": ("check_soft_update", "check_target", "check_hard_copy"),
    "07": ("check_td_target", "check_critic_loss", "check_collecting"),
    "08": ("check_actor_loss", "check_policy_gradient", "check_priced_loss"),
    "09": (
        "check_learn",
        "check_train",
        "check_stopping",
        "check_evaluation",
        "check_one_page",
    ),
    "10": ("check_interquartile_mean", "check_bootstrap", "check_best_of"),
    "11": ("check_start_probe", "check_memory_probe", "check_last_probe"),
    "12": (
        "check_draw",
        "check_prioritized",
        "check_weighted_loss",
        "check_newcomer_probe",
        "check_by_rank",
    ),
    "13": (
        "check_twin_critic",
        "check_twin_target",
        "check_twin_loss",
        "check_smoothed_action",
        "check_delayed",
        "check_td3_probe",
        "check_smallest",
    ),
    "14": ("check_driver", "check_shaping"),
    "15": (
        "check_reading",
        "check_stacks",
        "check_eyes",
        "check_regularized_loss",
        "check_shift",
    ),
    "16": (
        "check_misled",
        "check_worst_rate",
        "check_many_seeds",
        "check_stacked_layer",
        "check_halving",
    ),
    "17": ("check_rod_env", "check_pid", "check_gamma", "check_exit"),
}
MODULES = {name: notebook for notebook, names in EXERCISES.items() for name in names}
__all__ = sorted(MODULES)


def __getattr__(name: str):
    """A check, from the module of its notebook."""
    if name not in MODULES:
        raise AttributeError(f"There is no {name} in helpers.checks, only {', '.join(__all__)}.")
    return getattr(import_module(f"helpers.checks.notebook_{MODULES[name]}"), name)
