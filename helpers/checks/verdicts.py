"""What turns a function that examines a learner's work into a check, which never raises."""

import textwrap
import warnings
from collections.abc import Callable, Sequence
from functools import wraps

import numpy as np
import torch

from helpers.callbacks.controls import in_notebook

UNFINISHED = "your code is still to be written, in place of the three dots."
NOTHING = "it gives back None: is your code still to be written, or its `return` missing?"
UNCALLABLE = "give the check your function or class itself: its name, without brackets."
WIDTH = 96  # characters: longer lines break in the middle of words on a small screen


class NothingGivenError(NotImplementedError):
    """A learner's code gave back None."""


def check(examine: Callable[[object], str | None]) -> Callable[[object], None]:
    """Make a function that returns a complaint or None print it; its docstring is the praise.

    PyTorch's global random generator is left as it was.
    """

    @wraps(examine)
    def checked(work: object) -> None:
        try:
            with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the verdict says it better
                torch.manual_seed(0)
                complaint = examine(work) if callable(work) else UNCALLABLE
        except Exception as error:  # whatever a learner's code may raise
            complaint = failure(error)
        verdict = f"Not yet: {complaint}" if complaint else f"{right()}: {examine.__doc__}"
        print(textwrap.fill(verdict, WIDTH, break_long_words=False, break_on_hyphens=False))

    return checked


def right() -> str:
    """The word of praise: green and bold, with a tick, where a notebook shows colours."""
    return "\x1b[1;32m✓ Right\x1b[0m" if in_notebook() else "Right"


def given(answer: object) -> object:
    """The same answer; NothingGivenError for None, and NotImplementedError for three dots."""
    if answer is None:
        raise NothingGivenError
    if answer is ...:
        raise NotImplementedError
    return answer


def failure(error: Exception) -> str:
    """What to say about work that raised an error."""
    if isinstance(error, NothingGivenError):
        return NOTHING
    words = " ".join(str(error).split())
    if isinstance(error, NotImplementedError) or "ellipsis" in words.lower():
        return UNFINISHED
    shown = words if len(words) <= 200 else words[:200] + " …"
    return f"it raised {type(error).__name__}: {shown.removesuffix('.')}."


def mistake(answer, usual: Sequence[tuple[object, str]], otherwise: str, atol: float = 1e-5) -> str:
    """What to say about a wrong answer: the words for a usual one, or else `otherwise`.

    `usual` holds pairs of a wrong answer and the words for it; answers are numbers or arrays, and
    as good as equal within `atol`.
    """
    for wrong, words in usual:
        if np.shape(wrong) == np.shape(answer) and np.allclose(answer, wrong, atol=atol):
            return words
    return otherwise


def shape_complaint(work, expected: tuple, what: str, hints: dict[tuple, str] | None = None):
    """A complaint unless `work` has the expected shape; `hints` add words for some wrong shapes."""
    shape = tuple(np.shape(work))
    if shape == expected:
        return None
    return f"{what} has shape {shape}, not {expected}{(hints or {}).get(shape, '')}."


def tensor_complaint(work, expected: tuple, what: str, hints: dict[tuple, str] | None = None):
    """The same for `work` that must also be a tensor."""
    if not isinstance(work, torch.Tensor):
        return f"{what} is a {type(work).__name__}, not a tensor."
    return shape_complaint(work.detach(), expected, what, hints)


def first(complaints) -> str | None:
    """The first complaint that isn't None."""
    return next(filter(None, complaints), None)
