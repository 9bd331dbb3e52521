"""The panels of the live plot that show a run's numbers.

A panel makes its artists once and only changes their data later, so that a frame costs little.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from helpers.plots.style import BLUE, GREY, ORANGE, SKY, write

POINTS = 200  # the most in a line; more than the pixels can show only costs time


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


class Panel:
    """One plot of a run; a subclass makes its artists and says how they change.

    The y axis spans the `limits` if there are any, and otherwise fits the data.
    """

    def __init__(
        self, ax: Axes, last_step: int, title: str, yscale: str = "linear", limits: tuple = ()
    ):
        self.ax, self.artists, self.limits = ax, [], limits
        ax.set_title(title, y=1.0, fontsize=10)  # at one height; the longest fits in three columns
        ax.set(xlim=(0, 1.015 * max(last_step, 1)), xlabel="step", yscale=yscale)  # room for a dot
        ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / 1000:g}k" if x else "0"))
        ax.yaxis.set_minor_locator(NullLocator())
        if limits:
            ax.set_ylim(limits)

    def add(self, *artists: Artist) -> Artist:
        """Take artists that change with every frame; returns the first."""
        self.artists += artists
        return artists[0]

    def follow(self, agent) -> None:
        """See where the agent is; called after every step, so be quick."""

    def update(self, agent) -> bool:
        """Change the artists' data; True if the axes changed too, so that all must be redrawn."""
        raise NotImplementedError

    def fit(self, values: np.ndarray) -> bool:
        """Make the y axis include `values`, in round numbers; whether it had to change (rarely)."""
        values = values[np.isfinite(values)]
        if self.limits or len(values) == 0:
            return False
        low, high = values.min(), values.max()
        bottom, top = self.ax.get_ylim()
        if self.ax.get_yscale() == "log":
            low, high = 10 ** np.floor(np.log10(low)), 10 ** np.ceil(np.log10(high))
            wanted = (min(low, high / 10), high)
            fits = np.allclose(np.log10(wanted), np.log10((bottom, top)))
        else:
            room = max(high - low, 0.05 * max(abs(low), abs(high)), 1e-3)
            if low == high:  # a constant's axis says plainly that nothing moves
                low, high = low - 4 * room, high + 4 * room
            ticks = MaxNLocator(5).tick_values(low - 0.05 * room, high + 0.05 * room)
            wanted = (ticks[0], ticks[-1])
            fits = bottom <= low and high <= top and wanted[1] - wanted[0] > 0.6 * (top - bottom)
        if not fits:
            self.ax.set_ylim(wanted)
        return not fits


class Line(Panel):
    """A series of the history as the running median between its 10 and 90 % quantiles.

    `band` holds steps, low, mid and high of recorded runs, to be drawn behind this one.
    """

    def __init__(
        self, ax: Axes, last_step: int, name: str, title: str, scale: int = 1,
        band: Sequence[np.ndarray] | None = None, legend: str = "lower right", **options,
    ):  # fmt: skip
        super().__init__(ax, last_step, title, **options)
        self.name, self.scale = name, scale
        self.seen = []  # what the axis always includes
        if band is not None:
            steps, low, middle, high = band
            self.seen = np.ravel(band[1:])
            ax.fill_between(steps, low, high, color=ORANGE, alpha=0.25, lw=0)
            ax.plot(steps, middle, color=ORANGE, lw=1.2, label="recorded runs")
            ax.legend(loc=legend, borderaxespad=0.2)
        self.area = self.add(ax.fill_between([], [], color=BLUE, alpha=0.2, lw=0))
        self.line = self.add(*ax.plot([], [], color=BLUE))

    def update(self, agent) -> bool:
        """Draw the series up to now, and values beyond the limits at the edge."""
        steps, values = agent.history[self.name]
        values = self.scale * values
        x, (low, middle, high) = blocks(steps, np.clip(values, *self.limits or (-np.inf, np.inf)))
        self.line.set_data(x, middle)
        outline = np.column_stack([np.r_[x, x[::-1]], np.r_[low, high[::-1]]])
        self.area.set_verts([outline] if len(x) else [])
        return self.fit(np.r_[low, high, self.seen])


class Returns(Panel):
    """The return of each episode, exploration noise included, and the mean of the last ten."""

    def __init__(self, ax: Axes, last_step: int, yardsticks: Mapping[str, float]):
        super().__init__(ax, last_step, "Return of each training episode")
        values = yardsticks.values()
        self.seen = [0.0, 1.3 * min(values)] if values else []  # what the axis always includes
        for name, value in yardsticks.items():
            ax.axhline(value, color=GREY, lw=1, ls="--")
            up = name == "optimal"  # the other good controller's line is just below
            bad = name == "random"  # outside: noisy episodes stay near this line
            place = (1.01 if bad else 0.01, value)
            side = "center" if bad else "bottom" if up else "top"
            above = 0 if bad else 1 if up else -2  # points
            words = write(ax, name, place, ax.get_yaxis_transform(), (0, above), va=side)
            words.set_zorder(1.9)  # below the dots, which its rim would cut
        self.dots = self.add(*ax.plot([], [], ".", color=SKY, ms=5))
        self.line = self.add(*ax.plot([], [], color=BLUE))

    def update(self, agent) -> bool:
        """Draw the episodes up to now."""
        steps, values = agent.history["return"]
        sums = np.cumsum(np.r_[0.0, values])
        last = np.arange(1, len(values) + 1)
        first = np.maximum(last - 10, 0)
        some = slice(None, None, -(-len(values) // (2 * POINTS)) or 1)
        self.dots.set_data(steps[some], values[some])
        self.line.set_data(steps[some], ((sums[last] - sums[first]) / (last - first))[some])
        return self.fit(np.r_[values, self.seen])
