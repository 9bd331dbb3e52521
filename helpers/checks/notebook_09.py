"""Checks of notebook 09: one update, the loop, stopping, evaluating, and DDPG on one page."""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from helpers.checks.one_page import check_one_page
from helpers.checks.one_update import check_learn
from helpers.checks.verdicts import check, first, given, mistake
from helpers.checks.worlds import Overrun, World
from helpers.history import History

__all__ = ["check_evaluation", "check_learn", "check_one_page", "check_stopping", "check_train"]

# The loop

EPISODES = [(3, False, True), (2, True, False), (4, False, True)]  # steps, terminated, truncated
STEPS, ALREADY = 9, 4  # of a new agent, and of one that is to go on


class Stuck(Exception):
    """The loop goes round, and no step is taken."""


class Diary:
    """An agent that notes what the loop asks of it."""

    def __init__(self, steps: int):
        self.taken, self.asked, self.history = steps, 0, History()
        self.kinds, self.states, self.actions, self.transitions = [], [], [], []

    @property
    def steps(self) -> int:
        """The steps taken; raises Stuck if it is asked too often between two of them."""
        self.asked += 1
        if self.asked > 1_000:
            raise Stuck
        return self.taken

    def explore(self, s: np.ndarray, kind: str = "explore") -> np.ndarray:
        """An action, another one each time."""
        self.kinds.append(kind)
        self.states.append(float(s[0]))
        self.actions.append(np.float32([0.01 * len(self.kinds)]))
        return self.actions[-1]

    def act(self, s: np.ndarray) -> np.ndarray:
        """The same, noted as noise-free."""
        return self.explore(s, "act")

    def observe(self, s, a, r, s_next, terminated, truncated) -> None:
        """Note a transition."""
        self.kinds.append("observe")
        self.transitions.append((float(s[0]), a, r, float(s_next[0]), terminated, truncated))
        self.taken, self.asked = self.taken + 1, 0

    def learn(self) -> dict[str, float]:
        """Note it; the loss is the number of steps."""
        self.kinds.append("learn")
        return {"critic_loss": float(self.taken)}


def calendar() -> World:
    """A world whose state is a number: ten times the episode, plus the steps in it."""
    now = lambda world: 10 * world.episode + world.time  # noqa: E731
    return World(lambda world: [now(world)], lambda w: now(w) + w.told.item(), EPISODES)


@check
def check_train(train: Callable) -> str | None:
    """each step explores, observes, learns and goes on from there, episode after episode."""
    return first(run_complaint(train, Diary(steps), calendar()) for steps in (0, ALREADY))


def run_complaint(train: Callable, agent: Diary, world: World) -> str | None:
    """Whether the agent met in the world what it should."""
    begun = agent.taken
    try:
        found = train(world, agent, STEPS)
    except Overrun as error:
        flag = "terminated" if error.args[0] else "truncated"
        return f"it went on after an episode that was {flag}: both flags end it, then env.reset()."
    except Stuck:
        if not agent.kinds:
            raise NotImplementedError from None
        return "it goes round for ever: agent.observe counts the steps, and must see each one."
    if not agent.kinds:
        raise NotImplementedError
    if agent.taken != STEPS:
        return f"asked for {STEPS} steps in all, it ended after {agent.taken}."
    return (
        state_complaint(agent)
        or first(
            transition_complaint(*pair) for pair in zip(agent.transitions, due(), strict=False)
        )
        or kind_complaint(agent.kinds, STEPS - begun)
        or reset_complaint(world, STEPS - begun)
        or loss_complaint(agent.history, [*range(begun + 1, STEPS + 1)])
        or (None if found is agent.history else "give back agent.history at the end.")
    )


def due() -> list[tuple]:
    """Each transition as it should be: state, step of the world, next state, and the two flags."""
    return [
        (10 * e + t, 10 * e + t + 1, *(flags if t + 1 == steps else (False, False)))
        for e, (steps, *flags) in enumerate(EPISODES)
        for t in range(steps)
    ]


