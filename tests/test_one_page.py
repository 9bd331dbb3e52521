"""DDPG on one page, the last exercise of notebook 09: the same training, without the helpers."""

import ast
import subprocess
import sys

import numpy as np
import pytest
import torch
from answers.notebook_09 import solution

from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.recipes import paper
from helpers.training import train

PAGE = solution("one-page-solution")
SEED, STEPS = 3, 1_500  # into the eighth episode
LINES, COLUMNS = 80, 100
ALLOWED = {"torch", "numpy", "gymnasium", "copy"}
NAMES = ["actor", "critic", "target_actor", "target_critic"]

RUN = """
import sys
sys.modules["helpers"] = None  # whatever imports it fails
from page import ddpg, torch
torch.set_num_threads(1)
torch.set_flush_denormal(True)  # as `train` does; with the paper's weight decay it matters
networks, memory = ddpg(int(sys.argv[1]), int(sys.argv[2]))
weights = [[p.detach() for p in network.parameters()] for network in networks]
torch.save(weights + [memory.tolist()], sys.argv[3])
"""


@pytest.fixture(scope="module")
def agent():
    """The helpers' agent with the paper's recipe, trained."""
    env = make_env("Pendulum-v1", seed=SEED)
    agent = DDPG(env, seed=SEED, recipe=paper)
    train(env, agent, STEPS)
    return agent


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page's four networks as lists of weights, and its transitions, from a fresh process."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "page.py").write_text(PAGE, encoding="utf-8")
    (folder / "run.py").write_text(RUN, encoding="utf-8")
    result = folder / "result.pt"
    command = [sys.executable, "run.py", str(SEED), str(STEPS), str(result)]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    *networks, memory = torch.load(result)
    return networks, np.array(memory, dtype=np.float32)


def test_it_is_one_page():
    lines = PAGE.splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= COLUMNS
    nodes = [*ast.walk(ast.parse(PAGE))]
    imported = {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= ALLOWED


def test_it_is_formatted(tmp_path):
    path = tmp_path / "page.py"
    path.write_text(PAGE, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "format", "--check", "--isolated", "--line-length"]
    run = subprocess.run([*ruff, str(COLUMNS), str(path)], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_it_collects_the_same_transitions(agent, page):
    _, memory = page
    assert memory.shape == (STEPS, 9)
    assert np.array_equal(memory, agent.buffer.rows[:STEPS])


@pytest.mark.parametrize("name", NAMES)
def test_it_ends_with_the_same_weights(agent, page, name):
    networks, _ = page
    ours = [*getattr(agent, name).parameters()]
    assert all(map(torch.equal, networks[NAMES.index(name)], ours))
