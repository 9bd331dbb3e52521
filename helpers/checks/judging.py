"""What makes a judge into a check, which prints its answer and never raises."""

import warnings
from collections.abc import Callable
from functools import wraps

import torch

UNFINISHED = "your code is still to be written, in the place of the three dots."
UNCALLABLE = "give the check your function or class itself: its name, without brackets."


def check(judge: Callable[[object], str | None]) -> Callable[[object], None]:
    """Make a judge, who gives a complaint or None, into a check that prints and never raises."""

    @wraps(judge)
    def checked(work: object) -> None:
        try:
            with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the answer says it better
                torch.manual_seed(0)  # and leaves the global generator as it was
                complaint = judge(work) if callable(given(work)) else UNCALLABLE
        except Exception as error:  # whatever a learner's code may raise
            complaint = failure(error)
        print(f"Not yet: {complaint}" if complaint else f"Right: {judge.__doc__}")

    return checked


def given(answer: object) -> object:
    """The same answer, once it is known not to be empty."""
    if answer is None or answer is ...:
        raise NotImplementedError
    return answer


def failure(error: Exception) -> str:
    """What to say where the work raised an error."""
    words = " ".join(str(error).split())
    if isinstance(error, NotImplementedError) or "ellipsis" in words.lower():
        return UNFINISHED
    shown = words if len(words) <= 200 else words[:200] + " …"
    return f"it raised {type(error).__name__}: {shown.removesuffix('.')}."


def named(same: Callable[[object], bool], usual: list[tuple[object, str]]) -> str | None:
    """What to say of an answer that is the same as one of the usual wrong ones."""
    return next((complaint for wrong, complaint in usual if same(wrong)), None)
