"""Claims: sentences about a result that hold on any computer, printed with their outcome."""

import json
import os


def claim(
    text: str, value: float, *, at_most: float | None = None, at_least: float | None = None
) -> bool:
    """Print whether `value` is within its bound, as `text: True` or `text: False`; return that.

    A false claim doesn't raise: a reader who changes a notebook should see what the change does.
    Where the environment variable CLAIMS_LOG names a file, the claim is added to it as a line of
    JSON, for `python tools/notebooks.py margins`. Raises ValueError unless there is exactly one
    bound.
    """
    if (at_most is None) == (at_least is None):
        raise ValueError(f"The claim '{text}' needs exactly one bound: at_most or at_least.")
    value = float(value)
    bound, threshold = ("at_most", at_most) if at_least is None else ("at_least", at_least)
    threshold = float(threshold)
    holds = value <= threshold if bound == "at_most" else value >= threshold
    print(f"{text}: {holds}")
    if path := os.environ.get("CLAIMS_LOG"):
        entry = {"claim": text, "value": value, "bound": bound, "threshold": threshold}
        with open(path, "a", encoding="utf-8") as log:
            log.write(json.dumps(entry, ensure_ascii=False) + "\n")
    return holds
