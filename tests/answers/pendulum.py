"""Answers to the exercises on the pendulum."""

import numpy as np

from helpers.checks import check_policy
from helpers.evaluation import swing_up_and_hold

ANSWERS = [
    (check_policy, swing_up_and_hold, "Right: your policy gives valid actions"),
    (check_policy, lambda s: np.zeros((len(s), 1)), "in the direction in which the pendulum"),
    (check_policy, lambda s: np.sign(s[:, 2:]), "never stops, so it spins"),
    (check_policy, lambda s: np.zeros(len(s)), "Not yet: it raised ValueError: The policy must"),
    (check_policy, lambda s: 2 * np.ones((len(s), 1)), "not one of size 2"),
]
