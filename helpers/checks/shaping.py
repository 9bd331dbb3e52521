"""Checks of a wrapper that pays for changes of a potential."""

from collections.abc import Callable, Sequence

import gymnasium as gym
import numpy as np

from helpers.checks.judging import UNFINISHED, check, named

GAMMA = 0.9
ENDS = ((True, False), (False, True), (True, True))  # terminated and truncated, of each episode
STEPS = 4


class Walk(gym.Env):
    """A walk over the states of `episodes`, whatever the actions; its rewards are known."""

    observation_space = gym.spaces.Box(-np.inf, np.inf, (1,))
    action_space = gym.spaces.Box(-1, 1, (1,))

    def __init__(self, episodes: np.ndarray):
        self.episodes, self.episode, self.time = episodes, -1, 0

    def reset(self, *, seed=None, options=None):
        """The first state of the next episode."""
        self.episode, self.time = self.episode + 1, 0
        return self.episodes[self.episode, 0].copy(), {}

    def step(self, action):
        """The next state; the reward is the number of the step."""
        self.time += 1
        flags = ENDS[self.episode] if self.time == STEPS else (False, False)
        return self.episodes[self.episode, self.time].copy(), float(self.time), *flags, {}


def potential(state: np.ndarray) -> float:
    """Any function of the state."""
    return float(3 * state[0] ** 2 + state[0] + 1)


def play(env: gym.Env) -> list[tuple]:
    """All that the environment gives, step by step."""
    seen = []
    for _ in ENDS:
        env.reset()
        seen += [env.step(np.zeros(1)) for _ in range(STEPS)]
    return seen


def pay(
    episodes: np.ndarray,
    gamma: float = GAMMA,
    before: Callable[[Sequence[float], int], float] = lambda phi, t: phi[t],
    nothing_after: Callable[[bool, bool], bool] = lambda terminated, truncated: terminated,
) -> np.ndarray:
    """What should be added to each reward, or what is added by a usual mistake."""
    paid = []
    for states, flags in zip(episodes, ENDS, strict=True):
        phi = [potential(state) for state in states]
        for t in range(STEPS):
            over = t == STEPS - 1 and nothing_after(*flags)
            paid.append((0.0 if over else gamma * phi[t + 1]) - before(phi, t))
    return np.array(paid)


@check
def check_shaping(shaped: type) -> str | None:
    """what is paid adds up to minus the first potential, so no policy gains by it over another."""
    episodes = np.random.default_rng(0).normal(size=(len(ENDS), STEPS + 1, 1))
    plain = play(Walk(episodes))
    mine = play(shaped(Walk(episodes), potential, gamma=GAMMA))
    for (state, _, *flags, _), (my_state, _, *my_flags, _) in zip(plain, mine, strict=True):
        if not np.array_equal(state, my_state) or flags != my_flags:
            return "only the reward may change: states and flags have to come through as they are."
    paid = np.array([my[1] - true[1] for my, true in zip(mine, plain, strict=True)], dtype=float)
    if not paid.any():
        return UNFINISHED

    def same(wrong: np.ndarray) -> bool:
        return np.allclose(paid, wrong)

    right = pay(episodes)
    if same(right):
        return None
    usual = [
        (-right, "the sign: the next potential is paid, and the one before is taken."),
        (pay(episodes, gamma=1.0), "the next potential is not discounted: multiply it by gamma."),
        (
            pay(episodes, nothing_after=lambda terminated, truncated: False),
            "after a true end there is no next state: its potential counts 0.",
        ),
        (
            pay(episodes, nothing_after=lambda terminated, truncated: terminated or truncated),
            "after the time limit the walk could go on: only `terminated` makes the next one 0.",
        ),
        (
            pay(episodes, before=lambda phi, t: phi[0]),
            "it always takes the potential of the first state: keep the state for the next step.",
        ),
        (
            pay(episodes, before=lambda phi, t: 0.0),
            "it pays the potential itself, not its change: whoever stays on a height is paid.",
        ),
    ]
    first = int(np.flatnonzero(~np.isclose(paid, right))[0])
    where = "the first step" if first == 0 else f"step {first % STEPS + 1} of a later episode"
    return named(same, usual) or (
        f"at {where} it pays {paid[first]:.2f}, and {right[first]:.2f} is due: gamma times the "
        "next potential, less the one before."
    )
