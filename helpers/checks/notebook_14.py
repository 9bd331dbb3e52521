"""Checks of notebook 14: a driver for the car in the valley, and rewards shaped by a potential."""

from collections.abc import Callable, Sequence

import gymnasium as gym
import numpy as np

from helpers.checks.verdicts import check, mistake
from helpers.checks.worlds import World
from helpers.evaluation.returns import EVALUATION_STARTS, evaluate
from helpers.evaluation.tasks import TASKS
from helpers.pendulum.controllers import Policy

ENOUGH = 98.9  # more than any push of constant strength earns
GAMMA = 0.9
ENDS = ((True, False), (False, True), (True, True))  # terminated and truncated, of each episode
STEPS = 4


@check
def check_driver(driver: Policy) -> str | None:
    """your driver reaches the flag from 20 starts, and earns at least 98.9 on average."""
    returns = evaluate(driver, TASKS["mountain_car"].make, EVALUATION_STARTS[:20])
    arrived = returns > 0  # a car that doesn't earns 0 or less, and one that does, 0.1 at least
    if not arrived.all():
        words = f"it reaches the flag from {arrived.sum()} of {len(returns)} starts"
        states = np.float32([[0, 1], [0, -1]])  # in the valley, as fast as can be
        right, left = driver(states).ravel()
        if right < 0 < left:
            return f"{words}: it pushes against the motion, and so brakes."
        if right * left > 0:
            return f"{words}: it pushes to one side whichever way the car moves. Swing."
        if -returns.mean() < 5:
            return f"{words}: its pushes are too weak, at least while the car is slow."
        return f"{words}: push with the motion, a little harder or at more times."
    if returns.mean() < ENOUGH:
        return (
            f"it always reaches the flag, but earns {returns.mean():.1f}: pushes cost the square "
            "of their strength, so push more gently, and most where the car is fast."
        )
    return None


def walk(episodes: np.ndarray) -> World:
    """A walk over these states, whatever the actions; the reward is the number of the step."""
    return World(
        state=lambda world: episodes[world.episode, world.time],
        reward=lambda world: world.time + 1,
        ends=[(STEPS, *flags) for flags in ENDS],
    )


def potential(state: np.ndarray) -> float:
    """Any function of the state."""
    return float(3 * state[0] ** 2 + state[0] + 1)


def play(env: gym.Env) -> list[tuple]:
    """Everything that the environment returns, step by step."""
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
    """What should be added to each reward, or what a usual mistake adds."""
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
    episodes = np.random.default_rng(0).normal(size=(len(ENDS), STEPS + 1, 1)).astype(np.float32)
    plain = play(walk(episodes))
    mine = play(shaped(walk(episodes), potential, gamma=GAMMA))
    for (state, _, *flags, _), (my_state, _, *my_flags, _) in zip(plain, mine, strict=True):
        if not np.array_equal(state, my_state) or flags != my_flags:
            return "only the reward may change: states and flags have to come through as they are."
    paid = np.array([my[1] - true[1] for my, true in zip(mine, plain, strict=True)], dtype=float)
    if not paid.any():
        raise NotImplementedError
    right = pay(episodes)
    if np.allclose(paid, right):
        return None
    no_end = pay(episodes, nothing_after=lambda terminated, truncated: False)
    any_end = pay(episodes, nothing_after=lambda terminated, truncated: terminated or truncated)
    from_first = pay(episodes, before=lambda phi, t: phi[0])
    height = pay(episodes, before=lambda phi, t: 0.0)
    own = np.array([step[1] for step in plain])
    usual = [
        (right - own, "the environment's own reward is gone: add the pay to it."),
        (-right, "the sign: the next potential is paid, and the one before is taken."),
        (pay(episodes, gamma=1.0), "the next potential isn't discounted: multiply it by gamma."),
        (no_end, "after a true end there is no next state: its potential counts 0."),
        (
            any_end,
            "after the time limit more could follow: only `terminated` makes the next one 0.",
        ),
        (from_first, "it always takes the first state's potential: keep the state for next time."),
        (height, "it pays the potential itself, not its change: staying on a height would pay."),
    ]
    wrong = int(np.flatnonzero(~np.isclose(paid, right))[0])
    where = "the first step" if wrong == 0 else f"step {wrong % STEPS + 1} of a later episode"
    words = f"at {where} it pays {paid[wrong]:.2f}, and {right[wrong]:.2f} is due: "
    return mistake(paid, usual, words + "gamma times the next potential, less the one before.")
