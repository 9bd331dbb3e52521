"""Checks of notebook 07: the critic's target and loss; the third is in `collecting`."""

from collections.abc import Callable

import torch
from torch import nn

from helpers.buffer import Batch
from helpers.checks.collecting import check_collecting as check_collecting
from helpers.checks.verdicts import check, given, mistake, tensor_complaint

GAMMA = 0.5
HINTS = {  # wrong shapes, and what else to say about them
    (3,): ": keep the columns of width 1",
    (3, 3): ": somewhere (N,) met (N, 1)",
    (3, 1): ": it should be one number",
    (1,): ": it should be one number, without brackets",
    (): ": a batch of 3 has 3 labels, so take no mean",
}


def column(*numbers: float) -> torch.Tensor:
    """Numbers as a column, (N, 1)."""
    return torch.tensor(numbers)[:, None]


def plainly(s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
    """A critic to compare with by hand: Q(s, a) = s + 10 a."""
    return s + 10 * a


class OneWeight(nn.Module):
    """A network with one weight, which wants a gradient: the weight times what a rule gives."""

    def __init__(self, weight: float, rule: Callable):
        super().__init__()
        self.weight, self.rule = nn.Parameter(torch.tensor(weight)), rule

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """The output, (N, 1)."""
        return self.weight * self.rule(*inputs)


def networks() -> tuple[OneWeight, OneWeight]:
    """mu(s) = 0.2 s and Q(s, a) = s + 10 a."""
    return OneWeight(0.2, lambda s: s), OneWeight(1.0, plainly)


def a_batch() -> Batch:
    """Three transitions, of which the second ends its episode."""
    return Batch(
        s=column(1.0, 2.0, 3.0),
        a=column(0.5, -0.5, 0.25),
        r=column(-1.0, -4.0, -9.0),
        s_next=column(7.0, -3.0, 5.0),
        terminated=column(0.0, 1.0, 0.0),
    )


def changed_column(batch: Batch) -> str | None:
    """A complaint if a column of the check's batch is no longer what it was."""
    for name, now, before in zip(Batch._fields, batch, a_batch(), strict=True):
        if not torch.equal(now, before):
            return f"it changes batch.{name} itself, which others still need: no `+=` and no `-=`."
    return None


@check
def check_td_target(td_target: Callable) -> str | None:
    """y is r + γ Q'(s', μ'(s')), only r where the task ended, (N, 1), and without a gradient."""
    (mu, q), batch = networks(), a_batch()
    with torch.enable_grad():  # on leaving, it is as it was, whatever happens in between
        y = given(td_target(batch, mu, q, GAMMA))
        switched_off = not torch.is_grad_enabled()
    if complaint := tensor_complaint(y, (3, 1), "y", HINTS):
        return complaint
    with torch.no_grad():
        right, usual = target(a_batch(), mu), wrong_targets(mu)
    if not torch.allclose(y.detach(), right, atol=1e-5):
        words = f"for the check's batch y should be {listed(right)}, and yours is {listed(y)}."
        return mistake(y.detach(), usual, words)
    if y.requires_grad:
        return attached(y, mu)
    if switched_off or not (mu.weight.requires_grad and q.weight.requires_grad):
        return "y is right, but gradients are switched off for good: use `with torch.no_grad():`."
    return changed_column(batch)


def attached(y: torch.Tensor, mu: OneWeight) -> str:
    """What to say about a right y that carries a gradient."""
    (through_mu,) = torch.autograd.grad(y.sum(), mu.weight, allow_unused=True)
    if through_mu is None:
        return "y is right, but a gradient still reaches the critic: put q under no_grad as well."
    return "y is right, but carries a gradient: it is a label, so put it under no_grad."


def target(batch: Batch, mu: Callable, gamma: float = GAMMA) -> torch.Tensor:
    """The target y, with the check's critic."""
    q_next = plainly(batch.s_next, mu(batch.s_next))
    return batch.r + gamma * (1 - batch.terminated) * q_next


def wrong_targets(mu: Callable) -> list[tuple[torch.Tensor, str]]:
    """The usual wrong targets for the check's batch."""
    batch = a_batch()
    s, a, r, s_next, terminated = batch
    goes_on, right = 1 - terminated, target(batch, mu)

    def y(q_next: torch.Tensor) -> torch.Tensor:
        return r + GAMMA * goes_on * q_next

    never, turned = (batch._replace(terminated=flag) for flag in (0 * r, goes_on))
    return [
        (target(never, mu), "where the task has ended y is r alone. Use `terminated`."),
        (target(turned, mu), "`terminated` is the wrong way round: use 1 minus it."),
        (target(batch, mu, 1.0), "γ is missing: what comes one step later counts for less."),
        (target(batch, mu, 0.99), "γ is an argument, here 0.5: don't write 0.99 yourself."),
        (right - r, "the reward is missing: y begins with r."),
        (right - r + GAMMA * r, "γ also multiplies r, which comes at once: only q_next is later."),
        (2 * r - right, "the sign is wrong: what comes later is added to r."),
        (y(plainly(s, mu(s))), "the critic is asked about s, but y needs the next state, s_next."),
        (y(plainly(s_next, a)), "it uses the action a, done in s; in s_next ask mu(s_next)."),
        (y(plainly(s_next, mu(s))), "it asks mu about s; ask about the next state: mu(s_next)."),
        (y(plainly(s, mu(s_next))), "only mu looks at s_next; the critic is asked about s."),
        (y(plainly(mu(s_next), s_next)), "q takes the state first, and then the action."),
        (goes_on * right, "the last reward is lost: `1 - terminated` belongs to q_next, not to r."),
    ]


@check
def check_critic_loss(critic_loss: Callable) -> str | None:
    """the loss is the mean squared TD error, one number, with a gradient for the critic."""
    (_, q), batch, y = networks(), a_batch(), column(-5.0, 2.0, 8.0)
    given_y = y.clone()
    loss = given(critic_loss(q, batch, given_y))
    if complaint := tensor_complaint(loss, (), "the loss", HINTS):
        return complaint
    if q.weight.grad is not None:
        return "it calls backward(), and so would the agent: only return the loss."
    delta = y - q(batch.s, batch.a)
    right = (delta**2).mean()
    if not torch.allclose(loss.detach(), right.detach()):
        words = f"for the check's batch it should be {right:.4g}, not {loss:.4g}."
        with torch.no_grad():
            return mistake(loss.detach(), wrong_losses(delta, q, batch, y), words)
    (wanted,) = torch.autograd.grad(right, q.weight)
    return gradient_complaint(loss, q.weight, wanted) or (
        None if torch.equal(given_y, y) else "it changes y itself: no `-=`, so that y stays."
    )


def wrong_losses(delta, q: Callable, batch: Batch, y) -> list[tuple[torch.Tensor, str]]:
    """The usual wrong losses for the check's batch."""
    crossed, moved = y[:, 0] - q(batch.s, batch.a), y - q(batch.s_next, batch.a)
    swapped = y - q(batch.a, batch.s)
    right = (delta**2).mean()
    return [
        (-right, "its sign is wrong: a loss is to be minimised."),
        ((delta**2).sum(), "it is the sum of the squares, not their mean."),
        (right / 2, "it is half of the mean of the squares: leave the ½ out."),
        (right.sqrt(), "it is the root of the mean square: leave the root out."),
        ((crossed**2).mean(), "(N,) met (N, 1): every label met every value."),
        (delta.abs().mean(), "it is the mean of the errors' sizes, not of their squares."),
        (delta.mean(), "the errors are not squared: positive and negative ones cancel."),
        (-delta.mean(), "the errors are not squared: positive and negative ones cancel."),
        (delta.mean() ** 2, "square each error first, then take the mean."),
        ((moved**2).mean(), "the critic is asked about s_next: y is the label of s and a."),
        ((swapped**2).mean(), "q takes the state first, and then the action."),
        (((y - batch.r) ** 2).mean(), "it compares y with r: ask the critic about s and a."),
    ]


def gradient_complaint(loss: torch.Tensor, weight: nn.Parameter, wanted) -> str | None:
    """A complaint unless the gradient of the loss is the one wanted."""
    gradient = None
    if loss.requires_grad:
        (gradient,) = torch.autograd.grad(loss, weight, allow_unused=True)
    if gradient is None:
        return "no gradient reaches the critic: Q(s, a) must not be detached or under no_grad."
    if torch.allclose(gradient, -wanted):
        return "its value is right, but its gradient is reversed: it pushes Q(s, a) away from y."
    if not torch.allclose(gradient, wanted):
        return "its value is right, but its gradient isn't: use all of Q(s, a), and detach nothing."
    return None


def listed(y: torch.Tensor) -> str:
    """A column as a short list."""
    return "[" + ", ".join(f"{number:.4g}" for number in y.flatten().tolist()) + "]"
