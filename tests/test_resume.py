"""The same lines, run again after whatever happened, end as if nothing had happened."""

import errno
import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.wrappers import NormalizeObservation, TimeLimit, TransformReward
from small_run import EPISODE, RECIPE, SmallActor, SmallCritic, same_lines

from helpers import storage
from helpers.agent import DDPG
from helpers.buffer import ReplayBuffer
from helpers.callbacks.checkpoint import Checkpoint
from helpers.callbacks.evaluate import Evaluate
from helpers.callbacks.identity import fingerprint
from helpers.environment import make_env
from helpers.extensions import TD3, PrioritizedReplay, TwinCritic, weighted_critic_loss
from helpers.losses import critic_loss, td_target
from helpers.noise import Gaussian, OrnsteinUhlenbeck
from helpers.pendulum.tabular import TabularQ
from helpers.storage import DamagedFileError, previous, read, write
from helpers.targets import soft_update
from helpers.training import Callback, train
from helpers.variants.ablations import HardCopy

ROOT = Path(__file__).resolve().parents[1]


class CrashError(Exception):
    pass


class At(Callback):
    """Does something at a step."""

    def __init__(self, step, act):
        self.at, self.act = step, act

    def step(self, agent):
        return self.act() if agent.steps == self.at else None


def crash_now():
    raise CrashError


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


AT_ONCE = At(1, crash_now)  # for runs that must not even begin


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A killed process loses nothing that it wrote: only a power cut needs the slow fsync."""
    monkeypatch.setattr(os, "fsync", lambda number: None)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.pt"


@pytest.fixture(scope="module")
def whole():
    """The run that nothing interrupts."""
    return everything(lines())


def lines(path=None, steps=240, *others):
    """The run of most tests, with evaluations at 100 and 200."""
    return same_lines(path, steps, Evaluate(100, starts=[10_000]), *others)


def crashed(path, step):
    with pytest.raises(CrashError):
        lines(path, 240, At(step, crash_now))


def bits(thing):
    """Nested state dicts with the bytes of tensors and arrays in their place."""
    if isinstance(thing, torch.Tensor | np.ndarray):
        return str(thing.dtype), tuple(thing.shape), np.asarray(thing).tobytes()
    if isinstance(thing, dict):
        return [(key, bits(value)) for key, value in thing.items()]
    return [bits(item) for item in thing] if isinstance(thing, list | tuple) else repr(thing)


def everything(agent):
    """A digest of the agent, its history, and its environment's generator."""
    generator = agent.env.unwrapped.np_random.bit_generator.state
    return sha256(repr(bits([agent.state_dict(), generator])).encode()).hexdigest()


def steps_in(path):
    return read(path)["agent"]["steps"]


# Bit for bit

PARTS = """actor critic target_actor target_critic policy actor_optimizer critic_optimizer
           buffer noise rng history steps recipe"""


def test_a_resumed_run_is_the_uninterrupted_one(path, whole, capsys):
    for step in (50, 101, 131, 200):
        crashed(path, step)
    agent = lines(path)
    assert "run.pt: goes on at step 180 of 240." in capsys.readouterr().out
    assert {*agent.state_dict()} == {*PARTS.split()}
    names = {"return", "length", "critic_loss", "actor_loss", "evaluation"}
    assert {*agent.history.series} == names
    assert agent.history["evaluation"][0].tolist() == [100, 200]
    assert agent.buffer.added == agent.steps == 240
    assert everything(agent) == whole
    assert everything(lines(path)) == whole  # once it has ended, it trains no more


@pytest.mark.parametrize("between", [50, 60])  # in mid-episode, and at an episode's end
@pytest.mark.parametrize("crash", [30, 55, 61, 110])
def test_a_script_with_two_calls(path, between, crash):
    def script(*callbacks):
        agent = same_lines(None, 0)
        for steps in (between, 130):
            train(agent.env, agent, steps, callbacks)
            agent.env.reset()  # what happens between two calls changes nothing
        return agent

    expected = everything(script(Checkpoint(path.with_name("whole.pt"))))
    with pytest.raises(CrashError):
        script(Checkpoint(path, every=1, share=1e9), At(crash, crash_now))
    assert everything(script(Checkpoint(path))) == expected


