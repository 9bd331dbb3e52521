"""Answers to the exercises of notebook 12."""

from functools import partial

import numpy as np
import torch

from answers.shared import EMPTY, changed
from helpers.buffer import Batch, ReplayBuffer
from helpers.checks import (
    check_by_rank,
    check_draw,
    check_newcomer_probe,
    check_prioritized,
    check_weighted_loss,
)
from helpers.extensions.prioritized import (
    PrioritizedReplay,
    Tree,
    WeightedBatch,
    weighted_critic_loss,
)
from helpers.variants.prioritized_bugs import (
    AlphaTwice,
    MinimumOverAll,
    NewAtLargestEver,
    NewAtOne,
)


def draw(priorities, marks):
    ends = np.cumsum(priorities)
    return np.searchsorted(ends, marks * ends[-1], side="right")


def draw_one_by_one(priorities, marks):
    shares = priorities / priorities.sum()
    return [next(i for i, end in enumerate(np.cumsum(shares)) if end > mark) for mark in marks]


def draw_to_the_left(priorities, marks):
    ends = np.cumsum(priorities)
    return np.searchsorted(ends, marks * ends[-1], side="left")


def draw_whole(priorities, marks):
    rows = np.repeat(np.arange(len(priorities)), np.asarray(priorities, dtype=int))
    return rows[(marks * len(rows)).astype(int)]


def draw_by_comparing(priorities, marks):
    ends = np.cumsum(priorities)
    return (ends > (marks * ends[-1])[:, None]).argmax(axis=1)


def draw_from_the_end(priorities, marks):
    starts = np.cumsum(priorities) - priorities
    return np.searchsorted(starts, marks * np.sum(priorities), side="left") - 1


def draw_never_nothing(priorities, marks):
    held = np.flatnonzero(priorities)
    return held[draw_to_the_left(priorities[held], marks)]


def draw_in_order_of_size(priorities, marks):
    order = np.argsort(priorities)[::-1]
    return order[draw(priorities[order], marks)]


DRAWS = [
    *EMPTY,
    (draw, "Right: each mark falls in the place"),
    (draw_one_by_one, "Right: "),
    (lambda p, marks: draw(p / p.sum(), marks), "Right: "),
    (draw_by_comparing, "Right: "),
    (draw_to_the_left, 'use `side="right"`'),
    (draw_never_nothing, "the places are [1, 1, 3, 4, 4], not [1, 1, 1, 3, 4]"),
    (draw_from_the_end, "the places are [1, 1, 3, 4, 4], not [-1, 1, 1, 3, 4]"),
    (
        lambda p, marks: np.searchsorted(np.cumsum(p), marks * 12, side="right"),
        "the sum isn't always 12",
    ),
    (lambda p, marks: draw(p.astype(int), marks), "needn't be whole numbers"),
    (draw_whole, "priorities needn't be whole numbers"),
    (lambda p, marks: draw(p, marks).astype(float), "of float64: an index is an integer"),
    (lambda p, marks: np.searchsorted(np.cumsum(p), marks), "multiply them by the sum"),
    (lambda p, marks: np.searchsorted(p, marks * p.sum(), side="right"), "among the *ends*"),
    (lambda p, marks: p[draw(p, marks)], "give the places themselves"),
    (lambda p, marks: draw(p, marks) - 1, "one place too early"),
    (lambda p, marks: draw(p, marks) + 1, "one place too late"),
    (lambda p, marks: np.full(len(marks), np.argmax(p)), "let the marks decide"),
    (lambda p, marks: (marks * len(p)).astype(int), "all places are equally likely"),
    (draw_in_order_of_size, "leave the lengths in their order"),
    (lambda p, marks: draw(p, marks[::-1]), "the places are [4, 0, 2, 2, 3], not [3, 2, 2, 0, 4]"),
    (lambda p, marks: draw(p, marks)[0], "the answer has shape (), not (5,)"),
]


