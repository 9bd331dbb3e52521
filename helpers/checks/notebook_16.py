"""Checks of notebook 16: what many seeds say, and how to run them."""

import os
from collections.abc import Callable
from itertools import product

import numpy as np
import torch

from helpers.checks.notebook_04 import numpy_kept
from helpers.checks.notebook_10 import number
from helpers.checks.verdicts import check, given, mistake, shape_complaint
from helpers.evaluation.statistics import interquartile_mean

FEW, OTHER = np.array([1.0, 4.0, 9.0]), np.array([2.0, 3.0, 12.0])  # gaps of two recipes
SEEDS = (3, 1, 4)


def middles(values: np.ndarray, n: int) -> np.ndarray:
    """The interquartile means of all draws of n of these values, which are equally likely."""
    return interquartile_mean(np.array([*product(values, repeat=n)]), axis=1)


def chance(better: np.ndarray, worse: np.ndarray) -> float:
    """How often one of the first is larger than one of the second, over all pairs."""
    return float(np.mean(better[:, None] > worse[None, :]))


@check
@numpy_kept()
def check_misled(misled: Callable) -> str | None:
    """it is how often the better recipe's interquartile mean of n seeds is the larger one."""
    for n in (1, 7):
        rngs = map(np.random.default_rng, range(3))
        answers = [number(misled(FEW.copy(), OTHER.copy(), n, rng)) for rng in rngs]
        answer = answers[0]
        if len({*answers}) == 1:
            return "three generators give exactly the same answer: take all randomness from `rng`."
        better, worse = (middles(values, n) for values in (FEW, OTHER))
        if abs(answer - chance(better, worse)) < 0.05:
            continue
        rng = np.random.default_rng(0)
        tables = [rng.choice(values, (100_000, n)) for values in (FEW, OTHER)]
        means, medians = (
            [middle(table, axis=1) for table in tables] for middle in (np.mean, np.median)
        )
        same = rng.integers(3, size=(100_000, n))
        paired = [interquartile_mean(values[same], axis=1) for values in (FEW, OTHER)]
        usual = [
            (chance(worse, better), "it is how often the better one *looks* better: count the "
             "other case."),
            (np.mean(means[0] > means[1]), "it compares means: take interquartile means."),
            (np.mean(medians[0] > medians[1]), "it compares medians: take interquartile means."),
            (np.mean(paired[0] > paired[1]), "both recipes get the same draw: draw for each."),
        ]  # fmt: skip
        if answer > 1:
            return (
                "it is more than 1: give the share of the experiments, not a count or percentage."
            )
        close = [words for wrong, words in usual if abs(answer - wrong) < 0.03]
        words = f"for {FEW.tolist()}, {OTHER.tolist()} and n = {n} it should be near "
        return (
            close[0] if close else f"{words}{chance(better, worse):.2f}, and yours is {answer:.2f}."
        )
    return None


@check
def check_worst_rate(worst_rate: Callable[[int], float]) -> str | None:
    """a method that fails more often would show n runs without a failure in less than 5 %."""
    for n in (10, 100):
        answer, right = number(worst_rate(n)), 1 - 0.05 ** (1 / n)
        usual = [
            (3 / n, "3/n is a good rule of thumb for large n: solve (1 − p)^n = 0.05 for p."),
            (0.05 ** (1 / n), "that is 1 − p, the share of runs that don't fail."),
            (1 - 0.95 ** (1 / n), "with this p, n good runs come in 95 %: that should be 5 %."),
            (0.95 ** (1 / n), "that is the p of (1 − p) with 95 %: solve (1 − p)^n = 0.05 for p."),
            (1 - 0.05**n, "the power is the other way round: 1 − p is the n-th root of 0.05."),
            (0.05 / n, "that treats n good runs as a sum: their chance is (1 − p)^n."),
            (100 * right, "that is a percentage: give a fraction of 1."),
        ]
        if not np.isclose(answer, right):
            words = f"for n = {n} it should be {right:.4f}, not {answer:.4g}."
            return mistake(answer, usual, words)
    return None


def reporting() -> Callable[[int], tuple]:
    """A function that says by whom and with how many threads it was called.

    It's made here so that it travels whole: a worker then needn't import this project.
    """

    def train_one(seed):
        import os
        from threading import current_thread

        return seed**2, os.getpid(), current_thread().name

    return train_one


