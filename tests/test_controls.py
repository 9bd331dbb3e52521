"""The controls: they stop, pause and steer a run, from another thread as in JupyterLab."""

import os
import signal
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from helpers.agent import DDPG
from helpers.callbacks import controls as module
from helpers.callbacks.controls import SETTINGS, Controls, answer_while_busy, show
from helpers.environment import make_env
from helpers.recipes import Recipe
from helpers.training import Callback, train

SHORT = Recipe(learning_starts=64, buffer_size=1_000)


class At(Callback):
    """Does something after the given step."""

    def __init__(self, step, action):
        self.when, self.action = step, action

    def step(self, agent):
        if agent.steps == self.when:
            self.action()


@pytest.fixture
def agent():
    return DDPG(make_env(), seed=0, recipe=SHORT)


def run(agent, steps, *callbacks):
    train(make_env(seed=0), agent, steps, callbacks)
    return agent.steps


def test_stop_ends_the_run(agent):
    controls = Controls()
    assert run(agent, 100, At(7, lambda: controls.stop_button.click()), controls) == 7
    assert all(control.disabled for control in controls.all)


def test_a_second_run_is_neither_stopped_nor_paused_by_the_first(agent):
    controls = Controls()

    def both():
        controls.pause_button.value = True
        controls.stop_button.click()

    assert run(agent, 20, At(7, both), controls) == 7
    assert run(agent, 20, controls) == 20


def pausing(controls, then):
    """Pause, and do something from another thread a little later."""

    def pause():
        controls.pause_button.value = True
        threading.Timer(0.3, then).start()

    return pause


def test_pause_waits_until_it_is_released(agent):
    controls, released = Controls(), []

    def release():
        controls.sliders["tau"].value = 0.25  # moved during the pause, it acts afterwards
        released.append(agent.steps)
        controls.pause_button.value = False

    assert run(agent, 100, At(80, pausing(controls, release)), controls) == 100
    assert released == [80]
    assert agent.recipe.tau == pytest.approx(0.25)


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("order", [1, -1], ids=["before", "after"])
def test_what_ends_a_run_ends_its_pause(agent, order):
    controls = Controls()
    for end in (interrupt, lambda: controls.stop_button.click()):
        at = At(agent.steps + 5, pausing(controls, end))
        begun = agent.steps
        assert run(agent, 100, *[at, controls][::order]) <= begun + 6


def test_no_pause_after_an_interrupt_in_the_same_step(agent):
    controls = Controls()

    def both():
        interrupt()
        controls.pause_button.value = True

    assert run(agent, 100, At(80, both), controls) == 80


def test_pause_works_in_another_thread(agent):
    controls = Controls()

    def release():
        controls.pause_button.value = False

    thread = threading.Thread(
        target=run, args=(agent, 90, At(80, pausing(controls, release)), controls)
    )
    thread.start()
    thread.join(timeout=60)
    assert agent.steps == 90


def test_sliders_write_into_the_agent(agent):
    controls = Controls()

    def move():
        for name, control in controls.sliders.items():
            control.value = 0.5 if name in ("sigma", "tau") else 1e-2

    run(agent, 70, At(66, move), controls)
    assert agent.recipe == replace(SHORT, sigma=0.5, tau=0.5, actor_lr=1e-2, critic_lr=1e-2)
    assert agent.noise.sigma == 0.5
    assert agent.actor_optimizer.param_groups[0]["lr"] == 1e-2


@pytest.mark.parametrize("recipe", [SHORT, Recipe(sigma=2.0, actor_lr=0.5, critic_lr=1e-7)])
def test_untouched_sliders_show_the_recipe_and_change_nothing(recipe):
    agent, controls = DDPG(make_env(), seed=0, recipe=recipe), Controls()
    run(agent, 5, controls)
    assert agent.recipe == recipe
    for name in SETTINGS:
        assert controls.sliders[name].value == pytest.approx(getattr(recipe, name))


def test_older_widgets_are_displayed_as_they_are(monkeypatch):
    """ipywidgets 7 has no `_repr_mimebundle_`."""
    shown = []
    monkeypatch.setattr(module, "display", lambda *what, **options: shown.append((what, options)))
    old = SimpleNamespace()
    new = SimpleNamespace(_repr_mimebundle_=lambda: {"widget": 1, "text/plain": "VBox()"})
    show(old, "words")
    show(new, "words")
    assert shown == [((old,), {}), (({"widget": 1, "text/plain": "words"},), {"raw": True})]


def test_messages_of_a_busy_kernel_are_answered_where_they_came_in():
    """The attribute of ipykernel 7.4 is set where it is there, and only there."""
    new = SimpleNamespace(comm=SimpleNamespace(_reply_subshell_for=None))
    old = SimpleNamespace(comm=SimpleNamespace())
    answer_while_busy(new, old, SimpleNamespace())
    assert new.comm._reply_subshell_for({}, "here") == "here"
    assert not vars(old.comm)
