"""Regret against returns in the true physics, which know nothing of any map between its nodes."""

import numpy as np
import pytest

from helpers.pendulum.controllers import rollout, swing_up_and_hold
from helpers.pendulum.optimum import axes, best_torque, greedy_policy, load_optimum
from helpers.pendulum.physics import (
    MAX_TORQUE,
    TIME_LIMIT,
    normalise_angle,
    observe,
    start_states,
    state_grid,
    step,
)
from helpers.pendulum.regret import (
    SETTLED,
    SHAPE,
    TOLERANCE,
    action_cost,
    q_value,
    regret_map,
    regrets,
    value_map,
    where_it_goes,
)

STARTS = range(20_000, 20_100)  # the selection starts
HANGING = [seed for seed in STARTS if abs(start_states([seed])[0]) > 2.5]


@pytest.fixture(scope="module")
def optimum():
    return load_optimum()


def random_cases(number: int, seed: int = 0):
    """Angles, velocities, torques and steps to go, (number,) each."""
    rng = np.random.default_rng(seed)
    limits = np.array([[np.pi], [8.0], [2.0]])
    return *rng.uniform(-limits, limits, (3, number)), rng.integers(1, TIME_LIMIT + 1, number)


def best_return(theta, velocity, steps_to_go):
    """What the best controller of each time earns, (N,); each pendulum has its own steps to go."""
    theta, velocity, total = theta.copy(), velocity.copy(), np.zeros(len(theta))
    for left in range(steps_to_go.max(), 0, -1):
        on = steps_to_go >= left
        torque = best_torque(value_map(left - 1), theta[on], velocity[on])
        theta[on], velocity[on], reward = step(theta[on], velocity[on], torque)
        total[on] += reward
    return total


def one_by_one(function, *cases):
    """`function` of each case alone, as its steps to go differ."""
    return np.array([function(*(x[i : i + 1] for x in cases[:-1]), cases[-1][i]).item()
                     for i in range(len(cases[0]))])  # fmt: skip


def spread(theta, velocity, steps_to_go):
    """How much the four nodes around one state differ: more than a few only on an edge."""
    angles, speeds = axes(SHAPE)
    row = np.searchsorted(angles, normalise_angle(theta), side="right") - 1
    column = np.minimum(np.searchsorted(speeds, velocity, side="right") - 1, len(speeds) - 2)
    cell = np.ix_(np.append(row, row + 1) % len(angles), np.append(column, column + 1))
    return np.ptp(value_map(steps_to_go)[cell])


def test_q_is_what_an_optimal_rollout_earns_after_the_action():
    theta, velocity, torque, left = random_cases(200)
    next_theta, next_velocity, reward = step(theta, velocity, torque)
    earned = reward + best_return(next_theta, next_velocity, left - 1)
    error = np.abs(one_by_one(q_value, theta, velocity, torque, left) - earned)
    assert np.median(error) < TOLERANCE / 5
    assert np.quantile(error, 0.9) < TOLERANCE
    edges = one_by_one(spread, next_theta, next_velocity, left - 1)
    assert np.mean(error < TOLERANCE + edges) > 0.98


def test_a_cost_is_the_difference_that_one_action_makes():
    theta, velocity, torque, left = random_cases(200, seed=1)
    next_theta, next_velocity, reward = step(theta, velocity, torque)
    after = reward + best_return(next_theta, next_velocity, left - 1)
    lost = best_return(theta, velocity, left) - after
    error = np.abs(one_by_one(action_cost, theta, velocity, torque, left) - lost)
    assert np.median(error) < TOLERANCE / 5
    assert np.quantile(error, 0.9) < TOLERANCE
    assert np.mean(lost > 5 * TOLERANCE) > 0.2  # it isn't a comparison of zeros


@pytest.mark.parametrize("steps_to_go", [1, 2, 3, 10, 50, SETTLED, SETTLED + 1, TIME_LIMIT])
def test_no_action_is_better_than_the_best(steps_to_go):
    theta, velocity, torque, _ = random_cases(5_000, seed=steps_to_go)
    cost = action_cost(theta, velocity, torque, steps_to_go)
    assert cost.min() > -TOLERANCE / 100  # the best of 81 torques, against any torque
    if steps_to_go > 1:
        assert cost.mean() > TOLERANCE


def test_with_one_step_to_go_only_the_torque_costs():
    theta, velocity, torque, _ = random_cases(100)
    cost = action_cost(theta, velocity, torque, 1)
    assert np.allclose(cost, 0.001 * torque**2, atol=1e-6)


def test_the_optimum_has_no_regret(optimum):
    _, costs = regrets(optimum.policy, *start_states(STARTS))
    assert costs.shape == (TIME_LIMIT, len(STARTS))
    assert np.abs(costs).max() < TOLERANCE / 10
    assert np.abs(costs.sum(axis=0)).max() < TOLERANCE


