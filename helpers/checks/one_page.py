"""All of DDPG on one page beside the helpers' agent: a check of notebook 09."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from helpers.agent import DDPG
from helpers.checks.one_update import NAMES, networks, weights
from helpers.checks.verdicts import check, given, shape_complaint
from helpers.environment import make_env
from helpers.recipes import paper

SEED, EPISODE = 90, 200
RANDOM = paper.learning_starts  # steps before the first update
STOPS = (1, RANDOM - 1, RANDOM, RANDOM + 2, EPISODE + 10)


class Stage(NamedTuple):
    """What an agent has after so many steps."""

    networks: list[torch.Tensor]  # the weights of the four, each in one row
    transitions: np.ndarray  # (steps, 9)


@cache
def our_stages() -> dict[int, Stage]:
    """The helpers' agent with the paper's recipe, after each of the stops."""
    env, stages = make_env(seed=SEED), {}
    agent = DDPG(env, seed=SEED, recipe=paper)
    over = True
    while agent.steps < STOPS[-1]:
        if over:
            s, _ = env.reset()
        a = agent.explore(s)
        s_next, r, terminated, truncated, _ = env.step(a)
        agent.observe(s, a, r, s_next, terminated, truncated)
        agent.learn()
        s, over = s_next, terminated or truncated
        if agent.steps in STOPS:
            rows = agent.buffer.rows[: agent.steps].copy()
            stages[agent.steps] = Stage([weights(network) for network in networks(agent)], rows)
    return stages


@check
def check_one_page(page: Callable) -> str | None:
    """your page trains as our agent does, weight for weight, into the second episode."""
    stages = our_stages()
    for steps in STOPS:
        parts = given(page(SEED, steps))
        if not isinstance(parts, Sequence) or len(parts) != 2:
            return "it should give two things: the four networks, and the transitions."
        found, rows = parts
        if found is ... or rows is ...:
            raise NotImplementedError
        if complaint := form_complaint(found, rows, stages[steps].networks, steps):
            return complaint
        mine = Stage([weights(network) for network in found], np.asarray(rows, dtype=float))
        if complaint := stage_complaint(mine, stages[steps], steps):
            return complaint
    return None


def form_complaint(found, rows, ours: list[torch.Tensor], steps: int) -> str | None:
    """Whether a page gave four networks of our sizes, and so many transitions."""
    try:
        found = [*found]
    except TypeError:
        found = [found]
    if len(found) != 4 or not all(isinstance(network, nn.Module) for network in found):
        return "first come four networks: actor, critic, target actor, target critic."
    for name, network, right in zip(NAMES, found, ours, strict=True):
        if (n := len(weights(network))) != len(right):
            return f"the {name} has {n:,} weights, and ours {len(right):,}: notebooks 2 and 3."
    for i in (0, 1):
        if found[i] is found[i + 2]:
            return f"the {NAMES[i + 2]} is the {NAMES[i]} itself: copy.deepcopy makes a copy."
    return shape_complaint(rows, (steps, 9), f"after step {steps} the array of transitions")


def stage_complaint(mine: Stage, ours: Stage, steps: int) -> str | None:
    """Whether a page is where our agent is after so many steps."""
    if steps == 1 and (complaint := start_complaint(mine.networks, ours.networks)):
        return complaint
    if (outside := np.abs(mine.transitions[:, 3]) > 1).any():
        row = outside.argmax()
        return (
            f"transition {row} has the action {mine.transitions[row, 3]:.2f}: clip it to [-1, 1]."
        )
    if steps == RANDOM - 1 and not torch.equal(mine.networks[1], weights_at_start(1)):
        return f"the first update comes too early: it follows step {RANDOM}."
    wrong = ~np.isclose(mine.transitions, ours.transitions, rtol=0, atol=1e-3)  # NaN is wrong
    rows = np.flatnonzero(wrong.any(axis=1))
    drifted = not len(rows) or (steps == STOPS[-1] and rows[0] < EPISODE - 1)  # by wrong networks
    complaint = weight_complaint(mine.networks, ours.networks, steps) if drifted else None
    if complaint or not len(rows):
        return complaint
    return row_complaint(mine.transitions, ours.transitions, rows[0], wrong[rows[0]])


def weights_at_start(i: int) -> torch.Tensor:
    """How our network i starts."""
    return our_stages()[1].networks[i]


def start_complaint(mine: list[torch.Tensor], ours: list[torch.Tensor]) -> str | None:
    """Whether all networks start as ours."""
    for i in (0, 1):
        if not torch.equal(mine[i + 2], mine[i]):
            return f"the {NAMES[i + 2]} doesn't start as a copy of the {NAMES[i]}."
        if not torch.equal(mine[i], ours[i]):
            words = "call torch.manual_seed(seeds[0]), make the actor, and then the critic"
            layers = f"layer by layer, as in notebook {i + 2}"
            return f"the {NAMES[i]} starts with other weights: {words}, {layers}."
    return None


def row_complaint(mine: np.ndarray, ours: np.ndarray, row: int, wrong: np.ndarray) -> str:
    """What to say about the first transition that isn't ours; `wrong` marks its numbers, (9,)."""
    s, a, outcome = wrong[:3].any(), wrong[3], wrong[4:8].any()
    found, right = mine[row], ours[row]
    where = f"transition {row:,} (counted from 0)"
    if s and row == 0:
        return (
            "the first state isn't ours: env.reset(seed=seed), then env.reset() for each episode."
        )
    if s and row % EPISODE == 0:
        return f"{where} doesn't begin an episode as ours does: env.reset(), without a seed."
    if s and np.array_equal(found[:3], mine[row - 1, :3]):
        return "the state stays the same: s = s_next is missing."
    if s:
        return f"{where} begins in {np.round(found[:3], 3)}, and ours in {np.round(right[:3], 3)}."
    if a and row < RANDOM:
        return f"{where}: the first {RANDOM} actions are uniform(-1, 1, 1) of the last generator."
    if a and row >= EPISODE:
        return f"{where}: the noise starts from 0 again in each episode."
    if a:
        return f"{where} has the action {found[3]:.3f}, ours {right[3]:.3f}: check the noise."
    if outcome:
        return f"{where}: reward or next state isn't ours: is the action rescaled? 1 is 2 N m."
    return f"{where} is stored as terminated: a time limit isn't an end of the task."


