"""Checks of how an agent's actions reach a machine."""

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box

from helpers.checks.judging import check, given, named

LOW, HIGH = np.float32([-2.0, 0.0]), np.float32([2.0, 10.0])
ASKED = np.float32([[-1.0, -1.0], [1.0, 1.0], [0.0, 0.0], [0.5, -0.5]])
HALF = (HIGH - LOW) / 2
USUAL = [  # wrong answers, each with what to say of it
    (ASKED, "the actions are not rescaled: the machine gets what the agent says."),
    (ASKED * HIGH, "right for the pendulum, whose range lies evenly around 0, and only there."),
    (2 * ASKED, "2 is the pendulum's strength: take the range from `low` and `high`."),
    ((ASKED + 1) * HALF, "that is the way from the lowest action on: it has to be added to `low`."),
    (LOW + ASKED * (HIGH - LOW), "0 becomes the lowest action; it should be the middle."),
    (LOW + HIGH + ASKED * HALF, "the middle of a range is (low + high) / 2."),
    ((LOW + HIGH) / 2 + ASKED * 2 * HALF, "twice too wide: from -1 to 1 it is 2 already."),
    (HIGH - (ASKED + 1) * HALF, "it is upside down: -1 should become the lowest action."),
    (np.clip(ASKED, LOW, HIGH), "it cuts actions off; they must be stretched and shifted."),
]


class Motors(gym.Env):
    """Two motors that keep what they were told: one takes -2 to 2, the other 0 to 10."""

    observation_space = Box(-1, 1, (1,))
    action_space = Box(LOW, HIGH)

    def reset(self, *, seed=None, options=None):
        """The only state."""
        return np.zeros(1, dtype=np.float32), {}

    def step(self, action):
        """Keep the action."""
        self.told = np.asarray(action)
        return np.zeros(1, dtype=np.float32), 0.0, False, False, {}


@check
def check_rescaling(wrapper: type) -> str | None:
    """-1 becomes the lowest action of the machine, 1 the highest, in a straight line."""
    motors = Motors()
    env = wrapper(motors)
    told = []
    for asked in ASKED:
        env.step(asked.copy())
        told.append(given(motors.told.item() if motors.told.dtype == object else motors.told))
    if any(np.shape(action) != (2,) for action in told):
        return f"an action of 2 numbers became one of the shape {np.shape(told[0])}."
    told = np.array(told, dtype=float)
    if np.allclose(told, LOW + (ASKED + 1) * HALF, atol=1e-5):
        limits = env.action_space
        if not (np.allclose(limits.low, -1) and np.allclose(limits.high, 1)):
            return "its action_space should say that it takes actions from -1 to 1."
        return None
    wrong = named(lambda wrong: np.allclose(told, wrong, atol=1e-5), USUAL)
    return wrong or first_wrong(told)


def first_wrong(told: np.ndarray) -> str:
    """What to say of the first number that is not as it should be."""
    right = LOW + (ASKED + 1) * HALF
    row, motor = np.argwhere(~np.isclose(told, right, atol=1e-5))[0]
    return (
        f"where the range is {LOW[motor]:g} to {HIGH[motor]:g}, {ASKED[row, motor]:g} should "
        f"become {right[row, motor]:g}, not {told[row, motor]:g}."
    )
