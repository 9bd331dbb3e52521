"""Checks of notebook 09: stopping a run, evaluating an agent, and how often it learns."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from helpers.buffer import ReplayBuffer
from helpers.checks.verdicts import check, given, mistake
from helpers.checks.worlds import Overrun, World
from helpers.environment import make_env
from helpers.history import History
from helpers.recipes import modern

STARTS = [4, 7, 9]  # seeds; also what the first reward of each episode shows
LONGEST = 4  # steps of an episode
FIRST = 4  # steps before an agent learns, and the size of its batches


@check
def check_stopping(callback: type) -> str | None:
    """your callback ends a run at the third evaluation in a row within 10 %, and not before."""
    cases = {
        (): "nothing was evaluated yet, and it stopped.",
        (0.5, 0.09, 0.05): "only two gaps were within 10 %, and it stopped.",
        (0.09, 0.2, 0.05, 0.08): "the gaps were 9, 20, 5, 8 %: not three in a row, and it stopped.",
        (0.14, 0.05, 0.05): "the gaps were 14, 5, 5 %: the mean is small, but one is not.",
        (0.5, 0.09, 0.05, 0.08): "the last three gaps are within 10 %, and it went on.",
    }
    *early, timely = cases
    if set(answers(callback, timely)) == {None}:
        raise NotImplementedError
    for gaps in early:
        if any(answers(callback, gaps)):
            return cases[gaps]
    *before, last = answers(callback, timely)
    if any(before):
        return "it stopped before the third gap within 10 %."
    return None if last else cases[timely]


def answers(callback: type, gaps: tuple[float, ...]) -> list[bool | None]:
    """What a new callback answers, True to stop: at once, and after each of these evaluations."""
    agent, watcher = SimpleNamespace(history=History(), steps=0), callback()
    watcher.start(agent, 10_000)
    asked = [watcher.step(agent)]
    for gap in gaps:
        agent.steps += 1_000
        agent.history.record(agent.steps, gap=gap)
        asked.append(watcher.step(agent))
    return asked


def countdown() -> World:
    """A world whose rewards tell the start, the action and the step apart."""

    def state(world: World) -> list[int]:
        return [world.seeds[-1] or 0, world.time]

    def reward(world: World) -> float:
        return 0.1 * world.state().sum() - 100 * world.told.item()

    return World(state, reward, ends=[(LONGEST, False, True), (LONGEST, True, False)])


def act(state: np.ndarray) -> np.ndarray:
    """A policy that does nothing: the action 0 in each state."""
    return np.zeros((*np.shape(state)[:-1], 1), dtype=np.float32)


def returns(steps: int = LONGEST, action: float = 0.0, gamma: float = 1.0) -> np.ndarray:
    """The returns of the first `steps` steps from each start."""
    time = np.arange(steps)
    rewards = 0.1 * (np.array(STARTS)[:, None] + time) - 100 * action
    return rewards @ gamma**time


@check
def check_evaluation(evaluate: Callable) -> str | None:
    """one return from each start, without noise, and the agent learned nothing from it."""
    practised = []
    agent = SimpleNamespace(
        act=act,
        explore=lambda state: act(state) + np.float32(0.5),
        observe=lambda *transition: practised.append(transition),
        learn=lambda: practised.append(()) or {},
    )
    try:
        found = np.asarray(given(evaluate(agent, countdown(), list(STARTS))), dtype=float)
    except Overrun:
        return "it went on after the end of an episode: `terminated or truncated` ends it."
    if found.size == 0:
        raise NotImplementedError
    if practised:
        return "the agent observes or learns meanwhile: then it has practised on the test."
    if found.shape != (3,):
        return f"for 3 starts it gave the shape {found.shape}: one return for each start."
    if np.allclose(found, returns()):
        return None
    one_seed = np.full(3, 0.1 * np.arange(LONGEST).sum())  # every episode from seed 0
    usual = [
        (returns(action=0.5), "its noise is on: `explore` is for learning, use `act`."),
        (one_seed, "the starts aren't those asked for: give each seed to `env.reset(seed=...)`."),
        (np.cumsum(returns()), "the sum goes on from episode to episode: begin each one at 0."),
        (returns() / LONGEST, "that is the mean reward of a step: a return is the sum."),
        (returns() - returns(LONGEST - 1), "that is the last reward alone: add them up."),
        (returns(LONGEST - 1), "the last reward is missing: it counts, though the episode ends."),
        (returns(gamma=0.99), "it discounts: agents are evaluated by the plain sum."),
        (returns(1), "it stopped after one step: play until the episode ends."),
    ]
    words = f"from seed {STARTS[0]} the return is {returns()[0]:g}, not {found[0]:g}."
    return mistake(found, usual, words)


class Counted(ReplayBuffer):
    """A replay buffer that counts how often it was asked for a batch."""

    asked = 0

    def sample(self, n: int):
        """A batch."""
        self.asked += 1
        return super().sample(n)


@check
def check_learning_twice(kind: type) -> str | None:
    """each call of learn makes two updates, from two batches, and says what it saw."""
    env = make_env("Pendulum-v1", seed=0)
    recipe = replace(modern, learning_starts=FIRST, batch_size=FIRST, buffer_size=100)
    agent = kind(env, seed=0, recipe=recipe, buffer=Counted)
    s, _ = env.reset()
    for step in range(FIRST):
        if agent.learn() or agent.buffer.asked:
            return f"it learned after {step} steps, before learning_starts: leave that to super()."
        a = np.zeros(1, dtype=np.float32)
        s_next, r, terminated, truncated, _ = env.step(a)
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
