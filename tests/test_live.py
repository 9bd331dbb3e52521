import io
import os
import re
import signal
import threading
from base64 import b64decode
from types import SimpleNamespace

import gymnasium as gym
import nbformat
import numpy as np
import pytest
import torch
from gymnasium.wrappers import RescaleObservation
from nbclient import NotebookClient
from PIL import Image

from helpers.agent import DDPG
from helpers.callbacks.controls import Controls, watchers
from helpers.callbacks.evaluate import Evaluate
from helpers.environment import make_env
from helpers.history import History
from helpers.networks import Actor, Critic
from helpers.plots import live as module
from helpers.plots.layout import layout
from helpers.plots.live import LivePlot
from helpers.recipes import Recipe
from helpers.training import Callback, train

SHORT = Recipe(learning_starts=64, buffer_size=1_000)


def run(steps, *callbacks, **components):
    """The history of a run of a fresh agent."""
    torch.manual_seed(0)  # for what draws from the global generator, as dropout does
    env, agent = fresh(**components)
    return train(env, agent, steps, callbacks)


def fresh(env=None, recipe=SHORT, **components):
    """An environment and an agent."""
    env = env or make_env(seed=0)
    return env, DDPG(env, seed=0, recipe=recipe, **components)


def test_it_prints_lines_and_saves_a_picture_where_there_is_no_notebook(tmp_path, capsys):
    live = LivePlot()
    env, lazy = fresh(recipe=Recipe(learning_starts=5_000, buffer_size=5_000))
    train(env, lazy, 4_010, [Evaluate(every=2_000, starts=range(10_000, 10_003)), live])
    printed = [line.split()[1] for line in capsys.readouterr().out.splitlines() if "step" in line]
    assert printed == ["2,000", "4,000"]
    live.save(tmp_path / "run.png")
    picture = Image.open(tmp_path / "run.png").convert("RGB")
    assert picture.width > 800
    assert len(picture.getcolors()) > 20  # something is drawn


class Dropping(Actor):
    """Draws random numbers whenever it is asked in training mode."""

    def forward(self, s):
        return super().forward(torch.nn.functional.dropout(s, training=self.training))


class Normalising(Critic):
    """Keeps running statistics of what it is asked in training mode."""

    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim)
        self.norm = torch.nn.BatchNorm1d(state_dim)

    def forward(self, s, a):
        return super().forward(self.norm(s), a)


class Redrawing(LivePlot):
    """Draws a frame every 50 steps."""

    def step(self, agent):
        super().step(agent)
        if agent.steps % 50 == 0:
            self.draw()


def test_it_changes_nothing_in_the_run():
    for networks in ({}, {"actor": Dropping, "critic": Normalising}):
        plain, shown = run(210, **networks), run(210, Redrawing("all"), **networks)
        np.testing.assert_array_equal(plain["critic_loss"][1], shown["critic_loss"][1])


def test_recorded_runs_lie_behind_the_returns_of_another_task_and_behind_the_gap_of_pendulum():
    band = (np.array([0, 50]), np.array([-9.0, 7]), np.array([-8.0, 8]), np.array([-7.0, 90]))
    _, (panel,) = layout("evaluation", 100, pendulum=False, band=band)
    steps, middle = panel.ax.lines[0].get_data()
    assert np.array_equal(steps, [0, 50])
    assert np.array_equal(middle, [-8, 8])
    history = History()
    history.record(1, evaluation=1.0)
    panel.update(SimpleNamespace(history=history))
    bottom, top = panel.ax.get_ylim()
    assert bottom <= -9  # the axis holds the recorded runs too
    assert top >= 90
    _, (gap, other) = layout("gap evaluation", 100, band=band)
    assert gap.ax.get_legend() is not None
    assert other.ax.get_legend() is None  # a band of gaps is none of returns


class At90(Callback):
    """Does something at step 90."""

    def __init__(self, action):
        self.action = action

    def step(self, agent):
        if agent.steps == 90:
            self.action(agent)


def test_an_interrupted_run_keeps_its_last_picture(tmp_path):
    live = LivePlot()
    history = run(500, live, At90(lambda agent: os.kill(os.getpid(), signal.SIGINT)))
    assert history["critic_loss"][0][-1] == 90
    assert live.report().startswith("stopped at step 90 of 500 · ")
    assert live.report().endswith(" · train again to go on")
    live.save(tmp_path / "run.png")


@pytest.mark.filterwarnings("error", "ignore::ResourceWarning")  # of other tests' garbage
def test_a_run_that_breaks_off_keeps_its_picture_and_its_own_error(tmp_path):
    def break_off(agent):
        for network in (agent.actor, agent.critic):
            network.layer3.bias.data.fill_(np.nan)

    live = LivePlot("all")
    with pytest.raises(ValueError, match="step 91"):
        run(500, live, At90(break_off))
    assert live.report().startswith("failed at step 90 of 500 · ValueError: At step 91 ")
    live.save(tmp_path / "run.png")


