"""The panels of the live plot that measure the agent itself, once a frame.

The algorithm knows nothing of this: the panels read its networks and gradients as they are now.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes

from helpers.pendulum.physics import observe, state_grid
from helpers.plots.panels import POINTS, Panel
from helpers.plots.style import BLUE, ORANGE
from helpers.schedules import linear_decay


class Sampled(Panel):
    """One or two numbers of the agent, as lines; what happens between two frames isn't seen.

    `look(agent)` gives them, one for each of `names`; a single line needs no name.
    """

    def __init__(
        self, ax: Axes, last_step: int, title: str, look: Callable[..., Sequence[float]],
        names: Sequence[str] = ("",), **options,
    ):  # fmt: skip
        super().__init__(ax, last_step, title, **options)
        self.look, self.steps, self.values = look, [], []
        self.lines = [
            self.add(*ax.plot([], [], color=color, label=name))
            for name, color in zip(names, (BLUE, ORANGE), strict=False)
        ]
        if len(names) > 1:
            ax.legend(  # beside the title, where no line comes
                loc="lower right", bbox_to_anchor=(1.04, 0.95), ncols=2, fontsize=9,
                handlelength=0.9, handletextpad=0.4, columnspacing=0.8,
            )  # fmt: skip

    def update(self, agent) -> bool:
        """Look again, and draw everything seen so far."""
        if agent.steps not in self.steps[-1:]:
            self.steps.append(agent.steps)
            self.values.append(self.look(agent))
        some = slice(None, None, -(-len(self.steps) // POINTS) or 1)
        columns = np.array(self.values, dtype=float).reshape(-1, len(self.lines)).T
        for line, column in zip(self.lines, columns, strict=True):
            line.set_data(self.steps[some], column[some])
        return self.fit(columns)


def saturation(agent) -> tuple[float]:
    """The share (%) of all the pendulum's states in which the actor asks for 99 % of its torque."""
    theta, velocity = state_grid(21)
    actions = agent.predict(agent.actor, observe(theta.ravel(), velocity.ravel()))
    return (100 * float((np.abs(actions) > 0.99).mean()),)


def noise(agent) -> tuple[float]:
    """The size of the noise's kicks now, in units of the action."""
    return (agent.recipe.sigma * linear_decay(agent.steps, agent.recipe.noise_decay_steps),)


def gradients(agent) -> tuple[float, float]:
    """The norm of the last gradient of the actor and of the critic; NaN before the first."""
    return tuple(
        sum(float(p.grad.square().sum()) for p in network.parameters()) ** 0.5
        if next(network.parameters()).grad is not None
        else np.nan
        for network in (agent.actor, agent.critic)
    )


@torch.no_grad()
def ask_critic(
    agent, critic: torch.nn.Module, states: np.ndarray, actions: np.ndarray
) -> np.ndarray:
    """What `critic` says of states (N, 3) and actions (N, 1), (N,), in evaluation mode."""
    s, a = (torch.as_tensor(x, dtype=torch.float32, device=agent.device) for x in (states, actions))
    training = critic.training
    q = critic.eval()(s, a)[:, 0]
    critic.train(training)
    return q.cpu().numpy().astype(float)


def state_values(agent, states: np.ndarray) -> np.ndarray:
    """What states (N, 3) are worth to the critic if the actor acts: Q(s, μ(s)), (N,)."""
    return ask_critic(agent, agent.critic, states, agent.predict(agent.actor, states))


def live_and_target(agent, state: np.ndarray) -> tuple[float, float]:
    """What the live networks and their targets say that `state`, (1, 3), is worth."""
    a_target = agent.predict(agent.target_actor, state)
    target = ask_critic(agent, agent.target_critic, state, a_target)
    return state_values(agent, state).item(), target.item()
