"""The notebooks in a real JupyterLab: they run clean, and their controls act while they train."""

import os
from pathlib import Path

import lab as labs
import nbformat
import pytest
from nbformat import v4

from tools import series

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is missing: make browser")
if not labs.CHROMIUM:
    pytest.skip("there is no Chromium on this machine", allow_module_level=True)

NAMES = sorted(path.name for path in (labs.ROOT / "notebooks").glob("[0-9]*.ipynb"))
SHOTS = Path(os.environ.get("SHOTS", labs.ROOT / ".shots"))
LONG = 200_000  # steps: more than any test waits for
TRAINING = f"""
from helpers.agent import DDPG
from helpers.controls import Controls
from helpers.environment import make_env
from helpers.live import LivePlot
from helpers.training import train
import torch
torch.set_num_threads(1)
env = make_env(seed=0)
agent = DDPG(env, seed=0)
history = train(env, agent, {LONG}, callbacks=[Controls(), LivePlot()])
print("ended at", history.step, "with sigma", agent.recipe.sigma)
"""


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    lab = labs.Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.stop()


@pytest.fixture(scope="session")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=labs.CHROMIUM, args=labs.OPTIONS)
        yield browser
        browser.close()


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
def training(lab, opened):
    """A notebook of one cell, which trains until it is stopped; some frames are already shown."""
    notebook = v4.new_notebook(cells=[v4.new_code_cell(TRAINING)], metadata=series.METADATA)
    nbformat.write(notebook, lab.folder / "notebooks" / "training.ipynb")
    notebook = opened("training.ipynb")
    notebook.run()
    labs.wait_for(lambda: notebook.pictures() >= 5, "no live picture came")
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


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_clean(opened, name):
    notebook = opened(name)
    notebook.run()
    labs.wait_for(notebook.ended, "it did not come to its end", 900, every=1)
    cells = notebook.cells()
    errors = [o for cell in cells for o in cell["outputs"] if o["output_type"] == "error"]
    assert not errors, errors[0]["evalue"]
    assert [cell["count"] for cell in cells] == [*range(1, len(cells) + 1)]
    live = [cell["pictures"] for cell in cells if "LivePlot()" in cell["source"]]
    assert live, "it shows no training"
    assert min(live) >= 10, "the live picture did not move"
    notebook.page.screenshot(path=SHOTS / f"{Path(name).stem}.png")


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
    assert sigma == 1.0


def test_interrupt_ends_the_run_and_keeps_the_picture(training):
    training.command("notebook:interrupt-kernel")
    step, sigma = finish(training, "interrupt")
    assert step < LONG
    assert sigma == 0.2
    outputs = training.cells()[-1]["outputs"]
    assert not [o for o in outputs if o["output_type"] == "error"]
    assert [o for o in outputs if "image/png" in o.get("data", {})]
