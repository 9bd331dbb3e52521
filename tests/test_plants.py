"""The systems of notebook 17 against physics, their states, and the template beside them."""

import importlib.util
import warnings
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from scipy.integrate import solve_ivp

from helpers.environment import make_env
from helpers.evaluation.returns import evaluate
from helpers.extensions.plants import Rod, RodEnv, TankEnv

TEMPLATE = Path(__file__).parents[1] / "notebooks" / "your_env.py"


def test_the_rod_follows_its_equation_of_motion():
    rod = Rod(theta=2.0, velocity=0.3)
    rod.dt = 1e-4

    def motion(t, y):  # a thin rod about its end: I = m l² / 3, and its weight acts at l / 2
        theta, velocity = y
        torque = 1.0 * 10 * 1.5 / 2 * np.sin(theta) + 2.0 - 0.1 * velocity
        return velocity, torque / (1.0 * 1.5**2 / 3)

    for _ in range(20_000):
        rod.advance(2.0)
    right = solve_ivp(motion, (0, 2), (2.0, 0.3), rtol=1e-9, atol=1e-9).y[:, -1]
    np.testing.assert_allclose([rod.theta, rod.velocity], right, rtol=2e-3)


def test_a_torque_acts_two_steps_late_and_never_beyond_the_limit():
    pushed, left = Rod(1.0, 0.0), Rod(1.0, 0.0)
    for k, torque in enumerate((50.0, 0.0, 0.0)):
        pushed.advance(torque)
        left.advance(0.0)
        apart = pushed.velocity - left.velocity
        assert apart == pytest.approx(0.0 if k < 2 else 4.0 / (1.5**2 / 3) * 0.05)


@pytest.mark.parametrize("delay", [0, 1, 4])
def test_all_torques_on_their_way_are_seen(delay, monkeypatch):
    monkeypatch.setattr(Rod, "delay", delay)
    env = RodEnv()
    env.reset(seed=0)
    for _ in range(delay):
        state, *_ = env.step(np.ones(1))
    assert env.state().shape == env.observation_space.shape == (3 + delay,)
    assert delay == 0 or (state[3:] == 1).all()


def test_a_leak_is_lost_from_the_lower_tank_alone():
    sound, leaking = TankEnv(), TankEnv(leak=2.0)
    for env in (sound, leaking):
        env.reset(seed=3)
        env.dt = 1e-3
        env.step(np.ones(1))
    assert leaking.levels[0] == sound.levels[0]
    assert sound.levels[1] - leaking.levels[1] == pytest.approx(2.0 * 1e-3, rel=1e-3)


def test_what_the_agent_sees_of_the_rod():
    env = RodEnv(keep=[0, 1, 3, 4])
    env.reset(seed=0)
    env.rod.theta, env.rod.waiting = 0.5, [2.0, -4.0]
    np.testing.assert_allclose(env.state(), [np.cos(0.5), np.sin(0.5), 0.5, -1], rtol=1e-6)
    env = RodEnv()
    env.reset(seed=0)
    env.rod.velocity = 4.0
    measured = 8 * np.array([env.state()[2] for _ in range(4_000)])
    assert measured.mean() == pytest.approx(4, abs=0.01)
    assert measured.std() == pytest.approx(0.1, abs=0.005)


def test_an_upright_rod_costs_nothing_and_a_hanging_one_pi_squared():
    env = RodEnv()
    env.reset(seed=0)
    for turns in (0, 1, -2):
        env.rod = Rod(2 * np.pi * turns, 0.0)
        assert env.step(np.zeros(1))[1] == pytest.approx(0, abs=1e-9)
        env.rod = Rod(np.pi + 2 * np.pi * turns, -1.0)
        assert env.step(np.ones(1))[1] == pytest.approx(-(np.pi**2 + 0.1 + 0.001 * 16))


def test_water_is_neither_made_nor_lost():
    env = TankEnv()
    env.reset(seed=0)
    env.levels = np.array([300.0, 200.0])

    def motion(t, y):
        upper, lower = 0.6 * np.sqrt(y)
        return 20 * 0.7 - upper, upper - lower

    for _ in range(12):
        env.step(np.array([0.7]))
    right = solve_ivp(motion, (0, 60), (300, 200), rtol=1e-9).y[:, -1]
    np.testing.assert_allclose(env.levels, right, rtol=2e-3)


def test_a_steady_pump_keeps_both_tanks_at_the_goal():
    env = TankEnv()
    env.reset(seed=1)
    env.levels[:] = env.goal
    pump = 0.6 * np.sqrt(env.goal) / 20
    rewards = [env.step(np.array([pump]))[1] for _ in range(60)]
    np.testing.assert_allclose(rewards, 0, atol=1e-12)
    env.levels[1] += 200  # two decimetres off, for a moment
    env.dt = 1e-9
    assert env.step(np.array([pump]))[1] == pytest.approx(-4)


def test_tanks_neither_overflow_nor_run_dry():
    env = TankEnv()
    for power, level in ((1.0, 700), (0.0, 0)):
        env.reset(seed=0)
        for _ in range(200):
            state, *_ = env.step(np.array([power]))
        np.testing.assert_allclose(state[:2], level, atol=1)


@pytest.mark.parametrize(("name", "steps"), [("Rod", 200), ("Tank", 60)])
def test_gymnasium_finds_no_fault(name, steps):
    env = make_env(f"helpers.extensions.plants:helpers/{name}-v0")
    assert env.spec.max_episode_steps == steps
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ResourceWarning)  # of other tests' garbage
        check_env(env.unwrapped, skip_render_check=True)


@pytest.fixture(scope="module")
def template():
    spec = importlib.util.spec_from_file_location("your_env", TEMPLATE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_template_learns_as_it_is(template, capsys):
    earned = template.main(steps=3_000)
    idle = evaluate(lambda states: -np.ones((len(states), 1)), template.make).mean()
    by_hand = evaluate(template.by_hand, template.make).mean()
    assert earned > 1.2 * by_hand > idle  # returns are negative
    assert capsys.readouterr().out.count("actor: mean slope of its tanh") == 3


def test_the_oven_keeps_its_energy(template):
    env = template.OvenEnv()
    env.reset(seed=0)
    env.oven = env.element = 20.0  # as warm as the room: no loss
    before = 2.0 * env.element + 10.0 * env.oven
    env.dt = 1e-3
    env.step(np.array([1.0]))
    assert 2.0 * env.element + 10.0 * env.oven - before == pytest.approx(2.0 * 1e-3, rel=1e-3)
    assert isinstance(env, gym.Env)