def weight_complaint(mine: list[torch.Tensor], ours: list[torch.Tensor], steps: int) -> str | None:
    """Whether all networks have moved as ours since the start."""
    if steps < RANDOM:
        return None
    for i, most in ((1, 0.02), (0, 1e-3), (2, 0.1), (3, 0.1)):  # rounding moves the critic most
        moved, right = mine[i] - weights_at_start(i), ours[i] - weights_at_start(i)
        if (moved - right).norm() <= most * right.norm():
            continue
        far = (moved.norm() / right.norm()).item()
        if i > 1:
            how = "far: its" if far > 1 else "little: line 15 comes last, and its"
            return f"the {NAMES[i]} moves too {how} τ is 0.001."
        if far == 0:
            return f"the {NAMES[i]} hasn't moved after {steps} steps: the first update is due."
        if steps == RANDOM:
            return first_update_complaint(i, moved, right, far)
        if steps == RANDOM + 2:
            words = "is every gradient cleared before the next, and does y come from the targets?"
            return f"the {NAMES[i]} is right after one update, and wrong after three: {words}"
        return f"after {steps} steps the {NAMES[i]} is off: does y use both targets, and γ = 0.99?"
    return None


def first_update_complaint(i: int, moved: torch.Tensor, right: torch.Tensor, far: float) -> str:
    """What to say about a wrong first step of the critic or the actor."""
    alike = (moved @ right / (moved.norm() * right.norm())).item()  # 1: the same direction
    if alike > 0.99 and abs(far - 1) > 0.1:
        return f"the {NAMES[i]}'s first step is {far:.2g} times as long as ours: its learning rate."
    if alike < -0.9:
        return f"the {NAMES[i]}'s first step goes the other way: look for a minus."
    if i == 0:
        words = "it climbs Q(s, μ(s)) after the critic's own step, by an Adam with lr=1e-4 alone"
        return f"the actor's first step isn't ours: {words}."
    return (
        "the critic's first step isn't ours: check its batch, y, the loss, and Adam's weight decay."
    )
