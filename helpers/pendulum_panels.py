"""The panels of the live plot that only the pendulum has: its optimum is known, its state is small.

All angles are in rad, 0 upright, growing anticlockwise; velocities in rad/s; torques in N m.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from helpers.evaluation import EVALUATION_STARTS, evaluate, random_policy, swing_up_and_hold
from helpers.optimal import load_optimum
from helpers.panels import POINTS, Panel, draw_recorded, fit, write
from helpers.pendulum import MAX_TORQUE, observe
from helpers.plotting import BLUE, GREEN, ORANGE, RED


@cache
def yardsticks() -> dict[str, float]:
    """The mean returns on the evaluation starts of three controllers that did not learn."""
    return {
        "optimal": load_optimum().optimal_returns(EVALUATION_STARTS).mean(),
        "by hand": evaluate(swing_up_and_hold).mean(),
        "random": evaluate(random_policy(seed=0)).mean(),
    }


class Gap(Panel):
    """How far the noise-free return lies below the optimum's, in % of it, on a log axis."""

    low, high = 0.5, 2_000

    def __init__(self, ax: Axes, last_step: int, band: Sequence | None = None):
        super().__init__(ax, last_step, "Noise-free gap to the optimum")
        ax.set(yscale="log", ylim=(self.low, self.high))
        ax.set_yticks([1, 10, 100, 1_000], ["1 %", "10 %", "100 %", "1000 %"])
        ax.yaxis.set_minor_locator(NullLocator())
        ax.axhline(10, color=GREEN, lw=1.2, ls="--")
        write(ax, "solved: 10 %", (0, 10), ax.get_yaxis_transform(), (4, -2), va="top")
        if band is not None:
            draw_recorded(ax, (band[0], *map(self.shown, band[1:])), "upper right")
        self.line = self.add(*ax.plot([], [], "o-", color=BLUE, ms=4))

    def shown(self, gap: np.ndarray) -> np.ndarray:
        """The gap in %, held inside the axis."""
        return np.clip(100 * np.asarray(gap), self.low, self.high)

    def update(self, history, agent=None) -> bool:
        """Draw the evaluations up to now."""
        steps, gaps = history["gap"]
        some = slice(None, None, -(-len(steps) // POINTS) or 1)
        self.line.set_data(steps[some], self.shown(gaps[some]))
        return False


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
        write(ax, "optimal", (best, 0), ax.get_xaxis_transform(), (4, 3))
        self.line = self.add(*ax.plot([], [], color=BLUE))
        self.climb = self.add(*ax.plot([], [], color=ORANGE, lw=2.5))
        self.choice = self.add(*ax.plot([], [], "o", color=RED, ms=8))
        names = ["actor's choice", "slope it climbs"]
        ax.legend([self.choice, self.climb], names, loc="lower right", fontsize=9)

    def update(self, history, agent=None) -> bool:
        """Ask the critic for all torques and, around the actor's own, for its slope."""
        own = agent.act(self.state).item()
        actions = np.r_[np.linspace(-1, 1, 41), own, own - 0.01, own + 0.01]
        a = torch.as_tensor(actions, dtype=torch.float32, device=agent.device)[:, None]  # (44, 1)
        with torch.inference_mode():
            s = torch.as_tensor(self.state, device=agent.device).expand(len(a), -1)
            q = agent.critic(s, a)[:, 0].cpu().numpy().astype(float)
        self.line.set_data(MAX_TORQUE * actions[:41], q[:41])
        self.choice.set_data([MAX_TORQUE * own], [q[41]])
        slope, reach = (q[43] - q[42]) / 0.02, np.array([-0.25, 0.25])
        climb = q[41] + slope * reach
        self.climb.set_data(MAX_TORQUE * (own + reach), climb)
        return fit(self.ax, np.r_[q[:42], climb])
