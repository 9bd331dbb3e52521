"""Each bug makes the mistake that it names, and no other, on cases worked out by hand."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from helpers import losses, targets
from helpers.agent import DDPG
from helpers.buffer import Batch
from helpers.callbacks.evaluate import Evaluate
from helpers.environment import make_env
from helpers.networks import Actor, Critic
from helpers.noise import OrnsteinUhlenbeck
from helpers.pendulum.physics import accelerate, observe, start_states
from helpers.recipes import modern
from helpers.training import train
from helpers.variants import bugs, evaluation_bugs
from helpers.variants.bug_hunt import BUGS, MYSTERIES, mystery
from tools.diffs import difference
from tools.experiments import EXPERIMENTS

RECIPE = replace(modern, learning_starts=10, batch_size=8, buffer_size=1_000, sigma=0.2)
STATES = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)


def agent(kind=DDPG, steps=0, recipe=RECIPE, **components):
    """An agent after a few steps."""
    env = make_env(seed=0)
    made = kind(env, seed=0, recipe=recipe, **components)
    train(env, made, steps)
    return made


def weights(network):
    """All weights of a network as one vector."""
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def test_every_episode_starts_where_the_first_did():
    right, wrong = make_env(seed=7), bugs.env_with_one_start(seed=7)
    first = observe(*start_states([7]))[0]
    for episode in range(3):
        s, _ = wrong.reset()
        np.testing.assert_allclose(s, first, atol=1e-6)
        wrong.step(np.ones(1, np.float32))  # what happens in between leaves no trace
        assert episode == 0 or not np.allclose(right.reset()[0], first)


@pytest.mark.parametrize(
    ("make", "torque"), [(make_env, 2.0), (bugs.env_without_scaling, 1.0)], ids=["right", "wrong"]
)
def test_without_scaling_a_full_action_is_half_the_torque(make, torque):
    env = make(seed=7)
    (theta,), (velocity,) = start_states([7])
    s, *_ = env.step(np.ones(1, np.float32))
    assert s[2] == pytest.approx(accelerate(theta, velocity, np.array(torque)), abs=1e-5)
    assert (env.action_space.low, env.action_space.high) == (-1, 1)  # what it says


def test_it_is_evaluated_by_the_torque_that_it_asks_for():
    right, wrong = agent(), agent(bugs.DDPGInNewtonMetres)
    assert np.allclose(wrong.act(STATES), right.act(STATES) / 2)
    assert np.array_equal(wrong.explore(STATES[0]), right.explore(STATES[0]))


@pytest.mark.parametrize(
    ("kind", "middle"), [(OrnsteinUhlenbeck, 0), (bugs.BiasedNoise, 0.2 * 0.5 / 0.15)]
)
def test_biased_noise_settles_at_half_a_kick_over_theta(kind, middle):
    noise = kind(1, seed=0)
    assert np.mean([noise() for _ in range(20_000)]) == pytest.approx(middle, abs=0.05)


def test_slow_noise_takes_a_tenth_of_the_kick_and_is_not_reset():
    right, wrong = (kind(1, seed=0) for kind in (OrnsteinUhlenbeck, bugs.SlowNoise))
    assert wrong() == pytest.approx(right() / 10)  # the root of 0.01
    for noise in (right, wrong):
        noise.reset()
    assert right.x == 0
    assert wrong.x != 0


@pytest.mark.parametrize(
    ("right", "wrong", "inputs"),
    [(Actor, bugs.ActorWithFanOut, (3, 400)), (Critic, bugs.CriticWithFanOut, (3, 401))],
    ids=["actor", "critic"],
)
def test_fan_out_starts_the_hidden_layers_by_their_outputs(right, wrong, inputs):
    for kind, sizes in ((right, inputs), (wrong, (400, 300))):
        network = kind(3, 1)
        for name, p in network.named_parameters():
            n = sizes[name[:6] != "layer1"]  # `action` is a part of the second layer
            assert name[:6] == "layer3" or 0.9 * n**-0.5 < p.detach().abs().max() <= n**-0.5
        assert network.layer3.weight.detach().abs().max() <= 0.003


def test_broadcast_compares_all_with_all():
    s = torch.tensor([[1.0], [2.0], [6.0]])
    batch = Batch(s, s, s, s, 0 * s)
    args = (lambda s, a: s, batch, s)  # a critic that is exactly right
    assert losses.critic_loss(*args) == 0
    assert bugs.broadcast_critic_loss(*args).item() == pytest.approx(28 / 3)  # 2 (1 + 25 + 16) / 9


@pytest.mark.parametrize(
    ("update", "expected"), [(targets.soft_update, 0.25), (bugs.soft_update_reversed, 0.75)]
)
def test_tau_reversed_goes_the_rest_of_the_way(update, expected):
    target, online = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    for network, value in ((target, 0.0), (online, 1.0)):
        for parameter in network.parameters():
            torch.nn.init.constant_(parameter, value)
    update(target, online, 0.25)
    assert (weights(target) == expected).all()


def stored(kind, steps=0):
    """The transition that an agent makes of s = 1, 2, 3, a = 0.5, r = -2, s' = 4, 5, 6."""
    made = agent(kind)
    made.steps = steps
    made.observe(np.array([1, 2, 3]), np.array([0.5]), -2.0, np.array([4, 5, 6]), False, False)
    return made, made.buffer.rows[0].tolist()


