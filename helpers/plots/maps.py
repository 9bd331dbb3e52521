"""Maps of all the pendulum's states: torques, values, and what each action costs.

Angles are in rad, 0 upright, growing anticlockwise; velocities in rad/s; torques in N m.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.image import AxesImage

from helpers.pendulum.controllers import Policy
from helpers.pendulum.physics import MAX_SPEED, MAX_TORQUE, normalise_angle, observe, state_grid
from helpers.pendulum.regret import regret_map
from helpers.plots.style import BLUE, INK, RED

TORQUES = LinearSegmentedColormap.from_list("torques", [BLUE, "white", RED])
COSTS = LinearSegmentedColormap.from_list("costs", ["white", RED, INK])
LEAST, MOST = 0.1, 100.0  # the ends of the costs' log scale, in units of return


def torque_map(policy: Policy, size: int) -> np.ndarray:
    """The policy's torque (N m) at each node of `state_grid(size)`."""
    theta, velocity = state_grid(size)
    actions = policy(observe(theta.ravel(), velocity.ravel()))  # (size * size, 1)
    return MAX_TORQUE * np.reshape(actions, theta.shape)


def plot_phase(ax: Axes, values: np.ndarray, label: str | None, **options) -> AxesImage:
    """A map of all states, a row for each velocity, as an image; with a colour bar if `label`."""
    rows, columns = values.shape
    x, y = np.pi * columns / (columns - 1), MAX_SPEED * rows / (rows - 1)  # to the pixels' edges
    image = ax.imshow(values, extent=(-x, x, -y, y), origin="lower", aspect="auto", **options)
    ax.set(xlim=(-np.pi, np.pi), ylim=(-MAX_SPEED, MAX_SPEED), ylabel="velocity (rad/s)")
    ax.set_xticks([-np.pi, -np.pi / 2, 0, np.pi / 2, np.pi], ["−π", "−π/2", "0", "π/2", "π"])
    ax.set(xlabel="angle (rad; 0 is upright)", yticks=[-8, -4, 0, 4, 8])
    ax.grid(False)
    if label:
        ax.figure.colorbar(image, ax=ax, label=label, pad=0.02).outline.set_visible(False)
    return image


def plot_torque_map(
    ax: Axes, policy: Policy, size: int = 81, label: str | None = "torque (N m)"
) -> AxesImage:
    """The policy's torque in every state: red turns it anticlockwise, blue clockwise."""
    values = torque_map(policy, size)
    return plot_phase(ax, values, label, cmap=TORQUES, vmin=-MAX_TORQUE, vmax=MAX_TORQUE)


def plot_value_map(ax: Axes, values: np.ndarray, label: str = "value") -> AxesImage:
    """A map as in `helpers.pendulum.optimum`, a row for each angle; brighter is better."""
    return plot_phase(ax, np.vstack([values, values[:1]]).T, label, cmap="viridis")


def plot_regret_map(
    ax: Axes,
    policy: Policy,
    size: int = 81,
    label: str | None = "one action costs (return)",
    starts: tuple[np.ndarray, np.ndarray] | None = None,
) -> AxesImage:
    """What the policy's action costs in every state: how much less than the best one it earns.

    The best actions are taken after it, to the end of 200 steps. `starts` are angles and
    velocities, (N,) each, to mark, such as those of `start_states`.
    """
    costs = np.maximum(regret_map(policy, size), LEAST)
    image = plot_phase(ax, costs, label, cmap=COSTS, norm=LogNorm(LEAST, MOST))
    if label:
        image.colorbar.set_ticks([0.1, 1, 10, 100], labels=["≤ 0.1", "1", "10", "≥ 100"])
    if starts is not None:
        theta, velocity = starts
        ax.plot(normalise_angle(theta), velocity, "o", color=BLUE, ms=3.5, mec="white", mew=0.6)
    return image
