"""What one can play with: the figure follows the sliders, the pushed pendulum is the pendulum.

And what a notebook does when its cells are edited: it shows errors briefly, and brings cells back.
"""

import asyncio
import re
import subprocess
from base64 import b64encode
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat import v4

from helpers.pendulum.controllers import rollout
from helpers.plots import originals
from helpers.plots import widgets as module
from helpers.plots.originals import original
from helpers.plots.style import new_figure
from helpers.plots.tracebacks import HINT
from helpers.plots.widgets import PushByHand, play


class Handle:
    def __init__(self):
        self.shown = []

    def update(self, *args, **kwargs):
        self.shown.append(kwargs)


@pytest.fixture
def handle(monkeypatch):
    handle = Handle()
    monkeypatch.setattr(module, "publish", lambda *args, **kwargs: handle)
    return handle


def test_a_moved_slider_draws_the_figure_anew(handle):
    drawn = []

    def draw(a, b):
        drawn.append((a, b))
        return new_figure(height=1)[0]

    sliders = play(draw, "two numbers", a=(0, 1, 0.1, 0.5), b=(-2, 2, 1, 0))
    sliders["b"].value = 2
    sliders["a"].value = 7  # beyond its end
    assert drawn == [(0.5, 0), (0.5, 2), (1, 2)]
    assert len(handle.shown) == 2


def test_a_picture_may_come_ready_made_and_whole_numbers_stay_whole(handle):
    def draw(n, x):
        assert isinstance(n, int)
        return bytes([n])

    sliders = play(draw, "a picture", n=(1, 9, 1, 2), x=(0.0, 1.0, 0.05, 0.5))
    sliders["n"].value = 3
    page = handle.shown[-1]["obj"]["text/html"]
    assert f'base64,{b64encode(bytes([3])).decode()}"' in page
    assert sliders["x"].readout_format == ".2f"


def test_a_pushed_pendulum_swings_as_any_other(handle, monkeypatch):
    async def at_once(seconds):
        hand.torque.value = 2.0 if hand.now[1] > 0 else -2.0  # pushes along, as a hand would

    monkeypatch.setattr(module.asyncio, "sleep", at_once)
    hand = PushByHand((np.pi, 0.5), {"the optimum": -250.0})
    asyncio.run(hand.run())
    pushes = iter([np.array([[row[2].item() / 2]]) for row in hand.path])
    same = rollout(lambda s: next(pushes), np.array([np.pi]), np.array([0.5]))
    np.testing.assert_allclose([row[0] for row in hand.path], same.theta, atol=1e-4)
    assert len(hand.path) == 200
    assert f"your return {same.reward.sum():.0f}" in hand.verdict.value
    assert "the optimum -250" in hand.verdict.value
    assert len(handle.shown) == 100
    assert not hand.button.disabled


CELLS = [
    "import json\nimport helpers.plots",
    "def broken():\n    json.loads('{')",
    "broken()",
    "%tb",
]


def test_a_traceback_keeps_to_the_notebook_and_tb_shows_the_rest(tmp_path):
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in CELLS])
    folder = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=60, resources=folder, allow_errors=True).execute()
    short, whole = (cell.outputs[0].traceback for cell in notebook.cells[2:])
    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(short))
    assert "broken()" in text
    assert "json.loads('{')" in text
    assert text.endswith(HINT)
    assert "decoder.py" not in text
    assert "decoder.py" in "\n".join(whole)


def test_the_original_of_a_cell_comes_from_the_last_commit(tmp_path, monkeypatch, capsys):
    cells = [v4.new_code_cell(source, id=f"cell-{source[0]}") for source in ("a = 1\n2", "b = 1")]
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "lesson.ipynb")
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    (tmp_path / "lesson.ipynb").write_text("edited")
    monkeypatch.chdir(tmp_path)
    given = []
    parent = {"metadata": {"cellId": "cell-a"}}
    shell = SimpleNamespace(
        kernel=SimpleNamespace(get_parent=lambda channel: parent),
        set_next_input=lambda source, replace: given.append((source, replace)),
    )
    monkeypatch.setattr(originals, "get_ipython", lambda: shell)
    monkeypatch.setenv("JPY_SESSION_NAME", "anywhere/lesson.ipynb")
    original("", "a = 7")
    assert given == [("a = 1\n2", True)]
    monkeypatch.delenv("JPY_SESSION_NAME")  # as in other editors
    original("", "a = 7")
    assert capsys.readouterr().out == originals.ELSEWHERE + "\n"
