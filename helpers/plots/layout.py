"""Panels, chosen by name, and how they share a figure."""

from collections.abc import Callable, Sequence
from functools import partial

import gymnasium as gym
import numpy as np
from gymnasium.envs.classic_control import PendulumEnv
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from helpers.pendulum.physics import GRAVITY, MAX_TORQUE, observe
from helpers.plots.agent_panels import Sampled, gradients, live_and_target, noise, saturation
from helpers.plots.maps import COSTS, LEAST, MOST, TORQUES, torque_map
from helpers.plots.panels import Line, Panel, Returns
from helpers.plots.pendulum_panels import Gap, QSlice, yardsticks
from helpers.plots.phase_panels import (
    SIZE,
    VALUES,
    Coverage,
    Portrait,
    best_torques,
    cost_map,
    value_map,
)
from helpers.plots.style import new_figure

STATE = 0.3, -1.0  # angle and velocity in which single values are shown
PENDULUM = ("return", "gap", "critic_loss", "objective", "portrait", "q_slice")
ALL = (*PENDULUM, "value", "optimum", "regret", "saturation", "gradients", "targets")
OTHERS = ("return", "evaluation", "critic_loss", "objective")


def is_pendulum(env: gym.Env) -> bool:
    """Whether this is Pendulum-v1 with its own states and its own gravity."""
    plain = env.unwrapped
    known = isinstance(plain, PendulumEnv) and plain.g == GRAVITY
    return known and env.observation_space == plain.observation_space


def general_panels() -> dict[str, Callable[..., Panel]]:
    """What makes the panels of any environment, by name."""
    return {
        "return": partial(Returns, yardsticks={}),
        "evaluation": partial(Line, name="evaluation", title="Noise-free return"),
        "critic_loss": partial(Line, name="critic_loss", title="Critic loss L", yscale="log"),
        "objective": partial(Line, name="actor_loss", title="Actor objective J", scale=-1),
        "noise": partial(Sampled, title="Noise level σ", look=noise),
        "gradients": partial(
            Sampled, title="Gradient norm", look=gradients, names=("actor", "critic"), yscale="log"
        ),
    }


def pendulum_panels() -> dict[str, Callable[..., Panel]]:
    """What makes the panels that only the pendulum has, by name."""
    torques = partial(
        Portrait, low="−2", high="2 N m", cmap=TORQUES, norm=Normalize(-MAX_TORQUE, MAX_TORQUE)
    )
    state = observe(*(np.array([number]) for number in STATE))  # (1, 3)
    return {
        "gap": Gap,
        "portrait": partial(
            torques, title="Actor: torque μ(s)", look=lambda agent: torque_map(agent.act, SIZE)
        ),
        "optimum": partial(torques, title="Optimum: torque", look=lambda agent: best_torques()),
        "value": partial(
            Portrait, title="Value Q(s, μ(s))", low="low", high="high", look=value_map, cmap=VALUES
        ),
        "regret": partial(
            Portrait, title="Regret: μ(s) costs", low=f"{LEAST:g}", high=f"{MOST:g}",
            look=cost_map, cmap=COSTS, norm=LogNorm(LEAST, MOST),
        ),
        "coverage": Coverage,
        "q_slice": partial(QSlice, theta=STATE[0], velocity=STATE[1]),
        "saturation": partial(
            Sampled, title="States at full torque (%)", look=saturation, limits=(0, 100)
        ),
        "targets": partial(
            Sampled, title="Value of one state", look=partial(live_and_target, state=state),
            names=("live", "target"),
        ),
    }  # fmt: skip


def layout(
    names: Sequence[str] | str | None,
    last_step: int,
    pendulum: bool = True,
    band: Sequence[np.ndarray] | None = None,
) -> tuple[Figure, list[Panel]]:
    """A figure with these panels, or "all"; other environments lack those of the pendulum.

    Any other name stands for a series of the history.
    """
    names = names or (PENDULUM if pendulum else OTHERS)
    names = ALL if names == "all" else names.split() if isinstance(names, str) else names
    own, known = pendulum_panels(), general_panels()
    if pendulum:
        known |= own | {"return": partial(Returns, yardsticks=yardsticks())}
    names = [name for name in names if pendulum or name not in own]
    banded = "gap" if pendulum else "evaluation"
    known[banded] = partial(known[banded], band=band)
    columns = {1: 1, 2: 2, 4: 2, 6: 2}.get(len(names), 3)  # two stay legible on a small screen
    rows = -(-len(names) // columns)
    width, height = (6, 8, 9.9)[columns - 1], (2.8 if rows < 3 else 2.1) * rows + 0.4
    figure, axes = new_figure(rows, columns, width=width, height=height, squeeze=False)
    for ax in axes.flat[len(names) :]:
        ax.set_axis_off()
    make = [known.get(name, partial(Line, name=name, title=name)) for name in names]
    return figure, [panel(ax, last_step) for panel, ax in zip(make, axes.flat, strict=False)]
