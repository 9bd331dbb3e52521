"""Each ablation lacks what it says, and nothing else."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from helpers import ablations, batch_norm, losses
from helpers.agent import DDPG
from helpers.buffer import Batch, ReplayBuffer
from helpers.environment import make_env
from helpers.networks import Actor, Critic
from helpers.recipes import modern
from helpers.training import train
from tools.experiments import EXPERIMENTS

SMALL = {"warmup": 10, "batch_size": 8, "memory": 1_000}  # settings for a few fast steps
STATES = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
ACTIONS = torch.linspace(-1, 1, 50)[:, None]


def trained(agent_class=DDPG, steps=70, **pieces):
    """An agent after a few steps."""
    env = make_env(seed=0)
    agent = agent_class(env, seed=0, recipe=replace(modern, **SMALL), **pieces)
    train(env, agent, steps)
    return agent


def weights(network):
    """All weights of a network as one vector."""
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def batch(n=50, terminated=0.0):
    """A batch of made-up transitions."""
    rewards = torch.linspace(-9, -1, n)[:, None]
    return Batch(
        STATES[:n], ACTIONS[:n], rewards, STATES[:n].flip(0), torch.full((n, 1), terminated)
    )


@pytest.mark.parametrize("name", [n for n, e in EXPERIMENTS.items() if issubclass(e.agent, DDPG)])
def test_each_experiment_trains_without_an_error(name):
    experiment = EXPERIMENTS[name]
    env = experiment.environment(seed=0)
    recipe = replace(experiment.recipe, **SMALL)
    agent = experiment.agent(env, seed=0, recipe=recipe, **experiment.pieces)
    before = weights(agent.critic)
    history = train(env, agent, 70)
    assert history.step == 70
    assert len(history["critic_loss"][0]) == 61
    assert not torch.equal(weights(agent.critic), before)
    assert torch.isfinite(weights(agent.actor)).all()
    for states in (np.zeros(3, np.float32), STATES.numpy()):
        actions = agent.act(states)
        assert actions.shape == (*states.shape[:-1], 1)
        assert np.abs(actions).max() <= 1


def test_without_tanh_the_action_is_the_one_before_the_tanh():
    actor = Actor(3, 1)
    bare = ablations.ActorWithoutTanh(3, 1)
    bare.load_state_dict(actor.state_dict())
    torch.testing.assert_close(torch.tanh(bare(STATES)), actor(STATES))
    torch.nn.init.constant_(bare.layer3.bias, 5.0)
    assert bare(STATES).min() > 4


def test_the_clipping_agent_gives_valid_actions_and_its_actor_does_not_know():
    agent = ablations.ClippingDDPG(make_env(), seed=0, actor=ablations.ActorWithoutTanh)
    for network in (agent.actor, agent.policy):
        torch.nn.init.constant_(network.layer3.bias, -5.0)
    assert (agent.act(STATES.numpy()) == -1).all()
    assert agent.actor(STATES).max() < -4
    agent.steps = agent.recipe.warmup
    assert abs(agent.explore(STATES[0].numpy())) <= 1


def test_the_default_start_is_wide_in_the_last_layer_alone():
    usual, wide = Actor(3, 1), ablations.ActorWithDefaultStart(3, 1)
    largest = [float(network.layer3.weight.detach().abs().max()) for network in (usual, wide)]
    assert largest[0] <= 0.003
    assert 0.9 / 300**0.5 < largest[1] <= 1 / 300**0.5
    assert wide.layer2.weight.detach().abs().max() <= 1 / 400**0.5


def test_the_critic_of_the_state_has_no_slope_in_the_action():
    critic, usual = ablations.CriticOfTheState(3, 1), Critic(3, 1)
    for network, flat in ((critic, True), (usual, False)):
        a = ACTIONS.clone().requires_grad_()
        network(STATES, a).sum().backward()
        assert bool((a.grad == 0).all()) is flat
    assert torch.equal(critic(STATES, ACTIONS), critic(STATES, -ACTIONS))
    assert not torch.equal(critic(STATES, ACTIONS), critic(STATES.flip(0), ACTIONS))


def test_its_actor_never_moves():
    agent = trained(critic=ablations.CriticOfTheState)
    start = DDPG(make_env(), seed=0, critic=ablations.CriticOfTheState)
    assert torch.equal(weights(agent.actor), weights(start.actor))


def test_the_action_enters_at_the_first_layer():
    critic = ablations.CriticWithActionFirst(3, 1)
    assert (critic.layer1.in_features, critic.layer2.in_features) == (4, 400)
    x = torch.cat([STATES, ACTIONS], dim=1)
    for layer in (critic.layer1, critic.layer2):
        x = (x @ layer.weight.T + layer.bias).clamp(min=0)
    torch.testing.assert_close(
        critic(STATES, ACTIONS), x @ critic.layer3.weight.T + critic.layer3.bias
    )


def test_batch_norm_learns_with_the_batch_and_acts_with_what_it_has_seen():
    agent = batch_norm.BatchNormDDPG(
        make_env(),
        seed=0,
        actor=batch_norm.ActorWithBatchNorm,
        critic=batch_norm.CriticWithBatchNorm,
    )
    alone, together = agent.act(STATES[0].numpy()), agent.act(STATES.numpy())
    assert np.allclose(alone, together[0], atol=1e-7)  # its company does not matter
    few, all_of_them = agent.actor(STATES[:5])[0], agent.actor(STATES)[0]
    assert not torch.allclose(few, all_of_them, atol=1e-7)  # here it does
    layer = agent.actor.layer1[0]
    agent.actor(STATES)
    assert not torch.equal(layer.running_mean, torch.zeros(3))
    seen = layer.running_mean.clone()
    agent.act(STATES.numpy())
    assert torch.equal(layer.running_mean, seen)  # acting teaches it nothing
    torch.testing.assert_close(layer(100 * STATES + 7).mean(0), torch.zeros(3), atol=1e-5, rtol=0)


def test_batch_norm_judges_the_actor_even_where_the_recipe_averages():
    agent = trained(batch_norm.BatchNormDDPG, actor=batch_norm.ActorWithBatchNorm)
    assert agent.recipe.average > 0
    assert agent.policy is agent.actor
    assert agent.actor.layer1[0].num_batches_tracked == 61  # one for each update
    assert np.allclose(agent.act(STATES.numpy()), agent.ask(agent.actor, STATES.numpy()))


def test_batch_norm_stands_where_the_paper_puts_it():
    actor, critic = batch_norm.ActorWithBatchNorm(3, 1), batch_norm.CriticWithBatchNorm(3, 1)

    def sizes(network):
        norm = torch.nn.BatchNorm1d
        return [m.num_features for m in network.modules() if isinstance(m, norm)]

    assert sizes(actor) == [3, 400, 300]
    assert sizes(critic) == [3, 400]  # nothing after the action has entered
    assert actor.layer3.weight.detach().abs().max() <= 0.003


def test_only_the_last_transition_comes_back():
    memory = ablations.LastTransitionOnly(3, 2, 1, seed=0)
    for k in range(5):  # more than fit: the ring goes round
        memory.add([k, k], [k], k, [k + 1, k + 1], False)
        got = memory.sample(4)
        assert got.r.tolist() == [[k]] * 4
        assert got.s_next.tolist() == [[k + 1, k + 1]] * 4
        assert got.terminated.shape == (4, 1)


def test_that_is_the_same_as_a_memory_of_one():
    agents = []
    for memory, buffer in ((1, ReplayBuffer), (70, ablations.LastTransitionOnly)):
        recipe = replace(modern, warmup=10, batch_size=1, memory=memory)
        env = make_env(seed=0)
        agents.append(DDPG(env, seed=0, recipe=recipe, buffer=buffer))
        train(env, agents[-1], 70)
    assert torch.equal(weights(agents[0].actor), weights(agents[1].actor))


def test_a_hard_copy_is_made_exactly_every_so_many_calls():
    copies = ablations.HardCopy(3)
    pairs = [(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)) for _ in range(2)]
    starts = [weights(target) for target, _ in pairs]
    for call in range(1, 10):
        for k, (target, online) in enumerate(pairs):  # two targets, counted apart
            torch.nn.init.constant_(online.weight, call)
            copies(target, online, tau=0.5)
            last = call - call % 3
            assert (
                (target.weight == last).all() if last else torch.equal(weights(target), starts[k])
            )
            assert target.weight is not online.weight
    assert repr(copies) == "HardCopy(3)"


def test_a_copied_agent_goes_on_counting():
    agent = trained(soft_update=ablations.HardCopy(100), steps=80)
    twin = copy.deepcopy(agent)
    calls = twin.pieces.soft_update.calls
    assert calls[twin.target_actor] == calls[twin.target_critic] == 71


def test_live_targets_are_the_networks_themselves():
    agent = trained(ablations.DDPGWithLiveTargets)
    assert agent.target_actor is agent.actor
    assert agent.target_critic is agent.critic


def test_with_live_targets_it_is_tau_1_as_long_as_y_is_detached():
    agent = trained(ablations.DDPGWithLiveTargets)
    env = make_env(seed=0)
    other = DDPG(env, seed=0, recipe=replace(modern, **SMALL, tau=1.0))
    train(env, other, 70)
    assert torch.equal(weights(agent.critic), weights(other.critic))
    attached = trained(ablations.DDPGWithLiveTargets, td_target=ablations.td_target_attached)
    assert not torch.equal(weights(attached.critic), weights(other.critic))


@pytest.mark.parametrize("terminated", [0.0, 1.0])
def test_an_attached_target_is_the_same_number_with_a_gradient(terminated):
    mu, q = Actor(3, 1), Critic(3, 1)
    args = (batch(terminated=terminated), mu, q, 0.9)
    attached, detached = ablations.td_target_attached(*args), losses.td_target(*args)
    assert torch.equal(attached, detached)
    assert attached.requires_grad
    assert not detached.requires_grad


def observed(agent_class):
    """The `terminated` column of a memory after one whole episode and a bit."""
    agent = agent_class(make_env(), seed=0, recipe=replace(modern, warmup=10**6))
    env = make_env(seed=0)
    train(env, agent, 250)
    return agent.buffer.rows[:250, -1]


def test_the_time_limit_is_stored_as_the_end():
    assert np.flatnonzero(observed(ablations.DDPGWithTimeLimitAsEnd)).tolist() == [199]
    assert not observed(DDPG).any()


@pytest.mark.parametrize(("terminated", "truncated"), [(True, False), (True, True), (False, False)])
def test_all_other_ends_are_stored_as_they_are(terminated, truncated):
    agent = ablations.DDPGWithTimeLimitAsEnd(make_env(), seed=0)
    agent.noise.reset = lambda: ends.append(1)
    ends = []
    agent.observe(np.zeros(3), np.zeros(1), 0.0, np.ones(3), terminated, truncated)
    assert agent.buffer.rows[0, -1] == terminated
    assert len(ends) == (terminated or truncated)


def test_a_frozen_actor_stays_as_it_began_while_the_critic_learns():
    agent, start = trained(actor_loss=ablations.frozen_actor_loss), DDPG(make_env(), seed=0)
    assert torch.equal(weights(agent.actor), weights(start.actor))
    assert not torch.equal(weights(agent.critic), weights(start.critic))


def test_the_wrong_sign_goes_down_where_the_right_one_goes_up():
    mu, q = Actor(3, 1), Critic(3, 1)
    before = q(STATES, mu(STATES)).mean().item()
    for loss, direction in ((losses.actor_loss, 1), (ablations.wrong_sign_actor_loss, -1)):
        actor = copy.deepcopy(mu)
        descent = torch.optim.SGD(actor.parameters(), lr=0.1)
        loss(actor, q, STATES).backward()
        descent.step()
        assert direction * (q(STATES, actor(STATES)).mean().item() - before) > 0
