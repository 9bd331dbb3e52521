"""Checks of notebook 05: noise without memory, with it, of a given size, and held for a while."""

from collections.abc import Iterator

import numpy as np

from helpers.checks.verdicts import check, given, shape_complaint

SIGMA, THETA, HOLD = 0.3, 0.4, 20
SETTLED = {  # sigma over the kick; at dt 3.75 what is left after a step, phi, is negative
    dt: (1 - (1 - THETA * dt) ** 2) ** 0.5 for dt in (0.25, 1.0, 3.75)
}
KICKS = [  # the kick's size, divided by sigma, in usual mistakes
    (lambda dt: 1, "every kick has the size sigma: it lacks the factor √dt."),
    (lambda dt: dt, "the kick has the factor dt, where it should have the root, √dt."),
    (lambda dt: dt**0.5 / SIGMA, "the kick lacks its sigma."),
    (lambda dt: SETTLED[dt], "it settles at sigma, but sigma is the kick here (exercise 2)."),
    (lambda dt: dt**0.5 * SIGMA, "the kick has sigma squared."),
]
SIZES = [  # the kick's size, divided by sigma, in usual mistakes; phi is 1 - theta dt
    (lambda phi, dt: 1, "every kick has the size sigma: it must be smaller, as many add up."),
    (lambda phi, dt: dt**0.5, "sigma is still the kick, as in our cell: so it grows larger."),
    (lambda phi, dt: dt, "the kick is sigma times dt: solve v = φ² v + kick² for it."),
    (lambda phi, dt: 1 - phi**2, "the root is missing: the variance is kick² / (1 − φ²)."),
    (lambda phi, dt: (1 - phi) ** 0.5, "a square is missing: under the root is 1 − φ², not 1 − φ."),
    (lambda phi, dt: (2 * THETA * dt) ** 0.5, "sigma √(2 θ dt) is right for tiny steps only."),
    (lambda phi, dt: (dt * (1 - phi**2)) ** 0.5, "your kick has a factor √dt too many."),
    (lambda phi, dt: ((1 - phi**2) / dt) ** 0.5, "φ holds dt already: don't divide by √dt."),
    (lambda phi, dt: (2 * THETA) ** 0.5, "sigma √(2 θ) lacks dt, and fits tiny steps only."),
    (lambda phi, dt: 1 - phi, "sigma (1 − φ) is too small: variances add up, so take √(1 − φ²)."),
]


def seeds_complaint(walks: list[np.ndarray]) -> str | None:
    """What is wrong with noise from seed 0, from seed 0 once more, and from seed 1."""
    if not np.array_equal(walks[0], walks[1]):
        return "the same seed gives other noise each time: draw from self.rng, nothing shared."
    if np.array_equal(walks[0], walks[2]):
        return "two seeds give the same noise: draw from self.rng, which knows the seed."
    return None


def generator_complaint(noise: type) -> str | None:
    """What is wrong with the random generator: its seed, and what `reset` does to it."""
    if complaint := seeds_complaint([walk(noise, steps=5, seed=seed) for seed in (0, 0, 1)]):
        return complaint
    episodes, again = ([*three_episodes(noise(3, sigma=SIGMA, seed=0))] for _ in range(2))
    if any(np.array_equal(episodes[i], episodes[j]) for i, j in ((0, 1), (0, 2), (1, 2))):
        return "two episodes get the same numbers: reset() must leave self.rng as it is."
    if not np.array_equal(episodes, again):
        return "after reset() the same seed gives other noise each time: leave self.rng as it is."
    return None


def three_episodes(process) -> Iterator[np.ndarray]:
    """The first five values of three episodes, (5, action_dim) each."""
    for _ in range(3):
        yield called(process, 5)
        process.reset()


def value_complaint(noise: type) -> str | None:
    """What is wrong with a single value: its shape, its range, or that it changes later."""
    process = noise(3, sigma=SIGMA, seed=0)
    value = given(process())
    if complaint := shape_complaint(value, (3,), "a value for 3 actions"):
        return complaint
    if not isinstance(value, np.ndarray):
        return f"a value is a {type(value).__name__}, not an array."
    kept = np.copy(value)
    process()
    if not np.array_equal(value, kept):
        return "a value it gave changed with the next call: make a new array, don't use +=."
    large = called(noise(500, sigma=3.8, seed=0), 2)[-1]
    if np.ptp(large) == 0:
        return "all motors get the same number: draw one for each."
    if np.abs(large).max() <= 1:
        return "with sigma = 3.8 no value is beyond ±1: don't clip here, the agent clips the sum."
    return None