def test_the_next_state_is_stored_twice_or_the_proposal_in_place_of_what_was_done():
    rest = [pytest.approx(-2 * RECIPE.reward_scale), 4, 5, 6, 0]
    assert stored(DDPG)[1] == [1, 2, 3, 0.5, *rest]
    assert stored(bugs.DDPGWithNextStateAsState)[1] == [4, 5, 6, 0.5, *rest]
    made, row = stored(bugs.DDPGWithCleanAction, steps=RECIPE.learning_starts)
    proposed = made.predict(made.actor, np.array([1, 2, 3])).item()
    assert row == [1, 2, 3, pytest.approx(proposed), *rest]
    _, row = stored(bugs.DDPGWithCleanAction, steps=0)
    assert row[3] == 0.5  # a random action is nobody's proposal


def test_the_delayed_actor_moves_at_every_second_step():
    made = agent(bugs.DDPGWithDelayedActor, steps=10)
    moved = []
    for _ in range(6):
        before = weights(made.actor), weights(made.critic)
        made.steps += 1
        made.learn()
        now = weights(made.actor), weights(made.critic)
        moved.append([not torch.equal(a, b) for a, b in zip(before, now, strict=True)])
    assert moved == [[True, True], [False, True]] * 3  # at steps 11 to 16


def test_gradients_add_up():
    for kind, expected in ((DDPG, 1.0), (bugs.DDPGWithoutZeroGrad, 2.0)):
        made = agent(kind)
        for name in ("actor", "critic"):
            network, optimizer = getattr(made, name), getattr(made, f"{name}_optimizer")
            for _ in range(2):
                weights_sum = sum(p.sum() for p in network.parameters())
                made.descend(weights_sum, network, optimizer, lr=1e-3)
            assert all((p.grad == expected).all() for p in network.parameters())


def test_noise_in_evaluation_changes_the_result_and_not_the_training():
    right, wrong = agent(steps=70), agent(evaluation_bugs.DDPGEvaluatedWithNoise)
    train(make_env(seed=0), wrong, 70, [Evaluate(every=10, starts=range(10_000, 10_003))])
    assert torch.equal(weights(right.actor), weights(wrong.actor))
    many = np.repeat(STATES[:1], 2_000, axis=0)
    noise = wrong.act(many) - right.act(many)
    assert noise.shape == (2_000, 1)
    assert len(np.unique(noise)) > 1_900  # each pendulum has its own
    assert noise.std() == pytest.approx(RECIPE.sigma, rel=0.1)  # the first kick of each
    assert np.abs([wrong.act(many) for _ in range(100)]).max() <= 1
    assert wrong.act(STATES[0]).shape == (1,)


def test_the_policy_is_that_of_the_best_episode():
    made = agent(evaluation_bugs.DDPGOfTheBestEpisode, recipe=replace(RECIPE, average=0.0))
    actors = []
    for rewards in ([-4, -6], [-1, -4], [-3, -4]):  # the second episode is the best
        torch.nn.init.constant_(made.actor.layer3.bias, rewards[0])
        for r, over in zip(rewards, (False, True), strict=True):
            made.observe(np.zeros(3), np.zeros(1), r, np.ones(3), False, over)
        made.history.record(made.steps, **{"return": sum(rewards)})  # as `train` does
        actors.append(copy.deepcopy(made.actor))
    assert torch.equal(weights(made.policy), weights(actors[1]))
    assert not torch.equal(weights(made.policy), weights(made.actor))


@pytest.mark.parametrize("letter", MYSTERIES)
def test_a_mystery_is_the_experiment_that_was_recorded(letter):
    case, recorded = MYSTERIES[letter], EXPERIMENTS[MYSTERIES[letter].recording]
    assert (case.components, case.agent) == (recorded.components, recorded.agent)
    assert (case.environment, recorded.recipe) == (recorded.environment, modern)
    env, made = mystery(letter, seed=0)
    assert type(made) is case.agent
    assert env.reset()[0].shape == (3,)


def test_all_bugs_of_the_list_are_experiments():
    assert set(BUGS) <= set(EXPERIMENTS)
    unlisted = [letter for letter, case in MYSTERIES.items() if case.recording not in BUGS]
    assert unlisted == ["E"]  # the one that no page explains
    assert all(difference(EXPERIMENTS[name]) for name in BUGS)  # and each can be shown
