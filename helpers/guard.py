"""The guard at the border: what environment and agent say to each other, checked each step."""

import math

import gymnasium as gym
import numpy as np

from helpers.validation import check_is_environment


class Checked(gym.Wrapper):
    """An environment that raises a ValueError, with the step, where it or the agent talks nonsense.

    It costs some microseconds a step. What the environment itself raises passes through.
    """

    def __init__(self, env: gym.Env, agent):
        check_is_environment(env)
        super().__init__(env)
        self.history, self.shape = agent.history, env.observation_space.shape
        if hasattr(agent, "act"):  # before any time is spent
            self.check_action(agent.act(np.zeros(self.shape, dtype=np.float32)))

    def reset(self, **options) -> tuple[np.ndarray, dict]:
        """The first state of an episode, checked."""
        answer = self.env.reset(**options)
        if not (isinstance(answer, tuple) and len(answer) == 2):
            raise ValueError(
                "The environment's reset must give (state, info), as gymnasium's does: wrap an old "
                "gym environment with shimmy."
            )
        self.check_state(answer[0])
        return answer

    def step(self, action: np.ndarray) -> tuple:
        """What follows an action, both checked."""
        self.check_action(action)
        answer = self.env.step(action)
        if not (isinstance(answer, tuple) and len(answer) == 5):
            raise ValueError(
                "The environment's step must give (state, reward, terminated, truncated, info), as "
                "gymnasium's does: wrap an old gym environment with shimmy."
            )
        self.check_state(answer[0])
        try:
            sound = math.isfinite(answer[1])
        except TypeError:
            sound = False
        if not sound:
            self.complain(f"gave the reward {answer[1]}, which is no finite number")
        return answer

    def check_state(self, state) -> None:
        """Complain of a state that is none."""
        if getattr(state, "shape", None) != self.shape:
            shape = getattr(state, "shape", type(state).__name__)
            self.complain(f"gave a state of shape {shape}, not {self.shape}")
        if state.dtype.kind not in "fiub":
            self.complain(f"gave a state of type {state.dtype}, which holds no numbers")
        if not math.isfinite(state.sum()):  # the quickest way to find one among many
            place = int(np.isfinite(state).argmin())
            self.complain(f"gave a state with {state[place]} at place {place}, no finite number")

    def check_action(self, action) -> None:
        """Complain of an action that the agent cannot have meant."""
        at, shape = self.history.step + 1, self.action_space.shape
        if np.shape(action) != shape:
            raise ValueError(
                f"At step {at:,} the agent gave an action of shape {np.shape(action)}, not "
                f"{shape}: look at what its actor returns."
            )
        if not np.abs(action).max() <= 1.00001:  # NaN fails this, too
            raise ValueError(
                f"At step {at:,} the agent gave the action {action}, which is not within [-1, 1]: "
                "look at its actor and its noise."
            )

    def complain(self, words: str) -> None:
        """Raise the ValueError."""
        raise ValueError(
            f"At step {self.history.step + 1:,} the environment {words}: mend it; what was "
            "learnt before is kept."
        )
