"""The check of the learner's own prioritised replay buffer."""

from collections.abc import Callable

import numpy as np
import torch

from helpers.checks.notebook_04 import add, batch_complaint, numbers_in, numpy_kept
from helpers.checks.verdicts import check, first, given, tensor_complaint

FIELDS = ("weight", "report")
SIGNS = "errors below 0 aren't treated like those above: only their size counts, `np.abs`."
NUMBERS = np.arange(1, 6)  # of the transitions in a buffer of 8 places


def weighted_complaint(batch, n: int) -> str | None:
    """What is wrong with a batch of n as such, whatever was drawn."""
    if missing := [name for name in FIELDS if not hasattr(batch, name)]:
        return f"`sample` gives a {type(batch).__name__} without {missing[0]}: a WeightedBatch."
    if complaint := batch_complaint(batch, n):
        return complaint
    if complaint := tensor_complaint(batch.weight, (n, 1), "the column weight"):
        return complaint
    if batch.weight.dtype != torch.float32:
        return f"the column weight is of {batch.weight.dtype}: the networks take torch.float32."
    if not torch.isfinite(batch.weight).all():
        return (
            "some weights are infinite or not a number: is there a priority of 0? (In an empty "
            "buffer the largest is 0, too.)"
        )
    if not np.isclose(largest := batch.weight.max().item(), 1, atol=1e-5):
        return f"the largest weight of a batch should be 1, not {largest:.3g}: divide by it."
    return None if callable(batch.report) else "`report` should be a function of the TD errors."


def tell(buffer, error: Callable, times: int = 60) -> str | None:
    """Report an error, which depends on the number, for all that is drawn; a complaint, or None."""
    for _ in range(times):
        batch = given(buffer.sample(16))
        if complaint := weighted_complaint(batch, 16):
            return complaint
        try:
            batch.report(error(batch.s[:, :1]))
        except ValueError as problem:
            if "broadcast" in str(problem):
                problem.args = ("the errors come as a column, (N, 1): `errors[:, 0]` is a row",)
            raise
    return None


def shares(buffer, times: int = 250) -> np.ndarray:
    """Which share of the draws each of the numbers 1, 2, … 8 gets, (8,)."""
    drawn = [number for _ in range(times) for number in numbers_in(buffer.sample(16))]
    return np.bincount(np.array(drawn, dtype=int), minlength=9)[1:9] / len(drawn)


def filled(buffer: type):
    """A buffer with 8 places that holds the numbers 1 to 5."""
    memory = buffer(8, 2, 1, seed=0, device="cpu")
    add(memory, NUMBERS)
    return memory


def cubes(i: torch.Tensor) -> torch.Tensor:
    """Errors as large as the number's cube, all above 0."""
    return i**3


def alternating(i: torch.Tensor) -> torch.Tensor:
    """The same, with both signs."""
    return torch.where(i % 2 == 0, i, -i) ** 3


@check
@numpy_kept()
def check_prioritized(buffer: type) -> str | None:
    """it draws by priority, weighs what it draws, and gives new transitions a fair chance."""
    memory = filled(buffer)
    if complaint := weighted_complaint(given(memory.sample(16)), 16):
        return complaint
    even = shares(memory)[:5]
    if np.ptp(even) > 0.12:
        return "before any error is known, all transitions should be equally likely."
    complaint = tell(memory, cubes) or (tell(memory, alternating) and SIGNS)
    return complaint or first(
        examine(buffer, memory)
        for examine in (exponent_complaint, weights_complaint, newest_complaint, edges_complaint)
    )


