"""Checks of what controls a pendulum."""

from collections.abc import Callable

import numpy as np

from helpers.checks.judging import check
from helpers.evaluation import ask, evaluate, random_policy


@check
def check_policy(policy: Callable[[np.ndarray], np.ndarray]) -> str | None:
    """your policy gives valid actions, and does far better than chance."""
    states = np.eye(3, dtype=np.float32)
    ask(policy, states, action_dim=1)
    mine, chance = evaluate(policy).mean(), evaluate(random_policy(0)).mean()
    if mine < chance + 100:
        return (
            f"its mean return is {mine:.0f}, and pure chance gives {chance:.0f}: try to push "
            "in the direction in which the pendulum already moves, to gain energy."
        )
    return None