def test_stop_and_interrupt_lose_at_most_the_episode_under_way(path, whole):
    assert lines(path, 240, At(105, lambda: True)).steps == 105
    assert steps_in(path) == 100
    assert lines(path, 240, At(125, interrupt)).steps == 125
    with pytest.raises(KeyboardInterrupt):
        lines(path, 240, At(145, interrupt), At(145, interrupt))
    agent = lines(path, 240, At(165, lambda: True))
    train(agent.env, agent, 240, [Checkpoint(path), Evaluate(100, starts=[10_000])])
    assert everything(agent) == whole  # the training cell again, with the agent at hand


class Slider(Callback):
    def step(self, agent):
        if agent.steps == 50:
            agent.recipe = replace(agent.recipe, tau=0.5)
            agent.noise.sigma = 0.9


def moved(path, *others):
    agent = same_lines(path, 140, Slider(), *others)
    assert (agent.recipe.tau, agent.noise.sigma) == (0.5, 0.9)
    return agent


def counted(path, *others):
    recipe = replace(RECIPE, average=0.0)
    return same_lines(path, 140, *others, recipe=recipe, soft_update=HardCopy(30))


def noisy_loss(q, batch, y):
    shift = torch.rand(1).item() + random.random() + np.random.normal()  # noqa: NPY002
    return critic_loss(q, batch, y + shift)


def with_global_generators(path, *others):
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    return same_lines(path, 140, *others, critic_loss=noisy_loss)


def prioritized(path, *others):
    parts = {"buffer": PrioritizedReplay, "critic_loss": weighted_critic_loss}
    return same_lines(path, 140, *others, **parts)


def twin_delayed(path, *others):
    return same_lines(path, 140, *others, cls=TD3, critic=partial(TwinCritic, critic=SmallCritic))


def tabular(path, *others):
    env = make_env(seed=0, max_episode_steps=EPISODE)
    agent = TabularQ(env, seed=0)
    checkpoint = [Checkpoint(path, every=1, share=1e9)] if path else []
    train(env, agent, 140, [*checkpoint, *others])
    return agent


@pytest.mark.parametrize(
    "script", [moved, counted, with_global_generators, prioritized, twin_delayed, tabular]
)
def test_other_state_goes_on(path, script):
    """Settings that were changed, a component with a state dict, the global generators, no DDPG."""
    with pytest.raises(CrashError):
        script(path, At(90, crash_now))
    assert steps_in(path) == 80
    assert everything(script(path)) == everything(script(None))


def test_only_the_filled_part_of_the_buffer_is_written(path):
    large = replace(RECIPE, buffer_size=1_000_000)
    same_lines(path, 40, recipe=large)
    assert path.stat().st_size < 100_000
    expected = everything(same_lines(None, 60, recipe=large))
    assert everything(same_lines(path, 60, recipe=large)) == expected


def test_an_agent_can_be_loaded_from_the_file_of_a_run(path):
    agent = same_lines(path, 100)
    loaded = DDPG.load(path, agent.env, actor=SmallActor, critic=SmallCritic)
    states = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    np.testing.assert_array_equal(loaded.act(states), agent.act(states))
    assert (loaded.steps, loaded.recipe) == (100, RECIPE)


# Crashes: SIGKILL at random moments, half of them while a file is being written


def is_writing(path):
    try:
        return path.with_name(path.name + ".partial").stat().st_size > 0
    except FileNotFoundError:
        return False


def child(path, answer):
    torch.set_num_threads(1)
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        answer.send(everything(same_lines(path)))


def run(path, kill_after=None, writing=False):
    """What a process ends in, or None if it's killed, `writing` or not, after so many seconds."""
    fork = multiprocessing.get_context("fork")  # a fresh start would import PyTorch each time
    receive, send = fork.Pipe(duplex=False)
    process = fork.Process(target=child, args=(path, send))
    process.start()
    with receive, send:
        if kill_after is not None:
            process.join(kill_after)
            while writing and process.is_alive() and not is_writing(path):
                time.sleep(0.0002)
            process.kill()
        process.join()
        return receive.recv() if process.exitcode == 0 else None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes are forked")
def test_killed_runs_end_as_if_nothing_had_been(tmp_path):
    """Three runs, or as many as the variable CRASHES says."""
    moments, runs, kills = random.Random(0), int(os.environ.get("CRASHES", "3")), 0
    same_lines(steps=40)  # what happens only once in a process
    began, expected = time.perf_counter(), run(None)
    seconds = time.perf_counter() - began
    for k in range(runs):
        path = tmp_path / f"{k}.pt"
        for _ in range(moments.randint(1, 3)):
            kills += run(path, moments.uniform(0, seconds), writing=moments.random() < 0.5) is None
        assert run(path) == expected, f"run {k}"
    print(f"{runs} of {runs} runs end the same after {kills} kills")
    assert kills


