"""Callbacks: what watches a run from outside, so that the loop itself stays bare."""

import copy
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

import numpy as np

from helpers.evaluation import EVALUATION_STARTS, SELECTION_STARTS, Env, evaluate, gap
from helpers.optimal import load_optimum
from helpers.validation import check_steps


class Callback:
    """Something that watches a run; every method may be left out."""

    def start(self, agent, steps: int) -> None:
        """Called once, before the first of `steps` steps."""

    def step(self, agent) -> bool | None:
        """Called after every step; True ends the run."""

    def waiting(self) -> bool:
        """Asked after every step, and then again and again: whether the run is to wait."""
        return False

    def hold(self, agent, ending: bool) -> bool | None:
        """Called when all have seen a step; where the run is `ending`, True puts that off."""

    def end(self, agent) -> None:
        """Called once, after the last step, also when the run broke off."""


@contextmanager
def running(agent, steps: int, callbacks: Sequence[Callback]) -> Iterator[Iterator[int]]:
    """Start the callbacks, give the steps one by one while the run goes on, end the callbacks.

    The Interrupt button (or Ctrl-C) lets the step under way finish and then ends the run, so that
    nothing is left half done; a second one ends it at once.
    """
    interrupted, history = False, agent.history

    def interrupt(number, frame):
        nonlocal interrupted
        interrupted = True
        signal.signal(signal.SIGINT, before)

    def steps_to_go() -> Iterator[int]:
        stopped, going = False, history.step < history.goal
        while going:
            yield history.step
            asked = [callback.step(agent) for callback in callbacks]  # every one sees every step
            while not interrupted and any(callback.waiting() for callback in callbacks):
                time.sleep(0.05)
            if stopped := stopped or any(asked):
                history.goal = history.step
            ending = interrupted or history.step >= history.goal
            held = [callback.hold(agent, ending) for callback in callbacks]
            going = not ending or any(held)

    check_steps(steps)
    history.begun, history.goal = history.goal, history.goal + steps
    main = threading.current_thread() is threading.main_thread()  # only there are signals caught
    with ExitStack() as at_the_end:  # all of it happens, even if the run or a part of it fails
        at_the_end.callback(history.settle)
        if main:
            before = signal.signal(signal.SIGINT, interrupt)
            at_the_end.callback(signal.signal, signal.SIGINT, before)
        for callback in callbacks:
            callback.start(agent, max(0, history.goal - history.step))
            at_the_end.callback(callback.end, agent)
        yield steps_to_go()


class Evaluate(Callback):
    """Records "evaluation", the mean noise-free return on fixed starts, every so many steps.

    On Pendulum it also records "gap", how far that lies below the best possible on these starts.
    """

    def __init__(
        self,
        every: int = 1_000,
        env: Env = "Pendulum-v1",
        starts: Sequence[int] = EVALUATION_STARTS,
    ):
        self.every, self.env, self.starts = every, env, starts
        self.best = load_optimum().optimal_returns(starts) if env == "Pendulum-v1" else None

    def step(self, agent) -> None:
        """Evaluate, where it is due."""
        if agent.history.step % self.every == 0:
            returns = evaluate(agent.act, self.env, self.starts)
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
        env: Env = "Pendulum-v1",
        starts: Sequence[int] = SELECTION_STARTS,
    ):
        self.every, self.env, self.starts = every, env, starts
        self.score, self.at_step, self.network, self.policy = -np.inf, None, None, None

    def step(self, agent) -> None:
        """Evaluate, where it is due, and keep a copy of the policy if it is the best so far."""
        if agent.history.step % self.every == 0:
            score = evaluate(agent.act, self.env, self.starts).mean()
            if score > self.score:
                self.score, self.at_step = score, agent.history.step
                self.network = copy.deepcopy(agent.policy)
                self.policy = partial(agent.ask, self.network)


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
