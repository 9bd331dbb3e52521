"""How panels are chosen by name and share a figure."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from matplotlib.figure import Figure

from helpers.instruments import instruments
from helpers.panels import Line, Panel, Returns
from helpers.pendulum import observe
from helpers.pendulum_panels import Gap, QSlice, yardsticks
from helpers.plotting import new_figure
from helpers.portraits import BestTorque, Coverage, Torque, Value

PENDULUM = ("return", "gap", "critic_loss", "objective", "portrait", "q_slice")
ALL = (*PENDULUM, "value", "optimum", "saturation", "gradients", "targets", "noise")
OTHERS = ("return", "evaluation", "critic_loss", "objective")
ONLY_PENDULUM = {
    "gap", "portrait", "value", "optimum", "coverage", "q_slice", "saturation", "targets",
}  # fmt: skip


def maker(name: str, pendulum: bool, band, slice_at: tuple[float, float]) -> Callable[..., Panel]:
    """What makes the panel of that name; a name it does not know is a series of the history."""
    state = observe(*(np.array([number]) for number in slice_at))  # (1, 3)
    panels = instruments(state) | {
        "return": partial(Returns, yardsticks=yardsticks() if pendulum else {}),
        "evaluation": partial(
            Line, name=name, title="Noise-free return", band=None if pendulum else band
        ),
        "gap": partial(Gap, band=band),
        "critic_loss": partial(Line, name=name, title="Critic loss L", yscale="log"),
        "objective": partial(Line, name="actor_loss", title="Actor objective J", scale=-1),
        "portrait": Torque,
        "value": Value,
        "coverage": Coverage,
        "optimum": BestTorque,
        "q_slice": partial(QSlice, theta=slice_at[0], velocity=slice_at[1]),
    }
    return panels.get(name, partial(Line, name=name, title=name))


def layout(
    names: Sequence[str] | str | None,
    last_step: int,
    env_id: str = "Pendulum-v1",
    band: Sequence[np.ndarray] | None = None,
    slice_at: tuple[float, float] = (0.3, -1.0),
) -> tuple[Figure, list[Panel]]:
    """A figure with these panels, or "all"; other environments lack those of the pendulum."""
    pendulum = env_id == "Pendulum-v1"
    names = names or (PENDULUM if pendulum else OTHERS)
    names = ALL if names == "all" else names.split() if isinstance(names, str) else names
    names = [name for name in names if pendulum or name not in ONLY_PENDULUM]
    columns = {1: 1, 2: 2, 4: 2}.get(len(names), 3)
    rows = -(-len(names) // columns)
    figure, axes = new_figure(
        rows, columns, width=(6, 9, 11)[columns - 1], height=2.9 * rows + 0.3, squeeze=False
    )
    for ax in axes.flat[len(names) :]:
        ax.set_axis_off()
    make = [maker(name, pendulum, band, slice_at) for name in names]
    return figure, [panel(ax, last_step) for panel, ax in zip(make, axes.flat, strict=False)]
