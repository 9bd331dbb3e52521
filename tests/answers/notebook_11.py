"""Answers to the exercises of notebook 11."""

import numpy as np
import torch

from answers.shared import EMPTY
from helpers.buffer import Batch
from helpers.checks import check_loss_probe, check_memory_probe, check_start_probe


def loss_probe(*numbers):
    """A probe that tries a loss on a critic that is exactly right, with a batch of so many rows."""
    column = torch.tensor(numbers)[:, None]
    return lambda loss: loss(lambda s, a: s, Batch(*[column] * 5), column) == 0


def held(agent):
    return agent.buffer.rows[: len(agent.buffer)]


def leads_on(agent):
    rows = held(agent)
    return (rows[:-1, 5:8] == rows[1:, :3]).all(axis=1)


def memory_probe(agent):
    expected = leads_on(agent)
    expected[199::200] = True
    return expected.all()


def only_something_moved(agent):
    """Asks whether s' differs from s, and not where it leads."""
    rows = held(agent)
    return (rows[:, :3] != rows[:, 5:8]).any(axis=1).all()


def start_probe(env):
    return not np.array_equal(env.reset()[0], env.reset()[0])


BAD = [
    *EMPTY,
    (lambda subject: True, "it says True of"),
    (lambda subject: False, "it says False of"),
    (lambda subject: 1 / 0, "it raised ZeroDivisionError"),
]
ANSWERS = {
    check_loss_probe: [
        (loss_probe(1.0, 2.0), "Right: your probe passes"),
        (loss_probe(1.0), "says True of the loss that compares a row with a column"),
        *BAD,
    ],
    check_memory_probe: [
        (memory_probe, "Right: your probe passes"),
        (lambda agent: leads_on(agent).all(), "says False of the right agent, whose first episode"),
        (only_something_moved, "says True of a memory whose rows are shuffled"),
        *BAD,
    ],
    check_start_probe: [
        (start_probe, "Right: your probe passes"),
        (lambda env: env.reset()[0].shape == (3,), "says True of an environment with one start"),
        *BAD,
    ],
}
