"""Whatever goes wrong says in one sentence what it is and what to do.

`pytest tests/test_errors.py -s` prints the table.
"""

import re
from dataclasses import replace

import gymnasium as gym
import numpy as np
import probes
import pytest
import torch
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Tuple

from helpers import losses
from helpers.agent import DDPG
from helpers.callbacks import Callback
from helpers.environment import make_env
from helpers.evaluation import evaluate
from helpers.files import HEAD, write
from helpers.recipes import Recipe
from helpers.resume import Checkpoint
from helpers.training import train
from tools.crash_test import RECIPE, SmallActor, SmallCritic, same_lines

PIECES = {"actor": SmallActor, "critic": SmallCritic}
NUMBER = Box(-1.0, 1.0, (1,), np.float32)


class Odd(gym.Env):
    """An environment that can be given any spaces, and anything to say."""

    def __init__(self, actions=NUMBER, states=NUMBER, at=40, **answers):
        self.action_space, self.observation_space = actions, states
        self.at, self.answers, self.time = at, answers, 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.answers.get("first", (np.zeros(1, np.float32), {}))

    def step(self, action):
        self.time += 1
        state, reward = np.zeros(1, np.float32), 1.0
        if self.time == self.at:
            if "error" in self.answers:
                raise self.answers["error"]
            if "whole" in self.answers:
                return self.answers["whole"]
            state = self.answers.get("state", state)
            reward = self.answers.get("reward", reward)
        return state, reward, False, self.time % 10 == 0, {}


def agent_in(env, **settings):
    return DDPG(env, seed=0, **{"recipe": RECIPE, **PIECES, **settings})


def spaces(**given):
    """Provoke: an agent for an environment with such spaces."""
    return lambda path: agent_in(Odd(**given))


def answers(**given):
    """Provoke: a run in an environment that says something wrong at step 40."""
    return lambda path: run_in(Odd(**given))


def run_in(env, *callbacks, **settings):
    train(env, agent_in(env, **settings), 60, callbacks)


def recipe(**given):
    """Provoke: an agent with such a recipe."""
    return lambda path: agent_in(Odd(), recipe=Recipe(**given))


def steps(number):
    return lambda path: train(env := Odd(), agent_in(env), number)


def rerun(**other):
    """Provoke: a run whose file was written by other lines."""

    def provoke(path):
        same_lines(path, 40)
        same_lines(path, 40, **other)

    return provoke


def file(content):
    """Provoke: a checkpoint where something else stands."""

    def provoke(path):
        path.write_bytes(content)
        same_lines(path, 40)

    return provoke


def other_td_target(batch, mu, q, gamma):
    return losses.td_target(batch, mu, q, gamma)


def nan_loss(q, batch, y):
    return losses.critic_loss(q, batch, y) * float("nan")


class TwoActions(SmallActor):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, 2)


class NoTanh(torch.nn.Linear):
    def forward(self, s):
        return super().forward(s) + 5


class Loose:
    """A piece whose memory no file can hold."""

    def __init__(self):
        self.seen = {object(): 1}

    def __call__(self, target, online, tau):
        pass


def saved_agent(path):
    same_lines(None, 0).save(path)
    same_lines(path, 40)


def load_elsewhere(path):
    same_lines(None, 0).save(path)
    DDPG.load(path, probes.BestAction(), **PIECES)


def load_other_pieces(path):
    agent = same_lines(None, 0)
    agent.save(path)
    DDPG.load(path, agent.history.env)


def load_missing(path):
    DDPG.load(path, Odd())


def other_environment(path):
    for env in (Odd(), probes.BestAction()):
        train(env, agent_in(env), 40, [Checkpoint(path)])


def damaged(path):
    same_lines(path, 20)
    path.write_bytes(path.read_bytes()[:-100])
    same_lines(path, 40)


def no_right(path):
    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    with pytest.MonkeyPatch.context() as patch:  # root may write anywhere: no mode would do
        patch.setattr("helpers.files.open", refuse, raising=False)
        same_lines(path, 40)


NAN, INFINITE = np.float32([np.nan]), np.float32([np.inf])
PIXELS = Box(0, 255, (84, 84, 3), np.uint8)
OLD = (np.zeros(1, np.float32), 1.0, False, {})

