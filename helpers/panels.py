"""The panels of the live plot that show a run's numbers, and how panels share a figure.

A panel makes its artists once and only changes their data later, so that a frame costs little.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from helpers.evaluation import EVALUATION_STARTS, evaluate, random_policy, swing_up_and_hold
from helpers.optimal import load_optimum
from helpers.plotting import BLUE, GREEN, GREY, ORANGE, RED, new_figure

POINTS = 200  # in a line at most; more than the pixels show costs time only
PENDULUM = "Pendulum-v1"


@cache
def yardsticks() -> dict[str, float]:
    """The mean returns on the evaluation starts of three controllers that did not learn."""
    return {
        "optimal": load_optimum().optimal_returns(EVALUATION_STARTS).mean(),
        "by hand": evaluate(swing_up_and_hold).mean(),
        "random": evaluate(random_policy(seed=0)).mean(),
    }


def blocks(steps: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A long series as the step (n,) and the 10, 50 and 90 % quantiles (3, n) of each block.

    A block's length is a power of two, so that blocks stay where they are while the series grows.
    """
    length = 1
    while len(values) > POINTS * length:
        length *= 2
    whole = len(values) // length * length
    if whole == 0:
        return np.empty(0), np.empty((3, 0))
    quantiles = np.quantile(values[:whole].reshape(-1, length), [0.1, 0.5, 0.9], axis=1)
    return steps[:whole].reshape(-1, length).mean(axis=1), quantiles


def fit(ax: Axes, values: np.ndarray) -> bool:
    """Let the y axis hold `values`, in round numbers; whether it had to change (rarely)."""
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return False
    low, high = values.min(), values.max()
    bottom, top = ax.get_ylim()
    if ax.get_yscale() == "log":
        low, high = 10 ** np.floor(np.log10(low)), 10 ** np.ceil(np.log10(high))
        wanted = (min(low, high / 10), high)
        fits = np.allclose(np.log10(wanted), np.log10((bottom, top)))
    else:
        room = max(high - low, 1e-3 * max(abs(low), abs(high), 1.0))
        ticks = MaxNLocator(5).tick_values(low - 0.05 * room, high + 0.05 * room)
        wanted = (ticks[0], ticks[-1])
        fits = bottom <= low and high <= top and wanted[1] - wanted[0] > 0.6 * (top - bottom)
    if not fits:
        ax.set_ylim(wanted)
    return not fits


class Panel:
    """One plot of a run; a subclass makes its artists and says how they change."""

    title, pendulum_only = "", False

    def __init__(self, ax: Axes, last_step: int):
        self.ax, self.artists = ax, []
        ax.set_title(self.title)
        ax.set(xlim=(0, max(last_step, 1)), xlabel="step")
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / 1000:g}k" if x else "0"))

    def add(self, *artists: Artist) -> Artist:
        """Take artists that change with every frame; gives the first."""
        self.artists += artists
        return artists[0]

    def animate(self, animated: bool) -> None:
        """Leave the changing artists out when the figure is drawn, or no longer."""
        for artist in self.artists:
            artist.set_animated(animated)

    def follow(self, state: np.ndarray | None) -> None:
        """See where the episode under way has got to; called after every step, so be quick."""

    def update(self, history, agent=None) -> bool:
        """Change the artists' data; whether the axes changed too, and all must be drawn anew."""
        raise NotImplementedError


class Line(Panel):
    """A series of the history as the running median between its 10 and 90 % quantiles."""

    def __init__(self, ax: Axes, last_step: int, name: str, title: str, scale=1, yscale="linear"):
        self.name, self.title, self.scale = name, title, scale
        super().__init__(ax, last_step)
        ax.set_yscale(yscale)
        ax.yaxis.set_minor_locator(NullLocator())
        self.area = self.add(ax.fill_between([], [], color=BLUE, alpha=0.2, lw=0))
        self.line = self.add(*ax.plot([], [], color=BLUE))

    def update(self, history, agent=None) -> bool:
        """Draw the series up to now."""
        steps, values = history[self.name]
        x, (low, middle, high) = blocks(steps, self.scale * values)
        self.line.set_data(x, middle)
        outline = np.column_stack([np.r_[x, x[::-1]], np.r_[low, high[::-1]]])
        self.area.set_verts([outline] if len(x) else [])
        return fit(self.ax, np.r_[low, high])
