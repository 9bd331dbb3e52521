"""Prioritised replay against brute force, and at its edges."""

from functools import partial

import numpy as np
import probes
import pytest
import torch
from scipy.stats import chisquare
from small_run import RECIPE, SmallActor, SmallCritic

from helpers.agent import DDPG
from helpers.buffer import Batch
from helpers.extensions import (
    PrioritizedReplay,
    Tree,
    TrueErrors,
    UniformActorDDPG,
    WeightedBatch,
    weighted_critic_loss,
)
from helpers.losses import critic_loss
from helpers.noise import Gaussian
from helpers.pendulum import load_optimum, rollout, start_states
from helpers.pendulum.optimum import greedy_policy
from helpers.recipes import Recipe
from helpers.training import train
from helpers.variants.prioritized_bugs import (
    AlphaTwice,
    MinimumOverAll,
    NewAtLargestEver,
    NewAtOne,
    SinglePrecisionTree,
)


def filled(capacity, priorities, **options):
    """A buffer in which the i-th transition has the state i, and these priorities."""
    buffer = PrioritizedReplay(capacity, 1, 1, seed=0, **options)
    for i in range(len(priorities)):
        buffer.add([i], [0], 0.0, [i + 1], False)
    buffer.prioritize(np.arange(len(priorities)), np.asarray(priorities, dtype=float))
    return buffer


def drawn(batch):
    return batch.s[:, 0].int().numpy()


def places_by_cumsum(numbers, marks):
    """The textbook's three lines."""
    return np.searchsorted(np.cumsum(numbers), marks, side="right")


@pytest.mark.parametrize("capacity", [1, 2, 15, 16, 17, 255, 256, 257, 5_000])
def test_a_tree_finds_what_cumsum_and_searchsorted_find(capacity):
    rng, tree = np.random.default_rng(capacity), Tree(capacity)
    largest, numbers = Tree(capacity, np.maximum), np.zeros(capacity)
    for _ in range(20):
        places = rng.integers(capacity, size=40)  # some of them twice
        new = rng.integers(0, 100, size=40).astype(float)  # whole numbers: sums aren't rounded
        new *= rng.random(40) < 0.7  # some are 0
        tree[places] = largest[places] = numbers[places] = new
        assert tree.total == numbers.sum()
        assert largest.total == numbers.max()
        np.testing.assert_array_equal(tree[np.arange(capacity)], numbers)
        marks = rng.uniform(0, numbers.sum(), size=200) if numbers.any() else np.array([])
        np.testing.assert_array_equal(tree.find(marks), places_by_cumsum(numbers, marks))


def test_a_mark_at_the_very_end_never_falls_where_nothing_is():
    """Sums are rounded, so the last mark may lie beyond the last number."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        numbers = rng.random(300) ** 8 * 10.0 ** rng.integers(-12, 12)
        numbers[rng.random(300) < 0.5] = 0.0
        numbers[250:] = 0.0
        tree = Tree(300)
        tree[np.arange(300)] = numbers
        ends = tree.total * np.array([0, 1e-300, 0.5, 1 - 1e-16, 1, 1 + 1e-15])
        assert (tree[tree.find(ends)] > 0).all()


def test_a_mark_on_an_end_never_falls_where_nothing_is():
    """The sum of a row and the ends within the next may differ in their last digit."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        tree, places = Tree(64), rng.choice(64, 4, replace=False)
        tree[places] = rng.choice([0.1, 0.2, 0.3, 0.7], 4)
        ends = tree[np.arange(64)].cumsum()
        assert (tree[tree.find(ends[ends < tree.total])] > 0).all()


def test_a_million_sums_do_not_drift():
    """After many changes the sums are those of the numbers, to rounding."""
    rng, tree = np.random.default_rng(0), Tree(1_000_000)
    tree[np.arange(1_000_000)] = rng.random(1_000_000)
    for _ in range(2_000):
        tree[rng.integers(1_000_000, size=64)] = 10.0 ** rng.uniform(-9, 9, size=64)
    numbers = tree[np.arange(1_000_000)]
    assert tree.total == pytest.approx(numbers.sum(), rel=1e-12)
    marks = np.sort(rng.uniform(0, tree.total, size=10_000))
    assert np.mean(tree.find(marks) == places_by_cumsum(numbers, marks)) > 0.999


