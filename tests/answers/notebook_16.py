"""Answers to the exercises of notebook 16."""

import numpy as np
import torch
from joblib import Parallel, delayed

from helpers.checks import (
    check_halving,
    check_many_seeds,
    check_misled,
    check_stacked_layer,
    check_worst_rate,
)
from helpers.evaluation.statistics import interquartile_mean

DRAWS = 2_000


def misled(better, worse, n, rng):
    a, b = rng.choice(better, (DRAWS, n)), rng.choice(worse, (DRAWS, n))
    return np.mean(interquartile_mean(a, axis=1) > interquartile_mean(b, axis=1))


def misled_in_a_loop(better, worse, n, rng):
    wrong = 0
    for _ in range(DRAWS):
        a, b = better[rng.integers(len(better), size=n)], worse[rng.integers(len(worse), size=n)]
        wrong += interquartile_mean(a) > interquartile_mean(b)
    return wrong / DRAWS


def right_way(better, worse, n, rng):
    return 1 - misled(better, worse, n, rng)


def counted(better, worse, n, rng):
    return DRAWS * misled(better, worse, n, rng)


def of_means(better, worse, n, rng):
    return np.mean(rng.choice(better, (DRAWS, n)).mean(1) > rng.choice(worse, (DRAWS, n)).mean(1))


def of_medians(better, worse, n, rng):
    a, b = rng.choice(better, (DRAWS, n)), rng.choice(worse, (DRAWS, n))
    return np.mean(np.median(a, axis=1) > np.median(b, axis=1))


def same_draw(better, worse, n, rng):
    i = rng.integers(len(better), size=(DRAWS, n))
    return np.mean(interquartile_mean(better[i], 1) > interquartile_mean(worse[i], 1))


def without_replacement(better, worse, n, rng):
    return np.mean([
        interquartile_mean(rng.choice(better, n, replace=False))
        > interquartile_mean(rng.choice(worse, n, replace=False))
        for _ in range(DRAWS)
    ])  # fmt: skip


