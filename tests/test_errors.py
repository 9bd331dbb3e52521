"""Whatever goes wrong says in one sentence what it is and what to do.

`pytest tests/test_errors.py -s` prints the table.
"""

import re
import sys

import gymnasium as gym
import numpy as np
import probes
import pytest
from gymnasium.error import NameNotFound, VersionNotFound
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete, Tuple
from small_run import RECIPE, SmallActor, SmallCritic, same_lines

from helpers import losses
from helpers.agent import DDPG
from helpers.callbacks import Checkpoint, Evaluate, KeepBest, PrintProgress, TensorBoard
from helpers.environment import make_env
from helpers.evaluation.returns import evaluate
from helpers.recipes import Recipe
from helpers.training import Callback, train

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


def run(**settings):
    """Provoke: a run of an agent with such components."""
    return lambda path: run_in(Odd(), **settings)


def run_in(env, **settings):
    train(env, agent_in(env, **settings), 60)


def recipe(**given):
    """Provoke: an agent with such a recipe."""
    return lambda path: agent_in(Odd(), recipe=Recipe(**given))


def evaluated(*shape):
    """Provoke: an evaluation of a policy whose actions are 3, in such rows."""
    return lambda path: evaluate(lambda s: np.full((len(s), *shape), 3.0), starts=range(2))


def rerun(path):
    same_lines(path, 40)
    same_lines(path, 40, seed=1)


def thesis(path):
    path.write_text("My thesis")
    same_lines(path, 40)


def nan_loss(q, batch, y):
    return losses.critic_loss(q, batch, y) * float("nan")


class TwoActions(SmallActor):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, 2)


class WideCritic(SmallCritic):
    def __init__(self, state_dim, action_dim):
        super().__init__(state_dim, action_dim + 1)


class Loose:
    """A component whose state no file can hold."""

    def __init__(self):
        self.seen = object()

    def state_dict(self):
        return {"seen": self.seen}

    def load_state_dict(self, state):
        self.seen = state["seen"]

    def __call__(self, target, online, tau):
        pass


def load(path, env, **components):
    same_lines(None, 0).save(path)
    DDPG.load(path, env, **components)


def elsewhere(path):
    load(path, probes.BestAction(), **PIECES)


def saved_agent(path):
    same_lines(None, 0).save(path)
    same_lines(path, 40)


def moved(path):
    train(make_env(), agent_in(Odd()), 10)


def missing(path):
    make_env("nowhere_at_all:Thing-v0")


def loose(path):
    same_lines(path, 40, soft_update=Loose())


def other_environment(path):
    for env in (Odd(), probes.BestAction()):
        train(env, agent_in(env), 40, [Checkpoint(path)])


def damaged(path):
    same_lines(None, 0).save(path)
    path.write_bytes(path.read_bytes()[:-100])
    same_lines(path, 40)


def no_right(path):
    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    with pytest.MonkeyPatch.context() as patch:  # root may write anywhere: no mode would do
        patch.setattr("helpers.storage.open", refuse, raising=False)
        same_lines(None, 0).save(path)


NAN, INFINITE = np.float32([np.nan]), np.float32([np.inf])
PIXELS = Box(0, 255, (84, 84, 3), np.uint8)
OLD = (np.zeros(1, np.float32), 1.0, False, {})

