"""What learners may hand in: rows of `(check, work, words that the verdict holds[, mistake])`.

The words of a right answer begin with "Right". `mistake` names one of the mistakes of `MISTAKES`.
"""

from typing import Any, NamedTuple

import helpers.checks
from answers import (
    actions,
    actor_update,
    actors,
    critic_networks,
    critic_update,
    critics,
    driving,
    evaluating,
    experience,
    measuring,
    memory,
    noises,
    pendulum,
    probing,
    pushes,
    returns,
    running,
    seeds,
    shaping,
    starts,
    targets,
    updating,
)
from helpers.checks.judging import UNCALLABLE, UNFINISHED

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


def broken(*_, **__):
    raise KeyError("two\nlines.")


def no_arguments():
    pass


OFFERED_TO_ALL = [  # what is no answer to any exercise
    (None, UNFINISHED),
    (..., UNFINISHED),
    ("words", UNCALLABLE),
    (3.0, UNCALLABLE),
    (broken, "it raised KeyError: 'two\\nlines.'."),
    (no_arguments, "it raised "),
]
MODULES = [
    measuring, pendulum, actions, returns, actors, starts, critics, critic_networks, memory, noises,
    pushes, targets, critic_update, experience, actor_update, running, evaluating, updating, seeds,
    probing, driving, shaping,
]  # fmt: skip
CHECKS = [getattr(helpers.checks, name) for name in helpers.checks.__all__]
ANSWERS = [Answer(*row) for module in MODULES for row in module.ANSWERS]
ANSWERS += [Answer(check, *row) for check in CHECKS for row in OFFERED_TO_ALL]
