"""Checks of who drives the car in the valley."""

import numpy as np

from helpers.checks.judging import check
from helpers.evaluation import EVALUATION_STARTS, Policy, evaluate
from helpers.tasks import TASKS

ENOUGH = 98.9  # more than any push of constant strength earns


@check
def check_driver(driver: Policy) -> str | None:
    """your driver reaches the flag from all 100 starts, and earns at least 98.9 in the mean."""
    make = TASKS["mountain_car"].make
    returns = evaluate(driver, make, EVALUATION_STARTS)
    arrived = returns > 0  # whoever does not, earns 0 or less, and whoever does, 0.1 at least
    if not arrived.all():
        words = f"it reaches the flag from {arrived.sum()} of {len(returns)} starts"
        states = np.float32([[0, 1], [0, -1]])  # in the valley, as fast as can be
        right, left = driver(states).ravel()
        if right < 0 < left:
            return f"{words}: it pushes against the motion, and so brakes."
        if right * left > 0:
            return f"{words}: it pushes to one side whichever way the car moves. Swing."
        if -returns.mean() < 5:
            return f"{words}: its pushes are too weak, at least while the car is slow."
        return f"{words}: push with the motion, a little harder or at more times."
    if returns.mean() < ENOUGH:
        return (
            f"it always reaches the flag, but earns {returns.mean():.1f}: pushes cost the square "
            "of their strength, so push more gently, and most where the car is fast."
        )
    return None
