"""The instruments tell of the agent what can be found out by hand."""

import numpy as np
import pytest
import torch

from helpers import layout
from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.history import History
from helpers.instruments import Sampled, gradients, live_and_target, noise, saturation
from helpers.panels import Line
from helpers.plotting import new_figure
from helpers.portraits import Coverage
from helpers.recipes import Recipe
from helpers.training import train

STATE = np.float32([[1, 0, 0]])


@pytest.fixture
def agent():
    env = make_env(seed=0)
    agent = DDPG(env, seed=0, recipe=Recipe(warmup=64, memory=1_000, decay_steps=100, tau=0.5))
    train(env, agent, 63)
    return agent


def test_saturation_counts_states_at_full_torque(agent):
    assert saturation(agent) == (0,)  # a fresh actor does next to nothing
    torch.nn.init.constant_(agent.actor.layer3.bias, 9.0)
    assert saturation(agent) == (100,)
    with torch.no_grad():  # full torque where cos(angle) > 0 by a margin: nearly half the circle
        for parameter in agent.actor.parameters():
            parameter.zero_()
        agent.actor.layer1.weight[0, 0] = agent.actor.layer2.weight[0, 0] = 1
        agent.actor.layer3.weight[0, 0] = 1e6
    assert saturation(agent)[0] == pytest.approx(100 * 9 / 21)


def test_noise_fades_by_the_schedule(agent):
    agent.steps = 25
    assert noise(agent) == (pytest.approx(0.2 * 0.75),)


def test_gradients_are_those_of_the_last_update(agent):
    assert np.isnan(gradients(agent)).all()
    train(agent.history.env, agent, 1)
    for network, length in zip((agent.actor, agent.critic), gradients(agent), strict=True):
        flat = torch.cat([p.grad.flatten() for p in network.parameters()])
        assert length == pytest.approx(flat.norm().item(), rel=1e-5)
        assert length > 0


def test_live_and_target_part_and_meet(agent):
    live, target = live_and_target(agent, STATE)
    assert live == target  # copies, at first
    train(agent.history.env, agent, 1)
    live, target = live_and_target(agent, STATE)
    s = torch.from_numpy(STATE)
    assert live == pytest.approx(agent.critic(s, agent.actor(s)).item())
    assert target == pytest.approx(agent.target_critic(s, agent.target_actor(s)).item())
    assert live != target


def test_a_sampled_panel_keeps_one_look_a_step():
    history, numbers = History(), iter(range(10))
    panel = Sampled(new_figure()[1], 10, "counts", lambda agent: (next(numbers),))
    for history.step in (1, 1, 2, 5):
        panel.update(history, agent="any")
    panel.update(history)  # no agent to look at
    x, y = panel.lines[0].get_data()
    assert list(x) == [1, 2, 5]
    assert list(y) == [0, 1, 2]


def test_coverage_counts_the_cells_where_a_run_has_been():
    panel = Coverage(new_figure()[1], 10)
    upright, turned = np.float32([1, 0, 0.25]), np.float32([np.cos(3), np.sin(3), -7.9])
    for state in (upright, turned, None, turned):  # None: an episode ended
        panel.follow(state)
    panel.update(History(), agent="any")
    panel.update(History(), agent="any")  # nothing new: counted once
    assert panel.counts[16, 18] == 1  # velocity 0 to 0.5, angle 0 to 10 degrees
    assert panel.counts[0, 35] == 2
    assert panel.counts.sum() == 3
    assert panel.words.get_text() == "0 % of the cells"  # 2 of 1,152
    for theta in np.linspace(-np.pi + 0.01, np.pi - 0.01, 500):
        panel.follow(np.float32([np.cos(theta), np.sin(theta), 3.1]))
    panel.update(History(), agent="any")  # a whole row of 32 more
    assert panel.words.get_text() == "3 % of the cells"


def test_every_named_panel_can_be_drawn(agent):
    figure, panels = layout.layout("all", 100)
    for panel in panels:
        panel.update(agent.history, agent)
    figure.canvas.draw()
    assert len(panels) == 12
    assert not [p for p, name in zip(panels, layout.ALL, strict=True) if name != "critic_loss"
                and name != "objective" and isinstance(p, Line)]  # fmt: skip


def test_names_may_stand_in_one_string():
    titles = [[p.ax.get_title("left") for p in layout.layout(names, 100)[1]]
              for names in ("gap coverage", ["gap", "coverage"])]  # fmt: skip
    assert titles[0] == titles[1] == ["Noise-free gap to the optimum", "States visited"]


def test_other_environments_have_no_panels_of_the_pendulum():
    _, panels = layout.layout("all", 100, env_id="MountainCarContinuous-v0")
    assert len(panels) == len(set(layout.ALL) - layout.ONLY_PENDULUM)