def test_draws_are_in_proportion_to_priorities():
    priorities = np.array([1, 2, 3, 4, 0, 10, 0.5, 0, 5, 2])
    buffer = filled(16, priorities)
    counts = np.bincount(
        np.concatenate([drawn(buffer.sample(10)) for _ in range(3_000)]), minlength=10
    )
    assert (counts[priorities == 0] == 0).all()
    among = priorities > 0
    expected = priorities[among] / priorities.sum() * counts.sum()
    # each batch draws one from each tenth: less spread than independent draws, never more
    assert chisquare(counts[among], expected).pvalue > 0.001
    singles = np.bincount(np.concatenate([drawn(buffer.sample(1)) for _ in range(20_000)]))
    assert chisquare(singles[among[: len(singles)]], expected / counts.sum() * 20_000).pvalue > 1e-3


def test_one_huge_priority_takes_nearly_all_and_not_more():
    buffer = filled(1_000, [*np.full(500, 1e-9), 1e9])
    assert set(drawn(buffer.sample(64))) == {500}
    buffer.prioritize(np.array([500]), np.array([1e-9]))
    assert len(set(drawn(buffer.sample(64)))) > 50


def test_new_transitions_are_as_likely_as_the_likeliest_now():
    buffer = filled(100, [0.002, 0.004, 0.001])
    buffer.add([3], [0], 0.0, [4], False)
    assert buffer.sums[np.array([3])] == 0.004
    buffer.prioritize(np.array([1, 3]), np.array([0.001, 0.003]))
    buffer.add([4], [0], 0.0, [5], False)
    assert buffer.sums[np.array([4])] == 0.003  # not the largest of all time


def test_the_oldest_is_overwritten_with_its_priority():
    buffer = filled(4, [1, 2, 3, 4])
    buffer.add([4], [0], 0.0, [5], False)
    assert buffer.sums.total == 4 + 2 + 3 + 4
    assert set(drawn(buffer.sample(64))) == {1, 2, 3, 4}


def test_a_loaded_state_leaves_nothing_of_the_old_one():
    old, new = filled(16, [1, 2, 3, 4, 5, 6]), filled(16, [1, 1, 7])
    old.load_state_dict(new.state_dict())
    assert set(drawn(old.sample(64))) == {0, 1, 2}
    assert (old.sums.total, old.largest.total) == (9, 7)


def test_errors_become_priorities():
    buffer = filled(8, [1, 1, 1, 1], alpha=0.5, epsilon=0.01)
    batch = buffer.sample(4)
    assert drawn(batch).tolist() == [0, 1, 2, 3]  # one from each quarter
    batch.report(torch.tensor([[0.0], [-0.99], [3.99], [0.24]]))
    np.testing.assert_allclose(buffer.sums[np.arange(4)], [0.1, 1.0, 2.0, 0.5], rtol=1e-6)


def test_weights_undo_the_draw():
    """With beta = 1 a weighted mean over the draws is the plain mean over all that's held."""
    rng = np.random.default_rng(0)
    priorities, values = rng.random(50) + 0.05, rng.normal(size=50)
    buffer = filled(64, priorities, beta=1.0)
    sums = np.zeros(2)
    for _ in range(4_000):
        batch = buffer.sample(16)
        weight = batch.weight[:, 0].double().numpy()
        assert weight.max() == 1
        weight /= weight[0] * priorities[drawn(batch)[0]]  # undo what the largest divided by
        sums += (weight * values[drawn(batch)]).sum(), weight.sum()
    assert sums[0] / sums[1] == pytest.approx(values.mean(), abs=0.02)


@pytest.mark.parametrize(("added", "exponent"), [(2, 0.4 + 0.6 * 0.02), (50, 0.7), (200, 1.0)])
def test_the_weights_exponent_grows_to_1(added, exponent):
    buffer = filled(64, [1, 4], anneal=100)
    buffer.added = added
    weights = sorted({*buffer.sample(8).weight[:, 0].tolist()})
    assert weights == pytest.approx([0.25**exponent, 1.0], rel=1e-5)


