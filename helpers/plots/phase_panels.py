"""The panels of the live plot that are maps of all the pendulum's states: its phase portraits."""

from collections import deque
from collections.abc import Callable
from functools import cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize

from helpers.pendulum.optimum import TORQUES, load_optimum
from helpers.pendulum.physics import MAX_SPEED, TIME_LIMIT, normalise_angle, observe, state_grid
from helpers.pendulum.regret import q_value
from helpers.plots.agent_panels import state_values
from helpers.plots.maps import LEAST, plot_phase, torque_map
from helpers.plots.panels import Panel
from helpers.plots.style import BLUE, GREEN, INK, write

SIZE = 31  # nodes along each side of a map that is made again for every frame
VALUES = LinearSegmentedColormap.from_list("values", ["white", GREEN])  # as in the house palette
COUNTS = LinearSegmentedColormap.from_list("counts", ["white", BLUE])


class Portrait(Panel):
    """A map of all states, and on it the path of the current episode.

    `look(agent)` gives the map, (size, size), in the order of `state_grid`. Beside the title stand
    the labels of its lowest and highest colours; without a `norm` these span the map.
    """

    def __init__(
        self, ax: Axes, last_step: int, title: str, low: str, high: str,
        look: Callable[..., np.ndarray], cmap: Colormap, norm: Normalize | None = None,
    ):  # fmt: skip
        super().__init__(ax, last_step, title)
        self.look, self.fixed = look, norm is not None
        self.image = self.add(plot_phase(ax, np.zeros((SIZE, SIZE)), None, cmap=cmap, norm=norm))
        self.image.set_interpolation("bilinear")
        scale = ax.inset_axes((0.74, 1.045, 0.13, 0.045))  # beside the title, where there is room
        scale.imshow(np.linspace(-2, 2, 64)[None], aspect="auto", cmap=cmap)
        scale.set_axis_off()
        ax.text(0.73, 1.03, low, ha="right", transform=ax.transAxes, fontsize=9)
        ax.text(0.88, 1.03, high, transform=ax.transAxes, fontsize=9)
        self.path = self.add(*ax.plot([], [], color=INK, lw=1.3))
        self.place = self.add(*ax.plot([], [], "o", color="white", mec=INK, mew=1.5, ms=7))
        self.states, self.ended = deque(maxlen=TIME_LIMIT), False

    def follow(self, agent) -> None:
        """Remember the state; an ended episode stays in sight until the next one begins."""
        if self.ended:
            self.states.clear()
        self.states.append(tuple(agent.env.unwrapped.state))  # the angle, not wrapped, and velocity
        ends, _ = agent.history.series.get("return", ((), ()))
        self.ended = len(ends) > 0 and ends[-1] == agent.steps

    def update(self, agent) -> bool:
        """Make the map again, and draw the path."""
        values = self.look(agent)
        self.image.set_data(values)
        if not self.fixed:
            self.image.set_clim(values.min(), values.max())
        theta, velocity = np.array([*self.states] or np.empty((0, 2))).T
        theta = normalise_angle(theta)
        self.place.set_data(theta[-1:], velocity[-1:])
        jump = np.abs(np.diff(theta, append=theta[-1:])) > np.pi  # around the circle, over the edge
        self.path.set_data(np.where(jump, np.nan, theta), velocity)
        return False


class Coverage(Portrait):
    """Where the run has been: darker cells more often; and how many cells it has visited.

    The cells are 10 degrees wide and half a rad/s high: 36 by 32 of them.
    """

    def __init__(self, ax: Axes, last_step: int):
        self.counts = np.zeros((32, 36))  # a row for each velocity
        super().__init__(ax, last_step, "States visited", "never", "often", self.shades, COUNTS)
        self.image.set_interpolation("nearest")
        self.image.set_extent((-np.pi, np.pi, -MAX_SPEED, MAX_SPEED))  # the cells fill it exactly
        self.words = self.add(write(ax, "", (0, 0), ax.transAxes, (5, 5)))
        self.words.set(color=INK, zorder=5, bbox={"color": "white", "pad": 1.5})  # above the path

    def follow(self, agent) -> None:
        """Count the state."""
        super().follow(agent)
        theta, velocity = self.states[-1]
        rows, columns = self.counts.shape
        row = int((velocity / MAX_SPEED + 1) / 2 * rows)
        column = int((normalise_angle(theta) / np.pi + 1) / 2 * columns)
        self.counts[min(row, rows - 1), min(column, columns - 1)] += 1  # edges included

    def shades(self, agent) -> np.ndarray:
        """The colours of the counts as they are now."""
        self.words.set_text(f"{100 * (self.counts > 0).mean():.0f} % of the cells")
        return np.log1p(self.counts)


def value_map(agent) -> np.ndarray:
    """What the critic thinks every state is worth if the actor goes on, (SIZE, SIZE)."""
    theta, velocity = state_grid(SIZE)
    return state_values(agent, observe(theta.ravel(), velocity.ravel())).reshape(theta.shape)


@cache
def best_torques() -> np.ndarray:
    """The best torque in every state, for comparison; on a fine grid, as it's made only once."""
    return torque_map(load_optimum().policy, 121)


@cache
def best_values() -> np.ndarray:
    """What the best torque in each state earns in 200 steps, (SIZE, SIZE)."""
    theta, velocity = state_grid(SIZE)
    return q_value(theta[..., None], velocity[..., None], TORQUES, TIME_LIMIT).max(axis=-1)


def cost_map(agent) -> np.ndarray:
    """The agent's `regret_map`, in a twentieth of the time: the best values are known already."""
    torque = np.nan_to_num(torque_map(agent.act, SIZE))  # a broken network's run is drawn too
    costs = best_values() - q_value(*state_grid(SIZE), torque, TIME_LIMIT)
    return np.maximum(costs, LEAST)
