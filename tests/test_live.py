import io
import os
import signal

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

from helpers.agent import DDPG
from helpers.callbacks import Callback, Evaluate
from helpers.environment import make_env
from helpers.history import History
from helpers.layout import layout
from helpers.live import LivePlot
from helpers.recipes import Recipe
from helpers.training import train

SHORT = Recipe(warmup=64, memory=1_000)


def run(steps, *callbacks):
    env = make_env(seed=0)
    return train(env, DDPG(env, seed=0, recipe=SHORT), steps, callbacks)


def test_it_prints_lines_and_saves_a_picture_where_there_is_no_notebook(tmp_path, capsys):
    live = LivePlot(print_every=1)
    run(410, Evaluate(every=200, starts=range(10_000, 10_003)), live)
    printed = [line.split()[1] for line in capsys.readouterr().out.splitlines() if "step" in line]
    assert printed == ["200", "400"]
    live.save(tmp_path / "run.png")
    picture = Image.open(tmp_path / "run.png").convert("RGB")
    assert picture.width > 800
    assert len(picture.getcolors()) > 20  # something is drawn


def test_it_changes_nothing_in_the_run():
    plain, shown = run(210), run(210, LivePlot())
    np.testing.assert_array_equal(plain["critic_loss"][1], shown["critic_loss"][1])


def test_recorded_runs_lie_behind_the_returns_of_another_task_and_behind_the_gap_of_pendulum():
    band = (np.array([0, 50]), np.array([-9.0, 7]), np.array([-8.0, 8]), np.array([-7.0, 90]))
    _, (panel,) = layout("evaluation", 100, env_id="MountainCarContinuous-v0", band=band)
    steps, middle = panel.ax.lines[0].get_data()
    assert np.array_equal(steps, [0, 50])
    assert np.array_equal(middle, [-8, 8])
    history = History()
    history.record(evaluation=1.0)
    panel.update(history)
    bottom, top = panel.ax.get_ylim()
    assert bottom <= -9  # the axis holds the recorded runs too
    assert top >= 90
    _, (gap, other) = layout("gap evaluation", 100, band=band)
    assert gap.ax.get_legend() is not None
    assert other.ax.get_legend() is None  # a band of gaps is none of returns


def test_an_interrupted_run_keeps_its_last_picture(tmp_path):
    class Interrupting(Callback):
        def step(self, agent):
            if agent.history.step == 90:
                os.kill(os.getpid(), signal.SIGINT)

    live = LivePlot()
    assert run(500, live, Interrupting()).step == 90
    assert live.state == "stopped"
    live.save(tmp_path / "run.png")


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
    assert due == {
        9.9: (True, True),
        10.1: (False, True),
        19.9: (False, True),
        21.0: (False, False),
    }


CELL = """
from helpers.agent import DDPG
from helpers.callbacks import Evaluate
from helpers.environment import make_env
from helpers.live import LivePlot
from helpers.recipes import Recipe
from helpers.training import train

env = make_env(seed=0)
agent = DDPG(env, seed=0, recipe=Recipe(warmup=64, memory=1_000))
watching = [Evaluate(every=200, starts=range(10_000, 10_003)), LivePlot(every=0.05, share=0.5)]
history = train(env, agent, 420, callbacks=watching)
"""


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The outputs that a notebook stores of one training cell."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    folder = tmp_path_factory.mktemp("live")
    return NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(folder)}}
    ).execute()["cells"][0]["outputs"]


def test_a_notebook_stores_one_picture_with_constant_words(stored):
    assert [output.output_type for output in stored] == ["display_data"]
    data = stored[0].data
    assert set(data) == {"image/png", "text/plain"}
    assert data["text/plain"] == stored[0].metadata["image/png"]["alt"] == LivePlot.alt


def test_the_picture_that_is_stored_is_the_last(stored):
    from base64 import b64decode

    picture = Image.open(io.BytesIO(b64decode(stored[0].data["image/png"]))).convert("RGB")
    assert picture.width > 800
    assert len(stored[0].data["image/png"]) < 100_000