class Textbook(ReplayBuffer):
    """A right buffer that looks quite different: no tree, independent draws, beta 1."""

    def __init__(self, capacity, state_dim, action_dim, seed=None, device="cpu"):
        super().__init__(capacity, state_dim, action_dim, seed, device)
        self.priorities = np.zeros(capacity)

    def add(self, s, a, r, s_next, terminated):
        self.priorities[self.added % len(self.rows)] = self.priorities.max() or 3.0
        super().add(s, a, r, s_next, terminated)

    def sample(self, n):
        shares = self.priorities / self.priorities.sum()
        places = self.rng.choice(len(shares), size=n, p=shares)
        weight = 1 / (len(self) * shares[places])
        weight = torch.tensor(weight / weight.max(), dtype=torch.float32)[:, None]
        rows = torch.from_numpy(self.rows[places]).split(self.widths, dim=1)

        def report(errors):
            self.priorities[places] = (errors.abs().flatten().numpy() + 1e-4) ** 0.6

        return WeightedBatch(*rows, weight, report)


class WithPlainBatches(PrioritizedReplay):
    def sample(self, n):
        return Batch(*super().sample(n)[:5])


def giving(**columns):
    """A buffer that changes some columns of its batches before it gives them."""

    def sample(buffer, n):
        batch = PrioritizedReplay.sample(buffer, n)
        return batch._replace(**{name: f(getattr(batch, name)) for name, f in columns.items()})

    return changed(PrioritizedReplay, sample=sample)


def reporting(priority):
    """A buffer that makes priorities of errors, (N,), in another way."""

    def report(buffer, places, errors):
        buffer.prioritize(places, priority(errors[:, 0].numpy().astype(float)))

    return changed(PrioritizedReplay, report=report)


def adding(priority):
    """A buffer that gives new transitions another priority."""

    def add(buffer, *transition):
        buffer.prioritize(np.array([buffer.added % len(buffer.rows)]), priority(buffer))
        ReplayBuffer.add(buffer, *transition)

    return changed(PrioritizedReplay, add=add)


def add_first(buffer, *transition):
    ReplayBuffer.add(buffer, *transition)
    place = np.array([buffer.added % len(buffer.rows)])
    buffer.prioritize(place, buffer.largest.total or 1.0)


def column_report(buffer, places, errors):
    buffer.prioritize(places, (errors.abs().numpy() + 1e-6) ** 0.6)


def average(buffer):
    return buffer.sums.total / len(buffer) if len(buffer) else 1.0


def weighing(rule):
    """A buffer whose weights, before they are divided by the largest, are a rule of P^."""

    def sample(buffer, n):
        places = buffer.sums.find(buffer.rng.uniform(size=n) * buffer.sums.total)
        weight = rule(buffer.sums[places])
        weight = torch.tensor(weight / weight.max(), dtype=torch.float32)[:, None]
        rows = torch.from_numpy(buffer.rows[places]).split(buffer.widths, dim=1)
        return WeightedBatch(*rows, weight, partial(buffer.report, places))

    return changed(PrioritizedReplay, sample=sample)


def unseeded(buffer):
    buffer.rng = np.random.default_rng()


def frozen(buffer, *transition):
    if buffer.added < len(buffer.rows):
        PrioritizedReplay.add(buffer, *transition)


def deaf(buffer, places, errors):
    pass


def without_limits(buffer, n):
    places = buffer.sums.find(buffer.rng.uniform(size=n))
    rows = torch.from_numpy(buffer.rows[places]).split(buffer.widths, dim=1)
    return WeightedBatch(*rows, torch.ones(n, 1), partial(buffer.report, places))


class Unfinished(ReplayBuffer):
    """The skeleton of the notebook."""

    def __init__(self, capacity, state_dim, action_dim, seed=None, device="cpu"):
        super().__init__(capacity, state_dim, action_dim, seed, device)
        self.tree = Tree(capacity)

    def add(self, s, a, r, s_next, terminated):
        self.tree[np.array([0])] = ...


