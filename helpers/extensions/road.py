"""CarRacing-v3 for an agent with small networks: grey frames, one pedal, few decisions."""

import gymnasium as gym
import numpy as np
from gymnasium.envs.box2d.car_racing import STATE_H, STATE_W, CarRacing
from gymnasium.spaces import Box
from gymnasium.wrappers import FrameStackObservation

SIZE = 64  # pixels, either way
GREY = np.array([0.299, 0.587, 0.114])  # of red, green and blue; source: ITU-R BT.601


class Road(CarRacing):
    """CarRacing-v3 whose state is a grey frame (64, 64), and whose action is [wheel, pedal].

    A pedal above 0 is gas, below 0 the brake: in gymnasium they have an axis each, from 0 to 1, so
    that an action rescaled to 0 would be half of both. Each action is held for `repeat` frames, of
    which only the last is drawn: drawing takes nearly all of a step. The rewards are gymnasium's.
    """

    def __init__(self, repeat: int = 4, render_mode: str | None = None):
        super().__init__(continuous=True, render_mode=render_mode)
        self.repeat = repeat
        self.action_space = Box(-1, 1, (2,), np.float32)
        self.observation_space = Box(0, 255, (SIZE, SIZE), np.uint8)

    def step(self, action: np.ndarray | None):
        """The frame after the action was held, and the sum of the rewards on the way."""
        if action is None:  # as `reset` asks for its first frame
            super().step(None)
            return self.frame(), 0.0, False, False, {}
        wheel, pedal = action
        total = 0.0
        for _ in range(self.repeat):
            held = np.array([wheel, max(pedal, 0), max(-pedal, 0)])
            _, reward, terminated, truncated, info = super().step(held)
            total += reward
            if terminated:
                break
        return self.frame(), total, terminated, truncated, info

    def frame(self) -> np.ndarray:
        """What the car's driver sees from above: (64, 64) of uint8."""
        return (super()._render("state_pixels") @ GREY).astype(np.uint8)

    def _render(self, mode: str):
        return None if mode == "state_pixels" else super()._render(mode)

    def _create_image_array(self, screen, size):
        return super()._create_image_array(
            screen, (SIZE, SIZE) if size == (STATE_W, STATE_H) else size
        )


gym.register(
    "helpers/Road-v0",
    f"{__name__}:Road",
    max_episode_steps=250,
    additional_wrappers=(FrameStackObservation.wrapper_spec(stack_size=3),),
)
