"""Checks of noise that is held for some steps."""

import numpy as np

from helpers.checks.judging import check, given

SIGMA, HOLD = 0.3, 20


@check
def check_held_noise(noise: type) -> str | None:
    """a push lasts 20 calls, pushes both ways alike, and no push outlives its episode."""
    process = noise(3, sigma=SIGMA, seed=0)
    given(process())
    process.reset()
    for value in (process() for _ in range(2 * HOLD)):
        if np.shape(value) != (3,):
            return f"for 3 actions it gives the shape {np.shape(value)}, not (3,)."
    return hold_complaint(noise) or reset_complaint(noise) or chance_complaint(noise)


def called(process, times: int) -> np.ndarray:
    """What so many calls give, (times, action_dim)."""
    return np.array([np.copy(process()) for _ in range(times)])


def lasting(values: np.ndarray) -> list[int]:
    """For how many calls each value lasted."""
    new = np.flatnonzero((values[1:] != values[:-1]).any(axis=1)) + 1
    return np.diff([0, *new, len(values)]).tolist()


def hold_complaint(noise: type) -> str | None:
    """What is wrong with how long a push lasts."""
    values = called(noise(3, sigma=SIGMA, seed=0), 5 * HOLD)
    lasted = lasting(values)
    if not values[0].any():
        return "it begins with no push at all: draw at the first call already."
    if lasted == [HOLD] * 5:
        shorter = type(noise.__name__, (noise,), {"hold": HOLD // 4})
        if lasting(called(shorter(3, sigma=SIGMA, seed=0), HOLD)) == [HOLD // 4] * 4:
            return None
        return "a push lasts 20 calls whatever `hold` says: count with self.hold."
    if len(lasted) == len(values):
        return "every call gives something new: keep the push, and draw at every 20th call only."
    if len(lasted) == 1:
        return "it never draws again: after 20 calls a new push is due."
    return f"a push should last {HOLD} calls, and yours last {lasted[0]}, {lasted[1]}, …"


def reset_complaint(noise: type) -> str | None:
    """What is wrong after a reset in the midst of a push."""
    process = noise(3, sigma=SIGMA, seed=0)
    before = called(process, HOLD // 2)
    process.reset()
    after = called(process, HOLD)
    if np.array_equal(after[0], before[-1]):
        return "after reset() the old push goes on: an episode must not begin with the last one's."
    if (lasted := lasting(after)) != [HOLD]:
        return f"after reset() the new push lasts {lasted[0]} calls: count from 0 again."
    return None


def chance_complaint(noise: type) -> str | None:
    """What is wrong with how the pushes are drawn."""
    many = [called(noise(2_000, sigma=SIGMA, seed=seed), 2 * HOLD)[::HOLD] for seed in (0, 0, 1)]
    pushes = many[0]
    if np.array_equal(pushes, many[2]):
        return "two seeds give the same noise: draw from self.rng, which knows the seed."
    if not np.array_equal(pushes, many[1]):
        return "the same seed gives other noise each time: draw from self.rng, nothing shared."
    if len(np.unique(pushes[0])) < 1_000:
        return "all actions get the same push: draw one number for each."
    if abs(pushes.mean()) > 0.1 * pushes.std():
        return f"its mean is {pushes.mean():.2f}, not 0: are there as many pushes down as up?"
    if abs(pushes.std() / SIGMA - 1) > 0.05:
        return f"its deviation is {pushes.std():.3f}, and sigma is {SIGMA}."
    return None
