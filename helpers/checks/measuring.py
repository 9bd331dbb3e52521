"""Checks of how a policy is measured."""

from collections.abc import Callable

import numpy as np

from helpers.checks.judging import check, given, named

STEPS = np.array([1_000, 2_000, 3_000, 4_000, 5_000])
RUNS = {  # gaps at these steps, and the step from which the run is solved
    (0.5, 0.2, 0.08, 0.05, 0.06): 3_000,
    (0.5, 0.08, 0.3, 0.09, 0.05): 4_000,
    (0.5, 0.08, 0.05, 0.09, 0.2): np.inf,
    (0.09, 0.05, 0.04, 0.03, 0.02): 1_000,
    (0.5, 0.4, 0.3, 0.2, 0.05): 5_000,
    (0.5, 0.4, 0.10, 0.09, 0.10): 3_000,
}


def usual() -> list[tuple[object, str]]:
    """Wrong answers, each with what to say of it."""
    table = np.array([*RUNS])
    good = table <= 0.10
    return [
        (np.full(len(RUNS), np.inf), "it says that no run is ever solved: is the loop empty?"),
        (
            np.where(good.any(axis=1), STEPS[good.argmax(axis=1)], np.inf),
            "it takes the first gap within 10 %; but a run that falls back later was not solved.",
        ),
        (
            np.where(good[:, -1], STEPS[-1], np.inf),
            "it takes the last step: since when was every gap within 10 %?",
        ),
        (
            STEPS[table.argmin(axis=1)],
            "it takes the step with the smallest gap: solved is where they begin to stay small.",
        ),
        (
            np.where(good.any(axis=1), 5_000 - 1_000 * good[:, ::-1].argmax(axis=1), np.inf),
            "it takes the last gap within 10 %: look for the step from which on they stay there.",
        ),
        ([2, 3, np.inf, 0, 4, 2], "it gives the place in the list: the step that stands there."),
        (
            [2_000, 3_000, 5_000, -np.inf, 4_000, 2_000],
            "it is one evaluation early: the last gap above 10 % comes before the run is solved.",
        ),
    ]


@check
def check_solved(solved_from: Callable) -> str | None:
    """a run is solved from the step on after which no gap is above 10 %."""
    answers = [given(solved_from(STEPS.copy(), np.array(gaps))) for gaps in RUNS]
    if any(np.ndim(answer) for answer in answers):
        return f"it should give one number, a step, and gave {answers[0]}."
    answers = np.array(answers, dtype=float)
    if np.array_equal(answers, [*RUNS.values()]):
        return None
    return named(lambda wrong: np.array_equal(answers, wrong), usual()) or one_wrong(answers)


def one_wrong(answers: np.ndarray) -> str:
    """What to say of the first run that is judged wrongly."""
    for answer, (gaps, right) in zip(answers, RUNS.items(), strict=True):
        if answer != right:
            percent = ", ".join(f"{100 * gap:.0f}" for gap in gaps)
            right = f"from step {right:,}" if np.isfinite(right) else "never: np.inf"
            return f"gaps of {percent} % at {STEPS[0]:,}, 2,000, …: solved {right}, not {answer:g}."
    return ""
