"""The notebooks in a real JupyterLab: they run clean, and their controls act while they train."""

import re
import time
from pathlib import Path

import lab as labs
import nbformat
import pytest
from nbformat import v4

from helpers.recipes import modern
from tools import notebook_io

pytest.importorskip("playwright.sync_api", reason="Playwright is missing: make browser")
if not labs.CHROMIUM:
    pytest.skip("there is no Chromium on this machine", allow_module_level=True)

NAMES = sorted(path.name for path in (labs.ROOT / "notebooks").glob("[0-9]*.ipynb"))
# those with the most different machinery: three lines, the agent, another buffer, many processes
RUN = [name for name in NAMES if name[:2] in ("00", "09", "12", "16")]
SHOTS = labs.SHOTS
LONG = 200_000  # steps: more than any test waits for
TRAINING = f"""
from helpers.agent import DDPG
from helpers.callbacks.controls import Controls
from helpers.environment import make_env
from helpers.plots.live import LivePlot
from helpers.training import train
import torch
torch.set_num_threads(1)
env = make_env(seed=0)
agent = DDPG(env, seed=0)
history = train(env, agent, {LONG}, callbacks=[Controls(), LivePlot()])
print("ended at", agent.steps, "with sigma", agent.recipe.sigma)
"""


PLAYING = """
import numpy as np
from helpers.pendulum.controllers import rollout
from helpers.plots.widgets import PushByHand, play
from helpers.plots.style import new_figure

def bar(height):
    figure, ax = new_figure(height=1.5)
    ax.barh([0], [height])
    ax.set_xlim(0, 1)
    return figure

_ = play(bar, "A bar", height=(0.0, 1.0, 0.1, 0.5))
hang = rollout(lambda s: np.zeros((len(s), 1)), np.array([3.1]), np.array([0.0]))
hand = PushByHand((3.1, 0.0), {"hanging": hang.reward.sum()})
"""


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    lab = labs.Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.stop()


@pytest.fixture
def opened(lab, browser):
    """Opens a notebook; its page and its kernel end with the test."""
    pages = []

    def open_one(name):
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        pages.append(page)
        return labs.Opened(page, lab, name)

    yield open_one
    for page in pages:
        page.evaluate("() => jupyterapp.serviceManager.sessions.shutdownAll()")
        page.close()


@pytest.fixture
def open_cell(lab, opened):
    """Opens a notebook of this one cell, and runs it."""

    def open_cell(name, source):
        notebook = v4.new_notebook(cells=[v4.new_code_cell(source)], metadata=notebook_io.METADATA)
        nbformat.write(notebook, lab.folder / "notebooks" / name)
        notebook = opened(name)
        notebook.run()
        return notebook

    return open_cell


@pytest.fixture
def training(open_cell):
    """A training that goes on until it is stopped; some frames are already shown."""
    notebook = open_cell("training.ipynb", TRAINING)
    labs.wait_for(lambda: notebook.pictures() >= 5, "no live picture came")
    return notebook


@pytest.fixture
def playing(open_cell):
    """A picture with a slider, and a pendulum to push."""
    notebook = open_cell("playing.ipynb", PLAYING)
    labs.wait_for(notebook.ended, "the cell did not end")
    return notebook


def finish(notebook, name):
    """Wait for the end of the training, and keep a picture of the page."""
    labs.wait_for(lambda: "ended at" in notebook.printed(), "the training did not end", 30)
    notebook.page.screenshot(path=SHOTS / f"{name}.png")
    _, _, step, _, _, sigma = notebook.printed().split()
    return int(step), float(sigma)


@pytest.fixture(autouse=True)
def shots():
    SHOTS.mkdir(parents=True, exist_ok=True)


def errors(cells):
    return [o["evalue"] for cell in cells for o in cell["outputs"] if o["output_type"] == "error"]


def has_picture(output):
    return "<img" in "".join(output.get("data", {}).get("text/html", ""))


def interrupted(notebook, cell):
    """Run a cell again and interrupt its trainings, one after the other; the seconds that takes."""
    notebook.run(index := cell["index"])
    for _ in filter(has_picture, cell["outputs"]):  # a live picture for each training
        seen = notebook.pictures(index)
        labs.wait_for(lambda seen=seen: notebook.pictures(index) > seen + 3, "no live picture came")
        began = time.monotonic()
        notebook.command("notebook:interrupt-kernel")
    labs.wait_for(notebook.ended, "the interrupt did not end the cell")
    return time.monotonic() - began


