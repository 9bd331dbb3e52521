"""Checks of notebook 13 on which networks move at an update: a delay, and a probe for TD3."""

import copy
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
import torch

from helpers.checks.notebook_11 import probe_complaint
from helpers.checks.one_update import RECIPE, SmallActor, SmallCritic, Watched, same
from helpers.checks.verdicts import check, first, given
from helpers.environment import make_env
from helpers.extensions.td3 import DelayedDDPG
from helpers.variants.td3_suspects import suspect

NAMES = "actor", "critic", "target_actor", "target_critic"
WAITING = ("actor", "target_actor", "target_critic")
TOGETHER = "the actor and both targets move together, at every `delay`-th update of the critic"


def ready(kind: type, delay: int = 2):
    """A small agent that can learn, whose targets have been left behind."""
    parts = {"actor": SmallActor, "critic": SmallCritic, "buffer": Watched}
    agent = given(kind(make_env(seed=0), seed=0, recipe=RECIPE, **parts))
    agent.delay = delay
    rng = np.random.default_rng(0)
    for step in range(RECIPE.learning_starts + 1):
        s, s_next = rng.standard_normal((2, 3))
        agent.observe(s, rng.uniform(-1, 1, 1), rng.uniform(-2, 0), s_next, step % 2 == 0, False)
    for p in (*agent.target_actor.parameters(), *agent.target_critic.parameters()):
        p += 0.2
    return agent


def moves(agent, updates: int) -> tuple[list[set[str]], list]:
    """The networks that move at each update, and what `learn` gives; two updates for each step."""
    seen, losses = [], []
    for update in range(updates):
        before = {name: copy.deepcopy(getattr(agent, name)) for name in NAMES}
        losses.append(given(agent.learn()))
        seen.append({name for name in NAMES if not same(before[name], getattr(agent, name))})
        if update % 2:
            agent.observe(np.ones(3), np.zeros(1), -1.0, np.zeros(3), False, False)
    return seen, losses


@check
def check_delayed(kind: type) -> str | None:
    """the critic learns at every update; the actor and all targets wait, and move together."""
    for delay in (2, 3):
        with torch.random.fork_rng(devices=[]):
            agent, right = ready(kind, delay), ready(DelayedDDPG, delay)
        seen, losses = moves(agent, 12)
        if complaint := delay_complaint(seen, delay):
            return complaint
        if len(agent.buffer.given) != 12:
            return "the actor gets a batch of its own: Algorithm 1 draws one for both networks."
        _, wanted = moves(right, 12)
        if not all(same(getattr(agent, name), getattr(right, name)) for name in NAMES):
            return (
                "the right networks move, but not to the right places: one update_critic at each "
                "call, and one update_actor and one update_targets after it when it's their turn."
            )
        if complaint := first(map(losses_complaint, losses, wanted)):
            return complaint
    return None


def losses_complaint(losses: object, wanted: dict[str, float]) -> str | None:
    """A complaint unless `losses`, which `learn` gave, holds what is wanted."""
    if not isinstance(losses, dict):
        return f"`learn` should give `losses`, a dict, not a {type(losses).__name__}."
    for name, loss in wanted.items():
        if name not in losses:
            return f"`learn` doesn't report every loss: losses[{name!r}] is missing."
        if not np.allclose(losses[name], loss):
            return f"losses[{name!r}] holds another number than update_{name[:-5]} gave."
    return None


def delay_complaint(seen: list[set[str]], delay: int) -> str | None:
    """What is wrong with which networks move at which of twelve updates."""
    times = {name: [i for i, moved in enumerate(seen) if name in moved] for name in NAMES}
    never = [name for name in NAMES if not times[name]]
    if never == [*WAITING]:
        return f"the actor never moves: your lines are still missing. Remember: {TOGETHER}."
    if never:
        return f"the {never[0].replace('_', ' ')} never moves: {TOGETHER}."
    if len(times["critic"]) < 12:
        return "the critic misses updates: it learns at every one, and only the others wait."
    always = [name for name in WAITING if len(times[name]) == 12]
    if always == [*WAITING]:
        return "all networks move at every update: the actor and the targets should wait."
    if always:
        names = " and the ".join(name.replace("_", " ") for name in always)
        return f"too early, at every update: the {names}. Remember: {TOGETHER}."
    if not times["actor"] == times["target_actor"] == times["target_critic"]:
        return f"they move at different updates: {TOGETHER}."
    if any(later - earlier != delay for earlier, later in pairwise(times["actor"])):
        return timing_complaint(times["actor"], delay)
    if (early := times["actor"][0] + 1) != delay:
        return (
            f"with delay = {delay} the actor moves first at update {early}, not at update {delay}: "
            "count the update before you ask whose turn it is, and begin at 0."
        )
    return None


def timing_complaint(found: list[int], delay: int) -> str:
    """What to say of an actor that moves at other updates, counted from 0."""
    apart = {later - earlier for earlier, later in pairwise(found)}
    if apart == {2}:
        return f"with delay = {delay} it still moves at every second update: use self.delay."
    return (
        "it counts something else than updates. With two updates for each step of the "
        f"environment, the actor moved at the updates {', '.join(str(i + 1) for i in found)}."
    )


def under_a_neutral_name(letter: str, seed: int):
    """A suspect whose class and losses have the names of every other one's."""
    agent = suspect(letter, seed)
    kind, actor_loss, critic_loss = type(agent), agent.actor_loss, agent.critic_loss
    agent.actor_loss = lambda mu, q, s: actor_loss(mu, q, s)
    agent.critic_loss = lambda q, batch, y: critic_loss(q, batch, y)
    agent.__class__ = type("TD3", (kind,), {"__doc__": None})
    agent.made_with = {}
    return agent


@check
def check_td3_probe(probe: Callable) -> str | None:
    """your probe passes a sound TD3, and catches all three suspects."""
    sound = [
        (partial(suspect, "sound", 0), "a sound TD3"),
        (partial(under_a_neutral_name, "sound", 1), "a sound TD3, whose parts have other names"),
    ]
    wrong = [
        (partial(make, letter, seed), f"suspect {letter}{words}")
        for letter in "ABC"
        for make, seed, words in (
            (suspect, 0, ""),
            (under_a_neutral_name, 1, " under another name: look at what it does"),
        )
    ]
    return probe_complaint(probe, sound, wrong)