BUFFERS = [
    (PrioritizedReplay, "Right: it draws by priority"),
    (Textbook, "Right: it draws by priority"),
    (changed(PrioritizedReplay, __init__=lambda b: setattr(b, "beta", 1.0)), "Right: "),
    (Unfinished, "still to be written"),
    (changed(PrioritizedReplay, sample=lambda b, n: None), "still to be written"),
    (ReplayBuffer, "gives a Batch without weight"),
    (WithPlainBatches, "gives a Batch without weight"),
    (giving(weight=lambda w: w[:, 0]), "the column weight has shape (16,), not (16, 1)"),
    (giving(weight=lambda w: w.double()), "weight is of torch.float64"),
    (giving(weight=lambda w: w / w.sum()), "the largest weight of a batch should be 1"),
    (giving(weight=lambda w: w / w), "all weights are 1, but the draw isn't even"),
    (giving(weight=lambda w: w.min() / w), "the weights are the wrong way round"),
    (giving(weight=lambda w: w**0.25), "the weights are as with β = 0.10, and not 0.4"),
    (giving(weight=lambda w: w**2), "the weights are as with β = 0.80, and not 0.4"),
    (giving(weight=lambda w: w ** (1 / 0.6)), "the weights are made from |δ|"),
    (giving(weight=lambda w: w ** (1 / 0.36)), "the weights are as with β = 1.11"),
    (weighing(lambda p: p**-0.4), "Right: it draws by priority"),
    (weighing(lambda p: 1 / p), "Right: it draws by priority"),
    (weighing(lambda p: (p / 0.6) ** (-0.4 / 0.6)), "the weights are made from |δ|"),
    (weighing(lambda p: 1 / (4 + p)), "the weights aren't in proportion"),
    (giving(r=lambda r: r.roll(1, 0)), "the column r doesn't belong"),
    (giving(report=lambda report: 3), "`report` should be a function"),
    (changed(PrioritizedReplay, report=deaf), "all are drawn equally often"),
    (changed(PrioritizedReplay, report=column_report), "the errors come as a column"),
    (reporting(lambda e: abs(e) + 1e-6), "α is missing"),
    (reporting(lambda e: e**2 + 1e-6), "times as often, and should be 1.49 times"),
    (reporting(lambda e: (e**2 + 1e-6) ** 0.6), "the errors are squared"),
    (reporting(lambda e: (abs(e) + 1e-6) ** -0.2), "number 5, with 1.95 times the error"),
    (reporting(lambda e: (abs(e) + 1e-6) ** -0.6), "the wrong way round: large errors"),
    (reporting(lambda e: abs(e) ** 0.6), "once all TD errors were 0: some weights are infinite"),
    (reporting(lambda e: abs(e) ** 0.6 + 1e-6), "the small number belongs inside the power"),
    (reporting(lambda e: (abs(e) + 1e-6) ** 0.36), "α is applied twice"),
    (reporting(lambda e: (e + 1e-6) ** 0.6), "errors below 0 aren't treated like those above"),
    (reporting(lambda e: np.maximum(e, 1e-6) ** 0.6), "only their size counts, `np.abs`"),
    (AlphaTwice, "after small errors, all alike, a sixth transition gets"),
    (MinimumOverAll, "the largest weight of a batch should be 1, not 0"),
    (NewAtOne, "after small errors, all alike, a sixth transition gets"),
    (
        NewAtLargestEver,
        "after large errors and then small ones, all alike, a sixth transition gets",
    ),
    (adding(average), "as likely as the likeliest, and no more"),
    (adding(lambda b: b.added + 1.0), "before any error is known"),
    (adding(lambda b: 3 * b.largest.total or 1.0), "before any error is known"),
    (changed(PrioritizedReplay, add=add_first), "never written"),
    (changed(PrioritizedReplay, add=frozen), "overwritten"),
    (changed(PrioritizedReplay, sample=without_limits), "equally likely"),
    (changed(PrioritizedReplay, __init__=unseeded), "two buffers of the same seed"),
]


def loss_of(value, reported=lambda delta, batch: delta.detach()):
    """A loss that is `value(delta, batch)`, and what it reports."""

    def loss(q, batch, y):
        delta = y - q(batch.s, batch.a)
        batch.report(reported(delta, batch))
        return value(delta, batch)

    return loss


