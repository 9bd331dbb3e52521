"""Agents in a stack learn what each of them learns alone.

Stacked matrix products are rounded otherwise than single ones, and training is chaotic: with the
`modern` recipe a rounding error of 1e-16 grows to 1e-2 within 1,000 updates, even where both learn
from the same transitions, and so does a nudge of 1e-16 to one weight of an agent alone. A thousand
updates are therefore compared in float64 with a smaller learning rate, where the difference stays
below 1e-14; a hundred with `modern` in float32, where it is some 1e-7.
"""

import re
import signal
from dataclasses import replace
from functools import partial

import numpy as np
import probes
import pytest
import torch
from small_run import SmallActor, SmallCritic
from torch import nn

from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.extensions import (
    TD3,
    DelayedDDPG,
    PrioritizedReplay,
    SmoothedTarget,
    StackedDDPG,
    TwinCritic,
    clipped_double_q_target,
    first_critic_actor_loss,
    train_stacked,
    twin_critic_loss,
    weighted_critic_loss,
)
from helpers.extensions.stackable import NETWORKS, OPTIMIZERS
from helpers.losses import critic_loss
from helpers.recipes import modern
from helpers.targets import soft_update
from helpers.training import train
from helpers.variants import ActorWithBatchNorm, DDPGWithLiveTargets, HardCopy

QUICK = replace(modern, learning_starts=100, batch_size=16, buffer_size=2_000)
CALM = replace(QUICK, actor_lr=1e-3, lr_decay_steps=500, noise_decay_steps=1_500)
NUMBER = 3


class WideActor(SmallActor):
    """In float64 it takes float32, too."""

    def forward(self, s):
        return super().forward(s.to(self[0].weight.dtype))


class WideCritic(SmallCritic):
    def forward(self, s, a):
        dtype = self.layers[0].weight.dtype
        return super().forward(s.to(dtype), a.to(dtype))


PARTS = {"actor": WideActor, "critic": WideCritic}


class Tightrope(probes.Probe):
    """The action is a step to one side; an episode ends at 2, or is cut off after ten steps."""

    def reset(self, *, seed=None, options=None):
        self.place = 0.0
        return super().reset(seed=seed)

    def state(self):
        return np.array([self.place], dtype=np.float32)

    def step(self, action):
        self.place, self.time = self.place + float(action[0]), self.time + 1
        terminated = abs(self.place) > 2
        return self.state(), 1.0, terminated, self.time == 10 and not terminated, {}


def pendulum(seed):
    return make_env("Pendulum-v1", seed=seed)


def team(make=pendulum, number=NUMBER, double=True, recipe=CALM, **parts):
    """Environments, and an agent for each: always the same ones."""
    envs = [make(seed) for seed in range(number)]
    settings = PARTS | parts | {"recipe": recipe}
    agents = [DDPG(env, seed=seed, **settings) for seed, env in enumerate(envs)]
    for agent in agents:
        for name in NETWORKS if double else ():
            getattr(agent, name).double()  # in place: the optimizers keep their parameters
    return envs, agents


def both(steps, **settings):
    """The same agents, trained one by one and in a stack."""
    alone, together = team(**settings), team(**settings)
    for env, agent in zip(*alone, strict=True):
        train(env, agent, steps)
    train_stacked(together[0], StackedDDPG(together[1]), steps)
    return alone[1], together[1]


def tensors(agent):
    """The weights of every network, and Adam's moments and steps."""
    found = {name: [*getattr(agent, name).parameters()] for name in NETWORKS}
    for name in OPTIMIZERS:
        state = getattr(agent, name).state_dict()["state"]
        found[name] = [number for moments in state.values() for number in moments.values()]
    return {
        name: torch.cat([number.detach().double().flatten() for number in numbers])
        for name, numbers in found.items()
    }


def assert_same(alone, together, tolerance):
    for one, other in zip(alone, together, strict=True):
        for name, expected in tensors(one).items():
            difference = (tensors(other)[name] - expected).abs().max().item()
            assert difference <= tolerance, f"{name} differs by {difference:.1e}"


def states_of_all(agent):
    """What no rounding may change: the generators, the noise, and how far it has come."""
    rings = agent.buffer.state_dict()
    rng = agent.rng.bit_generator.state
    return agent.steps, rings["added"], rings["rng"], rng, agent.noise.state_dict()


# As alone


