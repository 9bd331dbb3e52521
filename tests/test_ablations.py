"""Each ablation lacks what it says, and nothing else."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from helpers import losses
from helpers.agent import DDPG
from helpers.buffer import Batch
from helpers.environment import make_env
from helpers.networks import Actor, Critic
from helpers.recipes import modern
from helpers.training import train
from helpers.variants import ablations, batch_norm
from tools.experiments import EXPERIMENTS

SMALL = {  # for a few fast steps
    "learning_starts": 10, "batch_size": 8, "buffer_size": 1_000, "average": 5.0
}  # fmt: skip
STATES = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
ACTIONS = torch.linspace(-1, 1, 50)[:, None]


def trained(agent_class=DDPG, steps=70, **changes):
    """An agent after a few steps; the changes are to its recipe and its components."""
    settings = SMALL | {name: changes.pop(name) for name in {*vars(modern)} & {*changes}}
    env = make_env(seed=0)
    agent = agent_class(env, seed=0, recipe=replace(modern, **settings), **changes)
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


OWN_CODE = [
    name
    for name, e in EXPERIMENTS.items()
    if issubclass(e.agent, DDPG) and (e.components or (e.agent, e.environment) != (DDPG, make_env))
]


@pytest.mark.parametrize("name", [*OWN_CODE, "biased_noise", "slow_noise", "gaussian_noise"])
def test_each_experiment_trains_without_an_error(name):
    experiment = EXPERIMENTS[name]
    env = experiment.environment(seed=0)
    recipe = replace(experiment.recipe, **SMALL)
    agent = experiment.agent(env, seed=0, recipe=recipe, **experiment.components)
    before, history = weights(agent.critic), train(env, agent, 70)
    assert agent.steps == 70
    assert len(history["critic_loss"][0]) == 61
    assert not torch.equal(weights(agent.critic), before)
    assert torch.isfinite(weights(agent.actor)).all()
    shape = env.observation_space.shape
    many = STATES.numpy() if shape == (3,) else np.zeros((7, *shape), np.float32)
    for states in (np.zeros(shape, np.float32), many):
        actions = agent.act(states)
        assert actions.shape == (*states.shape[: -len(shape)], 1)
        assert np.abs(actions).max() <= 1


def test_without_tanh_the_action_is_the_one_before_the_tanh():
    actor = Actor(3, 1)
    bare = ablations.ActorWithoutTanh(3, 1)
    bare.load_state_dict(actor.state_dict())
    torch.testing.assert_close(torch.tanh(bare(STATES)), actor(STATES))
    torch.nn.init.constant_(bare.layer3.bias, 5.0)
    assert bare(STATES).min() > 4


def test_the_clipping_agent_gives_valid_actions_and_its_actor_does_not():
    agent = ablations.ClippingDDPG(make_env(), seed=0, actor=ablations.ActorWithoutTanh)
    for network in (agent.actor, agent.policy):
        torch.nn.init.constant_(network.layer3.bias, -5.0)
    assert (agent.act(STATES.numpy()) == -1).all()
    assert agent.actor(STATES).max() < -4
    agent.steps = agent.recipe.learning_starts
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


@pytest.mark.parametrize(
    "components",
    [{"critic": ablations.CriticOfTheState}, {"actor_loss": ablations.frozen_actor_loss}],
)
def test_an_actor_without_a_slope_stays_as_it_began_while_the_critic_learns(components):
    agent, start = trained(**components), trained(steps=0, **components)
    assert torch.equal(weights(agent.actor), weights(start.actor))
    assert not torch.equal(weights(agent.critic), weights(start.critic))


def test_the_action_enters_at_the_first_layer():
    critic = ablations.CriticWithActionFirst(3, 1)
    assert (critic.layer1.in_features, critic.layer2.in_features) == (4, 400)
    assert sum(p.numel() for p in critic.parameters()) == 5 * 400 + 401 * 300 + 301  # and no other
    x = torch.cat([STATES, ACTIONS], dim=1)
    for layer in (critic.layer1, critic.layer2):
        x = (x @ layer.weight.T + layer.bias).clamp(min=0)
    torch.testing.assert_close(
        critic(STATES, ACTIONS), x @ critic.layer3.weight.T + critic.layer3.bias
    )


def test_batch_norm_learns_with_the_batch_and_acts_with_what_it_has_seen():
    agent = trained(steps=0, average=0.0, actor=batch_norm.ActorWithBatchNorm)
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


def test_batch_norm_counts_each_update_and_nothing_else():
    agent = trained(average=0.0, actor=batch_norm.ActorWithBatchNorm)
    assert agent.actor.layer1[0].num_batches_tracked == 61  # one for each update
    assert np.allclose(agent.act(STATES.numpy()), agent.predict(agent.actor, STATES.numpy()))


def test_batch_norm_stands_where_the_paper_puts_it():
    actor, critic = batch_norm.ActorWithBatchNorm(3, 1), batch_norm.CriticWithBatchNorm(3, 1)

    def sizes(network):
        norm = torch.nn.BatchNorm1d
        return [m.num_features for m in network.modules() if isinstance(m, norm)]

    assert sizes(actor) == [3, 400, 300]
    assert sizes(critic) == [3, 400]  # nothing after the action has entered
    assert actor.layer3.weight.detach().abs().max() <= 0.003


def filled(buffer, added, capacity=8):
    """A buffer that has been given transitions with the rewards 0, 1, 2, ..."""
    memory = buffer(capacity, 2, 1, seed=0)
    for k in range(added):
        memory.add([k, k], [k], k, [k + 1, k + 1], False)
    return memory


@pytest.mark.parametrize("added", [1, 3, 5])  # at last more than fit: the ring goes round
def test_only_the_last_transition_comes_back(added):
    got = filled(ablations.LastTransitionOnly, added, capacity=3).sample(4)
    assert got.r.tolist() == [[added - 1]] * 4
    assert got.s_next.tolist() == [[added, added]] * 4
    assert got.terminated.shape == (4, 1)


def test_a_batch_is_one_transition_and_each_one_comes_up():
    memory, seen = filled(ablations.SingleTransition, 11), set()
    for _ in range(400):
        batch = memory.sample(5)
        assert batch.r.shape == (5, 1)
        assert (batch.s == batch.s[0]).all()
        assert (batch.r == batch.r[0]).all()
        seen.add(batch.r[0].item())
    assert seen == {*range(3, 11)}  # all 8 that are still held


@pytest.mark.parametrize("added", [5, 8, 11, 16, 21])  # half full, full, round the ring
def test_a_batch_is_in_order_and_never_crosses_the_write_head(added):
    memory, first = filled(ablations.InOrder, added), max(0, added - 8)
    starts = {memory.sample(4).r[0].item() for _ in range(300)}
    assert starts == {*range(first, added - 3)}
    for _ in range(50):
        r = memory.sample(4).r[:, 0]
        assert (r[1:] - r[:-1] == 1).all()
    assert memory.sample(len(memory)).r[:, 0].tolist() == [*range(first, added)]
    with pytest.raises(ValueError, match="high"):
        memory.sample(len(memory) + 1)


def test_that_is_the_same_as_a_memory_of_one():
    short = {"learning_starts": 1, "batch_size": 1}
    one = trained(buffer_size=1, **short)
    last = trained(buffer_size=70, **short, buffer=ablations.LastTransitionOnly)
    assert torch.equal(weights(one.actor), weights(last.actor))


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


def test_a_copied_or_loaded_hard_copy_goes_on_counting():
    agent = trained(soft_update=ablations.HardCopy(100), steps=80, average=0.0)
    twin = copy.deepcopy(agent)
    calls = twin.soft_update.calls
    assert calls[twin.target_actor] == calls[twin.target_critic] == 71
    copies, target, online = ablations.HardCopy(5), torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    for pair in [(target, online)] * 2 + [(online, online)] * 4:
        copies(*pair, tau=0.5)
    assert copies.state_dict() == {"calls": [2, 4]}
    agent, other = ablations.HardCopy(5), ablations.HardCopy(5)
    for fresh in (agent, other):  # also from a state that nothing has been counted on since
        fresh.load_state_dict((copies if fresh is agent else agent).state_dict())
    before = weights(target)
    for call in range(1, 4):
        other(target, online, tau=0.5)  # the first target: 3, 4, 5
        assert torch.equal(weights(target), weights(online) if call == 3 else before)
    other(online, online, tau=0.5)
    assert other.state_dict() == {"calls": [5, 5]}


def test_live_targets_are_the_networks_and_so_it_is_tau_1_as_long_as_y_is_detached():
    agent, other = trained(ablations.DDPGWithLiveTargets), trained(tau=1.0)
    assert (agent.target_actor, agent.target_critic) == (agent.actor, agent.critic)
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


@pytest.mark.parametrize(("kind", "ends"), [(ablations.DDPGWithTimeLimitAsEnd, [199]), (DDPG, [])])
def test_the_time_limit_is_stored_as_the_end(kind, ends):
    agent = trained(kind, steps=250, learning_starts=1_000)
    assert np.flatnonzero(agent.buffer.rows[:250, -1]).tolist() == ends


@pytest.mark.parametrize(("terminated", "truncated"), [(True, False), (True, True), (False, False)])
def test_all_other_ends_are_stored_as_they_are(terminated, truncated):
    agent = ablations.DDPGWithTimeLimitAsEnd(make_env(), seed=0)
    agent.noise.reset = lambda: ends.append(1)
    ends = []
    agent.observe(np.zeros(3), np.zeros(1), 0.0, np.ones(3), terminated, truncated)
    assert agent.buffer.rows[0, -1] == terminated
    assert len(ends) == (terminated or truncated)


@pytest.mark.parametrize(("terminated", "truncated"), [(True, False), (True, True), (False, True)])
def test_without_ends_none_is_stored_and_the_noise_still_begins_again(terminated, truncated):
    agent = ablations.DDPGWithoutEnds(make_env(), seed=0)
    agent.noise.reset = lambda: ends.append(1)
    ends = []
    agent.observe(np.zeros(3), np.zeros(1), 0.0, np.ones(3), False, False)
    agent.observe(np.zeros(3), np.zeros(1), 0.0, np.ones(3), terminated, truncated)
    assert not agent.buffer.rows[:2, -1].any()
    assert len(ends) == 1


def test_the_wrong_sign_goes_down_where_the_right_one_goes_up():
    mu, q = Actor(3, 1), Critic(3, 1)
    before = q(STATES, mu(STATES)).mean().item()
    for loss, direction in ((losses.actor_loss, 1), (ablations.wrong_sign_actor_loss, -1)):
        actor = copy.deepcopy(mu)
        descent = torch.optim.SGD(actor.parameters(), lr=0.1)
        loss(actor, q, STATES).backward()
        descent.step()
        assert direction * (q(STATES, actor(STATES)).mean().item() - before) > 0
