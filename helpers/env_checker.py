"""The border between agent and environment: everything that crosses it is checked at each step."""

import copy
import math
from numbers import Real

import gymnasium as gym
import numpy as np
import torch

from helpers.validation import explain_misfit, sizes, spaces

NUMBER = Real | np.bool_ | np.ndarray | torch.Tensor  # the types of a reward


class CheckedEnv(gym.Wrapper):
    """An environment that raises a ValueError, with the step, for invalid data in either direction.

    States and actions are copied, so that an environment may reuse its arrays. It costs some
    microseconds a step. What the environment itself raises passes through.
    """

    def __init__(self, env: gym.Env, agent):
        states, actions = spaces(env)  # raises unless DDPG can act there
        super().__init__(env)
        self.agent, self.shape = agent, states.shape
        if (agent.state_shape, (agent.action_dim,)) != (states.shape, actions.shape):
            raise ValueError(
                f"The agent was made for states of shape {agent.state_shape} and "
                f"{agent.action_dim} action(s), but this environment has {states.shape} and "
                f"{actions.shape[0]}: make another agent."
            )
        self.check_action(first_action(env, agent))

    def reset(self, **options) -> tuple[np.ndarray, dict]:
        """The first state of an episode, checked and copied."""
        answer = self.env.reset(**options)
        self.require_tuple("reset", answer, "(state, info)")
        return self.checked_state(answer[0]), answer[1]

    def step(self, action: np.ndarray) -> tuple:
        """What follows an action; both checked and copied."""
        self.check_action(action)
        answer: tuple = self.env.step(np.array(action))
        self.require_tuple("step", answer, "(state, reward, terminated, truncated, info)")
        state, reward, terminated, truncated, info = answer
        number = isinstance(reward, NUMBER) and getattr(reward, "shape", ()) == ()
        self.require(number and math.isfinite(reward), "reward", reward, "one finite number")
        for name, flag in {"terminated": terminated, "truncated": truncated}.items():
            self.require(isinstance(flag, bool | np.bool_), name, flag, "True or False")
        return self.checked_state(state), float(reward), bool(terminated), bool(truncated), info

    def checked_state(self, state) -> np.ndarray:
        """A copy of a state, once it is known to be valid."""
        array = isinstance(state, np.ndarray) and state.shape == self.shape
        fits = array and state.dtype.kind in "fiub"
        self.require(fits, "state", state, f"a numpy array of numbers, of shape {self.shape}")
        total = state.sum(dtype=np.float32)  # the fastest check; the networks take float32
        self.require(math.isfinite(total), "state", state, "finite everywhere, in float32")
        return state.copy()

    def check_action(self, action) -> None:
        """Raise a ValueError unless the environment can take the agent's action."""
        shape = self.action_space.shape
        if np.shape(action) != shape or not np.abs(action).max() <= 1.00001:  # NaN fails this, too
            raise ValueError(
                f"At step {self.agent.steps + 1:,} the agent's action was {action}, but it must "
                f"have shape {shape} and lie in [-1, 1]: look at its actor and its noise."
            )

    def require_tuple(self, name: str, answer, expected: str) -> None:
        """Raise a ValueError unless reset or step gave as many values as gymnasium's do."""
        count = len(expected.split(","))
        expected = f"{expected}, as in gymnasium (shimmy wraps an environment of the old gym)"
        self.require(isinstance(answer, tuple) and len(answer) == count, name, answer, expected)

    def require(self, holds: bool, name: str, value, expected: str) -> None:
        """Raise a ValueError unless what the environment gave is as expected."""
        if not holds:
            raise ValueError(
                f"At step {self.agent.steps + 1:,} the environment's {name} was {value!r}, but it "
                f"must be {expected}: fix the environment; what the agent has learned is kept."
            )


@torch.no_grad()
def first_action(env: gym.Env, agent) -> np.ndarray:
    """An agent's action for a state of zeros; raises ValueError if a network has other sizes.

    Before step 1 a copy of its critic is asked, too, so that nothing in it changes.
    """
    states, _ = spaces(env)
    with explain_misfit(*sizes(env)):
        if agent.steps == 0 and hasattr(agent, "critic"):
            s = torch.zeros(1, *states.shape, dtype=torch.float32, device=agent.device)
            a = s.new_zeros(1, agent.action_dim)
            with torch.random.fork_rng(devices=[]):  # the global generator stays as it was
                copy.deepcopy(agent.critic).eval()(s, a)
        return agent.act(np.zeros(states.shape, states.dtype))
