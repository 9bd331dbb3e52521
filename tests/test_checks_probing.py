"""The checks of probes against a good probe, unfinished work, and probes that see too little."""

import numpy as np
import pytest
import torch

from helpers.buffer import Batch
from helpers.checks import check_loss_probe, check_memory_probe, check_start_probe

CHECKS = [check_loss_probe, check_memory_probe, check_start_probe]


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


def start_probe(env):
    return not np.array_equal(env.reset()[0], env.reset()[0])


def same_shape(env):
    return env.reset()[0].shape == env.reset()[0].shape


def said(check, probe, capsys):
    check(probe)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("check", "probe"), [*zip(CHECKS, (loss_probe, memory_probe, start_probe), strict=True)]
)
def test_a_good_probe_is_right(check, probe, capsys):
    assert said(check, probe, capsys).startswith("Right: your probe passes")


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    ("probe", "words"),
    [
        (lambda subject: None, "still to be written"),
        (lambda subject: True, "it says True of"),
        (lambda subject: False, "it says False of"),
        (lambda subject: 1 / 0, "it raised ZeroDivisionError"),
    ],
    ids=["unfinished", "yes", "no", "raises"],
)
def test_a_bad_probe_is_told_why(check, probe, words, capsys):
    answer = said(check, probe, capsys)
    assert answer.startswith("Not yet: ")
    assert words in answer


@pytest.mark.parametrize(
    ("check", "probe", "words"),
    [
        (check_loss_probe, one_row, "says True of the loss that compares a row with a column"),
        (
            check_memory_probe,
            without_ends,
            "says False of the right agent, whose first episode ends",
        ),
        (check_start_probe, same_shape, "says True of an environment with one start"),
    ],
)
def test_a_probe_that_sees_too_little_is_told_what(check, probe, words, capsys):
    assert words in said(check, probe, capsys)
