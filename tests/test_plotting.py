import io

import numpy as np
import pytest
from PIL import Image

from helpers.evaluation import swing_up_and_hold
from helpers.pendulum import observe
from helpers.pictures import encode
from helpers.plotting import GREEN, TORQUES, new_figure, plot_band, show, state_grid, torque_map
from helpers.recorded import interquartile_mean


def test_torque_map_holds_the_policys_torque_at_each_node():
    theta, velocity = state_grid(21)
    assert theta[0, 0] == pytest.approx(-np.pi)
    assert velocity[-1, 0] == 8
    values = torque_map(swing_up_and_hold, 21)
    for row, column in [(0, 0), (3, 17), (20, 20)]:
        state = observe(theta[row, column : column + 1], velocity[row, column : column + 1])
        assert values[row, column] == pytest.approx(2 * swing_up_and_hold(state)[0, 0])


def test_band_holds_its_middle():
    _, ax = new_figure()
    values = np.random.default_rng(0).normal(size=(10, 5))
    plot_band(ax, np.arange(5), values, "ten seeds", "red")
    (line,), (area,) = ax.lines, ax.collections
    np.testing.assert_allclose(line.get_ydata(), interquartile_mean(values))
    edges = area.get_paths()[0].vertices
    for x, y in enumerate(line.get_ydata()):
        at = edges[edges[:, 0] == x, 1]
        assert at.min() < y < at.max()


def test_one_seed_has_no_band():
    _, ax = new_figure()
    plot_band(ax, np.arange(5), np.ones((1, 5)), "one seed", "red")
    assert not ax.collections


def test_words_stand_for_the_picture_where_there_is_no_notebook(capsys):
    figure, _ = new_figure()
    show(figure, alt="An empty figure")
    assert capsys.readouterr().out == "An empty figure\n"


def test_a_few_dots_keep_their_colour_beside_a_map_of_many_colours():
    figure, (left, right) = new_figure(1, 2)
    left.plot([0, 1, 2], [0, 1, 2], "s", color=GREEN)
    right.imshow(np.random.default_rng(0).normal(size=(40, 40)), cmap=TORQUES)
    figure.canvas.draw()
    drawn = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)
    stored = np.asarray(Image.open(io.BytesIO(encode(figure))).convert("RGB")).astype(int)
    assert np.abs(stored - drawn).max() <= 15  # of 255, in each channel of each pixel
