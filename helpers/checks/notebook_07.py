"""Checks of notebook 07: the critic's target and loss, and how experience is collected."""

from collections.abc import Callable

import numpy as np
import torch

from helpers.buffer import Batch
from helpers.checks.verdicts import check, given, mistake, tensor_complaint
from helpers.checks.worlds import Overrun, World

GAMMA = 0.5
HINTS = {  # wrong shapes, and what else to say about them
    (3,): ": keep the columns of width 1",
    (3, 3): ": somewhere (N,) met (N, 1)",
    (3, 1): ": it should be one number",
}


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
    if complaint := tensor_complaint(y, (3, 1), "y", HINTS):
        return complaint
    with torch.no_grad():
        right, usual = target(BATCH, mu), wrong_targets(mu)
    if not torch.allclose(y.detach(), right, atol=1e-5):
        words = f"for the check's batch y should be {listed(right)}, and yours is {listed(y)}."
        return mistake(y.detach(), usual, words)
    attached = "y is right, but carries a gradient: it is a label, so put it under no_grad."
    return attached if y.requires_grad else None


def target(batch: Batch, mu: Callable, gamma: float = GAMMA) -> torch.Tensor:
    """The target y, with the check's critic."""
    q_next = plainly(batch.s_next, mu(batch.s_next))
    return batch.r + gamma * (1 - batch.terminated) * q_next


def wrong_targets(mu: Callable) -> list[tuple[torch.Tensor, str]]:
    """The usual wrong targets for the check's batch."""
    s, a, r, s_next, terminated = BATCH
    goes_on, right = 1 - terminated, target(BATCH, mu)

    def y(q_next: torch.Tensor) -> torch.Tensor:
        return r + GAMMA * goes_on * q_next

    never, turned = (BATCH._replace(terminated=flag) for flag in (0 * r, goes_on))
    return [
        (target(never, mu), "where the task has ended y is r alone. Use `terminated`."),
        (target(turned, mu), "`terminated` is the wrong way round: use 1 minus it."),
        (target(BATCH, mu, 1.0), "γ is missing: what comes one step later counts for less."),
        (right - r, "the reward is missing: y begins with r."),
        (y(plainly(s, mu(s))), "the critic is asked about s, but y needs the next state, s_next."),
        (y(plainly(s_next, a)), "it uses the action a, done in s; in s_next ask mu(s_next)."),
        (y(plainly(s_next, mu(s))), "it asks mu about s; ask about the next state: mu(s_next)."),
        (y(plainly(s, mu(s_next))), "only mu looks at s_next; the critic is asked about s."),
        (goes_on * right, "the last reward is lost: `1 - terminated` belongs to q_next, not to r."),
    ]


@check
def check_critic_loss(critic_loss: Callable) -> str | None:
    """the loss is the mean squared TD error, one number, with a gradient for the critic."""
    weight = torch.tensor(1.0, requires_grad=True)
    y, values = column(-5.0, 2.0, 8.0), plainly(BATCH.s, BATCH.a)
    loss = given(critic_loss(lambda s, a: weight * plainly(s, a), BATCH, y))
    if complaint := tensor_complaint(loss, (), "the loss", HINTS):
        return complaint
    delta = y - values
    right = (delta**2).mean()
    if not torch.allclose(loss.detach(), right):
        usual = [
            (-right, "its sign is wrong: a loss is to be minimised."),
            ((delta**2).sum(), "it is the sum of the squares, not their mean."),
            (((y[:, 0] - values) ** 2).mean(), "(N,) met (N, 1): every label met every value."),
            (delta.abs().mean(), "it is the mean of the errors' sizes, not of their squares."),
            (delta.mean(), "the errors are not squared: positive and negative ones cancel."),
        ]
        words = f"for the check's batch it should be {right:.4g}, not {loss:.4g}."
        return mistake(loss.detach(), usual, words)
    if not loss.requires_grad:
        return "no gradient reaches the critic: Q(s, a) must not be under no_grad."
    return None


def listed(y: torch.Tensor) -> str:
    """A column as a short list."""
    return "[" + ", ".join(f"{number:.4g}" for number in y.flatten().tolist()) + "]"


def episodes() -> World:
    """A world that numbers its states: 100 for each episode, 1 for each step in it.

    The reward is minus that number. Episodes end by the time limit, by the task, and by both.
    """

    def state(world: World) -> list[float]:
        return [100.0 * world.episode + world.time]

    ends = [(3, False, True), (2, True, False), (2, True, True)]
    return World(state, lambda world: -world.state()[0], ends)


class Rows(list):
    """A memory that keeps each transition as a row: s, a, r, s_next, terminated."""

    def add(self, *transition) -> None:
        """Append one."""
        self.append([float(np.asarray(number).item()) for number in transition])


@check
def check_collecting(collect: Callable) -> str | None:
    """each transition is stored as it was, only the task's own end as an end, and it goes on."""
    env, memory = episodes(), Rows()
    try:
        collect(env, lambda s: s / 1_000, memory, 12)
    except Overrun as end:
        if not memory:
            raise NotImplementedError from end
        terminated, _ = end.args
        kind = "the task had ended" if terminated else "the time was up"
        return f"it went on in an episode where {kind}: then a new one begins, with `env.reset()`."
    if not memory:
        raise NotImplementedError
    if len(memory) != 12:
        return f"12 steps should give 12 transitions, and it stored {len(memory)}."
    if any(seed is not None for seed in env.seeds[1:]):
        return "it resets with a seed: then every episode starts in the same state."
    rows, (right, both, cut) = np.array(memory), as_it_was()
    if np.allclose(rows, right):
        return None
    if not np.allclose(rows[:, 0], right[:, 0]):
        if len(np.unique(rows[:, 0])) < 3:
            return "s stays the first state for ever: after each step s_next becomes s."
        return "the states s aren't those of the episodes, one after the other: reset once an end."
    if not np.allclose(rows[:, 3], right[:, 3]):
        return "s_next isn't the state that followed: store the transition before you reset."
    if not np.allclose(rows[:, :3], right[:, :3]):
        return "the order is s, a, r, s_next, terminated: action or reward isn't the one of s."
    usual = [
        (both, "it stores the time limit as an end: only `terminated` says that nothing follows."),
        (cut, "it stores `truncated`, which is the time limit, where `terminated` belongs."),
        (1 - right[:, -1], "`terminated` is the wrong way round: 1 means that the task ended."),
        (np.zeros(12), "no transition is stored as an end, and in this world some tasks do end."),
    ]
    words = "the last column should be 1 where `terminated` is True, and else 0."
    return mistake(rows[:, -1], usual, words)


def as_it_was() -> tuple[np.ndarray, list[bool], list[bool]]:
    """The 12 right rows; where each episode was over; and where its time was up."""
    env, memory, both, cut = episodes(), Rows(), [], []
    s, _ = env.reset()
    for _ in range(12):
        s_next, r, terminated, truncated, _ = env.step(None)
        memory.add(s, s / 1_000, r, s_next, terminated)
        both.append(terminated or truncated)
        cut.append(truncated)
        s = env.reset()[0] if both[-1] else s_next
    return np.array(memory), both, cut