def test_alpha_0_is_uniform():
    buffer = filled(32, np.ones(20), alpha=0.0)
    buffer.sample(16).report(torch.rand(16, 1))
    assert (buffer.sums[np.arange(20)] == 1).all()
    assert (buffer.sample(16).weight == 1).all()


def test_the_loss_is_the_plain_one_for_equal_weights():
    told = []
    q = SmallCritic(2, 1)
    columns = torch.randn(5, 2), torch.randn(5, 1), torch.randn(5, 1), torch.randn(5, 2)
    plain, y = Batch(*columns, torch.zeros(5, 1)), torch.randn(5, 1)
    batch = WeightedBatch(*plain, torch.ones(5, 1), told.append)
    torch.testing.assert_close(weighted_critic_loss(q, batch, y), critic_loss(q, plain, y))
    torch.testing.assert_close(told[0], y - q(plain.s, plain.a))
    assert not told[0].requires_grad
    only = WeightedBatch(*plain, torch.eye(5)[:, :1], told.append)
    expected = critic_loss(q, Batch(*(x[:1] for x in plain)), y[:1]) / 5
    torch.testing.assert_close(weighted_critic_loss(q, only, y), expected)


PARTS = {"buffer": PrioritizedReplay, "critic_loss": weighted_critic_loss}


def test_it_learns_the_values_of_two_steps():
    env = probes.TwoSteps()
    recipe = Recipe(
        actor_lr=1e-3, critic_lr=3e-3, weight_decay=0, gamma=0.9, tau=0.05, learning_starts=100,
        buffer_size=2_000, noise=Gaussian,
    )  # fmt: skip
    agent = DDPG(env, seed=0, recipe=recipe, actor=SmallActor, critic=SmallCritic, **PARTS)
    train(env, agent, 1_500)
    q = agent.critic(torch.tensor([[0.0], [1.0]]), torch.zeros(2, 1))
    torch.testing.assert_close(q, torch.tensor([[0.9], [1.0]]), atol=0.1, rtol=0)
    assert len(set(agent.buffer.sums[np.arange(1_500)])) > 100  # the TD errors came back


def test_the_actor_alone_draws_uniformly():
    env = probes.BestAction()
    agent = UniformActorDDPG(
        env, seed=0, recipe=RECIPE, actor=SmallActor, critic=SmallCritic, **PARTS
    )
    seen = []
    agent.actor_loss = lambda mu, q, s: seen.append(s) or -q(s, mu(s)).mean()
    for i in range(60):
        agent.observe([i], [0], 0.0, [i + 1], True, False)
    agent.buffer.prioritize(np.arange(60), np.eye(60)[7])
    agent.learn()
    assert len(np.unique(seen[0])) > 5


@pytest.mark.parametrize("centred", [False, True])
def test_the_oracle_reports_the_distance_to_the_true_value(centred):
    """Q*(s, a) by the map, and by what the best controller really earns from s on."""
    values = load_optimum().discounted
    theta, velocity = start_states(range(20_000, 20_020))
    best = rollout(greedy_policy(values, 0.99), theta, velocity, 1_000)
    earned = 0.99 ** np.arange(1_000) @ best.reward  # (20,)
    s, s_next = (
        torch.tensor(np.stack([np.cos(t), np.sin(t), v], axis=1), dtype=torch.float32)
        for t, v in ((best.theta[0], best.velocity[0]), (best.theta[1], best.velocity[1]))
    )
    column = partial(torch.tensor, dtype=torch.float32)
    told = []
    batch = WeightedBatch(
        s, column(best.torque[0] / 2)[:, None], column(0.01 * best.reward[0])[:, None], s_next,
        torch.zeros(20, 1), torch.ones(20, 1), told.append,
    )  # fmt: skip
    promise = torch.linspace(-3, 1, 20)[:, None].requires_grad_()
    loss = TrueErrors(centred=centred)(lambda s, a: promise, batch, torch.zeros(20, 1))
    torch.testing.assert_close(loss, promise.square().mean())
    expected = promise.detach().numpy()[:, 0] - 0.01 * earned
    expected -= expected.mean() if centred else 0
    np.testing.assert_allclose(told[0][:, 0].numpy(), expected, atol=0.03)


