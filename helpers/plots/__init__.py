"""Figures in the house style, the live plot of a run, moving pictures and widgets.

Importing it in a notebook also makes the tracebacks there short, and offers `%%original`.
"""

from helpers.pendulum.physics import state_grid
from helpers.plots.animation import animate, animation
from helpers.plots.live import LivePlot
from helpers.plots.live_seeds import LiveSeeds
from helpers.plots.maps import (
    COSTS,
    TORQUES,
    plot_phase,
    plot_regret_map,
    plot_torque_map,
    plot_value_map,
    torque_map,
)
from helpers.plots.originals import offer_originals
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
from helpers.plots.tracebacks import shorten_tracebacks
from helpers.plots.video import film
from helpers.plots.widgets import PushByHand, play

shorten_tracebacks()
offer_originals()