def normal_complaint(draws: np.ndarray) -> str | None:
    """A complaint if independent numbers of mean 0 aren't normally distributed."""
    spread = np.mean(draws**4) / np.mean(draws**2) ** 2  # 3 if normal, 1.8 if uniform
    return None if abs(spread - 3) < 0.2 else "its draws aren't normal: use standard_normal."


@check
def check_gaussian(noise: type) -> str | None:
    """your noise is independent from call to call, and its deviation is sigma."""
    if complaint := value_complaint(noise) or generator_complaint(noise):
        return complaint
    x = walk(noise)
    if abs(np.corrcoef(x[:-1].ravel(), x[1:].ravel())[0, 1]) > 0.05:
        return "a value depends on the one before: this noise has no memory."
    if abs(x.mean()) > 0.1 * x.std():
        return f"its mean is {x.mean():.2f}, not 0: use standard_normal."
    if abs(x.std() / SIGMA - 1) < 0.015:
        return normal_complaint(x)
    usual = [(1, "its deviation is 1: sigma is missing."),
             (SIGMA**0.5, "its variance is sigma: multiply by sigma itself, not by its root."),
             (SIGMA**2, "its deviation is sigma squared.")]  # fmt: skip
    hints = [words for size, words in usual if abs(x.std() / size - 1) < 0.015]
    return [*hints, f"its deviation is {x.std():.3f}, and sigma is {SIGMA}."][0]


@check
def check_ornstein_uhlenbeck(noise: type) -> str | None:
    """your noise starts at 0, keeps φ = 1 − θ dt of itself, and is kicked by σ √dt."""
    if complaint := value_complaint(noise) or generator_complaint(noise):
        return complaint
    walks = {dt: walk(noise, dt=dt) for dt in SETTLED}
    about_walks = memory_complaint(walks) or kick_complaint(walks)
    return start_complaint(noise) or about_walks or reset_complaint(noise)


def start_complaint(noise: type) -> str | None:
    """What is wrong with the first value."""
    value = np.copy(noise(500, sigma=SIGMA, theta=THETA, dt=1.0, seed=0)())
    if not value.any():
        return "its first value is 0: move x first, then return it."
    if abs(value.mean()) > 0.3 * value.std() and value.std() > 0.5 * SIGMA:
        return f"its first values are {value.mean():.2f} on average: x starts at 0."
    return None


def kick_complaint(walks: dict[float, np.ndarray]) -> str | None:
    """What is wrong with what is added in a step."""
    kicks = {dt: x[1:] - (1 - THETA * dt) * x[:-1] for dt, x in walks.items()}
    found = {dt: kick.std() / SIGMA for dt, kick in kicks.items()}
    if all(abs(found[dt] / dt**0.5 - 1) < 0.015 for dt in found):
        return normal_complaint(kicks[1.0])
    for size, words in KICKS:
        if all(abs(found[dt] / size(dt) - 1) < 0.015 for dt in found):
            return words
    dt = max(found, key=lambda dt: abs(found[dt] / dt**0.5 - 1))
    return (
        f"at dt = {dt} its kicks have the deviation {found[dt] * SIGMA:.3f}, "
        f"and σ √dt is {SIGMA * dt**0.5:.3f}."
    )


@check
def check_noise(noise: type) -> str | None:
    """your noise settles at the deviation sigma, remembers by 1 − θ dt, and starts again at 0."""
    if complaint := value_complaint(noise) or generator_complaint(noise):
        return complaint
    walks = {dt: walk(noise, dt=dt) for dt in SETTLED}
    return memory_complaint(walks) or reset_complaint(noise) or size_complaint(walks)


def walk(noise: type, steps: int = 1_000, seed: int = 0, dt: float | None = None) -> np.ndarray:
    """Many processes at once, (steps, 300), after they have settled; with `dt`, also with theta."""
    process = noise(300, sigma=SIGMA, seed=seed, **({"theta": THETA, "dt": dt} if dt else {}))
    with np.errstate(all="ignore"):  # values that diverge are reported, not warned about
        return called(process, 100 + steps)[100:]


def called(process, times: int) -> np.ndarray:
    """The results of `times` calls, (times, action_dim)."""
    return np.array([np.copy(process()) for _ in range(times)])


