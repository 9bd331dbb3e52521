"""The optimum against brute force, closed forms, and controllers it must not lose to."""

import itertools
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import helpers
from helpers.evaluation.returns import EVALUATION_STARTS, SELECTION_STARTS, evaluate, gap
from helpers.pendulum.controllers import rollout, swing_up_and_hold
from helpers.pendulum.optimum import (
    axes,
    best_torque,
    greedy_policy,
    interpolate,
    load_optimum,
    plan,
)
from helpers.pendulum.physics import reward, step

FIVE = np.linspace(-2, 2, 5)
STARTS = [*EVALUATION_STARTS, *SELECTION_STARTS]


def steps_to_go(number: int, shape: tuple[int, int], torques=FIVE, gamma: float = 1.0):
    return next(itertools.islice(plan(shape, torques, gamma), number, None))


@pytest.fixture(scope="module")
def optimum():
    return load_optimum()


@pytest.fixture(scope="module")
def coarse():
    return steps_to_go(200, (120, 81))


def random_states(number: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-np.pi, np.pi, number), rng.uniform(-8, 8, number)


def test_interpolation_is_exact_on_nodes_and_on_planes():
    theta, velocity = axes((8, 5))
    values = np.add.outer(2 * theta, 3 * velocity).astype(np.float32)
    at, speed = np.meshgrid(theta, velocity, indexing="ij")
    assert np.allclose(interpolate(values, at, speed), values, atol=1e-5)
    noise = np.random.default_rng(0).normal(size=(8, 5))
    assert np.allclose(interpolate(noise, at, speed), noise, atol=1e-5)
    assert interpolate(noise, at[:1, 0], np.array([7.0]))[0] == pytest.approx(
        0.25 * noise[0, 3] + 0.75 * noise[0, 4]
    )
    inside = np.array([-2.0, 0.3, 1.9])  # before the last node, after which the circle closes
    assert np.allclose(
        interpolate(values, inside, np.array([-7.0, 8.0, 1.0])),
        2 * inside + [-21, 24, 3],
        atol=1e-5,
    )
    assert np.allclose(interpolate(values, inside + 4 * np.pi, inside), 5 * inside, atol=1e-4)


@pytest.mark.parametrize("gamma", [1.0, 0.9])
def test_four_steps_equal_brute_force(gamma):
    theta, velocity = random_states(60)
    best = np.full(60, -np.inf)
    for torques in itertools.product(FIVE, repeat=4):
        at, speed, total = theta, velocity, 0.0
        for t, torque in enumerate(torques):
            at, speed, gain = step(at, speed, np.float64(torque))
            total = total + gamma**t * gain
        best = np.maximum(best, total)
    error = interpolate(steps_to_go(4, (480, 321), gamma=gamma), theta, velocity) - best
    assert np.abs(error).max() < 0.02  # of returns down to -60


def test_one_step_to_go_is_the_best_reward():
    theta, velocity = axes((24, 17))
    assert np.allclose(steps_to_go(1, (24, 17)), reward(theta[:, None], velocity, 0.0), atol=1e-5)


def test_upright_at_rest_costs_nothing(optimum, coarse):
    assert coarse[60, 40] == 0.0
    assert optimum.values[240, 160] == 0.0
    path = rollout(optimum.policy, np.zeros(1), np.zeros(1))
    assert np.abs(path.reward).max() == 0.0


def test_the_optimum_is_the_same_in_the_mirror(optimum):
    for values in (optimum.values, optimum.discounted):
        mirror = np.roll(values[::-1, ::-1], 1, axis=0)  # -pi is its own mirror image
        assert np.abs(values - mirror).max() < 0.01


def test_more_steps_to_go_cost_more():
    few, more = steps_to_go(5, (60, 41)), steps_to_go(9, (60, 41))
    assert (more <= few + 1e-5).all()


@pytest.mark.parametrize(("field", "gamma"), [("values", 1.0), ("discounted", 0.99)])
def test_the_stored_maps_satisfy_bellmans_equation(optimum, field, gamma):
    values = getattr(optimum, field)
    theta, velocity = random_states(2000)
    next_theta, next_velocity, gain = step(
        theta[:, None], velocity[:, None], np.linspace(-2, 2, 11)
    )
    target = (gain + gamma * interpolate(values, next_theta, next_velocity)).max(axis=1)
    error = np.abs(interpolate(values, theta, velocity) - target)
    assert np.median(error) < 0.05
    assert error.mean() < 0.3


def test_the_discounted_optimum_costs_less(optimum):
    assert (optimum.discounted >= optimum.values - 0.5).all()
    assert optimum.discounted.max() <= 0


def test_the_stored_torque_is_the_lookahead(optimum):
    rows, columns = np.random.default_rng(0).integers((480, 321), size=(200, 2)).T
    torque = best_torque(optimum.values, *(
        np.float64(axis) for axis in (axes((480, 321))[0][rows], axes((480, 321))[1][columns])
    ))  # fmt: skip
    assert np.mean(np.abs(torque - optimum.torque[rows, columns]) < 1e-5) > 0.98


def test_the_stored_axes_are_the_maps(optimum):
    theta, velocity = axes(optimum.values.shape)
    assert np.allclose(theta, optimum.theta, atol=1e-6)
    assert np.allclose(velocity, optimum.velocity, atol=1e-6)
    assert optimum.values.dtype == optimum.discounted.dtype == np.float32


def test_the_stored_map_is_near_a_coarse_one_computed_now(optimum, coarse):
    error = np.abs(optimum.values[::4, ::4] - coarse)
    assert np.median(error) < 1.0
    assert error.mean() < 5.0  # the largest lie on the steep edges


def test_the_policy_earns_what_is_stored(optimum):
    earned, stored = evaluate(optimum.policy, starts=STARTS), optimum.optimal_returns(STARTS)
    assert abs(gap(earned, stored)) < 0.005
    assert np.median(np.abs(earned - stored)) < 0.5


def test_no_start_is_better_by_hand(optimum):
    by_hand = evaluate(swing_up_and_hold, starts=STARTS)
    assert (optimum.optimal_returns(STARTS) >= by_hand - 0.1).all()


def test_even_a_coarse_plan_beats_the_hand(coarse):
    returns = evaluate(greedy_policy(coarse))
    assert returns.mean() > evaluate(swing_up_and_hold).mean() + 5


def test_returns_come_in_the_order_asked_for(optimum):
    there, back = (
        optimum.optimal_returns([10_000, 20_007]),
        optimum.optimal_returns([20_007, 10_000]),
    )
    assert np.array_equal(there, back[::-1])
    assert there[0] != there[1]


def test_an_unknown_start_is_told_how_to_be_computed(optimum):
    with pytest.raises(ValueError, match=r"start 5: compute it with evaluate\(load_optimum"):
        optimum.optimal_returns([10_000, 5])


def test_loading_is_instant():
    began = time.perf_counter()
    load_optimum()
    assert time.perf_counter() - began < 1.0


def test_copied_helpers_find_the_maps(tmp_path):
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(helpers.__file__).parent, tmp_path / "helpers", ignore=ignore)
    code = "from helpers.pendulum import optimum as o; print(o.FILE, o.load_optimum().values.shape)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == f"{tmp_path / 'helpers/pendulum/optimum.npz'} (480, 321)"
