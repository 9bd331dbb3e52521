"""The training loop: act, observe, learn."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import gymnasium as gym
import torch

from helpers.env_checker import CheckedEnv
from helpers.history import History
from helpers.validation import check_finite, check_steps


class Callback:
    """Watches a run from outside; override what you need."""

    last = False  # whether it sees each step after the others, and so what they record

    def start(self, agent, steps: int) -> None:
        """Called once, before the run; `steps` is the total at which it will end."""

    def step(self, agent) -> bool | None:
        """Called after every step; True ends the run. The run waits until it returns."""

    def end(self, agent) -> None:
        """Called once, after the run, even if it failed."""


def train(env: gym.Env, agent, steps: int, callbacks: Sequence[Callback] = ()) -> History:
    """Train `agent` in `env` until it has taken `steps` steps in all; gives `agent.history`.

    Each call begins with a new episode, so the same lines, run again after an interrupt, go on. The
    first Ctrl-C (or Interrupt button) ends the run after the current step, the second at once.
    """
    check_steps(steps)
    history, agent.env = agent.history, env
    callbacks = sorted(callbacks, key=lambda callback: callback.last)
    env = CheckedEnv(env, agent)  # raises a clear error for invalid data
    with flush_denormals(), interruptible() as interrupted, started(callbacks, agent, steps):
        over, stop = True, False
        while agent.steps < steps and not stop:
            if over:
                (s, _), episode_return, length = env.reset(), 0.0, 0
            a = agent.explore(s)
            s_next, r, terminated, truncated, _ = env.step(a)
            agent.observe(s, a, r, s_next, terminated, truncated)
            losses = agent.learn()
            check_finite(agent.steps, losses)
            history.record(agent.steps, **losses)
            s = s_next  # the crucial line: the next state becomes the state
            episode_return, length = episode_return + r, length + 1
            if over := terminated or truncated:
                history.record(agent.steps, **{"return": episode_return, "length": length})
            asked = [callback.step(agent) for callback in callbacks]  # every one sees every step
            stop = any(asked) or interrupted.is_set()
    return history


@contextmanager
def started(callbacks: Sequence[Callback], agent, steps: int) -> Iterator[None]:
    """Start every callback, and end each one that was started, whatever happens."""
    with ExitStack() as ends:
        for callback in callbacks:
            callback.start(agent, steps)
            ends.callback(callback.end, agent)
        ended = agent.steps in [0, *agent.history["return"][0][-1:]]  # the episode before
        if not ended and hasattr(agent, "noise"):
            agent.noise.reset()
        yield


@contextmanager
def flush_denormals() -> Iterator[None]:
    """Round numbers below 1e-38 to 0: Adam's moments get there, and the CPU crawls among them."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """An event that the first SIGINT sets; the second SIGINT acts as usual."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # signals are not caught here
        yield interrupted
        return

    def interrupt(number, frame):
        interrupted.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
