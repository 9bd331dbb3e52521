"""Answers to the exercises of the bug hunt: probes that good pieces pass and bad ones do not."""

import numpy as np
import torch

from helpers.buffer import Batch
from helpers.checks import check_loss_probe, check_memory_probe, check_start_probe


def loss_probe(loss):
    column = torch.tensor([[1.0], [2.0]])
    return loss(lambda s, a: s, Batch(*[column] * 5), column) == 0


def one_row(loss):
    """A batch of one: there is nothing to mix up."""
    column = torch.tensor([[1.0]])
    return loss(lambda s, a: s, Batch(*[column] * 5), column) == 0


def memory_probe(agent):
    rows = agent.buffer.rows[: len(agent.buffer)]
    leads_on = (rows[:-1, 5:8] == rows[1:, :3]).all(axis=1)
    leads_on[199::200] = True
    return leads_on.all()


def without_ends(agent):
    """Forgets that a new episode begins somewhere else."""
    rows = agent.buffer.rows[: len(agent.buffer)]
    return (rows[:-1, 5:8] == rows[1:, :3]).all()


def only_something_moved(agent):
    """Asks whether s' differs from s, and not where it leads."""
    rows = agent.buffer.rows[: len(agent.buffer)]
    return (rows[:, :3] != rows[:, 5:8]).any(axis=1).all()


def start_probe(env):
    return not np.array_equal(env.reset()[0], env.reset()[0])


def same_shape(env):
    return env.reset()[0].shape == env.reset()[0].shape


def unfinished(subject):
    return None


def always(subject):
    return True


def never(subject):
    return False


def raises(subject):
    return 1 / 0


CHECKS = [check_loss_probe, check_memory_probe, check_start_probe]
ANSWERS = [
    (check_loss_probe, loss_probe, "Right: your probe passes"),
    (check_memory_probe, memory_probe, "Right: your probe passes"),
    (check_start_probe, start_probe, "Right: your probe passes"),
    (check_loss_probe, one_row, "says True of the loss that compares a row with a column"),
    (check_memory_probe, without_ends, "says False of the right agent, whose first episode ends"),
    (check_memory_probe, only_something_moved, "says True of a memory whose rows are shuffled"),
    (check_start_probe, same_shape, "says True of an environment with one start"),
    *((check, unfinished, "still to be written") for check in CHECKS),
    *((check, always, "it says True of") for check in CHECKS),
    *((check, never, "it says False of") for check in CHECKS),
    *((check, raises, "it raised ZeroDivisionError") for check in CHECKS),
]