def test_a_run_that_goes_on_counts_its_steps_in_all():
    live, (env, agent) = LivePlot("return portrait"), fresh()
    for steps in (210, 420):
        train(env, agent, steps, [live])
    assert live.panels[0].ax.get_xlim() == (0, pytest.approx(1.015 * 420))
    assert list(live.panels[0].dots.get_xdata()) == [200, 410]  # the second call began an episode
    assert live.report().startswith("ended at step 420 of 420 ")


def test_the_speed_leaves_out_the_steps_that_a_checkpoint_brings_back():
    class Resuming(Callback):
        def start(self, agent, steps):
            agent.steps = 1_000

    live = LivePlot("return")
    run(1_070, live, Resuming())
    live.state, live.began = "running", live.began - 100
    live.clock = [(0.0, live.first), (10.0, live.agent.steps)]
    assert live.report().endswith("7 steps/s · 0 s left")


def test_the_time_left_does_not_count_the_random_steps():
    told = []

    class Asking(LivePlot):
        def step(self, agent):
            super().step(agent)
            told.append((self.report(), self.clock[0][1]))

    run(66, Asking("return"))
    assert told[62] == ("step 63 of 66 · random steps, before learning starts", 0)
    assert told[64] == ("step 65 of 66 · starting", 64)  # the clock starts where learning does


def test_a_pause_is_shown(monkeypatch):
    shown, controls, live = [], Controls(), LivePlot("return")
    monkeypatch.setattr(module, "publish", lambda *_, **__: SimpleNamespace(update=update))

    def update(**bundle):
        shown.append(live.report())

    def pause():
        controls.pause_button.value = True
        threading.Timer(0.2, lambda: setattr(controls.pause_button, "value", False)).start()

    run(100, At90(lambda agent: pause()), controls, live)
    assert "paused at step 90 of 100 · release Pause to go on" in shown
    assert shown[-1].startswith("ended at step 100 of 100 · ")
    assert not watchers


def test_an_agent_that_has_its_steps_already_is_shown_as_it_is():
    live, (env, agent) = LivePlot(), fresh()
    train(env, agent, 70)
    train(env, agent, 50, [live])
    assert live.state == "ended"


@pytest.mark.parametrize(
    ("make", "pendulum"),
    [
        (lambda: make_env("MountainCarContinuous-v0"), False),
        (lambda: make_env("Pendulum-v1", g=2.0), False),
        (lambda: make_env(RescaleObservation(gym.make("Pendulum-v1"), -1, 1)), False),
        (lambda: make_env(gym.make("Pendulum-v1", max_episode_steps=50)), True),
    ],
)
def test_it_shows_the_pendulums_panels_only_where_they_are_true(make, pendulum):
    live, (env, agent) = LivePlot(), fresh(make())
    train(env, agent, 70, [live])
    titles = [panel.ax.get_title("left") for panel in live.panels]
    assert ("Actor: torque μ(s)" in titles) == pendulum
    assert ("Noise-free return" in titles) != pendulum


def test_it_cannot_send_too_many_messages():
    """Nor too often: with a clock that runs fast, a frame waits for its turn."""
    live = LivePlot(every=0.0, share=1.0)
    run(70, live)
    live.frames = 900
    assert not live.due(live.last + 1e9)


def test_it_keeps_to_its_share_of_the_time_and_stretches_it_for_a_late_frame():
    live = LivePlot(share=0.1)
    run(70, live)
    live.frames, live.steps, live.every, live.last = 0, 10, 0.4, live.began + 100
    due = {}
    for spent in (9.9, 10.1, 19.9, 21.0):
        live.spent = spent
        due[spent] = live.due(live.last + 0.5), live.due(live.last + 1.0)
    late = (False, True)
    assert due == {9.9: (True, True), 10.1: late, 19.9: late, 21.0: (False, False)}


PICTURE = r'<img alt="(?P<alt>.*)" width="(?P<width>.*)" src="data:image/png;base64,(?P<png>.*)">'
CELL = """
from helpers.agent import DDPG
from helpers.callbacks.evaluate import Evaluate
from helpers.environment import make_env
from helpers.plots.live import LivePlot
from helpers.recipes import Recipe
from helpers.training import train

env = make_env(seed=0)
agent = DDPG(env, seed=0, recipe=Recipe(learning_starts=64, buffer_size=1_000))
watching = [Evaluate(every=200, starts=range(10_000, 10_003)), LivePlot(every=0.05, share=0.5)]
history = train(env, agent, 420, callbacks=watching)
"""


def test_a_notebook_stores_one_picture_the_last_with_constant_words(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    folder = {"metadata": {"path": str(tmp_path)}}
    (cell,) = NotebookClient(notebook, timeout=120, resources=folder).execute()["cells"]
    (stored,) = cell.outputs
    assert stored.output_type == "display_data"
    assert set(stored.data) == {"text/html", "text/plain"}
    assert stored.data["text/plain"] == LivePlot.alt
    shown = re.fullmatch(PICTURE, stored.data["text/html"])
    assert (shown["alt"], int(shown["width"])) == (LivePlot.alt, 640)
    assert len(shown["png"]) < 150_000
    assert Image.open(io.BytesIO(b64decode(shown["png"]))).width == 2 * 640