def exponent_complaint(buffer: type, memory) -> str | None:
    """Whether transitions are drawn in proportion to |error|^0.6."""
    drawn = shares(memory)[:5]
    sizes = NUMBERS.astype(float) ** 3
    slope = np.polyfit(np.log(sizes), np.log(np.maximum(drawn, 1e-4)), 1)[0]
    expected = sizes**0.6 / (sizes**0.6).sum()
    if np.abs(drawn - expected).max() < 0.04:
        return None
    if drawn[::2].max() < 0.02:  # 1, 3 and 5, whose errors are below 0
        return SIGNS
    usual = [
        (0.0, "all are drawn equally often: does `report` write into the tree that `sample` asks?"),
        (0.36, "α is applied twice: the tree already holds |error|^α."),
        (1.0, "α is missing: a priority is |error|^α, with α = 0.6."),
        (1.2, "the errors are squared: a priority is |error|^α."),
        (-0.6, "it is the wrong way round: large errors should be drawn more often."),
    ]
    close = [words for alpha, words in usual if abs(slope - alpha) < 0.12]
    shown = f"number 5, with {sizes[4] / sizes[3]:.2f} times the error of number 4, is drawn "
    return close[0] if close else (
        f"{shown}{drawn[4] / max(drawn[3], 1e-4):.2f} times as often, and should be "
        f"{(sizes[4] / sizes[3]) ** 0.6:.2f} times."
    )  # fmt: skip


def weights_complaint(buffer: type, memory) -> str | None:
    """Whether the weights are 1/P to the power of 0.4, or of 1."""
    batch = memory.sample(64)
    weight, number = batch.weight[:, 0].numpy(), np.array(numbers_in(batch))
    if np.ptp(weight) < 1e-6:
        return "all weights are 1, but the draw isn't even: the weight is (N P)^-β."
    beta = -np.polyfit(np.log(number**1.8), np.log(weight), 1)[0]
    if beta < 0:
        return "the weights are the wrong way round: what is drawn often should weigh *less*."
    if np.ptp(np.log(weight * number ** (1.8 * beta))) > 0.1:
        return "the weights aren't in proportion to P^-β."
    if np.isclose(beta, 0.4 / 0.6, atol=0.03):
        return "the weights are made from |δ|: P is in proportion to |δ|^α, which the tree holds."
    if not np.isclose(beta, [0.4, 1.0], atol=0.03).any():
        return f"the weights are as with β = {beta:.2f}, and not 0.4."
    return None


def newest_complaint(buffer: type, memory) -> str | None:
    """Whether a new transition is as likely as the likeliest now."""
    for sizes, before in (
        ([1e-2], "small errors"),
        ([30.0], "large errors"),
        ([30.0, 1e-2], "large errors and then small ones"),
    ):
        fresh = filled(buffer)
        for size in sizes:
            if complaint := tell(fresh, lambda i, size=size: size + 0 * i):
                return complaint
        add(fresh, [6])
        share = shares(fresh)[5]
        if not 0.11 < share < 0.23:
            return (
                f"after {before}, all alike, a sixth transition gets {share:.0%} of the draws, "
                "not a sixth: give it the largest priority that is held *now*."
            )
    add(memory, [6])
    likeliest, newest = shares(memory)[4:6]
    if not 0.75 < newest / likeliest < 1.33:
        return "a new transition should be as likely as the likeliest, and no more than that."
    return None


def edges_complaint(buffer: type, memory) -> str | None:
    """Whether errors of 0 and a second round of the ring do no harm, and the seed decides."""
    fresh = filled(buffer)
    if complaint := tell(fresh, lambda i: 0 * i):
        return "once all TD errors were 0: " + complaint
    if (gone := np.sum(shares(fresh)[:5] == 0)) > 0:
        return f"with an error of 0, {gone} transitions are never drawn again: add a small number."
    tell(fresh, lambda i: 1e-6 * (i % 2))  # as large as ε, or 0
    if not 0.3 < (zero := shares(fresh)[[1, 3]].sum() / 2 / shares(fresh)[[0, 2, 4]].mean()) < 1.5:
        return (
            f"an error of 0 is drawn {zero:.2f} times as often as one of 1e-6, not 0.66 times: "
            "the small number belongs inside the power, (|error| + 1e-6)^α."
        )
    add(fresh, range(6, 15))  # round the ring
    drawn = [i for _ in range(50) for i in numbers_in(fresh.sample(16))]
    if {*drawn} - {*range(7, 15)}:
        return "it draws transitions that have been overwritten: does `add` still call super()?"
    pair = [shares(filled(buffer), times=50) for _ in range(2)]
    if not np.array_equal(*pair):
        return "two buffers of the same seed drew different rows: use self.rng."
    return None
