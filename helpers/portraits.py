"""The panels of the live plot that are maps of all the pendulum's states: its phase portraits."""

from collections import deque
from math import atan2

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.image import AxesImage

from helpers.optimal import load_optimum
from helpers.panels import Panel, write
from helpers.pendulum import MAX_SPEED, TIME_LIMIT, observe
from helpers.plotting import BLUE, GREEN, INK, plot_phase, plot_torque_map, state_grid, torque_map

VALUES = LinearSegmentedColormap.from_list("values", ["white", GREEN])  # as in the house palette
COUNTS = LinearSegmentedColormap.from_list("counts", ["white", BLUE])


class Portrait(Panel):
    """A map of all states, and on it the way that the episode under way has taken."""

    size = 31  # nodes along each side

    def __init__(self, ax: Axes, last_step: int, title: str, low: str, high: str):
        super().__init__(ax, last_step, title)
        self.image = self.add(self.first(ax))
        self.image.set_interpolation("bilinear")
        scale = ax.inset_axes((0.66, 1.045, 0.2, 0.045))  # beside the title, where there is room
        scale.imshow(np.linspace(-2, 2, 64)[None], aspect="auto", cmap=self.image.cmap)
        scale.set_axis_off()
        ax.text(0.645, 1.03, low, ha="right", transform=ax.transAxes, fontsize=9)
        ax.text(0.875, 1.03, high, transform=ax.transAxes, fontsize=9)
        self.path = self.add(*ax.plot([], [], color=INK, lw=1.3))
        self.place = self.add(*ax.plot([], [], "o", color="white", mec=INK, mew=1.5, ms=7))
        self.states, self.ended = deque(maxlen=TIME_LIMIT), False

    def first(self, ax: Axes) -> AxesImage:
        """The map before anything is known."""
        return plot_torque_map(ax, lambda s: np.zeros((len(s), 1)), self.size, label=None)

    def look(self, agent) -> None:
        """Make the map anew; the base has nothing to look at."""

    def follow(self, state: np.ndarray | None) -> None:
        """Remember the state; an ended episode stays in sight until the next one begins."""
        if self.ended and state is not None:
            self.states.clear()
        self.ended = state is None
        if state is not None:
            self.states.append(state)

    def update(self, history, agent=None) -> bool:
        """Make the map anew, and draw the path."""
        if agent is not None:
            self.look(agent)
        cos, sin, velocity = np.array([*self.states] or np.empty((0, 3))).T
        theta = np.arctan2(sin, cos)
        self.place.set_data(theta[-1:], velocity[-1:])
        jump = np.abs(np.diff(theta, append=theta[-1:])) > np.pi  # round the circle, off the edge
        self.path.set_data(np.where(jump, np.nan, theta), velocity)
        return False


class Torque(Portrait):
    """The policy's torque in every state."""

    def __init__(self, ax: Axes, last_step: int):
        super().__init__(ax, last_step, "Actor: torque μ(s)", "−2", "2 N m")

    def look(self, agent) -> None:
        """Ask the policy anew everywhere."""
        self.image.set_data(torque_map(agent.act, self.size))


class BestTorque(Portrait):
    """The best torque in every state, to compare the policy with."""

    size = 121  # it is made only once

    def __init__(self, ax: Axes, last_step: int):
        super().__init__(ax, last_step, "Optimum: torque", "−2", "2 N m")

    def first(self, ax: Axes) -> AxesImage:
        """The optimum's map, which stays."""
        return plot_torque_map(ax, load_optimum().policy, self.size, label=None)


class Coverage(Portrait):
    """Where the run has been: the darker a cell, the more often; and how many cells it has seen.

    The cells are 10 degrees wide and half a rad/s high: 36 by 32 of them.
    """

    def __init__(self, ax: Axes, last_step: int):
        self.counts = np.zeros((32, 36))  # a row for each velocity
        super().__init__(ax, last_step, "States visited", "never", "often")
        self.image.set_interpolation("nearest")
        self.words = self.add(write(ax, "", (0, 0), ax.transAxes, (4, 4)))

    def first(self, ax: Axes) -> AxesImage:
        """A map of nowhere."""
        image = plot_phase(ax, self.counts, None, cmap=COUNTS)
        image.set_extent((-np.pi, np.pi, -MAX_SPEED, MAX_SPEED))  # the cells fill it exactly
        return image

    def follow(self, state: np.ndarray | None) -> None:
        """Count the state."""
        super().follow(state)
        if state is not None:
            cos, sin, velocity = state
            rows, columns = self.counts.shape
            row = int((velocity / MAX_SPEED + 1) / 2 * rows)
            column = int((atan2(sin, cos) / np.pi + 1) / 2 * columns)
            self.counts[min(row, rows - 1), min(column, columns - 1)] += 1  # the edges are in

    def look(self, agent) -> None:
        """Show the counts as they are now."""
        self.image.set_data(np.log1p(self.counts))
        self.image.set_clim(0, np.log1p(max(self.counts.max(), 1)))
        self.words.set_text(f"{100 * (self.counts > 0).mean():.0f} % of the cells")


class Value(Portrait):
    """What the critic thinks every state is worth if the actor goes on: the greener, the better."""

    def __init__(self, ax: Axes, last_step: int):
        super().__init__(ax, last_step, "Value Q(s, μ(s))", "low", "high")

    def first(self, ax: Axes) -> AxesImage:
        """A map of nothing."""
        return plot_phase(ax, np.zeros((self.size, self.size)), None, cmap=VALUES)

    @torch.inference_mode()
    def look(self, agent) -> None:
        """Ask the critic anew everywhere; the colours span what it says now."""
        theta, velocity = state_grid(self.size)
        s = torch.as_tensor(observe(theta.ravel(), velocity.ravel()), device=agent.device)
        values = agent.critic(s, agent.actor(s)).reshape(theta.shape).cpu().numpy()
        self.image.set_data(values)
        self.image.set_clim(values.min(), values.max())
