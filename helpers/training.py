"""The training loop: act, observe, learn, again and again."""

from collections.abc import Sequence

import gymnasium as gym

from helpers.callbacks import Callback, running
from helpers.guard import Checked
from helpers.history import History


def train(env: gym.Env, agent, steps: int, callbacks: Sequence[Callback] = ()) -> History:
    """Let `agent` act in `env` and learn for `steps` more steps; a later call goes on from there.

    The history returned is `agent.history`. A callback can end the run early, and so can Interrupt.
    A later call finds the same `env` as it was left, or takes another and begins an episode there.
    """
    history = agent.history
    history.enter(env)
    env = Checked(env, agent)  # whatever is not sound raises a clear error
    with running(agent, steps, callbacks) as steps_to_go:
        for _ in steps_to_go:
            s = env.reset()[0] if history.state is None else history.state
            a = agent.explore(s)
            s_next, r, terminated, truncated, _ = env.step(a)
            agent.observe(s, a, r, s_next, terminated, truncated)
            history.advance(s_next, r, terminated or truncated, agent.learn())
    return history