# Damaged files


def test_a_file_cut_anywhere_falls_back_on_the_one_before(path, whole, capsys):
    crashed(path, 150)
    good = path.read_bytes()
    assert (steps_in(path), steps_in(previous(path))) == (140, 120)
    for length in [0, 1, 10, 60, 99, 100, 101, *range(200, len(good), len(good) // 9)]:
        path.write_bytes(good[:length])
        with pytest.raises(DamagedFileError, match="damaged or empty"):
            read(path)
        agent = same_lines(None, 0)
        train(agent.env, agent, 120, [Checkpoint(path)])
        assert "run.pt is damaged, but run.pt.previous isn't." in capsys.readouterr().out, length
        assert steps_in(path) == 120
    path.write_bytes(good[:-1])
    crashed(path, 125)  # goes on at 120, and saves nothing more: the damaged file isn't kept
    assert (steps_in(path), steps_in(previous(path))) == (120, 120)
    assert everything(lines(path)) == whole
    previous(path).unlink()
    path.write_bytes(good[:-1])
    with pytest.raises(DamagedFileError):
        lines(path)
    path.unlink()  # so that the run begins again
    crashed(path, 25)
    assert steps_in(path) == 20


def test_one_changed_bit_is_noticed(path):
    write({"numbers": torch.arange(1000.0)}, path)
    good = path.read_bytes()
    for place in range(0, len(good), 97):
        path.write_bytes(good[:place] + bytes([good[place] ^ 4]) + good[place + 1 :])
        with pytest.raises(ValueError, match=r"isn't a checkpoint|damaged"):
            read(path)


@pytest.mark.parametrize("content", [b"what I wrote", b"DDPG checkpoint, format 3, sha256 0\nnew"])
def test_a_file_that_is_no_checkpoint_of_ours_stays_as_it_is(path, content):
    crashed(path, 150)  # even if there is a whole one before it
    path.write_bytes(content)
    with pytest.raises(ValueError, match="isn't a checkpoint"):
        lines(path)
    assert path.read_bytes() == content


def test_a_file_runs_no_code(path, monkeypatch):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(path) + ".evil",)

    monkeypatch.setattr(storage, "plain", lambda content: content)
    write({"numbers": Evil()}, path)
    with pytest.raises(pickle.UnpicklingError):
        read(path)
    assert not Path(f"{path}.evil").exists()


# Writing fails


PLACES = {
    "open": (storage, "open"),
    "fsync": (os, "fsync"),
    "replace": (Path, "replace"),
    "copy": (storage.shutil, "copyfile"),
}


def fail_at(monkeypatch, place, calls, number):
    """Let one of the operations of writing raise, after so many calls."""
    target, name = PLACES[place]
    real, left = getattr(target, name, open), iter(range(calls))

    def failing(*arguments, **options):
        if next(left, None) is None:
            raise OSError(number, os.strerror(number))
        return real(*arguments, **options)

    monkeypatch.setattr(target, name, failing, raising=False)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
@pytest.mark.parametrize("place", PLACES)
def test_if_writing_fails_the_last_state_stays(path, monkeypatch, capsys, place, number):
    words = f"run.pt can't be written ({os.strerror(number).lower()})"
    with monkeypatch.context() as patch:
        fail_at(patch, place, 1 if place == "copy" else 2, number)
        assert same_lines(path, 60).steps == 60
    assert words in capsys.readouterr().out
    assert steps_in(path) == 20
    assert everything(same_lines(path, 80)) == everything(same_lines(None, 80))
    if place != "copy":  # from the beginning: the run is refused
        fail_at(monkeypatch, place, 0, number)
        with pytest.raises(OSError) as caught:  # noqa: PT011
            same_lines(path, 40, AT_ONCE)
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"every": 50, "share": 1e9}, [0, 60, 120, 180, 240, 250]),
        ({"every": 10, "share": 0.02}, [0, 100, 200, 250]),  # 1 s for a save: 50 s, or 100 steps
    ],
)
def test_how_often_it_saves(path, monkeypatch, options, expected):
    """With a clock of the test's own: a step takes half a second, and a save one."""
    now, saved = [0.0], []

    def slow(content, *arguments):
        saved.append(content["agent"]["steps"])
        now[0] += 1.0

    class Clock(Callback):
        def step(self, agent):
            now[0] += 0.5

    monkeypatch.setattr("helpers.callbacks.checkpoint.time.perf_counter", lambda: now[0])
    monkeypatch.setattr("helpers.callbacks.checkpoint.write", slow)
    agent = same_lines(None, 0)
    train(agent.env, agent, 250, [Clock(), Checkpoint(path, **options)])
    assert saved == expected


