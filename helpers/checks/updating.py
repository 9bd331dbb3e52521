"""Checks of how often an agent learns."""

from dataclasses import replace

import numpy as np

from helpers.buffer import ReplayBuffer
from helpers.checks.judging import check
from helpers.environment import make_env
from helpers.recipes import modern

WARMUP = 4  # steps, and the size of a batch


class Counted(ReplayBuffer):
    """A memory that counts how often it was asked for a batch."""

    asked = 0

    def sample(self, n: int):
        """A batch."""
        self.asked += 1
        return super().sample(n)


@check
def check_learning_twice(kind: type) -> str | None:
    """each call of learn makes two updates, from two batches, and says what it saw."""
    env = make_env("Pendulum-v1", seed=0)
    recipe = replace(modern, warmup=WARMUP, batch_size=WARMUP, memory=100)
    agent = kind(env, seed=0, recipe=recipe, buffer=Counted)
    s, _ = env.reset()
    for step in range(WARMUP):
        a = np.zeros(1, dtype=np.float32)
        s_next, r, terminated, truncated, _ = env.step(a)
        if agent.learn() or agent.buffer.asked:
            return (
                f"it learned after {step} steps, in the warm-up: super().learn() knows when not to."
            )
        agent.observe(s, a, r, s_next, terminated, truncated)
        s = s_next
    saw = agent.learn()
    if not agent.buffer.asked:
        raise NotImplementedError
    if agent.buffer.asked != 2:
        return f"one call of learn drew {agent.buffer.asked} batch(es), where 2 were expected."
    if not isinstance(saw, dict) or "critic_loss" not in saw:
        return "learn should give back what super().learn() gives, or the history stays empty."
    return None
