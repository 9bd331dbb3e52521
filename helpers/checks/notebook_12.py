"""Checks of notebook 12: drawing by priority, the loss, a probe; the buffer is in `prioritized`."""

from collections.abc import Callable

import numpy as np
import torch

from helpers.buffer import ReplayBuffer
from helpers.checks.notebook_07 import a_batch, column, networks
from helpers.checks.notebook_11 import probe_complaint
from helpers.checks.prioritized import check_prioritized as check_prioritized
from helpers.checks.verdicts import check, given, mistake, shape_complaint, tensor_complaint
from helpers.extensions.prioritized import PrioritizedReplay, WeightedBatch
from helpers.variants.prioritized_bugs import NewAtLargestEver, NewAtOne

LENGTHS = np.array([2.0, 0.0, 5.0, 1.0, 4.0])  # priorities; 12 in all
MARKS = np.array([0.9, 0.1, 0.5, 0.2, 0.6])  # they fall in 10.8, 1.2, 6.0, 2.4, 7.2
ERRORS, RANKS = np.array([0.5, -9.0, 2.0, -0.1]), np.array([3.0, 1.0, 2.0, 4.0])
HALVES = np.array([0.0, 0.5, 0.0, 0.5, 1.0, 0.0])  # 2 in all, and places of length 0 everywhere
EDGES = np.array([0.0, 0.125, 0.25, 0.5, 0.999])  # three fall on an end, one close to the last
COLUMN = {(3,): ": keep the column of width 1", (): ": report each error, not their mean"}


@check
def check_draw(draw: Callable) -> str | None:
    """each mark falls in the place whose length it lies in, and never in one of length 0."""
    places = np.asarray(given(draw(LENGTHS.copy(), MARKS.copy())))
    if complaint := shape_complaint(places, (5,), "the answer"):
        return complaint
    right = by_length(LENGTHS, MARKS)
    if not np.array_equal(places, right):
        words = f"for {LENGTHS.tolist()} and {MARKS.tolist()} the places are {right.tolist()}, "
        return mistake(places, wrong_places(right), words + f"not {places.tolist()}.")
    if complaint := edges_complaint(np.asarray(draw(HALVES.copy(), EDGES.copy()))):
        return complaint
    if not np.issubdtype(places.dtype, np.integer):
        return f"the places are right, but of {places.dtype}: an index is an integer."
    return None


def edges_complaint(places: np.ndarray) -> str | None:
    """What is wrong with the places for priorities that aren't whole, and marks on the ends."""
    right, ends = by_length(HALVES, EDGES), HALVES.cumsum()
    if np.array_equal(places, right):
        return None
    usual = [
        (np.searchsorted(ends, EDGES * ends[-1], side="left"),
         "a mark that falls on an end belongs to the next place, and a mark of exactly 0 must not "
         'fall in a place 0 of length 0: use `side="right"`.'),
        (np.searchsorted(ends, EDGES * LENGTHS.sum(), side="right"),
         "the sum isn't always 12: multiply the marks by the sum of these priorities."),
        (by_length(HALVES.astype(int), EDGES), "priorities needn't be whole numbers."),
    ]  # fmt: skip
    words = f"for {HALVES.tolist()} and {EDGES.tolist()} the places are {right.tolist()}, "
    return mistake(places, usual, words + f"not {places.tolist()}.")


