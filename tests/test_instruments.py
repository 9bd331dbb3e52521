"""The panels say of the agent what can be found out by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.history import History
from helpers.pendulum.controllers import swing_up_and_hold
from helpers.pendulum.regret import regret_map
from helpers.plots import layout
from helpers.plots.agent_panels import Sampled, gradients, live_and_target, noise, saturation
from helpers.plots.phase_panels import SIZE, Coverage, cost_map
from helpers.plots.style import new_figure
from helpers.recipes import Recipe
from helpers.training import Callback, train

STATE = np.float32([[1, 0, 0]])


@pytest.fixture
def agent():
    env = make_env(seed=0)
    recipe = Recipe(learning_starts=64, buffer_size=1_000, noise_decay_steps=100, tau=0.5)
    agent = DDPG(env, seed=0, recipe=recipe)
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


def test_an_update_leaves_its_gradients_and_parts_live_from_target(agent):
    assert np.isnan(gradients(agent)).all()
    live, target = live_and_target(agent, STATE)
    assert live == target  # copies, at first
    train(agent.env, agent, 64)
    for network, length in zip((agent.actor, agent.critic), gradients(agent), strict=True):
        flat = torch.cat([p.grad.flatten() for p in network.parameters()])
        assert length == pytest.approx(flat.norm().item(), rel=1e-5)
        assert length > 0
    live, target = live_and_target(agent, STATE)
    s = torch.from_numpy(STATE)
    assert live == pytest.approx(agent.critic(s, agent.actor(s)).item())
    assert target == pytest.approx(agent.target_critic(s, agent.target_actor(s)).item())
    assert live != target


def test_a_sampled_panel_keeps_one_look_a_step():
    agent, numbers = SimpleNamespace(), iter(range(10))
    panel = Sampled(new_figure()[1], 10, "counts", lambda agent: (next(numbers),))
    for agent.steps in (1, 1, 2, 5):
        panel.update(agent)
    x, y = panel.lines[0].get_data()
    assert list(x) == [1, 2, 5]
    assert list(y) == [0, 1, 2]


def stand_in(history=None):
    """What a panel that only looks at the environment and the history needs of an agent."""
    env = SimpleNamespace(state=None)
    env.unwrapped = env
    return SimpleNamespace(env=env, history=history or History(), steps=0)


def test_coverage_counts_the_cells_where_a_run_has_been():
    panel, agent = Coverage(new_figure()[1], 10), stand_in()
    upright, turned = (0.0, 0.25), (3 - 2 * np.pi, -7.9)
    for agent.env.state in (upright, turned, turned):
        panel.follow(agent)
    panel.update(agent)
    panel.update(agent)  # nothing new: counted once
    assert panel.counts[16, 18] == 1  # velocity 0 to 0.5, angle 0 to 10 degrees
    assert panel.counts[0, 35] == 2
    assert panel.counts.sum() == 3
    assert panel.words.get_text() == "0 % of the cells"  # 2 of 1,152
    for theta in np.linspace(-np.pi + 0.01, np.pi - 0.01, 500):
        agent.env.state = theta, 3.1
        panel.follow(agent)
    panel.update(agent)  # a whole row of 32 more
    assert panel.words.get_text() == "3 % of the cells"


def test_a_portrait_follows_the_episode_under_way():
    """An ended one stays in sight until the next one has begun."""
    panel, agent = Coverage(new_figure()[1], 10), stand_in()
    drawn = []
    for agent.steps, theta in enumerate((0.1, 0.2, 0.3, -1.0, -1.1), start=1):
        agent.env.state = theta + 2 * np.pi, 0.0  # a whole turn changes nothing
        if agent.steps == 3:
            agent.history.record(3, **{"return": -1.0})
        panel.follow(agent)
        panel.update(agent)
        drawn.append(panel.path.get_xdata().round(6).tolist())
    assert drawn == [[0.1], [0.1, 0.2], [0.1, 0.2, 0.3], [-1.0], [-1.0, -1.1]]


def test_a_portrait_shows_where_the_pendulum_is(agent):
    _, (panel,) = layout.layout("portrait", 100)
    states = []

    class Noting(Callback):
        def step(self, agent):
            panel.follow(agent)
            states.append(agent.buffer.rows[agent.steps - 1, -4:-1])  # s', as the agent saw it

    train(agent.env, agent, 80, [Noting()])
    panel.update(agent)
    (theta,), (velocity,) = panel.place.get_data()
    np.testing.assert_allclose([np.cos(theta), np.sin(theta), velocity], states[-1], atol=1e-5)
    assert len(panel.path.get_xdata()) == 17


def test_the_map_of_costs_is_that_of_the_regret(agent):
    agent.act = swing_up_and_hold
    expected = np.clip(regret_map(swing_up_and_hold, SIZE), 0.1, None)
    np.testing.assert_allclose(cost_map(agent), expected, atol=1e-4)
    assert expected.max() > 1


def test_every_named_panel_can_be_drawn(agent):
    figure, panels = layout.layout([*layout.ALL, "noise", "coverage"], 100)
    for panel in panels:
        panel.follow(agent)
        panel.update(agent)
    figure.canvas.draw()
    assert len({panel.ax.get_title("left") for panel in panels}) == 14
    assert len(layout.layout("all", 100)[1]) == 12


def test_a_gap_beyond_the_axis_is_shown_at_its_edge():
    agent = stand_in()
    for step, gap in ((1, 70.0), (2, 0.1), (3, -0.001)):
        agent.history.record(step, gap=gap)
    _, (panel,) = layout.layout("gap", 3)
    panel.update(agent)
    low, high = panel.ax.get_ylim()
    assert panel.line.get_ydata().tolist() == [high, 0.1, low]
    assert panel.ax.yaxis.get_major_formatter()(0.1, 0) == "solved: 10 %"


def titles(*arguments, **options):
    """What the panels of a layout are called."""
    return [panel.ax.get_title("left") for panel in layout.layout(*arguments, **options)[1]]


def test_names_may_stand_in_one_string():
    found = titles("gap coverage", 100)
    assert found == titles(["gap", "coverage"], 100)
    assert found == ["Noise-free gap to the optimum", "States visited"]


def test_other_environments_have_no_panels_of_the_pendulum():
    assert titles("all", 100, pendulum=False) == [
        "Return of each training episode", "Critic loss L", "Actor objective J", "Gradient norm"
    ]  # fmt: skip