# What can't be saved is refused before the run


class Counting:
    """A component with a state that no file would hold."""

    def __init__(self, act):
        self.act, self.calls = act, 0

    def __call__(self, *arguments):
        self.calls += 1
        return self.act(*arguments)

    def method(self, *arguments):
        return self(*arguments)


class BareBuffer(ReplayBuffer):
    state_dict = property()


def odd_noise(value):
    class Odd(Gaussian):
        def state_dict(self):
            return super().state_dict() | {"odd": [0, value]}

    return {"noise": Odd}


ODD = r"\['agent'\]\['noise'\]\['odd'\]\[1\], a "


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"soft_update": Counting(soft_update)}, r"agent\.soft_update, a Counting, keeps a state"),
        ({"td_target": Counting(td_target).method}, r"agent\.td_target, a Counting, keeps a state"),
        ({"buffer": BareBuffer}, r"agent\.buffer, a BareBuffer, keeps a state"),
        ({"env": NormalizeObservation(make_env(seed=0))}, r"NormalizeObservation\.obs_rms, a Runn"),
        *((odd_noise(value), ODD) for value in (np.zeros(3), {1, 2}, object(), Counter, 1j)),
    ],
)
def test_a_state_that_a_file_cannot_hold_is_refused_at_the_start(path, settings, words):
    with pytest.raises(TypeError, match=words):
        same_lines(path, 40, AT_ONCE, **settings)
    assert not path.exists()


# Another run is refused, and the same lines never are


class Reach(gym.Env):
    """A point on a line that should come close to its goal."""

    observation_space = gym.spaces.Box(-9.0, 9.0, (1,))

    def __init__(self, goal=0.5, bound=1.0, cost=abs):
        self.cost, self.goal, self.visits = cost, goal, 0
        self.action_space = gym.spaces.Box(-bound, bound, (1,))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x, self.visits = self.np_random.uniform(-1, 1, 1).astype(np.float32), self.visits + 1
        return self.x, {}

    def step(self, action):
        self.x = np.clip(self.x + 0.1 * action, -9, 9).astype(np.float32)
        return self.x, -self.cost(self.x[0] - self.goal), False, False, {}


gym.register("Reach-v0", Reach)


class Shifted(gym.RewardWrapper):
    def __init__(self, env, shift):
        super().__init__(env)
        self.shift = shift

    def reward(self, reward):
        return reward + self.shift


def reach(limit=EPISODE, **options):  # an object, of which gymnasium knows no options
    return {"env": make_env(TimeLimit(Reach(**options), limit), seed=0)}


def named(k):
    return {"env": make_env("Reach-v0", seed=0, cost=lambda d: k * abs(d), max_episode_steps=20)}


def pendulum(seed=0, wrap=lambda env: env, mass=1.0, **options):
    env = make_env(seed=seed, **{"max_episode_steps": EPISODE} | options)
    env.unwrapped.m = mass
    return {"env": wrap(env)}


def target_of(discount, power=1):
    return lambda batch, mu, q, gamma: td_target(batch, mu, q, discount**power)


def loss_of(value):
    def loss(q, batch, y, factor=value):
        return critic_loss(q, batch, factor * y)

    return loss


def agent_of(factor):
    class Local(DDPG):
        def observe(self, s, a, r, *others):
            super().observe(s, a, factor * r, *others)

    return Local


def noise(dt):
    return {"noise": partial(OrnsteinUhlenbeck, dt=dt)}


