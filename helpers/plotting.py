"""The house style of every figure, and what the static figures are made of.

Importing this module sets the style. Figures are made without pyplot, so that nothing else can draw
on them, close them or show them twice.
"""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from PIL import Image

from helpers.evaluation import Policy
from helpers.pendulum import MAX_SPEED, MAX_TORQUE, observe
from helpers.pictures import encode, publish, swatches
from helpers.recorded import bootstrap_band, interquartile_mean

# Okabe and Ito's colours, which all kinds of colour vision tell apart
BLUE, ORANGE, GREEN, RED, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9"
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
TORQUES = LinearSegmentedColormap.from_list("torques", [BLUE, "white", RED])


def house_palette() -> Image.Image:
    """All colours of a figure in the house style: each of them fading to white, and to the ink."""
    colours = np.array([to_rgb(c) for c in (BLUE, ORANGE, GREEN, RED, SKY, GREY, INK)])[:, None]
    fade = np.linspace(0, 1, 15)[:, None]  # finer steps would tint Pillow's white
    to_white = colours + (1 - colours) * fade  # (7, 15, 3)
    to_ink = colours + (colours[-1] - colours) * fade[3::3]  # (7, 4, 3)
    return swatches(np.concatenate([to_white.reshape(-1, 3), to_ink.reshape(-1, 3)]))


def new_figure(
    rows: int = 1, columns: int = 1, *, width: float = 9.0, height: float | None = None, **options
) -> tuple[Figure, Axes | np.ndarray]:
    """A figure in the house style and its axes; width and height in inches, 80 pixels each."""
    figure = Figure(figsize=(width, height or 3.0 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
    return figure, figure.subplots(rows, columns, **options)


def show(figure: Figure, alt: str) -> None:
    """Show a figure in the notebook; `alt` says in words what there is to see."""
    figure.canvas.draw()
    publish(encode(figure), alt)


def plot_band(
    ax: Axes, steps: np.ndarray, values: np.ndarray, label: str, color: str, seed: int = 0
) -> None:
    """The interquartile mean over the seeds and its 95 % bootstrap band; values (seeds, steps)."""
    ax.plot(steps, interquartile_mean(values), color=color, label=label)
    if len(values) > 1:  # one seed tells nothing about the others
        ax.fill_between(steps, *bootstrap_band(values, seed=seed), color=color, alpha=0.2, lw=0)


def state_grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Angles and velocities, (size, size) each, that span all states: a row for each velocity."""
    return np.meshgrid(np.linspace(-np.pi, np.pi, size), np.linspace(-MAX_SPEED, MAX_SPEED, size))


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
    """A map as in `helpers.optimal`, with a row for each angle: the brighter, the better."""
    return plot_phase(ax, np.vstack([values, values[:1]]).T, label, cmap="viridis")


def plot_history(
    history, panels: Sequence[str] = ("return", "gap", "critic_loss", "objective")
) -> Figure:
    """The numbers of a run, one panel each, as in the live plot; show it with `show`."""
    from helpers.layout import layout  # which is made of this module

    figure, drawn = layout(panels, history.step)
    for panel in drawn:
        panel.update(history)
    return figure