def state_complaint(agent: Diary) -> str | None:
    """Whether the agent was asked for an action in each state in turn."""
    states = [s for s, *_ in due()]
    for i, (found, right) in enumerate(zip(agent.states, states, strict=False)):
        if found == right:
            continue
        if i and found == agent.states[i - 1]:
            return "the agent sees the same state twice: s = s_next is missing."
        if right % 10 == 0 and i and found == agent.transitions[i - 1][3]:
            return "a new episode begins in the old one's last state: s, _ = env.reset()."
        if right % 10 and found % 10 == 0:
            return "it begins a new episode at every step: env.reset() only after an end."
        return f"in step {i + 1} the agent sees the state {found:g}, where it was in {right:g}."
    return None


def transition_complaint(found: tuple, right: tuple) -> str | None:
    """Whether a transition holds what happened."""
    (s, a, r, s_next, *flags), (s_right, next_right, *flags_right) = found, right
    if s != s_right:
        if s == s_next:
            return "observe gets s_next as s: s = s_next comes after it."
        return f"observe gets the state {s:g}, and the step began in {s_right:g}."
    if not np.isclose(r, s_right + np.asarray(a).item()):
        return "observe gets another action or reward than the environment."
    if s_next != next_right:
        return f"observe gets the next state {s_next:g}, and the step led to {next_right:g}."
    if [bool(flag) for flag in flags] == flags_right:
        return None
    if flags[0]:
        return "a time limit is observed as a true end: terminated and truncated stay apart."
    return "the two flags are observed otherwise than the environment gave them."


def kind_complaint(kinds: list[str], steps: int) -> str | None:
    """Whether each step explores, observes and learns, in this order."""
    if "act" in kinds:
        return "act is the policy without noise: to learn, the agent has to explore."
    if "learn" not in kinds:
        return "the agent never learns."
    if kinds == ["explore", "observe", "learn"] * steps:
        return None
    if (often := kinds.count("learn")) != steps:
        return f"in {steps} steps the agent learned {often} times: once in each."
    return "each step is explore, observe, learn, in this order: yours is another."


def reset_complaint(world: World, steps: int) -> str | None:
    """Whether each episode was begun once, and without a seed."""
    if any(seed is not None for seed in world.seeds):
        return "reset without a seed, or every episode begins in the same state."
    begun = sum(s % 10 == 0 for s, *_ in due()[:steps])
    if len(world.seeds) - begun in (0, 1):  # a new one may have begun at the end
        return None
    return f"it called reset {len(world.seeds)} times for {begun} episodes."


def loss_complaint(history: History, steps: list[int]) -> str | None:
    """Whether the loss of each step was kept."""
    if [[*column] for column in history["critic_loss"]] == [steps, steps]:
        return None
    return "its losses aren't kept: agent.history.record(agent.steps, **agent.learn())."


# Stopping


@check
def check_stopping(callback: type) -> str | None:
    """your callback ends a run at the third evaluation in a row within 10 %, and not before."""
    cases = {
        (): "nothing was evaluated yet, and it stopped.",
        (0.5, 0.09, 0.05): "only two gaps were within 10 %, and it stopped.",
        (0.09, 0.2, 0.05, 0.08): "the gaps were 9, 20, 5, 8 %: not three in a row, and it stopped.",
        (0.11, 0.05, 0.05): "the gaps were 11, 5, 5 %: the mean is small, but one is not.",
        (0.5, 0.10, 0.05, 0.08): "the last three gaps were 10, 5 and 8 %, and it went on.",
        (0.10, 0.05, 0.08): "the first three gaps were 10, 5 and 8 %, and it went on.",
    }
    *early, timely, soon = cases
    if set(answers(callback, timely)) == {None}:
        raise NotImplementedError
    for gaps in early:
        if any(answers(callback, gaps)):
            return cases[gaps]
    for gaps in (timely, soon):
        *before, last = answers(callback, gaps)
        if any(before):
            return "it stopped before the third gap within 10 %."
        if not last:
            return cases[gaps]
    return None


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


# Evaluating

STARTS = [4, 7, 9]  # seeds; also what the first reward of each episode shows
LONGEST = 4  # steps of an episode


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