# name, how to provoke it, the kind of error, what its sentence must contain
ERRORS = [
    ("discrete actions", spaces(actions=Discrete(3)), ValueError, "continuous actions"),
    ("several discrete actions", spaces(actions=MultiDiscrete([2, 3])), ValueError, "such as DQN"),
    ("binary actions", spaces(actions=MultiBinary(4)), ValueError, "continuous actions"),
    ("a dictionary of actions", spaces(actions=Dict(a=NUMBER)), ValueError, "continuous actions"),
    ("a tuple of actions", spaces(actions=Tuple([NUMBER])), ValueError, "continuous actions"),
    ("a table of actions", spaces(actions=Box(-1, 1, (2, 2))), ValueError, "are vectors"),
    (
        "actions without bounds",
        spaces(actions=Box(-np.inf, np.inf, (1,))),
        ValueError,
        "finite bounds",
    ),
    ("actions that are not rescaled", spaces(actions=Box(-2, 2, (1,))), ValueError, "make_env"),
    ("discrete states", spaces(states=Discrete(3)), ValueError, "FlattenObservation"),
    ("a dictionary of states", spaces(states=Dict(a=NUMBER)), ValueError, "FlattenObservation"),
    ("a tuple of states", spaces(states=Tuple([NUMBER])), ValueError, "FlattenObservation"),
    ("images", spaces(states=PIXELS), ValueError, "images of shape (84, 84, 3)"),
    ("no environment of gymnasium", lambda path: DDPG(object(), seed=0), ValueError, "shimmy"),
    ("the old step, of four", answers(whole=OLD), ValueError, "shimmy"),
    ("the old reset, without info", answers(first=np.zeros(1)), ValueError, "(state, info)"),
    ("a state that is NaN", answers(state=NAN), ValueError, "At step 40 the environment"),
    ("an infinite state", answers(state=INFINITE), ValueError, "inf at place 0"),
    ("a first state that is NaN", answers(first=(NAN, {})), ValueError, "At step 1 the"),
    ("a reward that is NaN", answers(reward=np.nan), ValueError, "At step 40 the environment"),
    ("an infinite reward", answers(reward=-np.inf), ValueError, "the reward -inf"),
    ("a reward that is no number", answers(reward="much"), ValueError, "the reward much"),
    ("a state of another size", answers(state=np.zeros(2)), ValueError, "shape (2,), not (1,)"),
    ("a state that is a list", answers(state=[0.0]), ValueError, "of shape list"),
    ("a state of texts", answers(state=np.array(["x"])), ValueError, "holds no numbers"),
    (
        "a loss that is NaN",
        lambda path: run_in(Odd(), critic_loss=nan_loss),
        ValueError,
        "At step 32 critic_loss became nan",
    ),
    (
        "an action of another size",
        lambda path: run_in(Odd(), actor=TwoActions),
        ValueError,
        "of shape (2,), not (1,)",
    ),
    (
        "an action out of range, in evaluation",
        lambda path: evaluate(lambda s: np.full((len(s), 1), 3.0), starts=range(2)),
        ValueError,
        "in [-1, 1]",
    ),
    ("an error in the environment", answers(error=KeyError("its own.")), KeyError, "its own"),
    ("more in a batch than in memory", recipe(memory=10), ValueError, "at least the batch of 64"),
    ("a memory of nothing", recipe(memory=0), ValueError, "recipe's memory must be"),
    ("tau above 1", recipe(tau=1.5), ValueError, "recipe's tau must be"),
    ("gamma above 1", recipe(gamma=1.01), ValueError, "recipe's gamma must be"),
    ("a rate below 0", recipe(actor_rate=-1e-3), ValueError, "recipe's actor_rate must be"),
    ("a rate that is NaN", recipe(critic_rate=np.nan), ValueError, "recipe's critic_rate must"),
    ("sigma below 0", recipe(sigma=-0.1), ValueError, "recipe's sigma must be"),
    ("half a step", steps(1.5), ValueError, "a whole number, 0 or more, not 1.5"),
    ("steps below 0", steps(-1), ValueError, "a whole number, 0 or more, not -1"),
    ("an unknown name", lambda path: make_env("Pendulm-v1"), ValueError, "Pendulum-v1"),
    ("an unknown version", lambda path: make_env("Pendulum-v9"), ValueError, "Pendulum-v1"),
    ("discrete, in make_env", lambda path: make_env("CartPole-v1"), ValueError, "such as DQN"),
    (
        "a module that is missing",
        lambda path: make_env("nowhere_at_all:Thing-v0"),
        ModuleNotFoundError,
        "pip install nowhere_at_all",
    ),
    ("a run in another environment", other_environment, ValueError, "another environment, Odd"),
    (
        "a run with another recipe",
        rerun(recipe=replace(RECIPE, tau=0.5)),
        ValueError,
        "another recipe, tau 0.001 and not 0.5",
    ),
    (
        "a run with another piece",
        rerun(td_target=other_td_target),
        ValueError,
        "another piece, td_target td_target",
    ),
    ("a run with another seed", rerun(seed=1), ValueError, "another seed"),
    ("a piece that no file can hold", rerun(soft_update=Loose()), TypeError, "cannot hold"),
    ("an agent's file for a run", saved_agent, ValueError, "DDPG.load"),
    ("an agent of other sizes", load_elsewhere, ValueError, "other sizes"),
    ("an agent with other pieces", load_other_pieces, ValueError, "and the pieces"),
    ("no such file", load_missing, FileNotFoundError, "There is no file"),
    (
        "a newer file",
        file(HEAD.replace(b"%s", b"0" * 64) % 99),
        ValueError,
        "has format 99, but this code reads formats up to 1",
    ),
    ("a damaged file", damaged, ValueError, "is damaged"),
    ("an empty file", file(b""), ValueError, "is empty"),
    ("not a checkpoint", file(b"My thesis"), ValueError, "is no checkpoint of this project"),
    ("a folder", lambda path: same_lines(path.parent, 40), OSError, "it is a folder"),
    ("no such folder", lambda path: same_lines(path / "x/y.pt", 9), OSError, "there is no folder"),
    ("no right to write", no_right, PermissionError, "no right to write"),
]
IDS = [name for name, *_ in ERRORS]


