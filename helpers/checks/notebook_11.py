"""Checks of notebook 11: probes, the learner's own tests, which must tell right from wrong."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch

from helpers.agent import DDPG
from helpers.buffer import Batch
from helpers.checks.verdicts import check, given
from helpers.environment import make_env
from helpers.losses import critic_loss
from helpers.recipes import modern
from helpers.training import train
from helpers.variants.bugs import (
    DDPGWithNextStateAsState,
    broadcast_critic_loss,
    env_with_one_start,
)


def probe_complaint(probe: Callable, right: Sequence, wrong: Sequence) -> str | None:
    """What is wrong with a probe that should say True to each of `right`, False to each of `wrong`.

    Both hold pairs: a function that makes the subject, and what it is.
    """
    for expected, subjects in ((True, right), (False, wrong)):
        for make, words in subjects:
            said = bool(given(probe(make())))
            if said is not expected:
                return f"it says {said} of {words}."
    return None


@check
def check_loss_probe(probe: Callable) -> str | None:
    """your probe passes a mean squared error and catches the one that compares all with all."""
    right = [
        (lambda: critic_loss, "the right critic_loss"),
        (lambda: lambda q, b, y: (q(b.s, b.a) - y).square().mean(), "the same, written otherwise"),
    ]
    wrong = [
        (lambda: broadcast_critic_loss, "the loss that compares a row with a column"),
        (lambda: column_with_row, "the loss that compares a column with a row"),
    ]
    return probe_complaint(probe, right, wrong)


def column_with_row(q: torch.nn.Module, batch: Batch, y: torch.Tensor) -> torch.Tensor:
    """The same mistake on the other side."""
    return ((y - q(batch.s, batch.a).squeeze(1)) ** 2).mean()


@check
def check_memory_probe(probe: Callable) -> str | None:
    """your probe passes a sound memory and catches one in which no transition leads to the next."""
    right = [
        (partial(acted, DDPG, 150), "the right agent in the middle of its first episode"),
        (partial(acted, DDPG, 250), "the right agent, whose first episode ends at row 199"),
    ]
    wrong = [
        (partial(acted, DDPGWithNextStateAsState, 150), "the mistaken one"),
        (shuffled, "a memory whose rows are shuffled"),
    ]
    return probe_complaint(probe, right, wrong)


def shuffled() -> DDPG:
    """An agent whose memory holds sound transitions, of which none leads to the next."""
    agent = acted(DDPG, 150)
    rows = agent.buffer.rows[: len(agent.buffer)]
    rows[:] = rows[::-1].copy()
    return agent


def acted(kind: type, steps: int) -> DDPG:
    """An agent that has acted at random, so that there is something in its memory."""
    env = make_env(seed=0)
    recipe = replace(modern, learning_starts=10_000, buffer_size=10_000)
    agent = kind(env, seed=0, recipe=recipe)
    train(env, agent, steps)
    return agent


@check
def check_start_probe(probe: Callable) -> str | None:
    """your probe passes an environment with many starts and catches the one with one."""
    right = [(partial(make_env, seed=seed), "an environment with many starts") for seed in (0, 1)]
    wrong = [(partial(env_with_one_start, seed=7), "an environment with one start")]
    return probe_complaint(probe, right, wrong)
