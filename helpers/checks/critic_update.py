"""Checks of the critic's update: its target and its loss."""

from collections.abc import Callable

import torch

from helpers.buffer import Batch
from helpers.checks.judging import check, given, named

GAMMA = 0.5


def column(*numbers: float) -> torch.Tensor:
    """Numbers as a column, (N, 1)."""
    return torch.tensor(numbers)[:, None]


def plainly(s: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
    """A critic to compare with by hand: Q(s, a) = s + 10 a."""
    return s + 10 * a


BATCH = Batch(
    s=column(1.0, 2.0, 3.0),
    a=column(0.5, -0.5, 0.25),
    r=column(-1.0, -4.0, -9.0),
    s_next=column(7.0, -3.0, 5.0),
    terminated=column(0.0, 1.0, 0.0),
)


@check
def check_td_target(td_target: Callable) -> str | None:
    """y is r + γ Q'(s', μ'(s')), only r where the task ended, (N, 1), and without a gradient."""
    weight = torch.tensor(0.2, requires_grad=True)

    def mu(s):
        return weight * s

    y = given(td_target(BATCH, mu, plainly, GAMMA))
    if complaint := shape_complaint(y, (3, 1), "y"):
        return complaint
    with torch.no_grad():
        right = target(BATCH, mu)
        mistakes = target_mistakes(mu)
    if not torch.allclose(y.detach(), right, atol=1e-5):
        wrong = named(lambda wrong: torch.allclose(y.detach(), wrong, atol=1e-5), mistakes)
        return (
            wrong or f"for the check's batch y should be {listed(right)}, and yours is {listed(y)}."
        )
    if y.requires_grad:
        return "y is right, but carries a gradient: it is a label, so put it under no_grad."
    return None


def target(batch: Batch, mu: Callable, gamma: float = GAMMA) -> torch.Tensor:
    """The target y, with the check's critic."""
    q_next = plainly(batch.s_next, mu(batch.s_next))
    return batch.r + gamma * (1 - batch.terminated) * q_next


def target_mistakes(mu: Callable) -> list[tuple[torch.Tensor, str]]:
    """Wrong targets for the check's batch, each with what to say of it."""
    never, turned = torch.zeros_like(BATCH.r), 1 - BATCH.terminated
    q_old_action = plainly(BATCH.s_next, BATCH.a)
    right = target(BATCH, mu)
    return [
        (
            target(BATCH._replace(terminated=never), mu),
            "where the task has ended nothing comes after: there y is r alone. Use `terminated`.",
        ),
        (
            target(BATCH._replace(terminated=turned), mu),
            "`terminated` is the wrong way round: 1 means that the task ended, so use 1 minus it.",
        ),
        (target(BATCH, mu, gamma=1.0), "γ is missing: what comes one step later counts for less."),
        (right - BATCH.r, "the reward is missing: y begins with r."),
        (
            target(BATCH._replace(s_next=BATCH.s), mu),
            "the critic is asked about s, and y needs its opinion of the next state, s_next.",
        ),
        (
            BATCH.r + GAMMA * turned * q_old_action,
            "it uses the action a, done in s; in s_next the target actor chooses: mu(s_next).",
        ),
        (
            BATCH.r + GAMMA * turned * plainly(BATCH.s_next, mu(BATCH.s)),
            "it asks mu about s; the action is needed in the next state: mu(s_next).",
        ),
        (
            BATCH.r + GAMMA * turned * plainly(BATCH.s, mu(BATCH.s_next)),
            "the critic is asked about s: both it and the actor look at the next state, s_next.",
        ),
        (
            turned * (BATCH.r + GAMMA * plainly(BATCH.s_next, mu(BATCH.s_next))),
            "the last reward is lost: `1 - terminated` belongs to what comes after, not to r.",
        ),
    ]


@check
def check_critic_loss(critic_loss: Callable) -> str | None:
    """the loss is the mean squared TD error, one number, with a gradient for the critic."""
    weight = torch.tensor(1.0, requires_grad=True)
    y = column(-5.0, 2.0, 8.0)
    loss = given(critic_loss(lambda s, a: weight * plainly(s, a), BATCH, y))
    if complaint := shape_complaint(loss, (), "the loss"):
        return complaint
    values = plainly(BATCH.s, BATCH.a)
    delta = y - values
    mistakes = [
        (-(delta**2).mean(), "its sign is wrong: a loss is to be minimised."),
        ((delta**2).sum(), "it is the sum of the squares, not their mean."),
        (((y[:, 0] - values) ** 2).mean(), "(N,) met (N, 1): every label met every value."),
        (delta.abs().mean(), "it is the mean of the errors' sizes, not of their squares."),
        (delta.mean(), "the errors are not squared: positive and negative ones cancel."),
    ]
    if not torch.allclose(loss.detach(), (delta**2).mean()):
        wrong = named(lambda wrong: torch.allclose(loss.detach(), wrong), mistakes)
        return (
            wrong or f"for the check's batch it should be {(delta**2).mean():.4g}, not {loss:.4g}."
        )
    if not loss.requires_grad:
        return "no gradient reaches the critic: Q(s, a) must not be under no_grad."
    return None


def shape_complaint(work: object, shape: tuple[int, ...], name: str) -> str | None:
    """What is wrong with the kind or the shape of `work`."""
    if not isinstance(work, torch.Tensor):
        return f"{name} is a {type(work).__name__}, not a tensor."
    if tuple(work.shape) == shape:
        return None
    hint = {(3,): " Keep the columns of width 1.", (3, 3): " Somewhere (N,) met (N, 1)."}
    wanted = f"{shape}, a column" if shape else "(), one number"
    return f"{name} has shape {tuple(work.shape)}, not {wanted}.{hint.get(tuple(work.shape), '')}"


def listed(y: torch.Tensor) -> str:
    """A column as a short list."""
    return "[" + ", ".join(f"{number:.4g}" for number in y.flatten().tolist()) + "]"