def silent(q, batch, y):
    return (batch.weight * (y - q(batch.s, batch.a)) ** 2).mean()


def the_other_way(q, batch, y):
    error = q(batch.s, batch.a) - y
    batch.report(error.detach().abs())
    return torch.sum(batch.weight * error**2) / len(y)


def right(delta, batch):
    return (batch.weight * delta**2).mean()


LOSSES = [
    *EMPTY,
    (weighted_critic_loss, "Right: it is the mean of the weighted squares"),
    (the_other_way, "Right: "),
    (loss_of(lambda delta, batch: (delta**2).mean()), "the weights are missing"),
    (loss_of(lambda delta, batch: (batch.weight * delta**2).sum()), "not their mean"),
    (
        loss_of(lambda delta, batch: (batch.weight * delta**2).sum() / batch.weight.sum()),
        "divides by the sum of the weights",
    ),
    (loss_of(lambda delta, batch: (batch.weight * delta).square().mean()), "weights are squared"),
    (loss_of(lambda delta, batch: batch.weight.mean() * (delta**2).mean()), "takes two means"),
    (loss_of(lambda delta, batch: (batch.weight * delta).mean()), "the errors aren't squared"),
    (loss_of(lambda delta, batch: (batch.weight * delta.abs()).mean()), "aren't squared"),
    (loss_of(lambda delta, batch: batch.weight * delta**2), "the loss has shape (3, 1), not ()"),
    (loss_of(lambda delta, batch: 2 * right(delta, batch)), "for the check's batch it should be"),
    (loss_of(lambda delta, batch: right(delta.detach(), batch)), "no gradient reaches the critic"),
    (
        loss_of(lambda delta, batch: (batch.weight * delta.detach() * delta).mean()),
        "its gradient is 0.5 times what",
    ),
    (
        loss_of(lambda delta, batch: right(delta.detach(), batch) + 0 * delta.sum()),
        "no gradient reaches the critic",
    ),
    (loss_of(lambda delta, batch: (batch.weight * delta * delta).mean()), "Right: "),
    (silent, "`batch.report` was called 0 times"),
    (loss_of(right, lambda delta, batch: delta), "carries a gradient"),
    (loss_of(right, lambda delta, batch: delta.detach()[:, 0]), "has shape (3,), not (3, 1)"),
    (loss_of(right, lambda delta, batch: delta.detach().mean()), "report each error"),
    (loss_of(right, lambda delta, batch: delta.detach() ** 2), "it reports the squares"),
    (loss_of(right, lambda delta, batch: batch.weight * delta.detach()), "without the weights"),
    (loss_of(right, lambda delta, batch: delta.detach().numpy()), "not a tensor"),
]


def beside_the_likeliest(kind, scales=(100.0, 0.01), draws=4_000):
    """How often a newcomer is drawn for each draw of the likeliest, after such errors."""
    buffer = kind(50, 1, 1, seed=0)
    for i in range(4):
        buffer.add([i], [0], 0.0, [i], False)
    for scale in scales:
        for _ in range(20):
            batch = buffer.sample(64)
            batch.report(scale * (batch.s + 1))
    buffer.add([4], [0], 0.0, [4], False)
    drawn = buffer.sample(draws).s
    return ((drawn == 4).sum() / (drawn == 3).sum()).item()


def sound(ratio):
    return 0.8 < ratio < 1.25


def newcomers_share(kind, errors=(100.0, 0.01), others=4, draws=400):
    """How often a new transition is drawn, once all others have reported these errors in turn."""
    buffer = kind(50, 1, 1, seed=0)
    for i in range(others):
        buffer.add([i], [0], 0.0, [i], False)
    for error in errors:
        for _ in range(20):
            buffer.sample(64).report(torch.full((64, 1), error))
    buffer.add([others], [0], 0.0, [0], False)
    return (buffer.sample(draws).s == others).float().mean().item()