@check
def check_many_seeds(many_seeds: Callable) -> str | None:
    """each seed was run once, in another process, and kept under its name."""
    results = given(many_seeds(reporting(), SEEDS))
    if not isinstance(results, dict):
        return f"it gives a {type(results).__name__}: give a dict from each seed to its result."
    if {*results} != {*SEEDS}:
        return f"for the seeds {[*SEEDS]} its keys are {[*results]}."
    if any(not isinstance(result, tuple) or len(result) != 3 for result in results.values()):
        return "the values should be what `train_one(seed)` gives, and nothing else."
    if wrong := [seed for seed, (square, *_) in results.items() if square != seed**2]:
        return f"the results are mixed up: seed {wrong[0]} has another one's."
    if any(process == os.getpid() for _, process, _ in results.values()):
        return (
            "it runs in this very process, one seed after the other or in threads: `Parallel` "
            "with n_jobs=2 starts others."
        )
    if many_seeds(reporting(), [7]).get(7, [None])[0] != 49:
        return "it is right for three seeds, but not for the single seed 7."
    return None


@check
def check_stacked_layer(layer: Callable) -> str | None:
    """every agent's batch meets its own weights, and gets its own bias."""
    draw = torch.Generator().manual_seed(0)
    x, w, b = (torch.randn(shape, generator=draw) for shape in ((3, 5, 4), (3, 2, 4), (3, 2)))
    answer = given(layer(x.clone(), w.clone(), b.clone()))
    right = torch.stack(
        [each @ weight.T + bias for each, weight, bias in zip(x, w, b, strict=True)]
    )
    hints = {(3, 5, 3, 2): ": every batch met all weights, not just its own agent's"}
    if complaint := shape_complaint(answer.detach(), (3, 5, 2), "the answer", hints):
        return complaint
    product = right - b[:, None]
    usual = [
        (product, "the bias is missing."),
        (product + b[0], "the bias of agent 0 is added to all."),
        (x @ w[0].T + b[:, None], "all batches meet the weights of agent 0."),
        (product - b[:, None], "the bias is subtracted."),
    ]
    if not torch.allclose(answer, right, atol=1e-5):
        return mistake(answer.detach(), usual, "its numbers aren't those of three layers alone.")
    return None


@check
def check_halving(halving: Callable) -> str | None:
    """half of the trials go on after each step, and the best of the last two wins."""
    gaps = np.array([[9, 8, 1], [3, 2, 9], [4, 7, 5], [2, 3, 4], [8, 1, 2], [1, 4, 8], [7, 9, 3],
                     [5, 5, 6]], dtype=float)  # fmt: skip
    answer = given(halving(gaps.copy()))
    if np.shape(answer) != (2,):
        return "give two things: the winner's number, and how many evaluations it took."
    winner, spent = (int(x) for x in answer)
    if winner != 3:
        usual = {
            0: "trial 0 was best in the end, but is out after the first step: halve at each step.",
            4: "trial 4 was out after the first step: it doesn't come back.",
            1: "trial 1 won an earlier step: the last step decides.",
            5: "trial 5 won the first step: halve, and look again.",
            6: "trial 6 is what's left if the largest gaps go on: small gaps are good.",
        }
        return usual.get(winner, f"the winner is trial 3, not {winner}: small gaps are good.")
    if spent != 14:
        usual = {24: "24 is what all eight would have taken", 3: "3 is the number of steps"}
        words = usual.get(spent, f"it isn't {spent}")
        return f"the winner is right. {words}: 8 trials are evaluated, then 4, then 2."
    winner, spent = map(int, halving(np.array([[3.0, 1.0], [1.0, 2.0], [2.0, 3.0]])))
    if winner != 1:
        return "it is right for eight trials, but of three only one goes on, and wins."
    if spent != 4:
        return f"for three trials and two steps it takes 4 evaluations, 3 and 1, not {spent}."
    gaps = np.column_stack([np.arange(12.0), [3, 2, 1, 9, 9, 9, 0, 0, 0, 0, 0, 0]])
    if int(halving(gaps)[0]) != 2:  # of twelve, three are left: 0, 1 and 2
        return "after the last step more than one may be left: the best of those wins."
    return None