def by_length(priorities: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """The places in which the marks fall."""
    ends = priorities.cumsum()
    return np.searchsorted(ends, marks * ends[-1], side="right")


def wrong_places(right: np.ndarray) -> list[tuple[np.ndarray, str]]:
    """The usual wrong places for the check's priorities and marks."""
    ends, order = LENGTHS.cumsum(), np.argsort(LENGTHS)[::-1]
    return [
        (np.searchsorted(ends, MARKS, side="right"),
         "the marks lie between 0 and 1: multiply them by the sum of all priorities."),
        (np.searchsorted(LENGTHS, MARKS * ends[-1], side="right"),
         "look for the marks among the *ends* of the lengths, `np.cumsum(priorities)`."),
        (LENGTHS[right], "these are the priorities of the places: give the places themselves."),
        (right - 1, "it is one place too early."),
        (right + 1, "it is one place too late."),
        (np.full(5, LENGTHS.argmax()), "it takes the likeliest every time: let the marks decide."),
        ((MARKS * len(LENGTHS)).astype(int), "all places are equally likely: use the priorities."),
        (order[by_length(LENGTHS[order], MARKS)],
         "it sorts the priorities first: leave the lengths in their order."),
    ]  # fmt: skip


@check
def check_weighted_loss(loss_function: Callable) -> str | None:
    """it is the mean of the weighted squares, and the buffer hears of the plain errors."""
    told: list = []
    (_, q), y, weight = networks(), column(-5.0, 2.0, 8.0), column(1.0, 0.5, 0.25)
    columns = a_batch()._replace(terminated=column(0.0, 0.0, 0.0))
    batch = WeightedBatch(*columns, weight, told.append)
    loss = given(loss_function(q, batch, y.clone()))
    if complaint := tensor_complaint(loss, (), "the loss"):
        return complaint
    delta = y - q(batch.s, batch.a)
    right = (weight * delta.square()).mean()
    if not torch.allclose(loss.detach(), right.detach()):
        words = f"for the check's batch it should be {right:.4g}, not {loss:.4g}."
        return mistake(loss.detach(), wrong_losses(weight, delta.detach()), words)
    if complaint := gradient_complaint(loss, right, next(q.parameters())):
        return complaint
    return report_complaint(told, delta.detach())


def gradient_complaint(loss, right, parameter: torch.Tensor) -> str | None:
    """Whether the loss, whose value is right, has the right gradient too."""
    (expected,) = torch.autograd.grad(right, parameter)
    found = None
    if loss.requires_grad:
        (found,) = torch.autograd.grad(loss, parameter, allow_unused=True)
    if found is None or not found.any():
        return "no gradient reaches the critic: detach only what is reported."
    if not torch.allclose(found, expected):
        return (
            f"its value is right, but its gradient is {(found / expected).item():.2g} times what "
            "it should be: detach only what is reported."
        )
    return None


def wrong_losses(weight: torch.Tensor, delta: torch.Tensor) -> list[tuple[torch.Tensor, str]]:
    """The usual wrong losses for these weights and TD errors."""
    square, weighted = delta.square(), weight * delta.square()
    return [
        (square.mean(), "the weights are missing: each square is multiplied by its weight."),
        (weighted.sum(), "it is the sum of the weighted squares, not their mean."),
        (weighted.sum() / weight.sum(),
         "it divides by the sum of the weights: divide by N, that is, take the mean."),
        ((weight * delta).square().mean(), "the weights are squared: square first, then weigh."),
        (weight.mean() * square.mean(), "it takes two means: multiply row by row, and then one."),
        ((weight * delta.abs()).mean(), "the errors aren't squared."),
        ((weight * delta).mean(), "the errors aren't squared."),
        (((weight * delta).mean()) ** 2, "square each error first, then take the mean."),
    ]  # fmt: skip


def report_complaint(told: list, delta: torch.Tensor) -> str | None:
    """Whether the plain TD errors were reported, once, without a gradient."""
    if len(told) != 1:
        return f"the loss is right, but `batch.report` was called {len(told)} times, not once."
    if complaint := tensor_complaint(told[0], (3, 1), "what is reported", COLUMN):
        return complaint
    if told[0].requires_grad:
        return "what is reported carries a gradient: `.detach()` it."
    if not torch.allclose(told[0].abs(), delta.abs()):
        usual = [(delta.square().numpy(), "it reports the squares: report the errors themselves.")]
        words = "what is reported isn't the TD errors, y - Q(s, a), without the weights."
        return mistake(told[0].numpy(), usual, words)
    return None


class SharperReplay(PrioritizedReplay):
    """A sound buffer whose draws are more uneven."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options | {"alpha": 1.0})


class NewAtMean(PrioritizedReplay):
    """A buffer that gives each new transition the mean of the priorities held."""

    def add(self, *transition):
        """Write one transition over the oldest one."""
        mean = self.sums.total / len(self) if len(self) else 1.0
        self.prioritize(np.array([self.added % len(self.rows)]), mean)
        ReplayBuffer.add(self, *transition)


@check
def check_newcomer_probe(probe: Callable) -> str | None:
    """your probe passes sound buffers and catches three other ways to treat a newcomer."""
    right = [
        (lambda: PrioritizedReplay, "a sound buffer"),
        (lambda: SharperReplay, "a sound buffer with α = 1"),
    ]
    wrong = [
        (lambda: NewAtOne, "a buffer that gives each new transition the priority 1"),
        (lambda: NewAtLargestEver, "a buffer that never forgets the largest priority of all time"),
        (lambda: NewAtMean, "a buffer that gives each new transition the mean priority"),
    ]
    return probe_complaint(probe, right, wrong)


@check
def check_by_rank(by_rank: Callable) -> str | None:
    """each P is in proportion to (1/rank)^α, and rank 1 is the largest error of either sign."""
    probabilities = np.asarray(given(by_rank(ERRORS.copy(), 1.0)), dtype=float)
    if complaint := shape_complaint(probabilities, (4,), "the answer"):
        return complaint
    if not np.isfinite(probabilities).all():
        return "some are infinite or not a number: the ranks begin at 1, not at 0."
    if not np.allclose(probabilities, right := normed(1 / RANKS)):
        words = f"for {ERRORS.tolist()} it should be {right.round(3).tolist()}, "
        words += f"not {probabilities.round(3).tolist()}."
        return mistake(probabilities, wrong_ranks(), words)
    if not np.allclose(by_rank(ERRORS.copy(), 0.5), normed(RANKS**-0.5)):
        return "it is right for α = 1, but not for α = 0.5: take (1/rank) to the power of α."
    if not np.allclose(by_rank(np.array([1.0, 3.0]), 1.0), [1 / 3, 2 / 3]):
        return "it is right for four errors, but not for two."
    return None


def normed(weights: np.ndarray) -> np.ndarray:
    """The same, with the sum 1."""
    return weights / weights.sum()


def wrong_ranks() -> list[tuple[np.ndarray, str]]:
    """The usual wrong probabilities for the check's errors."""
    size = "sort by the errors' size: −9 is the largest."
    return [
        (1 / RANKS, "the answer doesn't sum to 1: divide by the sum."),
        (normed(1 / (5 - RANKS)), "rank 1 belongs to the *largest* error, not to the smallest."),
        (normed(1 / np.array([2, 4, 1, 3])), size),
        (normed(1 / np.array([3, 1, 4, 2])), size),
        (normed(1 / (1 + np.argsort(-abs(ERRORS)))),
         "`argsort` says who comes first, not which rank each one has: sort twice."),
        (normed(1 / (RANKS + 1)), "the ranks begin at 1, and yours at 2."),
        (normed(abs(ERRORS)), "these are in proportion to the errors: use their ranks."),
        (normed(RANKS), "it is the wrong way round: 1/rank is larger for the first."),
    ]  # fmt: skip
