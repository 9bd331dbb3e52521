"""The pendulum as pictures: its state is what a camera sees."""

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box
from gymnasium.utils import RecordConstructorArgs
from gymnasium.wrappers import FrameStackObservation

from helpers.environment import make_env
from helpers.pendulum.physics import GRAVITY, TIME_STEP

SIZE = 64  # pixels, either way
LENGTH, HALF_WIDTH = 26.0, 3.0  # pixels, of the rod
OFF_CENTRE = np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2
RIGHT, UP = OFF_CENTRE[None, :], -OFF_CENTRE[:, None]  # of each pixel, seen from the pivot


def draw_rod(cos: float, sin: float) -> np.ndarray:
    """A grey frame (64, 64), uint8, of a rod at the angle that has this cosine and sine.

    The rod is white (255) on black (0), with smooth edges; 0 is upright, and angles grow
    anticlockwise, as in the physics.
    """
    up, right = np.float32(cos), -np.float32(sin)  # where the rod points
    along = np.clip(RIGHT * right + UP * up, 0, LENGTH)  # the nearest point of its middle line
    distance = np.sqrt((RIGHT - along * right) ** 2 + (UP - along * up) ** 2)
    return (255 * np.clip(HALF_WIDTH + 0.5 - distance, 0, 1)).astype(np.uint8)


class RodFrames(gym.ObservationWrapper, RecordConstructorArgs):
    """Pendulum-v1 whose state is a frame (64, 64): the angle can be seen, the velocity can't."""

    def __init__(self, env: gym.Env):
        RecordConstructorArgs.__init__(self)  # so that env.spec can rebuild the wrapper
        super().__init__(env)
        self.observation_space = Box(0, 255, (SIZE, SIZE), np.uint8)

    def observation(self, observation: np.ndarray) -> np.ndarray:
        """The frame for a state [cos, sin, velocity]."""
        return draw_rod(observation[0], observation[1])


def pixel_pendulum(seed: int | None = None) -> gym.Env:
    """Pendulum-v1 whose state is the last three frames, (3, 64, 64), uint8, the newest last."""
    return FrameStackObservation(RodFrames(make_env("Pendulum-v1", seed=seed)), 3)


def one_frame(seed: int | None = None) -> gym.Env:
    """The same with the last frame alone, (1, 64, 64): which way it moves can't be seen."""
    return FrameStackObservation(RodFrames(make_env("Pendulum-v1", seed=seed)), 1)


def frames_of(states: np.ndarray) -> np.ndarray:
    """Three frames that end in each state [cos, sin, velocity], (N, 3): (N, 3, 64, 64), uint8.

    As if no torque had acted in the two steps before. So a policy that sees can be asked about
    states.
    """
    cos, sin, velocity = np.asarray(states, dtype=float).T
    now = np.arctan2(sin, cos)
    before = now - TIME_STEP * velocity
    velocity = velocity - TIME_STEP * 1.5 * GRAVITY * np.sin(before)  # the physics, backwards
    angles = np.stack([before - TIME_STEP * velocity, before, now], axis=1)
    frames = [draw_rod(np.cos(angle), np.sin(angle)) for angle in angles.ravel()]
    return np.reshape(frames, (*angles.shape, SIZE, SIZE))
