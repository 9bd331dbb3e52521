import io

import numpy as np
import pytest
from PIL import Image

from helpers.pendulum.controllers import Trajectory, rollout, swing_up_and_hold
from helpers.plots.animation import animate, animation, draw_rod
from helpers.plots.style import BLUE


@pytest.fixture
def path():
    return rollout(swing_up_and_hold, np.array([3.0]), np.array([0.0]), steps=40)


def blue_centre(theta):
    """Where the rod is, as the mean offset from the middle, to the right and up, in pixels."""
    pixels = np.asarray(draw_rod(theta, torque=0.0)).astype(int)
    rod = np.abs(pixels - [int(BLUE[i : i + 2], 16) for i in (1, 3, 5)]).sum(axis=2) < 60
    rows, columns = np.nonzero(rod)
    middle = (len(pixels) - 1) / 2
    return columns.mean() - middle, middle - rows.mean()


@pytest.mark.parametrize(("theta", "right", "up"), [(0, 0, 1), (np.pi, 0, -1), (np.pi / 2, -1, 0)])
def test_rod_points_where_the_angle_says(theta, right, up):
    """0 is upright, and a positive angle leans to the left: anticlockwise."""
    centre = np.array(blue_centre(theta))
    np.testing.assert_allclose(centre / np.linalg.norm(centre), [right, up], atol=0.05)
    assert np.linalg.norm(centre) > 20


def test_torque_is_drawn_on_its_side():
    left, right = (np.asarray(draw_rod(np.pi, torque)).astype(int) for torque in (2.0, -2.0))
    assert np.abs(left - right[:, ::-1]).mean() < 1  # mirror images, up to the rims of lines
    assert np.abs(left - right).mean() > 2


def test_animation_is_a_small_moving_png_in_real_time(path):
    png = animation((path, path), ("one", "other"), every=2)
    picture = Image.open(io.BytesIO(png))
    assert (picture.format, picture.n_frames, picture.is_animated) == ("PNG", 20, True)
    assert picture.width == 2 * picture.height - 80
    assert picture.info["duration"] == 100  # two steps of 0.05 s
    assert len(png) < 60_000
    whole = rollout(swing_up_and_hold, np.array([3.0]), np.array([0.0]))
    assert len(animation((whole, whole), ("one", "other"))) < 150_000


def test_words_are_constant_where_there_is_no_notebook(path, capsys):
    animate(path, Trajectory(*path), labels=("a", "b"))
    assert capsys.readouterr().out == "Pendulum swinging: a beside b\n"
