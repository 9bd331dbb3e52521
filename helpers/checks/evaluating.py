"""Checks of a loop that measures an agent."""

from collections.abc import Callable

import numpy as np

from helpers.checks.judging import check, given, named

STARTS = [4, 7, 9]  # seeds; also what the first reward of each episode shows
LONGEST = 4  # steps of an episode


class Overrun(Exception):
    """A step was asked for after the end of an episode."""


class Countdown:
    """An environment whose rewards tell the start, the action and the step apart.

    From an even seed the time limit ends the episode, from an odd one the task.
    """

    def __init__(self):
        self.seed, self.time, self.over = None, 0, True

    def reset(self, *, seed=None):
        """Begin the episode of this seed."""
        self.seed, self.time, self.over = seed or 0, 0, False
        return self.state(), {}

    def state(self) -> np.ndarray:
        """The seed and the time."""
        return np.array([self.seed, self.time], dtype=np.float32)

    def step(self, action):
        """The reward is the seed and the time, times 0.1, minus 100 times the action."""
        if self.over:
            raise Overrun
        reward = 0.1 * (self.seed + self.time) - 100 * float(np.asarray(action).item())
        self.time += 1
        self.over = self.time == LONGEST
        ends = self.over and self.seed % 2 == 1
        return self.state(), reward, ends, self.over and not ends, {}


class Counting:
    """An agent that does nothing when it acts, a little when it explores, and counts the rest."""

    def __init__(self):
        self.learned = 0

    def act(self, state: np.ndarray) -> np.ndarray:
        """The policy: 0 everywhere."""
        return np.zeros((*np.shape(state)[:-1], 1), dtype=np.float32)

    def explore(self, state: np.ndarray) -> np.ndarray:
        """The policy with noise."""
        return self.act(state) + np.float32(0.5)

    def observe(self, *transition) -> None:
        """Remember."""
        self.learned += 1

    def learn(self) -> dict:
        """Learn."""
        self.learned += 1
        return {}


def returns(steps: int = LONGEST, action: float = 0.0, gamma: float = 1.0) -> np.ndarray:
    """What the first `steps` steps from each start bring."""
    time = np.arange(steps)
    rewards = 0.1 * (np.array(STARTS)[:, None] + time) - 100 * action
    return rewards @ gamma**time


def usual() -> list[tuple[np.ndarray, str]]:
    """Wrong answers, each with what to say of it."""
    same = np.zeros(3) + returns().mean() - 0.4 * np.mean(STARTS)  # every episode from seed 0
    return [
        (
            returns(action=0.5),
            "its noise is on: `explore` is for learning, `act` is what the agent can do.",
        ),
        (same, "the starts are not those asked for: give each seed to `env.reset(seed=...)`."),
        (np.cumsum(returns()), "the sum goes on from episode to episode: begin each one at 0."),
        (returns() / LONGEST, "that is the mean reward of a step: a return is the sum."),
        (returns() - returns(LONGEST - 1), "that is the last reward alone: add them up."),
        (returns(LONGEST - 1), "the last reward is missing: it counts, though the episode ends."),
        (returns(gamma=0.99), "it discounts: agents are judged by the plain sum."),
        (returns(1), "it stopped after one step: play until the episode ends."),
    ]


@check
def check_evaluation(evaluate: Callable) -> str | None:
    """one return from each start, without noise, and the agent learned nothing from it."""
    agent = Counting()
    try:
        found = np.asarray(given(evaluate(agent, Countdown(), list(STARTS))), dtype=float)
    except Overrun:
        return "it went on after the end of an episode: `terminated or truncated` ends it."
    if found.size == 0:
        raise NotImplementedError
    if agent.learned:
        return "the agent observes or learns meanwhile: then it has practised on the test."
    if found.shape != (len(STARTS),):
        return (
            f"for {len(STARTS)} starts it gave the shape {found.shape}: one return for each start."
        )
    if np.allclose(found, returns()):
        return None
    wrong = named(lambda wrong: np.allclose(found, wrong), usual())
    return wrong or f"from seed {STARTS[0]} the return is {returns()[0]:g}, not {found[0]:g}."
