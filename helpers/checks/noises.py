"""Checks of exploration noise."""

import numpy as np

from helpers.checks.judging import check, given

SIGMA, THETA = 0.3, 0.4
SIZES = {  # the kick's size, over sigma, in mistakes that are easily made; phi is 1 - theta dt
    "every kick has the size sigma: it must be smaller, since the noise adds up many kicks.": (
        lambda phi, dt: 1
    ),
    "sigma is still the kick, as in the quoted cell: the noise grows larger than that.": (
        lambda phi, dt: dt**0.5
    ),
    "the kick is sigma times dt, and not even sigma is right: solve v = φ² v + kick² for it.": (
        lambda phi, dt: dt
    ),
    "the root is missing: the variance is kick² / (1 − φ²), the deviation its root.": (
        lambda phi, dt: 1 - phi**2
    ),
    "a square is missing: under the root stands 1 − φ², not 1 − φ.": (
        lambda phi, dt: (1 - phi) ** 0.5
    ),
    "the kick sigma √(2 θ dt) is right for tiny steps only: the exact one is needed here.": (
        lambda phi, dt: (2 * THETA * dt) ** 0.5
    ),
    "that is right at dt = 1 only: φ holds dt already, and your kick has a factor √dt too many.": (
        lambda phi, dt: (dt * (1 - phi**2)) ** 0.5
    ),
    "that is right at dt = 1 only: φ holds dt already, so do not divide the kick by √dt.": (
        lambda phi, dt: ((1 - phi**2) / dt) ** 0.5
    ),
    "the kick sigma √(2 θ) lacks dt, and would be right for tiny steps only: solve for it.": (
        lambda phi, dt: (2 * THETA) ** 0.5
    ),
    "the kick sigma (1 − φ) is too small: variances add up, so under a root stands 1 − φ².": (
        lambda phi, dt: 1 - phi
    ),
}


@check
def check_noise(noise: type) -> str | None:
    """your noise settles at the deviation sigma, remembers by 1 − θ dt, and starts anew at 0."""
    if complaint := manners_complaint(noise):
        return complaint
    walks = {dt: walk(noise, dt) for dt in (0.25, 1.0)}
    if not all(np.isfinite(x).all() and np.abs(x).max() < 1e3 for x in walks.values()):
        return "it runs away: the pull must point back to 0, so that φ = 1 − θ dt is below 1."
    return memory_complaint(walks) or reset_complaint(noise) or size_complaint(walks)


def manners_complaint(noise: type) -> str | None:
    """What is wrong with what one call gives, or with where its chance comes from."""
    several = noise(3, sigma=SIGMA, seed=0)
    first = given(several())
    if np.shape(first) != (3,):
        return f"for 3 actions it gives the shape {np.shape(first)}, not (3,)."
    kept = np.copy(first)
    several()
    if not np.array_equal(first, kept):
        return "a value it gave changed with the next call: make a new array, do not use +=."
    a, b, other = (walk(noise, 1.0, steps=5, seed=seed) for seed in (0, 0, 1))
    if not np.array_equal(a, b):
        return "the same seed gives other noise each time: draw from self.rng, nothing shared."
    if np.array_equal(a, other):
        return "two seeds give the same noise: draw from self.rng, which knows the seed."
    return None


def memory_complaint(walks: dict[float, np.ndarray]) -> str | None:
    """What is wrong with how much is left of a value one step later, or with the mean."""
    for dt, x in walks.items():
        phi = 1 - THETA * dt
        kept = np.corrcoef(x[:-1].ravel(), x[1:].ravel())[0, 1]
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
    for _ in range(100):
        process()
    process.reset()
    if np.std(process()) > 1.3 * new:
        return "after reset() it goes on where it was: an episode must begin at 0."
    return None


def size_complaint(walks: dict[float, np.ndarray]) -> str | None:
    """What is wrong with the deviation at which the noise settles."""
    found = {dt: x.std() / SIGMA for dt, x in walks.items()}
    if all(abs(ratio - 1) < 0.015 for ratio in found.values()):
        return None
    for mistake, kick in SIZES.items():
        phis = {dt: 1 - THETA * dt for dt in found}
        expected = {dt: kick(phi, dt) / (1 - phi**2) ** 0.5 for dt, phi in phis.items()}
        if all(abs(found[dt] / expected[dt] - 1) < 0.015 for dt in found):
            return mistake
    dt = max(found, key=lambda dt: abs(found[dt] - 1))
    return f"at dt = {dt} its deviation settles at {found[dt] * SIGMA:.3f}, and sigma is {SIGMA}."


def walk(noise: type, dt: float, steps: int = 1_000, seed: int = 0) -> np.ndarray:
    """Many processes at once, (steps, 300), after they have settled."""
    process = noise(300, sigma=SIGMA, theta=THETA, dt=dt, seed=seed)
    with np.errstate(all="ignore"):  # what runs away is told, not warned of
        return np.array([np.copy(process()) for _ in range(100 + steps)])[100:]
