"""What one can play with: the figure follows the sliders, the pushed pendulum is the pendulum."""

import asyncio
from base64 import b64decode

import numpy as np
import pytest

from helpers.pendulum.controllers import rollout
from helpers.plots import widgets as module
from helpers.plots.style import new_figure
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
    png = handle.shown[-1]["obj"]["image/png"]
    assert b64decode(png) == b"\x03"
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
