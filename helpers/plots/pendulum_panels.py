"""The panels of the live plot that need the pendulum's optimum.

All angles are in rad, 0 upright, growing anticlockwise; velocities in rad/s; torques in N m.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from matplotlib.axes import Axes

from helpers.evaluation.returns import EVALUATION_STARTS, evaluate
from helpers.pendulum.controllers import random_policy, swing_up_and_hold
from helpers.pendulum.optimum import load_optimum
from helpers.pendulum.physics import MAX_TORQUE, observe
from helpers.plots.agent_panels import ask_critic
from helpers.plots.panels import Line, Panel
from helpers.plots.style import BLUE, GREEN, ORANGE, RED, gap_axis, write


@cache
def yardsticks() -> dict[str, float]:
    """The mean returns on the evaluation starts of three controllers that don't learn."""
    return {
        "optimal": load_optimum().optimal_returns(EVALUATION_STARTS).mean(),
        "by hand": evaluate(swing_up_and_hold).mean(),
        "random": evaluate(random_policy(seed=0)).mean(),
    }


class Gap(Line):
    """How far the noise-free return lies below the optimum's, in % of it, on a log axis."""

    def __init__(self, ax: Axes, last_step: int, band: Sequence[np.ndarray] | None = None):
        super().__init__(
            ax, last_step, "gap", "Noise-free gap to the optimum",
            band=band, legend="upper right", yscale="log", limits=(0.005, 20),
        )  # fmt: skip
        gap_axis(ax)
        self.line.set(marker="o", markersize=4)


class QSlice(Panel):
    """What the critic thinks of every torque in one state, and which one the actor takes there."""

    def __init__(self, ax: Axes, last_step: int, theta: float, velocity: float):
        super().__init__(ax, last_step, "Critic: Q(s, ·) in one state")
        where = f"torque (N m) at angle {theta:g}, velocity {velocity:g}"
        ax.set(xlim=(-2.1, 2.1), xlabel=where.replace("-", "−"))
        ax.set_xticks([-2, -1, 0, 1, 2], ["−2", "−1", "0", "1", "2"])
        self.state = observe(np.array([theta]), np.array([velocity]))  # (1, 3)
        best = MAX_TORQUE * load_optimum().policy(self.state).item()
        ax.axvline(best, color=GREEN, lw=1.2, ls="--")
        write(ax, "optimal", (best, 0), ax.get_xaxis_transform(), (-4, 3), ha="right")
        self.line = self.add(*ax.plot([], [], color=BLUE))
        self.climb = self.add(*ax.plot([], [], color=ORANGE, lw=2.5))
        self.choice = self.add(*ax.plot([], [], "o", color=RED, ms=8))
        names = ["actor's choice", "gradient it climbs"]
        ax.legend(
            [self.choice, self.climb], names, loc="lower right", fontsize=9,
            handlelength=1, frameon=True, framealpha=1, edgecolor="none",
        )  # fmt: skip

    def update(self, agent) -> bool:
        """Ask the critic about all torques and, around the actor's own, for the gradient."""
        own = agent.predict(agent.actor, self.state).item()
        actions = np.r_[np.linspace(-1, 1, 41), own, own - 0.01, own + 0.01][:, None]  # (44, 1)
        q = ask_critic(agent, agent.critic, self.state.repeat(len(actions), axis=0), actions)
        self.line.set_data(MAX_TORQUE * actions[:41, 0], q[:41])
        self.choice.set_data([MAX_TORQUE * own], [q[41]])
        slope = (q[43] - q[42]) / 0.02
        reach = np.clip([own - 0.25, own + 0.25], -1, 1) - own
        climb = q[41] + slope * reach
        self.climb.set_data(MAX_TORQUE * (own + reach), climb)
        lowest, highest = q.min(), q.max()
        return self.fit(np.r_[q, climb, lowest - 0.35 * (highest - lowest)])  # room for the legend
