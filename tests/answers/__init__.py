"""What learners may hand in: for each check, rows of `(work, words of the verdict[, mistake])`.

The words of a right answer begin with "Right". `mistake` names one of the mistakes of `MISTAKES`.
"""

from importlib import import_module
from typing import Any, NamedTuple

import helpers.checks
from helpers.checks.verdicts import UNCALLABLE, UNFINISHED

MISTAKES = [  # found in published code, and each to be recognised by a check
    "the time limit as an end",
    "a missing detach",
    "(N,) against (N, 1)",
    "the actor's sign",
    "a target that is the live network",
    "hard in place of soft update",
    "τ the wrong way round",
    "biased noise",
    "noise that is not reset",
    "noise in the evaluation",
    "fan-out in place of fan-in",
    "actions that are not rescaled",
]


class Answer(NamedTuple):
    """A piece of work, the check it is handed to, and what the verdict is to hold."""

    check: Any
    work: Any
    words: str
    mistake: str | None = None

    @property
    def kind(self) -> str:
        """Whether the work is right, wrong, or none at all."""
        if self.words.startswith("Right"):
            return "right"
        none = self.words in UNFINISHED or "still to be written" in self.words
        return "none" if none or self.words == UNCALLABLE else "wrong"


def broken(*_, **__):
    raise KeyError("two\nlines.")


def no_arguments():
    pass


def unfinished(*_, **__):
    raise NotImplementedError


OFFERED_TO_ALL = [  # what is no answer to any exercise
    (None, UNCALLABLE),
    (..., UNCALLABLE),
    ("words", UNCALLABLE),
    (3.0, UNCALLABLE),
    (unfinished, UNFINISHED),
    (broken, "it raised KeyError: 'two\\nlines.'."),
    (no_arguments, "it raised "),
]
MODULES = [import_module(f"answers.notebook_{n}") for n in helpers.checks.EXERCISES]
CHECKS = [getattr(helpers.checks, name) for name in helpers.checks.__all__]
ANSWERS = [
    Answer(check, *row)
    for module in MODULES
    for check, rows in module.ANSWERS.items()
    for row in rows
]
ANSWERS += [Answer(check, *row) for check in CHECKS for row in OFFERED_TO_ALL]
