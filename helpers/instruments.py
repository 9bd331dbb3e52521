"""The panels of the live plot that look at the agent itself, once a frame, like a doctor.

Nothing of this is known to the algorithm: the panels ask networks and gradients as they are now.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from helpers.panels import POINTS, Panel, fit
from helpers.pendulum import observe
from helpers.plotting import BLUE, ORANGE, state_grid
from helpers.schedules import linear_decay

COLOURS = BLUE, ORANGE


class Sampled(Panel):
    """One or two numbers of the agent, as lines; what lies between two frames is not seen.

    `look` gives them, one for each of `names`; a single line needs no name. The axis goes from one
    of the `limits` to the other, or else fits what was seen.
    """

    def __init__(
        self, ax: Axes, last_step: int, title: str, look: Callable[..., Sequence[float]],
        names: Sequence[str] = ("",), yscale: str = "linear", limits: Sequence[float] = (),
    ):  # fmt: skip
        super().__init__(ax, last_step, title)
        self.look, self.limits, self.steps, self.values = look, limits, [], []
        ax.set_yscale(yscale)
        ax.yaxis.set_minor_locator(NullLocator())
        if limits:
            ax.set_ylim(limits)
        self.lines = [
            self.add(*ax.plot([], [], color=color, label=name))
            for name, color in zip(names, COLOURS, strict=False)
        ]
        if len(names) > 1:
            ax.legend(loc="lower right", borderaxespad=0.2)

    def update(self, history, agent=None) -> bool:
        """Look once more, and draw all that was seen."""
        if agent is not None and history.step not in self.steps[-1:]:
            self.steps.append(history.step)
            self.values.append(self.look(agent))
        some = slice(None, None, -(-len(self.steps) // POINTS) or 1)
        columns = np.array(self.values, dtype=float).reshape(-1, len(self.lines)).T
        for line, column in zip(self.lines, columns, strict=True):
            line.set_data(self.steps[some], column[some])
        return False if self.limits else fit(self.ax, columns)


def saturation(agent) -> tuple[float]:
    """The share (%) of all the pendulum's states in which the actor asks for 99 % of its torque."""
    theta, velocity = state_grid(21)
    actions = agent.ask(agent.actor, observe(theta.ravel(), velocity.ravel()))
    return (100 * float((np.abs(actions) > 0.99).mean()),)


def noise(agent) -> tuple[float]:
    """The size of the noise's kicks now, in units of the action."""
    return (agent.recipe.sigma * linear_decay(agent.steps, agent.recipe.decay_steps),)


def gradients(agent) -> tuple[float, float]:
    """The length of the last gradient of the actor and of the critic; NaN before the first."""
    return tuple(
        sum(float(p.grad.square().sum()) for p in network.parameters()) ** 0.5
        if next(network.parameters()).grad is not None
        else np.nan
        for network in (agent.actor, agent.critic)
    )


@torch.inference_mode()
def live_and_target(agent, state: np.ndarray) -> tuple[float, float]:
    """What the live networks and their targets say that `state`, (1, 3), is worth."""
    s = torch.as_tensor(state, device=agent.device)
    live = agent.critic(s, agent.actor(s))
    return live.item(), agent.target_critic(s, agent.target_actor(s)).item()


def instruments(state: np.ndarray) -> dict[str, partial]:
    """What makes each of these panels, by name; values are shown in `state`, (1, 3)."""
    return {
        "saturation": partial(
            Sampled, title="States at full torque (%)", look=saturation, limits=(0, 100)
        ),
        "noise": partial(Sampled, title="Noise level σ", look=noise, limits=(0, 1)),
        "gradients": partial(
            Sampled, title="Gradient length", look=gradients, names=("actor", "critic"),
            yscale="log",
        ),
        "targets": partial(
            Sampled, title="Value of one state", look=partial(live_and_target, state=state),
            names=("live", "target"),
        ),
    }  # fmt: skip