def halving(gaps):
    left, spent = np.arange(len(gaps)), 0
    for column in gaps.T:
        spent += len(left)
        left = left[np.argsort(column[left])][: max(1, len(left) // 2)]
    return left[0], spent


def rounded_up(gaps):
    left, spent = np.arange(len(gaps)), 0
    for column in gaps.T:
        spent += len(left)
        left = left[np.argsort(column[left])][: (len(left) + 1) // 2]
    return left[0], spent


def stopping_when_alone(gaps):
    left, spent = np.arange(len(gaps)), 0
    for column in gaps.T:
        if len(left) > 1:
            spent += len(left)
            left = left[np.argsort(column[left])][: max(1, len(left) // 2)]
    return left[0], spent


def the_first_of_those_left(gaps):
    left, spent = np.arange(len(gaps)), 0
    for column in gaps.T:
        spent += len(left)
        left = np.sort(left[np.argsort(column[left])][: max(1, len(left) // 2)])
    return left[0], spent


def halving_by_the_largest(gaps):
    return halving(-gaps)


def never_halving(gaps):
    return gaps[:, -1].argmin(), gaps.size


def right_but_all(gaps):
    return halving(gaps)[0], gaps.size


def run(train_one, seeds, **options):
    return Parallel(n_jobs=2, **options)(delayed(train_one)(seed) for seed in seeds)


def many(train_one, seeds):
    seeds = [*seeds]
    return dict(zip(seeds, run(train_one, seeds), strict=True))


def layer(x, w, b):
    return torch.baddbmm(b[:, None], x, w.transpose(1, 2))


ANSWERS = {
    check_misled: [
        (misled, "Right: it is how often"),
        (misled_in_a_loop, "Right: it is how often"),
        (lambda a, b, n, rng: ..., "still to be written"),
        (right_way, "count the other case"),
        (counted, "not a count or percentage"),
        (of_means, "it compares means"),
        (of_medians, "it compares medians"),
        (same_draw, "both recipes get the same draw"),
        (without_replacement, "it raised ValueError"),
        (lambda a, b, n, rng: misled(a, b, n, np.random.default_rng(0)), "from `rng`"),
        (lambda a, b, n, rng: 0.1 + 0.01 * rng.uniform(), "it should be near"),
    ],
    check_worst_rate: [
        (lambda n: 1 - 0.05 ** (1 / n), "Right: a method that fails more often"),
        (lambda n: ..., "still to be written"),
        (lambda n: 3 / n, "3/n is a good rule of thumb"),
        (lambda n: 0.05 ** (1 / n), "that is 1 − p"),
        (lambda n: 1 - 0.95 ** (1 / n), "that should be 5 %"),
        (lambda n: 0.95 ** (1 / n), "solve (1 − p)^n = 0.05 for p"),
        (lambda n: 1 - 0.05**n, "the power is the other way round"),
        (lambda n: 0.05 / n, "treats n good runs as a sum"),
        (lambda n: 100 - 100 * 0.05 ** (1 / n), "give a fraction of 1"),
        (lambda n: 0.31, "for n = 10 it should be 0.2589, not 0.31"),
    ],
    check_many_seeds: [
        (many, "Right: each seed was run once"),
        (lambda train_one, seeds: ..., "still to be written"),
        (run, "it gives a list: give a dict"),
        (
            lambda train_one, seeds: {seed: train_one(seed) for seed in seeds},
            "in this very process",
        ),
        (
            lambda train_one, seeds: dict(zip(seeds, run(train_one, seeds, prefer="threads"))),  # noqa: B905
            "in this very process",
        ),
        (
            lambda train_one, seeds: dict(zip(seeds, run(train_one, sorted(seeds)))),  # noqa: B905
            "the results are mixed up: seed 3",
        ),
        (lambda train_one, seeds: dict(enumerate(run(train_one, seeds))), "its keys are [0, 1, 2]"),
        (lambda train_one, seeds: dict.fromkeys(seeds, 1), "what `train_one(seed)` gives"),
        (lambda train_one, seeds: many(train_one, (3, 1, 4)), "not for the single seed 7"),
    ],
    check_stacked_layer: [
        (layer, "Right: every agent's batch"),
        (lambda x, w, b: torch.einsum("nbi,noi->nbo", x, w) + b[:, None], "Right: "),
        (lambda x, w, b: x @ w.mT + b.unsqueeze(1), "Right: "),
        (lambda x, w, b: ..., "still to be written"),
        (lambda x, w, b: x @ w.mT, "the bias is missing"),
        (lambda x, w, b: x @ w.mT + b[0], "the bias of agent 0 is added to all"),
        (lambda x, w, b: x @ w[0].T + b[:, None], "meet the weights of agent 0"),
        (lambda x, w, b: x @ w.mT - b[:, None], "the bias is subtracted"),
        (lambda x, w, b: torch.einsum("nbi,moi->nbmo", x, w), "every batch met all weights"),
        (lambda x, w, b: layer(x, w, b) ** 2, "aren't those of three layers alone"),
    ],
    check_halving: [
        (halving, "Right: half of the trials"),
        (lambda gaps: ..., "still to be written"),
        (lambda gaps: 3, "give two things"),
        (never_halving, "trial 0 was best in the end"),
        (halving_by_the_largest, "small gaps are good"),
        (right_but_all, "24 is what all eight would have taken"),
        (lambda gaps: (3, 14), "of three only one goes on"),
        (rounded_up, "takes 4 evaluations, 3 and 1, not 5"),
        (lambda gaps: (3, 7), "it isn't 7"),
        (stopping_when_alone, "takes 4 evaluations, 3 and 1, not 3"),
        (the_first_of_those_left, "the best of those wins"),
    ],
}