def memory_complaint(walks: dict[float, np.ndarray]) -> str | None:
    """What is wrong with how much is left of a value one step later, or with the mean."""
    for dt, x in walks.items():
        phi = 1 - THETA * dt
        if not np.isfinite(x).all() or np.abs(x).max() > 1e3:
            return "it runs away: the pull must point back to 0, so that φ = 1 − θ dt is below 1."
        kept = np.corrcoef(x[:-1].ravel(), x[1:].ravel())[0, 1]
        if phi < 0 and abs(kept - phi) > 0.02:
            return f"at dt = {dt}, {kept:.2f} of a value is left one step later: φ may be negative."
        if abs(kept) < 0.05:
            return "it has no memory: the next value must begin with φ times the last."
        if abs(kept - (1 - THETA)) < 0.02 and dt != 1:
            return "it forgets as fast at dt = 0.25 as at dt = 1: the pull lacks its dt."
        if abs(kept - phi) > 0.02:
            return f"at dt = {dt}, {kept:.2f} of a value is left one step later, not {phi:.2f}."
        if abs(x.mean()) > 0.1 * x.std():
            return f"its mean is {x.mean():.2f}, not 0: are the kicks normal, as many down as up?"
    return None


def reset_complaint(noise: type) -> str | None:
    """What is wrong with the first values of an episode."""
    process = noise(500, sigma=SIGMA, theta=THETA, dt=0.25, seed=0)
    new = np.std(process())
    called(process, 100)
    process.reset()
    value = process()
    if np.std(value) > 1.3 * new:
        return "after reset() it goes on where it was: an episode must begin at 0."
    if abs(np.mean(value)) > 0.3 * new:
        return f"after reset() it begins at about {np.mean(value):.1f}: an episode must begin at 0."
    return None


def size_complaint(walks: dict[float, np.ndarray]) -> str | None:
    """What is wrong with the standard deviation at which the noise settles."""
    found = {dt: x.std() / SIGMA for dt, x in walks.items()}
    if all(abs(ratio - 1) < 0.015 for ratio in found.values()):
        return None
    for kick, words in SIZES:
        expected = {dt: kick(1 - THETA * dt, dt) / settled for dt, settled in SETTLED.items()}
        if all(abs(found[dt] / expected[dt] - 1) < 0.015 for dt in found):
            return words
    dt = max(found, key=lambda dt: abs(found[dt] - 1))
    return f"at dt = {dt} its deviation settles at {found[dt] * SIGMA:.3f}, and sigma is {SIGMA}."


@check
def check_held_noise(noise: type) -> str | None:
    """a push lasts 20 calls, pushes both ways alike, and no push outlives its episode."""
    process = noise(3, sigma=SIGMA, seed=0)
    given(process())
    process.reset()
    for value in (process() for _ in range(2 * HOLD)):
        if value is None:
            return "after reset() it gives None: draw a new push then."
        if complaint := shape_complaint(value, (3,), "a value for 3 actions"):
            return complaint
    return (
        hold_complaint(noise)
        or interrupted_complaint(noise)
        or pushes_complaint(noise)
        or generator_complaint(noise)
    )


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


def interrupted_complaint(noise: type) -> str | None:
    """What is wrong after a reset in the middle of a push."""
    process = noise(3, sigma=SIGMA, seed=0)
    before = called(process, HOLD // 2)
    process.reset()
    after = called(process, HOLD)
    if np.array_equal(after[0], before[-1]):
        return "after reset() the old push goes on: an episode must not begin with the last one's."
    if (lasted := lasting(after)) != [HOLD]:
        return f"after reset() the new push lasts {lasted[0]} calls: count from 0 again."
    return None


def pushes_complaint(noise: type) -> str | None:
    """What is wrong with how the pushes are drawn."""
    many = [called(noise(2_000, sigma=SIGMA, seed=seed), 2 * HOLD)[::HOLD] for seed in (0, 0, 1)]
    if complaint := seeds_complaint(many):
        return complaint
    pushes = many[0]
    if len(np.unique(pushes[0])) < 1_000:
        return "all actions get the same push: draw one number for each."
    if abs(pushes.mean()) > 0.1 * pushes.std():
        return f"its mean is {pushes.mean():.2f}, not 0: are there as many pushes down as up?"
    if abs(pushes.std() / SIGMA - 1) > 0.05:
        return f"its deviation is {pushes.std():.3f}, and sigma is {SIGMA}."
    return None
