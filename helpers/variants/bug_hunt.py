"""The patients of notebook 11: agents with one mistake each, under a letter and not its name.

Reading on spoils the hunt.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import gymnasium as gym

from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.variants import bugs


class Mystery(NamedTuple):
    """What is wrong in one mystery, and the name of the recording of its learning curves."""

    recording: str
    components: Mapping = {}
    agent: type = DDPG
    environment: Callable = make_env


MYSTERIES = {
    "A": Mystery("broadcast", {"critic_loss": bugs.broadcast_critic_loss}),
    "B": Mystery("tau_reversed", {"soft_update": bugs.soft_update_reversed}),
    "C": Mystery("next_state_as_state", agent=bugs.DDPGWithNextStateAsState),
    "D": Mystery(
        "unscaled_actions",
        agent=bugs.DDPGInNewtonMetres,
        environment=bugs.env_without_scaling,
    ),
    "E": Mystery("clean_action", agent=bugs.DDPGWithCleanAction),
}

# the recordings of all mistakes that the notebook lists; what patient E has is on no page
BUGS = (
    "time_limit_as_end", "one_start", "unscaled_actions", "biased_noise", "slow_noise", "no_noise",
    "fan_out", "broadcast", "live_targets", "no_detach", "tau_reversed", "next_state_as_state",
    "wrong_sign", "frozen_actor", "no_zero_grad", "delayed_actor", "noise_in_evaluation",
    "best_episode", "no_warmup",
)  # fmt: skip


def mystery(letter: str, seed: int) -> tuple[gym.Env, DDPG]:
    """The environment and the agent of a mystery, ready to train."""
    case = MYSTERIES[letter]
    env = case.environment(seed=seed)
    return env, case.agent(env, seed=seed, **case.components)