PROBES = [
    *EMPTY,
    (lambda kind: sound(beside_the_likeliest(kind)), "Right: your probe passes"),
    (lambda kind: sound(beside_the_likeliest(kind, [1.0, 1e-3])), "Right: "),
    (lambda kind: sound(beside_the_likeliest(kind, [0.01])), "never forgets the largest"),
    (lambda kind: sound(beside_the_likeliest(kind, [100.0])), "never forgets the largest"),
    (lambda kind: beside_the_likeliest(kind) < 1.25, "the mean priority"),
    (lambda kind: beside_the_likeliest(kind) > 0.8, "the priority 1"),
    (lambda kind: abs(newcomers_share(kind) - 0.2) < 0.1, "the mean priority"),
    (lambda kind: newcomers_share(kind, others=1) < 0.7, "the mean priority"),
    (lambda kind: newcomers_share(kind, [0.01]) < 0.5, "never forgets the largest"),
    (lambda kind: abs(newcomers_share(kind, [100.0]) - 0.2) < 0.1, "never forgets the largest"),
    (lambda kind: abs(newcomers_share(kind, [1.0]) - 0.2) < 0.1, "the priority 1"),
    (lambda kind: True, "it says True of a buffer that gives each new transition"),
    (lambda kind: False, "it says False of a sound buffer"),
    (lambda kind: kind is PrioritizedReplay, "it says False of a sound buffer with α = 1"),
]


def by_rank(errors, alpha):
    ranks = 1 + np.argsort(np.argsort(-abs(errors)))
    return (1 / ranks) ** alpha / ((1 / ranks) ** alpha).sum()


def by_counting(errors, alpha):
    larger = [sum(abs(other) > abs(error) for other in errors) for error in errors]
    powers = [(1 + count) ** -alpha for count in larger]
    return [power / sum(powers) for power in powers]


def normed(weights):
    return weights / weights.sum()


RANKS = [
    *EMPTY,
    (by_rank, "Right: each P is in proportion"),
    (by_counting, "Right: "),
    (lambda e, alpha: by_rank(e, alpha) * 2, "for [0.5, -9.0, 2.0, -0.1] it should be"),
    (
        lambda e, alpha: 1.0 / (1 + np.argsort(np.argsort(-abs(e)))) ** alpha,
        "divide by the sum",
    ),
    (
        lambda e, alpha: normed(1 / (1.0 + np.argsort(np.argsort(abs(e)))) ** alpha),
        "rank 1 belongs to the *largest*",
    ),
    (
        lambda e, alpha: normed(1 / (1.0 + np.argsort(np.argsort(-e))) ** alpha),
        "sort by the errors' size",
    ),
    (
        lambda e, alpha: normed(1 / (1.0 + np.argsort(np.argsort(e))) ** alpha),
        "sort by the errors' size",
    ),
    (
        lambda e, alpha: normed(1 / (1.0 + np.argsort(-abs(e))) ** alpha),
        "`argsort` says who comes first",
    ),
    (
        lambda e, alpha: normed(1 / (2.0 + np.argsort(np.argsort(-abs(e)))) ** alpha),
        "the ranks begin at 1, and yours at 2",
    ),
    (
        lambda e, alpha: normed(np.divide(1.0, np.argsort(np.argsort(-abs(e))))),
        "the ranks begin at 1, not at 0",
    ),
    (lambda e, alpha: normed(abs(e) ** alpha), "use their ranks"),
    (lambda e, alpha: normed((1.0 + np.argsort(np.argsort(-abs(e)))) ** alpha), "wrong way round"),
    (lambda e, alpha: by_rank(e, 1.0), "but not for α = 0.5"),
    (lambda e, alpha: normed(np.array([3.0, 1, 2, 4]) ** -alpha), "it raised"),
    (lambda e, alpha: by_rank(e, alpha)[:2], "the answer has shape (2,), not (4,)"),
]
ANSWERS = {
    check_draw: DRAWS,
    check_prioritized: BUFFERS,
    check_weighted_loss: LOSSES,
    check_newcomer_probe: PROBES,
    check_by_rank: RANKS,
}
