"""Callbacks: what watches a run from outside, so that the loop itself stays bare."""

import copy
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

import numpy as np

from helpers.evaluation import EVALUATION_STARTS, SELECTION_STARTS, evaluate, gap
from helpers.optimal import load_optimum


class Callback:
    """Something that watches a run; every method may be left out."""

    def start(self, agent, steps: int) -> None:
        """Called once, before the first of `steps` steps."""

    def step(self, agent) -> bool | None:
        """Called after every step; True ends the run."""

    def waiting(self) -> bool:
        """Asked after every step, and then again and again: whether the run is to wait."""
        return False

    def end(self, agent) -> None:
        """Called once, after the last step, also when the run broke off."""


@contextmanager
def running(agent, steps: int, callbacks: Sequence[Callback]) -> Iterator[Callable[[], bool]]:
    """Start the callbacks, give a function that tells after each step whether to stop, end them.

    The Interrupt button (or Ctrl-C) lets the step under way finish and then ends the run, so that
    nothing is left half done; a second one ends it at once.
    """
    interrupted = False

    def interrupt(number, frame):
        nonlocal interrupted
        interrupted = True
        signal.signal(signal.SIGINT, before)

    def ended() -> bool:
        asked = [callback.step(agent) for callback in callbacks]  # every callback sees every step
        while not interrupted and any(callback.waiting() for callback in callbacks):
            time.sleep(0.05)
        return interrupted or any(asked)

    main = threading.current_thread() is threading.main_thread()  # only there are signals caught
    with ExitStack() as at_the_end:  # all of it happens, even if the run or a part of it fails
        if main:
            before = signal.signal(signal.SIGINT, interrupt)
            at_the_end.callback(signal.signal, signal.SIGINT, before)
        for callback in callbacks:
            callback.start(agent, steps)
            at_the_end.callback(callback.end, agent)
        yield ended


class Evaluate(Callback):
    """Records "evaluation", the mean noise-free return on fixed starts, every so many steps.

    On Pendulum it also records "gap", how far that lies below the best possible on these starts.
    """

    def __init__(
        self,
        every: int = 1_000,
        env_id: str = "Pendulum-v1",
        starts: Sequence[int] = EVALUATION_STARTS,
    ):
        self.every, self.env_id, self.starts = every, env_id, starts
        self.best = load_optimum().optimal_returns(starts) if env_id == "Pendulum-v1" else None

    def step(self, agent) -> None:
        """Evaluate, where it is due."""
        if agent.history.step % self.every == 0:
            returns = evaluate(agent.act, self.env_id, self.starts)
            agent.history.record(evaluation=returns.mean())
            if self.best is not None:
                agent.history.record(gap=gap(returns, self.best))


class KeepBest(Callback):
    """Keeps the agent's policy from the moment when its noise-free return was best.

    It chooses on the selection starts; report the choice on the evaluation starts, or luck in the
    choosing would count as skill.
    """

    def __init__(
        self,
        every: int = 1_000,
        env_id: str = "Pendulum-v1",
        starts: Sequence[int] = SELECTION_STARTS,
    ):
        self.every, self.env_id, self.starts = every, env_id, starts
        self.score, self.at_step, self.policy = -np.inf, None, None

    def step(self, agent) -> None:
        """Evaluate, where it is due, and keep a copy of the policy if it is the best so far."""
        if agent.history.step % self.every == 0:
            score = evaluate(agent.act, self.env_id, self.starts).mean()
            if score > self.score:
                self.score, self.at_step = score, agent.history.step
                self.policy = partial(agent.ask, copy.deepcopy(agent.policy))


class PrintProgress(Callback):
    """Prints one line every `every` episodes: the mean return of these episodes."""

    def __init__(self, every: int = 10):
        self.every = every

    def step(self, agent) -> None:
        """Print the line, where it is due."""
        history = agent.history
        if history.state is not None:  # in the midst of an episode
            return
        _, returns = history["return"]
        if len(returns) % self.every == 0:
            mean = returns[-self.every :].mean()
            print(
                f"step {history.step:7,d}   episode {len(returns):4d}   "
                f"mean return of the last {self.every}: {mean:8.1f}"
            )
