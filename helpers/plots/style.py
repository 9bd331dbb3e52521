"""The house style of every figure, and the curves of recorded runs.

Importing this module sets the style. Figures are made without pyplot, so that nothing else can draw
on them, close them or show them twice.
"""

from functools import cache

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.ticker import NullLocator

from helpers.evaluation.statistics import bootstrap_band, interquartile_mean
from helpers.plots.png import SHARP, Palette, publish, sharp

# Okabe and Ito's colours, which people with any kind of colour vision can tell apart; but with a
# darker red, which isn't as light as the orange and the green to those who see no red or green
BLUE, ORANGE, GREEN, RED, SKY = "#0072B2", "#E69F00", "#009E73", "#B22E00", "#56B4E9"
INK, GREY = "#222222", "#6B6B6B"
STYLE = {
    "figure.dpi": 80,  # pixels an inch on the page: 11 inches fill JupyterLab's column
    "figure.facecolor": "white",  # opaque: legible in a dark theme too
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": matplotlib.cycler(color=[BLUE, ORANGE, GREEN, RED, SKY, INK]),
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
}
matplotlib.rcParams.update(STYLE)


@cache
def house_palette() -> Palette:
    """All colours of a figure in the house style: each fading to white and to the ink colour.

    Those of maps fade in finer steps, or a map would show contours that aren't there.
    """
    steps = {BLUE: (44, 6), GREEN: (44, 6), RED: (44, 24)} | dict.fromkeys(
        (ORANGE, SKY, GREY, INK), (14, 4)
    )
    return Palette(
        np.concatenate(
            [
                np.linspace(to_rgb(colour), to_rgb(end), n)
                for colour, numbers in steps.items()
                for end, n in zip(("white", INK), numbers, strict=True)
            ]
        )
    )


def new_figure(
    rows: int = 1, columns: int = 1, *, width: float = 9.0, height: float | None = None, **options
) -> tuple[Figure, Axes | np.ndarray]:
    """A figure in the house style and its axes; width and height in inches, 80 pixels each."""
    figure = Figure(figsize=(width, height or 3.0 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
    return figure, figure.subplots(rows, columns, **options)


def show(figure: Figure, alt: str) -> None:
    """Show a figure in the notebook; `alt` describes it in words."""
    publish(sharp(figure), alt, SHARP)


def write(ax: Axes, words: str, place, transform, offset, **options) -> Text:
    """A small label beside a place in a plot, with a white rim to be legible on top of lines."""
    rim = [withStroke(linewidth=2.5, foreground="white")]
    return ax.annotate(
        words, place, offset, transform, "offset points",
        fontsize=9, color=GREY, path_effects=rim, **options,
    )  # fmt: skip


def plot_band(
    ax: Axes, steps: np.ndarray, values: np.ndarray, label: str, color: str, seed: int = 0
) -> None:
    """The interquartile mean over the seeds and its 95 % bootstrap band; values (seeds, steps)."""
    ax.plot(steps, interquartile_mean(values), color=color, label=label)
    if len(values) > 1:  # one seed says nothing about the others
        ax.fill_between(steps, *bootstrap_band(values, seed=seed), color=color, alpha=0.2, lw=0)


def plot_seeds(ax: Axes, steps: np.ndarray, values: np.ndarray, label: str, color: str) -> None:
    """Every seed as a thin line and their median as a thick one; values (seeds, steps).

    For results that form two groups, where a band would show a middle with no seed near it.
    """
    ax.plot(steps, np.transpose(values), color=color, lw=0.7, alpha=0.6)
    ax.plot(steps, np.median(values, axis=0), color=color, lw=2.4, label=label)


def gap_axis(ax: Axes) -> None:
    """Make the y axis show gaps, given as fractions, in percent on a log scale; 10 % is marked."""
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(
        lambda gap, _: "solved: 10 %" if np.isclose(gap, 0.1) else f"{100 * gap:,.6g} %"
    )
    ax.yaxis.set_minor_locator(NullLocator())
    ax.axhline(0.1, color=GREY, lw=1, ls="--")
