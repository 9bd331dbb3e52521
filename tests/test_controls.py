"""The controls: they stop, pause and steer a run, from another thread as in JupyterLab."""

import os
import signal
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from helpers.agent import DDPG
from helpers.callbacks import Callback
from helpers.controls import SETTINGS, Controls, answer_while_busy
from helpers.environment import make_env
from helpers.recipes import Recipe
from helpers.training import train

SHORT = Recipe(warmup=64, memory=1_000)


class At(Callback):
    """Does something after the given step."""

    def __init__(self, step, action):
        self.when, self.action = step, action

    def step(self, agent):
        if agent.history.step == self.when:
            self.action()


@pytest.fixture
def agent():
    return DDPG(make_env(seed=0), seed=0, recipe=SHORT)


def run(agent, steps, *callbacks):
    return train(make_env(seed=0), agent, steps, callbacks)


def test_stop_ends_the_run(agent):
    controls = Controls()
    assert run(agent, 100, At(7, lambda: controls.stop_button.click()), controls).step == 7
    assert all(control.disabled for control in controls.all)


def test_a_second_run_is_not_stopped_by_the_first(agent):
    controls = Controls()
    run(agent, 10, At(7, lambda: controls.stop_button.click()), controls)
    assert run(agent, 10, controls).step == 17


def test_pause_waits_until_it_is_released(agent):
    controls, released = Controls(), []

    def release():
        released.append(agent.history.step)
        controls.pause_button.value = False

    def pause():
        controls.pause_button.value = True
        threading.Timer(0.3, release).start()

    assert run(agent, 100, At(80, pause), controls).step == 100
    assert released == [80]


@pytest.mark.parametrize("end", ["stop", "interrupt"])
def test_what_ends_a_run_ends_its_pause(agent, end):
    controls = Controls()
    ways = {
        "stop": lambda: controls.stop_button.click(),
        "interrupt": lambda: os.kill(os.getpid(), signal.SIGINT),
    }

    def pause():
        controls.pause_button.value = True
        threading.Timer(0.3, ways[end]).start()

    assert run(agent, 100, At(80, pause), controls).step < 82


def test_sliders_write_into_the_agent(agent):
    controls = Controls()

    def move():
        for name, control in controls.sliders.items():
            control.value = 0.5 if name in ("sigma", "tau") else 1e-2

    run(agent, 70, At(66, move), controls)
    assert agent.recipe == replace(SHORT, sigma=0.5, tau=0.5, actor_rate=1e-2, critic_rate=1e-2)
    assert agent.noise.sigma == 0.5
    assert agent.actor_adam.param_groups[0]["lr"] == 1e-2


def test_untouched_sliders_change_nothing(agent):
    run(agent, 70, controls := Controls())
    assert agent.recipe == SHORT
    for name in SETTINGS:
        assert controls.sliders[name].value == pytest.approx(getattr(SHORT, name))


def test_messages_of_a_busy_kernel_are_answered_where_they_came_in():
    """The attribute of ipykernel 7.4 is set where it is there, and only there."""
    new = SimpleNamespace(comm=SimpleNamespace(_reply_subshell_for=None))
    old = SimpleNamespace(comm=SimpleNamespace())
    answer_while_busy(new, old, SimpleNamespace())
    assert new.comm._reply_subshell_for({}, "here") == "here"
    assert not vars(old.comm)
