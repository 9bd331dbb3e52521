"""Figures in the house style, the live plot of a run, moving pictures and widgets."""

from helpers.pendulum.physics import state_grid
from helpers.plots.animation import animate, animation
from helpers.plots.live import LivePlot
from helpers.plots.maps import (
    COSTS,
    TORQUES,
    plot_phase,
    plot_regret_map,
    plot_torque_map,
    plot_value_map,
    torque_map,
)
from helpers.plots.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    RED,
    SKY,
    gap_axis,
    new_figure,
    plot_band,
    plot_seeds,
    show,
)
from helpers.plots.video import film
from helpers.plots.widgets import PushByHand, play