def test_the_optimum_of_the_last_second_has_no_regret_in_it():
    policies = (greedy_policy(value_map(left - 1)) for left in range(20, 0, -1))
    theta, velocity, _, _ = random_cases(500)
    _, costs = regrets(lambda states: next(policies)(states), theta, velocity, steps=20)
    assert np.abs(costs).max() < TOLERANCE / 100


def test_the_costs_add_up_to_what_the_policy_loses(optimum):
    path, costs = regrets(swing_up_and_hold, *start_states(STARTS))
    lost = optimum.optimal_returns(STARTS) - path.reward.sum(axis=0)
    error = np.abs(costs.sum(axis=0) - lost)
    assert np.median(error) < TOLERANCE
    assert costs.sum(axis=0).mean() == pytest.approx(lost.mean(), rel=0.03)


def test_the_last_map_to_be_computed_meets_the_stored_one():
    difference = np.abs(value_map(SETTLED - 1) - value_map(SETTLED))
    assert np.median(difference) < TOLERANCE
    assert not value_map(0).any()


def test_the_map_has_a_row_for_each_velocity():
    values = regret_map(swing_up_and_hold, 21)
    theta, velocity = state_grid(21)
    assert values.shape == theta.shape == (21, 21)
    for row, column in [(3, 17), (17, 3), (0, 20), (10, 10), (12, 5)]:
        at, speed = theta[row, column : column + 1], velocity[row, column : column + 1]
        torque = MAX_TORQUE * swing_up_and_hold(observe(at, speed))[:, 0]
        assert values[row, column] == pytest.approx(action_cost(at, speed, torque).item(), abs=1e-3)
    assert values[10, 10] == pytest.approx(0.0, abs=1e-6)  # upright at rest


def test_the_map_of_the_optimum_is_blank_and_of_its_opposite_is_not(optimum):
    assert np.abs(regret_map(optimum.policy, 21)).max() < TOLERANCE / 100
    assert regret_map(lambda s: -optimum.policy(s), 21).mean() > 10 * TOLERANCE


def test_where_it_goes_by_time(optimum):
    def wrong_until(steps):
        count = iter(range(TIME_LIMIT))
        return lambda s: (-1 if next(count) < steps else 1) * optimum.policy(s)

    first, longer = (where_it_goes(wrong_until(steps), HANGING) for steps in (20, 40))
    assert first.first_second == pytest.approx(first.total, abs=TOLERANCE)
    assert first.total > 1
    assert longer.swinging > 1
    assert longer.first_second == pytest.approx(first.first_second)


def test_where_it_goes_by_place(optimum):
    def shaky(states):  # jitters once it stands
        stands = (states[:, :1] > np.cos(0.2)) & (np.abs(states[:, 2:]) < 1)
        return np.where(stands, np.sign(states[:, 2:] + 1e-9), optimum.policy(states))

    losses = where_it_goes(shaky, HANGING)
    assert losses.upright > 0.5 * losses.total > 0
    assert losses.first_second < 0.01 * losses.total
    parts = losses.first_second + losses.swinging + losses.upright
    assert parts == pytest.approx(losses.total)


def test_where_it_goes_in_all(optimum):
    losses = where_it_goes(swing_up_and_hold, STARTS)
    returns = rollout(swing_up_and_hold, *start_states(STARTS)).reward.sum(axis=0)
    lost = np.sort(optimum.optimal_returns(STARTS) - returns)
    assert losses.total == pytest.approx(lost.mean())
    assert losses.median == pytest.approx((lost[49] + lost[50]) / 2)
    assert losses.worst_5 == pytest.approx(lost[-5:].sum() / lost.sum())
    assert losses.worst_10 == pytest.approx(lost[-10:].sum() / lost.sum())
    assert losses.first_second > 0.8 * losses.total  # swinging up differently; it holds well
    assert abs(losses.upright) < TOLERANCE


def test_where_it_goes_by_start(optimum):
    def wrong_for(number):
        def policy(states):
            actions = optimum.policy(states)
            actions[:number] = 0  # never swings up
            return actions

        return policy

    (one, every), n = (where_it_goes(wrong_for(k), HANGING) for k in (1, 99)), len(HANGING)
    best = optimum.optimal_returns(HANGING[:1])
    hangs = rollout(lambda s: np.zeros((len(s), 1)), *start_states(HANGING[:1]))
    assert one.total == pytest.approx((best - hangs.reward.sum(axis=0)).item() / n, rel=0.01)
    assert one.worst_5 == pytest.approx(1.0, abs=0.01)
    assert 5 / n <= every.worst_5 < 1.1 * 5 / n  # all lose about the same
    assert 10 / n <= every.worst_10 < 1.1 * 10 / n
    nobody = where_it_goes(optimum.policy, HANGING)
    assert 0 <= nobody.total < 4 * TOLERANCE  # what the stored maps lose
    assert 0 <= nobody.worst_5 <= nobody.worst_10 <= 1


def test_no_steps_to_go_are_refused():
    with pytest.raises(ValueError, match="at least one step to go, not 0"):
        action_cost(np.zeros(1), np.zeros(1), np.zeros(1), 0)