def test_a_thousand_updates_are_those_of_each_agent_alone():
    alone, together = both(1_099)
    assert_same(alone, together, tolerance=1e-12)
    assert not torch.allclose(tensors(together[0])["actor"], tensors(together[1])["actor"])
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(other.buffer.rows, one.buffer.rows)
        assert states_of_all(other) == states_of_all(one)
        for name in ("return", "length", "critic_loss", "actor_loss"):
            for ours, theirs in zip(other.history[name], one.history[name], strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
        assert len(other.history["critic_loss"][0]) == 1_000
        assert len(other.history["return"][0]) == 5


def test_a_hundred_updates_of_the_modern_recipe_in_single_precision():
    alone, together = both(199, double=False, recipe=QUICK)
    assert_same(alone, together, tolerance=1e-5)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(other.buffer.rows, one.buffer.rows, rtol=0, atol=1e-5)


def test_a_stack_of_one():
    assert_same(*both(150, number=1), tolerance=1e-14)


def test_what_is_stored_is_the_same_at_every_kind_of_end():
    """Random actions, fading noise and its resets, ends and time limits, at each one's own time."""
    recipe = replace(CALM, noise_decay_steps=250, sigma=0.5)
    alone, together = both(300, make=lambda seed: Tightrope(), recipe=recipe)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(other.buffer.rows, one.buffer.rows)
        assert states_of_all(other) == states_of_all(one)
        for ours, theirs in zip(other.history["length"], one.history["length"], strict=True):
            np.testing.assert_array_equal(ours, theirs)
        lengths, ends = one.history["length"][1], one.buffer.rows[:300, -1].sum()
        assert 5 < ends < len(lengths) - 5  # some episodes end, some are cut off
    assert len({len(agent.history["length"][0]) for agent in together}) > 1


def hasty_update(target, online, tau):
    soft_update(target, online, min(1, 10 * tau))


def test_other_components_work_unchanged():
    """TD3's two critics, their losses and their target, which keep no state; gamma is an int."""
    parts = {
        "critic": partial(TwinCritic, critic=WideCritic),
        "critic_loss": twin_critic_loss,
        "actor_loss": first_critic_actor_loss,
        "td_target": clipped_double_q_target,
        "soft_update": hasty_update,
    }
    assert_same(*both(130, recipe=replace(CALM, gamma=1), **parts), tolerance=1e-13)


def test_loaded_agents_wait_until_their_buffers_are_filled(tmp_path):
    envs, agents = team(double=False, recipe=QUICK)
    train_stacked(envs, StackedDDPG(agents), 120)
    for i, agent in enumerate(agents):
        agent.save(tmp_path / f"{i}.pt")
    assert (tmp_path / "0.pt").stat().st_size < 30_000  # nothing of the other agents is in it
    envs, _ = team()
    agents = [DDPG.load(tmp_path / f"{i}.pt", env, **PARTS) for i, env in enumerate(envs)]
    train_stacked(envs, StackedDDPG(agents), 230)
    assert [len(agent.history["critic_loss"][0]) for agent in agents] == [11] * NUMBER


def test_an_agent_goes_on_alone_or_in_another_stack():
    """Everything is written back, Adam's moments too, and taken over into a new stack."""
    alone, together = both(150)
    envs = [pendulum(seed) for seed in range(NUMBER)]
    for env, agent in zip(envs, alone, strict=True):
        train(env, agent, 250)
    envs = [pendulum(seed) for seed in range(NUMBER)]
    train(envs[0], together[0], 250)
    rest = StackedDDPG(together[1:])
    train_stacked(envs[1:], rest, 250)
    assert_same(alone, together, tolerance=1e-13)


def test_agents_own_their_memory():
    """What an agent learns after a stack doesn't reach back into it, or into another agent."""
    envs, agents = team()
    stacked = StackedDDPG(agents)
    train_stacked(envs, stacked, 110)
    before = [tensors(agent) for agent in agents]
    train(envs[0], agents[0], 115)
    stacked.agents = agents[1:]  # the first has gone on
    for i, agent in enumerate(agents[1:], start=1):
        for name, numbers in tensors(agent).items():
            assert torch.equal(numbers, before[i][name])
    for name in NETWORKS:
        share = torch.cat([p[0].flatten() for p in getattr(stacked, name).parameters()])
        assert torch.equal(share.detach(), before[0][name])


def test_the_policy_is_the_average_of_the_actor():
    envs, agents = team()
    stacked = StackedDDPG(agents)
    train_stacked(envs, stacked, 300)
    states = np.stack([env.reset()[0] for env in envs])
    np.testing.assert_allclose(
        stacked.act(states),
        [agent.act(s) for agent, s in zip(agents, states, strict=True)],
        atol=1e-12,
    )
    assert np.abs(stacked.act(states) - stacked.predict(stacked.actor, states)).min() > 1e-5
    plain = StackedDDPG(team(recipe=replace(CALM, average=0.0))[1])
    assert plain.policy is plain.actor


def test_each_agent_is_asked_about_its_own_states():
    _, agents = team(number=2)
    stacked = StackedDDPG(agents)
    states = np.random.default_rng(0).normal(size=(2, 4, 5, 3))
    actions = stacked.act(states)
    assert actions.shape == (2, 4, 5, 1)
    for agent, own, done in zip(agents, states, actions, strict=True):
        np.testing.assert_allclose(done, agent.act(own), atol=1e-15)
    assert stacked.act(states[:, 0, 0]).shape == (2, 1)


class Moody(WideActor):
    """It acts otherwise than it learns, as networks with dropout do."""

    def forward(self, s):
        return super().forward(s) * (1.0 if self.training else 0.5)


def test_actors_act_in_evaluation_mode():
    _, agents = team(number=2, actor=Moody)
    stacked = StackedDDPG(agents)
    s = np.ones((2, 3))
    for agent, action in zip(agents, stacked.act(s), strict=True):
        assert action == pytest.approx(agent.act(s[0]), rel=1e-12)
    assert stacked.policy.training


# Where the numbers live


def test_tensors_are_made_on_the_agents_device_in_one_copy_for_each_update(monkeypatch):
    """With a default device that holds no numbers, a tensor made there would show."""
    envs, agents = team(double=False)
    train_stacked(envs, StackedDDPG(agents), 100)
    states, copies, from_numpy = np.ones((NUMBER, 3)), [], torch.from_numpy
    expected = StackedDDPG(agents).act(states)
    with torch.device("meta"):
        stacked = StackedDDPG(agents)
        monkeypatch.setattr(torch, "from_numpy", lambda x: copies.append(x) or from_numpy(x))
        np.testing.assert_array_equal(stacked.act(states), expected)
        losses = stacked.learn()
        assert [rows.shape for rows in copies] == [(NUMBER, 16, 9)]
        stacked.write_back()
    assert all(loss.shape == (NUMBER,) and loss.device.type == "cpu" for loss in losses.values())


# After an error


class Crash(Tightrope):
    def step(self, action):
        if self.time == 5 and self.crashes:
            raise RuntimeError("the rope broke")
        return super().step(action)


def test_after_an_error_the_agents_have_what_they_learned():
    envs, agents = team(lambda seed: Crash())
    for env in envs:
        env.crashes = False
    stacked = StackedDDPG(agents)
    train_stacked(envs, stacked, 120)
    before = [tensors(agent) for agent in agents]
    envs[1].crashes = True
    with pytest.raises(RuntimeError, match="the rope broke"):
        train_stacked(envs, stacked, 400)
    assert {agent.steps for agent in agents} == {len(agent.buffer) for agent in agents} == {125}
    for agent, old in zip(agents, before, strict=True):
        assert not torch.equal(tensors(agent)["actor"], old["actor"])


def test_invalid_data_is_noticed_before_it_is_stored():
    class Broken(Tightrope):
        def state(self):
            return super().state() * (np.nan if self.time == 9 else 1)

    envs, agents = team(lambda seed: Broken() if seed == 1 else Tightrope())
    with pytest.raises(ValueError, match="the environment's state was"):
        train_stacked(envs, StackedDDPG(agents), 400)
    assert all(np.isfinite(agent.buffer.rows).all() for agent in agents)


def test_the_first_interrupt_ends_the_run_after_the_step():
    class Impatient(Tightrope):
        def step(self, action):
            if agents[0].steps == 110:
                signal.raise_signal(signal.SIGINT)
            return super().step(action)

    envs, agents = team(lambda seed: Impatient() if seed == 1 else Tightrope())
    train_stacked(envs, StackedDDPG(agents), 400)
    assert {agent.steps for agent in agents} == {111}


def test_a_loss_that_is_nan_names_its_agent():
    envs, agents = team()
    agents[2].critic.layers[0].weight.data.fill_(np.nan)
    with pytest.raises(ValueError, match="At step 100 critic_loss of agent 2 became nan"):
        train_stacked(envs, StackedDDPG(agents), 200)


# Refused


def one_of(**parts):
    """Provoke: the last of the agents differs in these settings."""
    return lambda: StackedDDPG([*team(number=2)[1], *team(number=1, **parts)[1]])


def all_with(cls=DDPG, **parts):
    """Provoke: a stack of agents that have these parts."""
    settings = PARTS | {"recipe": QUICK} | parts
    return lambda: StackedDDPG([cls(pendulum(k), seed=k, **settings) for k in range(2)])


def longer():
    envs, agents = team()
    train(envs[1], agents[1], 5)
    StackedDDPG(agents)


def wider():
    class Growing(nn.Sequential):
        """Each has more units than the one before."""

        units = 8

        def __init__(self, state_dim, action_dim):
            Growing.units *= 2
            layers = nn.Linear(state_dim, self.units), nn.Linear(self.units, action_dim)
            super().__init__(*layers, nn.Tanh())

    all_with(actor=Growing)()


def twice():
    _, agents = team()
    StackedDDPG([*agents, agents[0]])


def in_envs(*places):
    """Provoke: a run in such environments out of three."""

    def run():
        envs, agents = team()
        train_stacked([envs[i] for i in places], StackedDDPG(agents), 10)

    return run


def part_of_a_step():
    envs, agents = team()
    train_stacked(envs, StackedDDPG(agents), 1.5)


class Dropout(SmallCritic):
    def forward(self, s, a):
        return nn.functional.dropout(super().forward(s, a))


def choosy_loss(q, batch, y):
    loss = critic_loss(q, batch, y)
    return loss if loss < 1 else 0 * loss


PRIORITIZED = {"buffer": PrioritizedReplay, "critic_loss": weighted_critic_loss}
REFUSED = [  # name, how to provoke it, what the sentence must contain
    ("no agent", lambda: StackedDDPG([]), "A stack needs agents, but the list is"),
    ("an agent twice", twice, "but of 4 only 3 are different"),
    ("another setting", one_of(recipe=replace(CALM, tau=0.5)), "tau is 0.02 in agent 0 and 0.5 in"),
    ("another loss", one_of(critic_loss=choosy_loss), "critic_loss in agent 0 and choosy_loss in"),
    ("another network", one_of(actor=SmallActor), "actor is WideActor in agent 0 and SmallActor"),
    ("more units", wider, "the shape of actor.0.weight is [16, 3] in agent 0 and [32, 3] in agent"),
    ("another environment", one_of(make=lambda seed: Tightrope()), "state_shape is (3,) in agent"),
    ("trained longer", longer, "steps is 0 in agent 0 and 5 in agent 1"),
    ("a delayed update", all_with(DelayedDDPG), "a DelayedDDPG may act or learn in another way"),
    ("TD3", all_with(TD3, critic=partial(TwinCritic, critic=SmallCritic)), "a TD3 may act or"),
    ("no targets", all_with(DDPGWithLiveTargets), "a DDPGWithLiveTargets may act or learn"),
    ("priorities", all_with(**PRIORITIZED), "its buffer, a PrioritizedReplay, draws batches"),
    ("batch norm", all_with(actor=ActorWithBatchNorm), "the buffer layer1.0.running_mean beside"),
    ("a target's own noise", all_with(td_target=SmoothedTarget()), "its td_target has a state of"),
    ("a counting update", all_with(soft_update=HardCopy(5)), "its soft_update has a state of its"),
    ("dropout", all_with(critic=Dropout), "(vmap: called random operation while in randomness"),
    ("a choice by a number", all_with(critic_loss=choosy_loss), "(vmap: It looks like you're att"),
    ("reports of errors", all_with(critic_loss=weighted_critic_loss), "no attribute 'report'"),
    ("too few environments", in_envs(0, 1), "Each of 3 agent(s) needs an environment of its"),
    ("an environment twice", in_envs(0, 1, 1), "3 were given, of which 2 are different"),
    ("half a step", part_of_a_step, "a whole number, 0 or more, not 1.5"),
]


@pytest.mark.parametrize(("name", "provoke", "words"), REFUSED, ids=[name for name, *_ in REFUSED])
def test_a_refusal_is_one_clear_sentence(name, provoke, words):
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        provoke()
    message = str(caught.value)
    print(f"| {name} | {message} |")
    plain = re.sub(r"\([^)]*\)|\d+\.\d+|\w+\.\w+", "", message)
    assert len(re.findall(r"[.!?](?:\s|$)", plain)) == 1
    assert message.endswith(".")
    assert "\n" not in message
