"""Checks of what controls a pendulum."""

from collections.abc import Callable

import numpy as np

from helpers.checks.judging import check
from helpers.evaluation import EVALUATION_STARTS, ask, evaluate, random_policy, rollout
from helpers.pendulum import start_states


@check
def check_policy(policy: Callable[[np.ndarray], np.ndarray]) -> str | None:
    """your policy gives valid actions, and does far better than chance."""
    states = np.eye(3, dtype=np.float32)
    ask(policy, states, action_dim=1)
    mine, chance = evaluate(policy).mean(), evaluate(random_policy(0)).mean()
    if mine < chance + 100:
        words = f"its mean return is {mine:.0f}, and pure chance gives {chance:.0f}: "
        path = rollout(policy, *start_states(EVALUATION_STARTS))
        if (path.torque * path.velocity > 0).mean() > 0.9:
            return words + (
                "it pushes along with the motion and never stops, so it spins. Push only while "
                "there is too little energy, and hold it when it is up."
            )
        return words + (
            "try to push in the direction in which the pendulum already moves, to gain energy."
        )
    return None
