"""Checks of notebook 13: the twins' target and loss, smoothing; others in `twins` and `delays`."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from helpers.buffer import Batch
from helpers.checks.delays import check_delayed as check_delayed
from helpers.checks.delays import check_td3_probe as check_td3_probe
from helpers.checks.notebook_07 import GAMMA, OneWeight, a_batch, changed_column, column, listed
from helpers.checks.twins import check_twin_critic as check_twin_critic
from helpers.checks.verdicts import check, first, given, mistake, tensor_complaint


def twins(lower: float = 18.0) -> tuple[OneWeight, nn.Module]:
    """mu(s) = 0.2 s; Q1 = s + 10 a, Q2 = 6 - 2 s + 20 a, both lowered; each has one weight."""
    mu, q = OneWeight(0.2, lambda s: s), nn.Module()
    q.q1 = OneWeight(1.0, lambda s, a: s + 10 * a - lower)
    q.q2 = OneWeight(1.0, lambda s, a: 6 - 2 * s + 20 * a - lower)
    q.forward = lambda s, a: torch.cat([q.q1(s, a), q.q2(s, a)], dim=1)
    return mu, q


TARGET_SHAPES = {
    (3, 2): ": take the smaller value of each row",
    (3, 3): ": somewhere (N,) met (N, 1); min(dim=1, keepdim=True) keeps the column",
    (3,): ": keep the column of width 1",
    (): ": a batch of 3 has 3 labels",
}


@check
def check_twin_target(target: Callable) -> str | None:
    """y takes the smaller value of each row, (N, 1), counts a true end, and has no gradient."""
    pairs, batches = [twins(0.0), twins(18.0)], [a_batch(), a_batch()]  # above 0; some below
    try:
        with torch.enable_grad():  # on leaving, it is as it was, whatever happens in between
            ys = [given(target(b, *pair, GAMMA)) for b, pair in zip(batches, pairs, strict=True)]
            switched_off = not torch.is_grad_enabled()
    except TypeError as error:
        if "return_types.min" in str(error) or "converted to an index" in str(error):
            return "along a dimension, min gives values and their places: take `.values`."
        raise
    if complaint := first(tensor_complaint(y, (3, 1), "y", TARGET_SHAPES) for y in ys):
        return complaint
    if complaint := numbers_complaint([y.detach() for y in ys], pairs):
        return complaint
    if any(y.requires_grad for y in ys):
        return "y is right, but carries a gradient: it is a label, so put it under no_grad."
    weights = [p for pair in pairs for network in pair for p in network.parameters()]
    if switched_off or not all(p.requires_grad for p in weights):
        return "y is right, but gradients are switched off for good: use `with torch.no_grad():`."
    return changed_column(batches[0])


def numbers_complaint(ys: list[torch.Tensor], pairs: list) -> str | None:
    """What is wrong with the labels that two pairs of critics lead to."""
    with torch.no_grad():
        (right, usual), (low, usual_low) = (targets(*pair) for pair in pairs)
    if torch.allclose(torch.cat(ys), torch.cat([right, low])):
        return None
    wanted, found = next(x for x in zip((right, low), ys, strict=True) if not torch.allclose(*x))
    words = f"for the check's batch y should be {listed(wanted)}, and yours is {listed(found)}."
    both = zip(usual, usual_low, strict=True)
    return mistake(torch.cat(ys), [(torch.cat([x, y]), why) for (x, why), (y, _) in both], words)


def targets(mu: Callable, q: Callable) -> tuple[torch.Tensor, list[tuple[torch.Tensor, str]]]:
    """The right target for the check's batch, and the usual wrong ones."""
    s, a, r, s_next, terminated = a_batch()

    def y(value: torch.Tensor, goes_on=1 - terminated, gamma: float = GAMMA) -> torch.Tensor:
        return r + gamma * goes_on * value

    def least(*pair: torch.Tensor) -> torch.Tensor:
        return q(*pair).min(dim=1, keepdim=True).values

    both = q(s_next, mu(s_next))
    smaller = least(s_next, mu(s_next))
    closer = both.gather(1, both.abs().argmin(dim=1, keepdim=True))
    return y(smaller), [
        (y(both.max(dim=1, keepdim=True).values), "it takes the larger of the two values."),
        (y(closer), "it takes the value closer to 0: of -3 and -2 the smaller one is -3."),
        (y(closer.abs()), "the smaller value is meant with its sign: of -3 and -2 it's -3."),
        (y(both[:, :1]), "it asks the first critic only: take the smaller of both values."),
        (y(both[:, 1:]), "it asks the second critic only: take the smaller of both values."),
        (y(both.mean(dim=1, keepdim=True)), "it takes the mean of the two, not the smaller one."),
        (y(both.min()), "it takes the smallest value of the whole batch: each row has its own."),
        (y(smaller, goes_on=1), "where the task has ended y is r alone. Use `terminated`."),
        (y(smaller, gamma=1.0), "γ is missing: what comes one step later counts for less."),
        (y(smaller) - r, "the reward is missing: y begins with r."),
        (y(least(s_next, a)), "it uses the action a, done in s; in s_next ask mu(s_next)."),
        (y(least(s, mu(s))), "the critics are asked about s, but y needs the next state, s_next."),
    ]


LOSS_SHAPES = {
    (2,): ": it should be one number, the sum for both critics",
    (3, 1): ": it should be one number",
    (3, 2): ": it should be one number",
    (1,): ": it should be one number, without brackets",
}


