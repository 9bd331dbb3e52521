"""Claims: sentences about a result that hold on any computer, printed with their outcome."""

import json
import operator
import os

import numpy as np

BOUNDS = {"at_most": operator.le, "at_least": operator.ge}


def claim(
    text: str, value: float, *, at_most: float | None = None, at_least: float | None = None
) -> bool:
    """Print whether `value` is within its bound, as `text: True (0.07)`; return that.

    A false claim doesn't raise: a reader who changes a notebook should see what the change does.
    Where the environment variable CLAIMS_LOG names a file, the claim is added to it as a line of
    JSON, for `python tools/notebooks.py margins`. Raises ValueError unless there is exactly one
    bound.
    """
    if (at_most is None) == (at_least is None):
        raise ValueError(f"The claim '{text}' needs exactly one bound: at_most or at_least.")
    bound, threshold = ("at_most", at_most) if at_least is None else ("at_least", at_least)
    number, threshold = float(value), float(threshold)
    holds = BOUNDS[bound](number, threshold)
    measured = "" if isinstance(value, bool | np.bool) else f" ({shown(number, bound, threshold)})"
    print(f"{text}: {holds}{measured}")
    if path := os.environ.get("CLAIMS_LOG"):
        entry = {"claim": text, "value": number, "bound": bound, "threshold": threshold}
        with open(path, "a", encoding="utf-8") as log:
            log.write(json.dumps(entry, ensure_ascii=False) + "\n")
    return holds


def shown(number: float, bound: str, threshold: float) -> str:
    """A number with three digits, or as many as show on which side of the threshold it lies."""
    within = BOUNDS[bound]
    rounded = (float(f"{number:.{digits}g}") for digits in range(3, 18))
    fair = (x for x in rounded if within(x, threshold) == within(number, threshold))
    return f"{next(fair):,.15g}"