@pytest.mark.parametrize(("name", "provoke", "kind", "words"), ERRORS, ids=IDS)
def test_an_error_is_one_clear_sentence(name, provoke, kind, words, tmp_path):
    with pytest.raises(kind) as caught:
        provoke(tmp_path / "run.pt")
    message = str(caught.value.args[0])
    print(f"| {name} | {message.replace(str(tmp_path) + '/', '')} |")
    assert words in message
    if name == "an error in the environment":
        return  # the environment's own words
    assert message.endswith((".", "?")), message
    plain = re.sub(r"\[[^]]*\]|\([^)]*\)|'[^']*'|\"[^\"]*\"|\d+\.\d+|\w+\.\w+", "", message)
    assert len(re.findall(r"[.!?](?:\s|$)", plain)) == 1, "one sentence"
    assert "\n" not in message
    assert re.search(r"[:;,(]", message), "what is wrong, and what to do"


def test_there_are_many():
    assert len(ERRORS) >= 30
    assert len(set(IDS)) == len(IDS)


@pytest.mark.parametrize(
    ("name", "package", "command"),
    [("LunarLanderContinuous-v3", "Box2D", "box2d"), ("HalfCheetah-v5", "mujoco", "mujoco")],
)
def test_a_missing_extra_names_its_command(name, package, command, monkeypatch):
    """The package is hidden, so that the test means the same where it is installed."""
    monkeypatch.setitem(__import__("sys").modules, package, None)
    for module in [m for m in __import__("sys").modules if re.search(f"envs.{command}", m)]:
        monkeypatch.delitem(__import__("sys").modules, module)
    with pytest.raises(ModuleNotFoundError, match=rf"pip install .*gymnasium\[{command}\]"):
        make_env(name)


# What is left after an error


def test_after_an_error_in_the_environment_all_before_is_kept():
    error = RuntimeError("the robot fell over")
    env = Odd(error=error)
    agent = agent_in(env)
    with pytest.raises(RuntimeError) as caught:
        train(env, agent, 60)
    assert caught.value is error
    assert agent.history.step == agent.steps == len(agent.buffer) == 39
    assert len(agent.history["return"][0]) == 3
    assert train(env, agent, 5).step == 44


@pytest.mark.parametrize("bad", [{"state": NAN}, {"reward": np.nan}])
def test_nonsense_reaches_neither_memory_nor_file(bad, tmp_path):
    env = Odd(**bad)
    agent = agent_in(env)
    with pytest.raises(ValueError, match="At step 40"):
        train(env, agent, 60, [Checkpoint(tmp_path / "run.pt", every=1, share=1e9)])
    assert agent.history.step == 39
    assert np.isfinite(agent.buffer.rows).all()
    loaded = DDPG.load(tmp_path / "run.pt", env, **PIECES)
    assert loaded.history.step == 30


def test_a_loss_that_is_nan_is_not_saved(tmp_path):
    class Break(Callback):
        def step(self, agent):
            if agent.history.step == 45:
                agent.critic.layers[0].weight.data.fill_(np.nan)

    env = Odd(at=None)
    with pytest.raises(ValueError, match="At step 46 critic_loss became nan"):
        train(
            env, agent_in(env), 60, [Checkpoint(tmp_path / "run.pt", every=1, share=1e9), Break()]
        )
    loaded = DDPG.load(tmp_path / "run.pt", env, **PIECES)
    assert loaded.history.step == 40
    assert all(p.isfinite().all() for p in loaded.critic.parameters())


def test_a_mismatch_changes_no_file(tmp_path):
    path = tmp_path / "run.pt"
    same_lines(path, 40)
    content = path.read_bytes()
    with pytest.raises(ValueError, match="another seed"):
        same_lines(path, 40, seed=1)
    assert path.read_bytes() == content
    write({}, tmp_path / "other.pt")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.pt", "run.pt", "run.pt.previous"]
