"""The algorithm stays small, stands alone, and its definitions fit on a page of a notebook."""

import ast
import shutil
import subprocess
import sys

import pytest

from tools.notebook_io import ROOT
from tools.quotes import size

CORE = sorted((ROOT / "helpers").glob("*.py"))
MODULES = sorted((ROOT / "helpers").rglob("*.py"))
MOST_FILES, MOST_LINES = 15, 1_040  # all of them, docstrings and blank lines included
# lines of code: docstrings, comments and blank lines don't count
LONGEST_FUNCTION, LONGEST_CLASS, LONGEST_AGENT, LONGEST_MODULE = 25, 50, 110, 150
LONGEST_CHECKS = 225  # a module for each notebook
ALLOWED = {"torch", "numpy", "gymnasium", "helpers", *sys.stdlib_module_names}

TRAIN = """
from pathlib import Path
import helpers
from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.training import train

assert [*map(Path, helpers.__path__)] == [Path.cwd() / "helpers"]
env = make_env("Pendulum-v1", seed=0)
agent = DDPG(env, seed=0)
history = train(env, agent, 1_200)
agent.save("pendulum.pt")
state, _ = env.reset()
assert (DDPG.load("pendulum.pt", env).act(state) == agent.act(state)).all()
print(len(history["return"][1]), len(history["critic_loss"][1]))
"""


def test_the_algorithm_is_small():
    assert len(CORE) <= MOST_FILES
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in CORE) <= MOST_LINES


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_it_imports_only_itself_and_three_packages(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module]
        for name in names:
            assert name.split(".")[0] in ALLOWED, name
            inside = name.removeprefix("helpers.")
            assert inside == name or (ROOT / "helpers" / f"{inside}.py").exists(), name


def test_it_trains_in_another_project(tmp_path):
    """Its modules alone, in an empty folder: the first update follows 500 random steps."""
    (tmp_path / "helpers").mkdir()
    for path in CORE:
        shutil.copy(path, tmp_path / "helpers")
    done = subprocess.run(
        [sys.executable, "-c", TRAIN], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["6", "701"]  # episodes of 200 steps, and updates


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_definitions_are_short(path):
    source = path.read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            lines = size("\n".join(source.splitlines()[node.lineno - 1 : node.end_lineno]))
            limit = LONGEST_FUNCTION if isinstance(node, ast.FunctionDef) else LONGEST_CLASS
            limit = LONGEST_AGENT if node.name == "DDPG" else limit
            assert lines <= limit, f"{path.stem}.{node.name} has {lines} lines of code"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_modules_are_short(path):
    lines = size(path.read_text(encoding="utf-8"))
    limit = LONGEST_CHECKS if path.parent.name == "checks" else LONGEST_MODULE
    assert lines <= limit, f"{path.name} has {lines} lines of code"