@check
def check_twin_loss(loss_of: Callable) -> str | None:
    """each critic has a mean squared error of its own, from the same y, and both learn."""
    (_, q), batch, y = twins(), a_batch(), column(-5.0, 2.0, 8.0)
    given_y = y.clone()
    loss = given(loss_of(q, batch, given_y))
    if complaint := tensor_complaint(loss, (), "the loss", LOSS_SHAPES):
        return complaint
    right = (y - q(batch.s, batch.a)).square().mean(dim=0).sum()
    if not torch.allclose(loss.detach(), right.detach()):
        words = f"for the check's batch it should be {right:.4g}, not {loss:.4g}."
        with torch.no_grad():
            return mistake(loss.detach(), wrong_losses(q, batch, y), words)
    weights = [q.q1.weight, q.q2.weight]
    if any(weight.grad is not None for weight in weights):
        return "it calls backward(), and so would the agent: only return the loss."
    if not loss.requires_grad:
        return "no gradient reaches the critics: detach neither of them."
    mine = torch.autograd.grad(loss, weights, allow_unused=True)
    wanted = torch.autograd.grad(right, weights)
    for name, one, other in zip(("first", "second"), mine, wanted, strict=True):
        if one is None or not torch.allclose(one, other):
            return f"its number is right, but the {name} critic doesn't learn from it: no detach."
    if not torch.equal(given_y, y):
        return "it changes y itself: no `-=`, so that y stays."
    return changed_column(batch)


def wrong_losses(q: Callable, batch: Batch, y) -> list[tuple[torch.Tensor, str]]:
    """The usual wrong losses of two critics."""
    both = q(batch.s, batch.a)
    errors = (y - both).square()
    crossed = (y - both[:, 0]).square().mean() + (y - both[:, 1]).square().mean()
    return [
        (errors.mean(), "it's half as large as it should be: add the two means, one per critic."),
        (errors[:, 0].mean(), "only the first critic is compared with y, so only it would learn."),
        (errors[:, 1].mean(), "only the second critic is compared with y, so only it would learn."),
        (
            2 * errors[:, 0].mean(),
            "both terms look at the first critic: the second would never learn.",
        ),
        (
            (y - both.min(dim=1, keepdim=True).values).square().mean(),
            "the minimum belongs to the target alone: compare each critic with y.",
        ),
        (
            (y - both.mean(dim=1, keepdim=True)).square().mean(),
            "it compares the critics' mean with y: compare each of them.",
        ),
        (errors.sum(), "it sums over the batch: each critic's error is a mean."),
        (crossed, "(N,) met (N, 1): every label met every value. Slices such as [:, :1] help."),
        (-errors.mean(dim=0).sum(), "its sign is wrong: a loss is to be minimised."),
        (
            (y - q(batch.s_next, batch.a)).square().mean(dim=0).sum(),
            "the critics are asked about s_next: y is the label of s and a.",
        ),
    ]


@check
def check_smoothed_action(smoothed: Callable) -> str | None:
    """the noise stays within ±c, and the action with it within [-1, 1]."""
    a = torch.tensor([[0.0, 0.9], [-0.9, 0.5], [-0.2, -0.6]])
    noise = torch.tensor([[0.3, 0.4], [-2.0, -0.7], [0.1, 1.5]])
    for c in (0.5, 0.25):
        own = a.clone(), noise.clone()
        answer = given(smoothed(*own, c))
        if complaint := tensor_complaint(answer, (3, 2), "the answer"):
            return complaint
        if not torch.allclose(answer, (a + noise.clamp(-c, c)).clamp(-1, 1)):
            words = "first clip the noise at ±c, then add it, then clip the sum to [-1, 1]."
            return mistake(answer, wrong_actions(a, noise, c), words)
        if not (torch.equal(own[0], a) and torch.equal(own[1], noise)):
            return "it changes its arguments, which others still need: no clamp_ and no `+=`."
    return None


def wrong_actions(a, noise, c: float) -> list[tuple[torch.Tensor, str]]:
    """The usual wrong actions with noise."""
    clipped = noise.clamp(-c, c)
    return [
        (a + clipped, "an action leaves [-1, 1], where the critic has never been: clip the sum."),
        ((a + noise).clamp(-1, 1), "the noise isn't clipped: at most c to either side."),
        (a + noise, "nothing is clipped: first the noise at ±c, then the sum to [-1, 1]."),
        ((a + noise).clamp(-c, c), "c is the limit of the noise, not of the action."),
        ((a + clipped).clamp(-c, c), "c is the limit of the noise; an action may go up to 1."),
        ((a + noise.clamp(-0.5, 0.5)).clamp(-1, 1), "c is an argument: don't write 0.5 yourself."),
        ((a + noise.clamp(max=c)).clamp(-1, 1), "the noise is clipped on one side only."),
        ((a - clipped).clamp(-1, 1), "the noise is subtracted: add it."),
    ]


@check
def check_smallest(smallest: Callable) -> str | None:
    """the smallest of k is too low, and the more so the larger k is."""
    for k, right in ((1, 0.0), (2, -0.564), (5, -1.163), (20, -1.867)):
        mean = float(given(smallest(k, np.random.default_rng(0))))
        usual = [
            (-right, "that's the mean of the largest: take the smallest of each k."),
            (0.0, "that's the mean of all values: first take the smallest of each k."),
        ]
        if abs(mean - right) > 0.04:
            words = next((w for x, w in usual if k > 1 and abs(mean - x) < 0.04), None)
            return words or (
                f"for k = {k} the mean of the smallest is about {right:.2f}, and yours is "
                f"{mean:.2f}: draw 10,000 rows of k values, and average the rows' smallest."
            )
    return None
