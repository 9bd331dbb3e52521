import io

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image
from scipy.ndimage import uniform_filter

from helpers.evaluation.statistics import interquartile_mean
from helpers.pendulum import load_optimum
from helpers.pendulum.controllers import swing_up_and_hold
from helpers.pendulum.physics import observe, start_states, state_grid
from helpers.pendulum.regret import regret_map
from helpers.plots.maps import COSTS, TORQUES, plot_regret_map, plot_value_map, torque_map
from helpers.plots.phase_panels import COUNTS, VALUES
from helpers.plots.png import bundle, encode, sharp
from helpers.plots.style import (
    GREEN,
    ORANGE,
    RED,
    gap_axis,
    house_palette,
    new_figure,
    plot_band,
    plot_seeds,
    show,
)


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
    _, ax = new_figure()
    plot_band(ax, np.arange(5), values[:1], "one seed", "red")
    assert not ax.collections  # no band


def test_seeds_are_thin_lines_with_their_median_on_top():
    _, ax = new_figure()
    values = np.array([[9.0, 1.0], [9.0, 2.0], [9.0, 9.0]])
    plot_seeds(ax, [0, 10], values, "three seeds", GREEN)
    *thin, thick = ax.lines
    assert [line.get_ydata().tolist() for line in thin] == values.tolist()
    assert thick.get_ydata().tolist() == [9, 2]
    assert thick.get_linewidth() > max(line.get_linewidth() for line in thin)
    assert ax.get_legend_handles_labels()[1] == ["three seeds"]


@pytest.mark.filterwarnings("error", "ignore::ResourceWarning")  # of other tests' garbage
@pytest.mark.parametrize("first", [True, False])
def test_a_gap_axis_fits_the_gaps_and_shows_percent(first):
    figure, ax = new_figure()
    for draw in (gap_axis, lambda ax: ax.plot([1, 2], [12.0, 0.02]))[:: 1 if first else -1]:
        draw(ax)
    figure.canvas.draw()
    low, high = ax.get_ylim()
    assert 0.01 < low < 0.02
    assert 12 < high < 24
    shown = [t.get_text() for t in ax.get_yticklabels()]
    assert {"solved: 10 %", "100 %", "1,000 %"} <= set(shown)


def test_a_regret_map_shows_the_cost_of_each_action_within_its_colours_and_the_starts():
    figure, ax = new_figure()
    starts = start_states(range(20_000, 20_010))
    image = plot_regret_map(ax, swing_up_and_hold, size=21, starts=starts)
    costs = regret_map(swing_up_and_hold, 21)
    np.testing.assert_allclose(image.get_array(), np.maximum(costs, 0.1))
    assert (image.norm.vmin, image.norm.vmax) == (0.1, 100)
    np.testing.assert_allclose(ax.lines[0].get_data(), starts, atol=1e-12)
    assert len(figure.axes) == 2  # with a colour bar
    figure.canvas.draw()


def test_words_stand_for_the_picture_where_there_is_no_notebook(capsys):
    figure, _ = new_figure()
    show(figure, alt="An empty figure")
    assert capsys.readouterr().out == "An empty figure\n"


def test_a_few_dots_keep_their_colour_beside_a_map_of_many_colours():
    figure, (left, right) = new_figure(1, 2)
    left.plot([0, 1, 2], [0, 1, 2], "s", color=GREEN)
    right.imshow(np.random.default_rng(0).normal(size=(40, 40)), cmap=TORQUES)
    stored = pixels(sharp(figure))
    drawn = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)
    assert np.abs(stored - drawn).max() <= 12  # of 255, in each channel of each pixel
    assert (stored[drawn == 255] == 255).all()


def test_a_stored_map_shows_no_contours():
    """Averaged over a few dots, as the eye does, its colours are those that were drawn."""
    figure, ax = new_figure()
    plot_value_map(ax, load_optimum().values)
    stored = pixels(sharp(figure))
    drawn = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)
    assert np.abs(uniform_filter(stored - drawn, (8, 8, 1), float)).max() < 2


def pixels(png):
    """The colours of a PNG, (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


@pytest.mark.parametrize("cmap", [TORQUES, COSTS, VALUES, COUNTS], ids=lambda cmap: cmap.name)
def test_the_maps_of_the_live_plot_show_no_contours(cmap):
    """From left to right the colours change in steps too small to see."""
    figure, ax = new_figure(width=10)
    ax.imshow(np.linspace(0, 1, 256)[None], aspect="auto", cmap=cmap)
    ax.set_position([0, 0, 1, 1])
    ax.set_axis_off()
    figure.canvas.draw()
    row = pixels(encode(figure, house_palette()))[100]
    assert np.abs(np.diff(row, axis=0)).max() <= 14


def test_the_palette_leaves_white_white():
    white = np.full((1, 1, 4), 255, dtype=np.uint8)
    assert house_palette().reduce(white).convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_red_and_orange_and_green_differ_in_lightness():
    lightness = [np.dot(to_rgb(colour), [0.3, 0.6, 0.1]) for colour in (RED, GREEN, ORANGE)]
    assert np.diff(lightness).min() > 0.09


def test_alt_text_reaches_the_page():
    page = bundle(bytes(24), 'μ > 0, "more"')["obj"]
    assert page["text/html"].startswith('<img alt="μ &gt; 0, &quot;more&quot;" width="0" src="data')
    assert page["text/plain"] == 'μ > 0, "more"'