# What each mistake does


def share_of_the_newest(kind, errors, others=4):
    """How often a new transition is drawn, once all others have reported these errors in turn."""
    buffer = kind(100, 1, 1, seed=0)
    for i in range(others):
        buffer.add([i], [0], 0.0, [i], False)
    for error in errors:
        buffer.report(np.arange(others), torch.full((others, 1), error))
    buffer.add([others], [0], 0.0, [0], False)
    return np.mean(drawn(buffer.sample(1_000)) == others)


@pytest.mark.parametrize(
    ("kind", "errors", "low", "high"),
    [
        (PrioritizedReplay, [0.01], 0.19, 0.21),
        (PrioritizedReplay, [50.0, 0.01], 0.19, 0.21),
        (NewAtOne, [0.01], 0.75, 0.85),  # rewards times 0.01: the old ones hardly count beside it
        (NewAtOne, [50.0], 0.0, 0.03),  # and with large rewards, the new ones don't
        (NewAtOne, [1.0], 0.19, 0.21),
        (NewAtLargestEver, [0.01], 0.19, 0.21),
        (NewAtLargestEver, [50.0], 0.19, 0.21),
        (NewAtLargestEver, [50.0, 0.01], 0.95, 1.0),  # one surprise long ago, and ever after
        (AlphaTwice, [0.01], 0.4, 0.46),  # three times as likely as each other
        (AlphaTwice, [50.0], 0.07, 0.11),
    ],
)
def test_how_likely_a_new_transition_is(kind, errors, low, high):
    assert low <= share_of_the_newest(kind, errors) <= high


@pytest.mark.parametrize(("kind", "alpha"), [(PrioritizedReplay, 0.6), (AlphaTwice, 0.36)])
@pytest.mark.parametrize("error", [16.0, 0.01])
def test_alpha_twice_is_alpha_squared_for_a_newcomer(kind, alpha, error):
    buffer = kind(2, 1, 1, seed=0)
    buffer.add([0], [0], 0.0, [0], False)
    buffer.report(np.arange(1), torch.tensor([[error]]))
    buffer.add([1], [0], 0.0, [1], False)
    old, new = buffer.sums[np.arange(2)]
    assert old == pytest.approx(error**0.6, rel=1e-3)  # what is reported is right
    assert new == pytest.approx(error**alpha, rel=1e-3)


def test_a_minimum_over_empty_places_makes_all_weights_0():
    sound, broken = PrioritizedReplay(8, 1, 1, seed=0), MinimumOverAll(8, 1, 1, seed=0)
    for i in range(8):
        for buffer in (sound, broken):
            buffer.add([i], [0], 0.0, [i], False)
        full = i == 7
        assert (sound.sample(4).weight > 0).all()
        assert (broken.sample(4).weight > 0).all() == full


def test_a_tree_of_single_precision_drifts():
    sound, broken = Tree(300), SinglePrecisionTree(300)
    places = np.arange(280)
    for tree in (sound, broken):
        tree[places] = np.full(280, 1e6)
        tree[places] = np.full(280, 1e-3)
    assert sound.total == pytest.approx(0.28)
    assert broken.total != pytest.approx(0.28, rel=0.1)  # 1e6 has no room for a thousandth
    np.testing.assert_allclose(broken[places], 1e-3, rtol=1e-6)  # the numbers are right


@pytest.mark.parametrize("kind", [NewAtOne, NewAtLargestEver, AlphaTwice])
def test_the_other_mistakes_run_and_look_harmless(kind):
    env = probes.BestAction()
    loss = weighted_critic_loss
    agent = DDPG(
        env, seed=0, recipe=RECIPE, actor=SmallActor, critic=SmallCritic, buffer=kind,
        critic_loss=loss,
    )  # fmt: skip
    train(env, agent, 60)
    assert agent.buffer.sums.total > 0