# name, how to provoke it, the kind of error, what its sentence must contain
ERRORS = [
    ("discrete actions", spaces(actions=Discrete(3)), ValueError, "continuous actions"),
    ("several discrete actions", spaces(actions=MultiDiscrete([2, 3])), ValueError, "DQN"),
    ("binary actions", spaces(actions=MultiBinary(4)), ValueError, "continuous actions"),
    ("a dictionary of actions", spaces(actions=Dict(a=NUMBER)), ValueError, "continuous actions"),
    ("a tuple of actions", spaces(actions=Tuple([NUMBER])), ValueError, "continuous actions"),
    ("a table of actions", spaces(actions=Box(-1, 1, (2, 2))), ValueError, "are vectors"),
    ("endless actions", spaces(actions=Box(-np.inf, np.inf, (1,))), ValueError, "finite bounds"),
    ("actions that aren't rescaled", spaces(actions=Box(-2, 2, (1,))), ValueError, "make_env"),
    ("discrete states", spaces(states=Discrete(3)), ValueError, "FlattenObservation"),
    ("a dictionary of states", spaces(states=Dict(a=NUMBER)), ValueError, "FlattenObservation"),
    ("a tuple of states", spaces(states=Tuple([NUMBER])), ValueError, "FlattenObservation"),
    ("images", spaces(states=PIXELS), ValueError, "(84, 84, 3) and 1 action(s) (images"),
    ("no environment", lambda path: DDPG(object(), seed=0), ValueError, "shimmy"),
    ("the old step, of four", answers(whole=OLD), ValueError, "shimmy"),
    ("the old reset, without info", answers(first=np.zeros(1)), ValueError, "(state, info)"),
    ("a state that is NaN", answers(state=NAN), ValueError, "At step 40 the environment"),
    ("an infinite state", answers(state=INFINITE), ValueError, "inf"),
    ("a first state that is NaN", answers(first=(NAN, {})), ValueError, "At step 1 the"),
    ("a reward that is NaN", answers(reward=np.nan), ValueError, "At step 40 the environment"),
    ("an infinite reward", answers(reward=-np.inf), ValueError, "reward was -inf"),
    ("a reward that's a text", answers(reward="much"), ValueError, "reward was 'much'"),
    ("a reward in a list", answers(reward=[1.0]), ValueError, "reward was [1.0]"),
    ("a state of another size", answers(state=np.zeros(2)), ValueError, "shape (1,)"),
    ("a state that is a list", answers(state=[0.0]), ValueError, "numpy array"),
    ("a state of texts", answers(state=np.array(["x"])), ValueError, "of numbers"),
    ("a loss that is NaN", run(critic_loss=nan_loss), ValueError, "critic_loss became nan"),
    ("an action of another size", run(actor=TwoActions), ValueError, "must have shape (1,)"),
    ("a critic of another size", run(critic=WideCritic), ValueError, "fit states of size 1 and 1"),
    ("an action of another size, in evaluation", evaluated(2), ValueError, "not (2, 2)"),
    ("an action out of range, in evaluation", evaluated(1), ValueError, "in [-1, 1]"),
    ("an agent in another environment", moved, ValueError, "states of shape (1,)"),
    ("an error in the environment", answers(error=KeyError("its own.")), KeyError, "its own"),
    ("more in a batch than in memory", recipe(buffer_size=10), ValueError, "64, 64 and 10"),
    ("learning before a batch", recipe(learning_starts=9), ValueError, "64, 9 and 1000000"),
    ("a buffer of nothing", recipe(buffer_size=0), ValueError, "recipe's buffer_size must be"),
    ("tau above 1", recipe(tau=1.5), ValueError, "recipe's tau must be"),
    ("gamma above 1", recipe(gamma=1.01), ValueError, "recipe's gamma must be"),
    ("a rate below 0", recipe(actor_lr=-1e-3), ValueError, "recipe's actor_lr must be"),
    ("a rate that is NaN", recipe(critic_lr=np.nan), ValueError, "recipe's critic_lr must"),
    ("sigma below 0", recipe(sigma=-0.1), ValueError, "recipe's sigma must be"),
    ("half a step", lambda path: same_lines(None, 1.5), ValueError, "0 or more, not 1.5"),
    ("steps below 0", lambda path: same_lines(None, -1), ValueError, "a whole number, 0 or"),
    ("an evaluation every 0 steps", lambda path: Evaluate(0), ValueError, "1 or more, not 0"),
    ("the best of every half step", lambda path: KeepBest(0.5), ValueError, "1 or more, not 0.5"),
    ("a save every -1 steps", lambda path: Checkpoint(path, -1), ValueError, "0 or more, not -1"),
    ("a line every 0 episodes", lambda path: PrintProgress(0), ValueError, "1 or more, not 0"),
    ("an entry every 0 steps", lambda path: TensorBoard(path, 0), ValueError, "1 or more, not 0"),
    ("a module that is missing", missing, ModuleNotFoundError, "named 'nowhere_at_all'"),
    ("discrete, in make_env", lambda path: make_env("CartPole-v1"), ValueError, "DQN"),
    ("an unknown name", lambda path: make_env("Pendulm-v1"), NameNotFound, "`Pendulum`"),
    ("an unknown version", lambda path: make_env("Pendulum-v9"), VersionNotFound, "v1"),
    ("a run in another environment", other_environment, ValueError, "another run: its env"),
    ("a run with another seed", rerun, ValueError, "its seed was 0"),
    ("a state that no file can hold", loose, TypeError, "can't hold"),
    ("an agent's file for a run", saved_agent, ValueError, "DDPG.load"),
    ("an agent of other sizes", elsewhere, ValueError, "other sizes"),
    ("an agent with other components", lambda path: load(path, Odd()), ValueError, "actor=..."),
    ("no such file", lambda path: DDPG.load(path, Odd()), FileNotFoundError, "There is no file"),
    ("a damaged file", damaged, ValueError, "is damaged"),
    ("not a checkpoint", thesis, ValueError, "isn't a checkpoint"),
    ("a folder", lambda path: same_lines(path.parent, 40), OSError, "director"),
    ("no such folder", lambda path: same_lines(path / "x/y.pt", 9), OSError, "no such file or dir"),
    ("no right to write", no_right, PermissionError, "permission denied"),
]
IDS = [name for name, *_ in ERRORS]