RUNS = {  # what the message names: the settings made of a value, a value, and another one
    "seed": (lambda k: {"seed": k} | pendulum(), np.int64(0), 1),
    "recipe.tau": (lambda k: {"recipe": replace(RECIPE, tau=k)}, np.float32(0.1), 0.2),
    "recipe.noise": (lambda k: {"noise": k}, OrnsteinUhlenbeck, Gaussian),
    "recipe.noise.keywords.dt": (noise, 0.5, np.float32(0.25)),
    "agent": (lambda k: {"cls": agent_of(k)}, 1, 2),
    "actor": (lambda k: {"actor": type("Mine", (SmallActor,), {"units": k})}, 8, 9),
    "td_target": (lambda k: {"td_target": target_of(k)}, 0.9, 0.8),
    "td_target.partial": (lambda k: {"td_target": partial(target_of(0.9, k))}, 1, 2),
    "critic_loss": (lambda k: {"critic_loss": loss_of(k)}, 1, 2),
    "soft_update.partial": (lambda k: {"soft_update": k}, soft_update, partial(soft_update)),
    "environment.seed": (lambda k: pendulum(seed=k), 0, 1),
    "environment.options.g": (lambda k: pendulum(g=k), 9.0, 10.0),
    "environment.options.cost": (named, 1, 2),
    "environment.PendulumEnv[0].m": (lambda k: pendulum(mass=k), 1.0, 2.0),
    "environment.TimeLimit[3].max_episode_steps": (lambda k: pendulum(max_episode_steps=k), 20, 10),
    "environment.TransformReward[5].func": (
        lambda k: pendulum(wrap=lambda env: TransformReward(env, lambda r: k * r)), 1, 100
    ),
    "environment.Shifted[5].shift": (lambda k: pendulum(wrap=lambda e: Shifted(e, k)), 0.1, 0.2),
    "environment.Reach[0].goal": (lambda k: reach(goal=k), 0.5, -0.5),
    "environment.TimeLimit[1].max_episode_steps": (lambda k: reach(limit=k), 20, 10),
    "environment.actions": (lambda k: reach(bound=k), 1.0, 2.0),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_another_run_is_refused_and_the_same_goes_on(path, name, capsys):
    settings, value, other = RUNS[name]
    same_lines(path, 20, **settings(value))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="holds another run") as error:
        same_lines(path, 40, At(21, crash_now), **settings(other))
    assert f"its {name} was" in str(error.value)
    assert path.read_bytes() == before
    agent = same_lines(path, 40, **settings(value))
    assert "goes on at step 20 of 40" in capsys.readouterr().out
    train(agent.env, agent, 60, [Checkpoint(path)])  # what has changed in a run isn't compared


def test_an_environment_without_a_seed_goes_on(path, capsys):
    for steps in (200, 400):
        same_lines(path, steps, env=make_env())
    assert "goes on at step 200 of 400" in capsys.readouterr().out


SCRIPT = """
import sys
from functools import partial
from pathlib import Path
from gymnasium.wrappers import TransformReward
from helpers.environment import make_env
from helpers.losses import td_target
from helpers.noise import OrnsteinUhlenbeck
from small_run import SmallActor, same_lines

exec("class Mine(SmallActor):\\n    pass")  # as in a notebook, no text of it can be read

def target(batch, mu, q, gamma, words=("a", "b")):
    return td_target(batch, mu, q, 0.9 if words[0] in {"a", "b", "c"} else 0.8)

env = make_env("Pendulum-v1", seed=0, max_episode_steps=20)
env = TransformReward(env, lambda r: 2 * r if "a" in {"a", "b", "c"} else r)
same_lines(Path(sys.argv[1]), int(sys.argv[2]), actor=Mine, td_target=target, env=env,
           noise=partial(OrnsteinUhlenbeck, dt=0.5))
"""


def test_the_same_lines_go_on_in_a_fresh_process(path):
    script = path.with_name("script.py")
    script.write_text(SCRIPT)
    said = []
    for steps in (20, 40):
        places = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        environment = os.environ | {"PYTHONPATH": places, "PYTHONHASHSEED": str(steps)}
        command = [sys.executable, script, path, str(steps)]
        said.append(subprocess.run(command, env=environment, capture_output=True, text=True))
    assert [run.stderr for run in said] == ["", ""]
    assert [run.stdout for run in said] == ["", "run.pt: goes on at step 20 of 40.\n"]


MINE = "class Mine:\n    size = 3\n\n    def twice(self, x):\n        return 2 * x"


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("size = 3", "size = 3  # units", True),
        ("2 * x", "(2 * x)", True),
        ("return", '"""Twice as much."""\n        return', True),
        ("2 * x", "3 * x", False),
        ("2 * x", "2 + x", False),
        ("size = 3", "size = 4", False),
        ("twice", "double", False),
    ],
)
def test_the_fingerprint_of_a_class_typed_into_a_notebook(old, new, same):
    def typed(text):
        space = {"__name__": "__main__"}
        exec(text, space)
        return fingerprint([space["Mine"]])

    assert (typed(MINE) == typed(MINE.replace(old, new))) is same