DRAWN = """() => ({
    dialogs: document.querySelectorAll('.jp-Dialog').length,
    cells: document.querySelectorAll('.jp-Notebook .jp-Cell').length,
    broken: [...document.querySelectorAll('.jp-Notebook img')].filter(
        (e) => e.complete && !e.naturalWidth).length,
})"""


@pytest.mark.parametrize("name", [name for name in NAMES if name not in RUN])
def test_a_notebook_opens(opened, name):
    notebook = opened(name)
    cells = len(notebook_io.read(labs.ROOT / "notebooks" / name).cells)
    whole = {"dialogs": 0, "cells": cells, "broken": 0}
    labs.wait_for(lambda: notebook.page.evaluate(DRAWN) == whole, "it isn't all there")
    notebook.page.screenshot(path=(SHOTS / name).with_suffix(".png"))


@pytest.mark.parametrize("name", RUN)
def test_a_notebook_runs_clean_and_its_training_stops_by_interrupt(opened, name):
    notebook, shot = opened(name), SHOTS / Path(name).stem
    notebook.run()
    labs.wait_for(notebook.ended, "it did not come to its end", 900, every=1)
    cells = notebook.cells()
    assert not errors(cells)
    assert [cell["count"] for cell in cells] == [*range(1, len(cells) + 1)]
    live = [cell for cell in cells if re.search(r"Live(Plot|Seeds)\(", cell["source"])]
    assert live, "it shows no training"
    assert min(cell["pictures"] for cell in live) >= 10, "the live picture did not move"
    notebook.page.screenshot(path=shot.with_suffix(".png"))
    if "LiveSeeds(" in live[-1]["source"]:
        return  # seeds in other processes have no `agent` here to go on with

    seconds = interrupted(notebook, live[-1])
    assert int(notebook.ask("agent.steps")) < 6_000, "it ended by itself"
    (again,) = (cell for cell in notebook.cells() if cell["index"] == live[-1]["index"])
    assert not errors([again])
    assert [*filter(has_picture, again["outputs"])], "the interrupt lost the picture"
    shot.with_suffix(".txt").write_text(f"{seconds:.1f} s from Interrupt to the cell's end\n")


def test_stop(training):
    training.page.get_by_role("button", name="Stop").click()
    step, _ = finish(training, "stop")
    assert step < LONG


def test_pause_and_go_on(training):
    button = training.page.get_by_role("button", name="Pause")
    button.click()
    training.page.wait_for_timeout(2_000)  # what was under way comes to rest
    seen = training.pictures()
    training.page.wait_for_timeout(3_000)
    assert training.pictures() == seen, "it went on drawing while it paused"
    training.page.screenshot(path=SHOTS / "pause.png")
    button.click()
    labs.wait_for(lambda: training.pictures() > seen + 2, "it did not go on after the pause")
    training.page.get_by_role("button", name="Stop").click()
    assert finish(training, "pause_ended")[0] < LONG


def test_a_slider_changes_the_run(training):
    training.page.get_by_role("slider").first.press("End")
    training.page.wait_for_timeout(1_000)
    seen = training.pictures()
    labs.wait_for(lambda: training.pictures() > seen + 2, "a moved slider lost the live picture")
    training.command("notebook:interrupt-kernel")
    step, sigma = finish(training, "slider")
    assert step < LONG
    assert sigma == 4.0


def test_interrupt_ends_the_run_and_keeps_the_picture(training):
    training.command("notebook:interrupt-kernel")
    step, sigma = finish(training, "interrupt")
    assert step < LONG
    assert sigma == modern.sigma
    (cell,) = training.cells()
    assert not errors([cell])
    assert [*filter(has_picture, cell["outputs"])]


def test_a_picture_follows_its_slider_and_a_hand_pushes(playing):
    seen = playing.pictures()
    slider = playing.page.get_by_role("slider").first
    for key in ("End", "Home"):
        slider.press(key)
        labs.wait_for(lambda seen=seen: playing.pictures() > seen, "the picture did not follow")
        seen = playing.pictures()
    playing.page.locator("button[title=Start]").click()
    playing.page.get_by_role("slider").last.press("End")
    labs.wait_for(lambda: playing.pictures() > seen + 20, "the pushed pendulum did not move")
    verdict = playing.page.get_by_text("your return").first
    verdict.wait_for(timeout=60_000)
    hanging = float(playing.ask("hand.returns['hanging']"))
    mine = float(verdict.inner_text().split()[2].replace("−", "-"))
    assert abs(mine - hanging) > 5, "the push did nothing"
    playing.page.screenshot(path=SHOTS / "play.png")