@pytest.mark.parametrize(("name", "provoke", "kind", "words"), ERRORS, ids=IDS)
def test_an_error_is_one_clear_sentence(name, provoke, kind, words, tmp_path):
    with pytest.raises(kind) as caught:
        provoke(tmp_path / "run.pt")
    message = str(caught.value.args[0])
    print(f"| {name} | {message.replace(str(tmp_path) + '/', '')} |")
    assert words in message
    if kind in (KeyError, NameNotFound, VersionNotFound, ModuleNotFoundError):
        return  # others' words: the environment's, and gymnasium's
    assert message.endswith((".", "?")), message
    plain = re.sub(r"\[[^]]*\]|\([^)]*\)|'[^']*'|\"[^\"]*\"|\d+\.\d+|\w+\.\w+", "", message)
    assert len(re.findall(r"[.!?](?:\s|$)", plain)) == 1, "one sentence"
    assert "\n" not in message
    assert re.search(r"[:;,(]", message), "what is wrong, and what to do"


@pytest.mark.parametrize(
    ("name", "package", "command"),
    [
        ("LunarLanderContinuous-v3", "Box2D", "box2d"),
        ("helpers.extensions.road:helpers/Road-v0", "Box2D", "box2d"),
        ("HalfCheetah-v5", "mujoco", "mujoco"),
    ],
)
def test_a_missing_extra_names_its_command(name, package, command, monkeypatch):
    """The package is hidden, so that the test means the same where it is installed."""
    monkeypatch.setitem(sys.modules, package, None)
    for module in [m for m in sys.modules if re.search(f"envs.{command}|extensions.road", m)]:
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(gym.error.DependencyNotInstalled, match=rf"pip install .*{command}\]"):
        make_env(name)


# What is left after an error


def test_after_an_error_in_the_environment_all_before_is_kept():
    error = RuntimeError("the robot fell over")
    env = Odd(error=error)
    agent = agent_in(env)
    with pytest.raises(RuntimeError) as caught:
        train(env, agent, 60)
    assert caught.value is error
    assert agent.steps == len(agent.buffer) == 39
    assert len(agent.history["return"][0]) == 3
    train(env, agent, 44)
    assert agent.steps == 44


@pytest.mark.parametrize("bad", [{"state": NAN}, {"reward": np.nan}])
def test_nonsense_reaches_neither_memory_nor_file(bad, tmp_path):
    env = Odd(**bad)
    agent = agent_in(env)
    with pytest.raises(ValueError, match="At step 40"):
        train(env, agent, 60, [Checkpoint(tmp_path / "run.pt", every=1, share=1e9)])
    assert agent.steps == 39
    assert np.isfinite(agent.buffer.rows).all()
    assert DDPG.load(tmp_path / "run.pt", env, **PIECES).steps == 30


def test_a_loss_that_is_nan_is_not_saved(tmp_path):
    class Break(Callback):
        def step(self, agent):
            if agent.steps == 45:
                agent.critic.layers[0].weight.data.fill_(np.nan)

    env, path = Odd(at=None), tmp_path / "run.pt"
    with pytest.raises(ValueError, match="At step 46 critic_loss became nan"):
        train(env, agent_in(env), 60, [Checkpoint(path, every=1, share=1e9), Break()])
    loaded = DDPG.load(path, env, **PIECES)
    assert loaded.steps == 40
    assert all(p.isfinite().all() for p in loaded.critic.parameters())
