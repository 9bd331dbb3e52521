"""Checks of notebook 00: the learner's own controller, and when a run is solved."""

from collections.abc import Callable

import numpy as np

from helpers.checks.verdicts import check, given, mistake
from helpers.evaluation.returns import EVALUATION_STARTS, evaluate
from helpers.pendulum.controllers import ask, random_policy, rollout
from helpers.pendulum.physics import start_states

GOOD = -400  # a mean return: written by hand, −137 is possible; one half of the task gives −900
STEPS = np.array([500, 1_000, 2_000, 4_000, 6_000])  # not evenly spaced: no place gives its step
RUNS = {  # gaps at these steps, and the step from which the run is solved
    (0.5, 0.2, 0.08, 0.05, 0.06): 2_000,
    (0.5, 0.08, 0.3, 0.09, 0.05): 4_000,
    (0.5, 0.08, 0.05, 0.09, 0.2): np.inf,
    (0.09, 0.05, 0.04, 0.03, 0.02): 500,
    (0.5, 0.4, 0.3, 0.2, 0.05): 6_000,
    (0.5, 0.4, 0.10, 0.09, 0.10): 2_000,
}


@check
def check_policy(policy: Callable[[np.ndarray], np.ndarray]) -> str | None:
    """your policy swings the pendulum up and holds it there, from nearly every start."""
    ask(policy, np.eye(3, dtype=np.float32), action_dim=1)
    mine, random = evaluate(policy).mean(), evaluate(random_policy(0)).mean()
    if mine >= GOOD:
        return None
    words = f"its mean return is {mine:.0f}, and random actions give {random:.0f}: "
    path = rollout(policy, *start_states(EVALUATION_STARTS))
    upright = np.cos(path.theta) > np.cos(0.3)  # (steps, starts)
    if (path.torque * path.velocity > 0).mean() > 0.85 and not upright[-1].mean() > 0.9:
        return words + (
            "it pushes along with the motion and never stops, so it spins. Push only while "
            "there is too little energy, and hold it when it is up."
        )
    if upright.any(axis=0).mean() < 0.9:
        return words + "to gain energy, push in the direction in which the pendulum already moves."
    if upright[-1].mean() < 0.9:
        return words + (
            "it gets up and falls again: from cos = 0.9 on, push against the lean harder than "
            "gravity pulls (2.5 * sin), and brake firmly against the velocity."
        )
    return words + f"it takes too long or too much effort, since {GOOD} can be reached."


@check
def check_solved(solved_from: Callable) -> str | None:
    """a run is solved from the step on after which no gap is above 10 %."""
    answers = [given(solved_from(STEPS.copy(), np.array(gaps))) for gaps in RUNS]
    if any(np.ndim(answer) for answer in answers):
        return f"it should give one number, a step, and gave {answers[0]}."
    answers, right = np.array(answers, dtype=float), np.array([*RUNS.values()])
    if np.array_equal(answers, right):
        return None
    table, never = np.array([*RUNS]), np.full(len(RUNS), np.inf)
    good = table <= 0.10
    some, smallest = good.any(axis=1), STEPS[table.argmin(axis=1)]
    first = np.where(some, STEPS[good.argmax(axis=1)], never)
    last = np.where(some, STEPS[4 - good[:, ::-1].argmax(axis=1)], never)
    at_the_end = np.where(good[:, -1], STEPS[-1], never)
    early = np.array([1_000, 2_000, 6_000, np.inf, 4_000, 1_000])
    place = np.where(right < np.inf, np.searchsorted(STEPS, right), never)
    usual = [
        (never, "it says that no run is ever solved: is `found` set? (np.inf counts as True.)"),
        (first, "it takes the first gap within 10 %; a run that falls back later wasn't solved."),
        (at_the_end, "it takes the last step: since when was every gap within 10 %?"),
        (smallest, "it takes the smallest gap: solved is where they begin to stay small."),
        (last, "it takes the last gap within 10 %: look for the first step of those at the end."),
        (place, "it gives the place in the list: give the step in that place."),
        (1_000 * (place + 1), "it takes 1,000 steps for each gap: give the step beside it."),
        (early, "it is one evaluation early: it gives the step of the last gap above 10 %."),
    ]
    wrong = np.flatnonzero(answers != right)[0]
    percent = ", ".join(f"{100 * gap:.0f}" for gap in table[wrong])
    due = f"from step {right[wrong]:,.0f}" if right[wrong] < np.inf else "never: np.inf"
    words = f"gaps of {percent} % at 500, 1,000, 2,000, …: solved {due}, not {answers[wrong]:g}."
    return mistake(answers, usual, words)
