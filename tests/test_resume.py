"""The same lines, run again after whatever happened, end as if nothing had happened."""

import errno
import os
import random
import signal
import subprocess
import sys
from collections import Counter, deque
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from helpers import files
from helpers.ablations import HardCopy
from helpers.agent import DDPG
from helpers.callbacks import Callback
from helpers.files import beside, previous, read, write
from helpers.fingerprint import fingerprint
from helpers.losses import critic_loss
from helpers.resume import Checkpoint
from helpers.state import capture, digest, pack, restore, unpack
from helpers.tabular import TabularQ
from helpers.training import train
from tools.crash_test import EPISODE, RECIPE, SmallActor, crash, everything, run, same_lines

ROOT = Path(__file__).resolve().parents[1]


class CrashError(Exception):
    pass


class At(Callback):
    """Does something at a step."""

    def __init__(self, step, act):
        self.at, self.act = step, act

    def step(self, agent):
        if agent.history.step == self.at:
            return self.act()


def crash_now():
    raise CrashError


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


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
    return same_lines(None, 240)


def crashed(path, step, **settings):
    with pytest.raises(CrashError):
        same_lines(path, 240, At(step, crash_now), **settings)


# Bit for bit


def test_a_resumed_run_is_the_uninterrupted_one(path, whole, capsys):
    for step in (50, 131, 200):
        crashed(path, step)
    agent = same_lines(path, 240)
    assert "run.pt: the run goes on at step 180 of 240." in capsys.readouterr().out
    for name in ("actor", "critic", "target_actor", "target_critic", "policy"):
        ours, theirs = (getattr(a, name).state_dict() for a in (agent, whole))
        assert all(torch.equal(ours[key], theirs[key]) for key in theirs), name
    for name in ("actor_adam", "critic_adam"):
        ours, theirs = (getattr(a, name).state_dict() for a in (agent, whole))
        assert digest(ours) == digest(theirs), name
    np.testing.assert_array_equal(agent.buffer.rows, whole.buffer.rows)
    assert agent.buffer.added == whole.buffer.added == agent.steps == 240
    assert set(agent.history.series) == set(whole.history.series)
    for name in ("return", "length", "critic_loss", "actor_loss", "evaluation", "gap"):
        np.testing.assert_array_equal(agent.history[name], whole.history[name])
    assert agent.history["evaluation"][0].tolist() == [100, 200]
    for ours, theirs in [
        (agent.rng, whole.rng),
        (agent.buffer.rng, whole.buffer.rng),
        (agent.noise.rng, whole.noise.rng),
        *[[a.history.env.unwrapped.np_random for a in (agent, whole)]],
    ]:
        assert ours.bit_generator.state == theirs.bit_generator.state
    assert everything(agent) == everything(whole)


def test_everything_sees_a_difference(whole):
    """The digest that the other tests compare changes with any part of the state."""
    agent, seen = same_lines(steps=40), set()
    changes = [
        lambda: None,
        lambda: agent.actor[0].weight.data.view(-1)[0].add_(1e-3),
        lambda: agent.critic_adam.state_dict()["state"][0]["exp_avg"].view(-1)[0].add_(1e-3),
        lambda: agent.buffer.rows.__setitem__((3, 2), 7.0),
        lambda: agent.noise.rng.random(),
        lambda: agent.rng.random(),
        lambda: agent.buffer.rng.random(),
        lambda: agent.noise.x.__iadd__(1e-6),
        lambda: agent.history.env.unwrapped.np_random.random(),
        lambda: agent.history.record(evaluation=1.0),
    ]
    for change in changes:
        change()
        seen.add(everything(agent))
    assert len(seen) == len(changes)


def test_the_order_of_callbacks_does_not_matter(path, whole):
    """An evaluation at the step of a checkpoint is in the file, also where it is listed later."""
    crashed(path, 101)  # saved at 100, where an evaluation is due as well
    assert read(path)["steps"] == 100
    assert everything(same_lines(path, 240)) == everything(whole)


def test_a_finished_run_trains_no_more_and_says_so(path, whole, capsys):
    same_lines(path, 240)
    agent = same_lines(path, 240)
    assert "come to its end at step 240, and trains no more" in capsys.readouterr().out
    assert everything(agent) == everything(whole)


def test_more_steps_go_on(path, capsys):
    same_lines(path, 100)
    assert everything(same_lines(path, 160)) == everything(same_lines(steps=160))
    assert "goes on at step 100 of 160" in capsys.readouterr().out


def test_a_run_that_ends_in_the_midst_of_an_episode(path, capsys):
    assert 90 % EPISODE
    same_lines(path, 90)
    agent = same_lines(path, 90)
    assert "come to its end at step 90" in capsys.readouterr().out
    assert digest(capture(agent)) == digest(capture(same_lines(steps=90)))
    # more steps need the end of the episode before, which is kept beside it
    assert everything(same_lines(path, 130)) == everything(same_lines(steps=130))
    assert "goes on at step 80 of 130" in capsys.readouterr().out


def test_a_script_with_two_calls(path):
    def lines(*others, path=None):
        first = same_lines(path, 100, *others)
        train(
            first.history.env, first, 60, [*others, *([Checkpoint(path, every=1)] if path else [])]
        )
        return first

    expected = everything(lines())
    with pytest.raises(CrashError):
        lines(At(130, crash_now), path=path)
    agent = lines(path=path)
    assert agent.history.step == 160
    assert everything(agent) == expected


def test_a_run_that_a_callback_ended_is_finished(path, capsys):
    class Enough(Callback):
        def step(self, agent):
            return agent.history.step == 110

    assert same_lines(path, 240, Enough()).history.step == 120  # the episode is finished first
    agent = same_lines(path, 240, Enough())
    assert agent.history.step == 120
    assert "come to its end at step 120" in capsys.readouterr().out
    train(agent.history.env, agent, 20, [Checkpoint(path)])
    assert agent.history.step == read(path)["steps"] == 140


def test_a_script_with_two_calls_that_a_callback_ends(path, capsys):
    def lines(*checkpoint):
        class Enough(Callback):
            def step(self, agent):
                return agent.history.step in (40, 100)

        agent = same_lines(None, 0)
        for _ in range(2):  # the first ends at 40 of 120, the second at 100 of 160
            train(agent.history.env, agent, 120, [*checkpoint, Enough()])
        return agent

    expected = lines()
    assert expected.history.step == 100
    for _ in range(2):
        assert everything(lines(Checkpoint(path))) == everything(expected)
    assert capsys.readouterr().out.count("come to its end at step 100") == 2


def test_an_agent_at_hand_that_is_further_than_its_file_goes_on(path):
    agent = same_lines(path, 100)
    env = agent.history.env
    train(env, agent, 20)
    train(env, agent, 20, [Checkpoint(path)])
    assert agent.history.step == read(path)["steps"] == 140
    assert everything(agent) == everything(same_lines(steps=140))


# Interrupt


def test_interrupt_finishes_the_episode_and_saves(path, whole, capsys):
    agent = same_lines(path, 240, At(105, interrupt))
    assert agent.history.step == 120
    assert "The run ends with this episode" in capsys.readouterr().out
    assert read(path)["steps"] == 120
    assert everything(same_lines(path, 240)) == everything(whole)


def test_a_second_interrupt_ends_at_once_and_loses_one_episode(path, whole):
    with pytest.raises(KeyboardInterrupt):
        same_lines(path, 240, At(105, interrupt), At(107, interrupt))
    assert read(path)["steps"] == 100
    assert everything(same_lines(path, 240)) == everything(whole)


def test_interrupt_without_a_checkpoint_ends_after_the_step():
    assert same_lines(None, 240, At(105, interrupt)).history.step == 105


# Crashes


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes are forked")
def test_killed_runs_end_as_if_nothing_had_been(tmp_path):
    expected = run(None)
    assert expected == everything(same_lines())
    for k in range(2):
        identical, _ = crash(tmp_path / f"{k}.pt", expected, 1.0, random.Random(k))
        assert identical


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes are forked")
def test_a_run_killed_while_it_writes_leaves_a_state_that_can_be_read(path):
    assert run(path, 0.0, writing=True) is None
    assert beside(path).exists() or path.exists()
    assert run(path) == everything(same_lines())


# Damaged files


def test_a_file_cut_anywhere_falls_back_on_the_one_before(path, whole, capsys):
    crashed(path, 150)
    good, before = path.read_bytes(), read(previous(path))["steps"]
    assert (read(path)["steps"], before) == (140, 120)
    lengths = [0, 1, 10, 60, 99, 100, 101, *range(200, len(good), len(good) // 40), len(good) - 1]
    for length in lengths:
        path.write_bytes(good[:length])
        assert [c["steps"] for c, _ in files.readable(path)] == [120], length
        assert "run.pt is damaged, but" in capsys.readouterr().out
    assert everything(same_lines(path, 240)) == everything(whole)


def test_one_changed_bit_is_noticed(path):
    write({"numbers": torch.arange(1000.0)}, path)
    good = path.read_bytes()
    for place in range(0, len(good), 97):
        path.write_bytes(good[:place] + bytes([good[place] ^ 4]) + good[place + 1 :])
        with pytest.raises(files.BadFileError):
            read(path)


def test_a_damaged_file_is_not_what_is_kept(path, whole):
    crashed(path, 150)
    path.write_bytes(path.read_bytes()[:-1])
    crashed(path, 150)  # from 120 on, and writes 140 anew
    assert (read(path)["steps"], read(previous(path))["steps"]) == (140, 120)
    path.unlink()  # a crash between the two renamings
    assert everything(same_lines(path, 240)) == everything(whole)


def test_a_file_runs_no_code(path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(path) + ".evil",)

    write({"numbers": Evil()}, path)
    with pytest.raises(files.BadFileError, match="more than data"):
        read(path)
    assert not Path(f"{path}.evil").exists()


# Writing fails


class FullDisk:
    """Takes some bytes, then no more."""

    def __init__(self, file, error):
        self.file, self.error = file, error

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.file.close()

    def write(self, data):
        self.file.write(bytes(data)[: len(data) // 2])
        raise self.error

    def __getattr__(self, name):
        return getattr(self.file, name)


def fail_at(monkeypatch, place, error):
    """Let one step of writing raise, from the second save on."""
    calls = {"n": 0}

    def failing(name, real):
        def call(*args, **options):
            calls["n"] += 1
            if calls["n"] <= skip[name]:
                return real(*args, **options)
            if name == "write":
                return FullDisk(real(*args, **options), error)
            raise error

        return call

    skip = {"open": 2, "write": 2, "fsync": 1, "replace": 1, "replace2": 2}  # `start` opens once
    if place in ("open", "write"):
        monkeypatch.setattr(files, "open", failing(place, open), raising=False)
    elif place == "fsync":
        monkeypatch.setattr(files.os, "fsync", failing(place, os.fsync))
    else:
        real = Path.replace
        monkeypatch.setattr(files.Path, "replace", failing(place, real))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("place", ["open", "write", "fsync", "replace", "replace2"])
def test_where_writing_fails_the_last_state_stays(path, whole, monkeypatch, capsys, place, number):
    with monkeypatch.context() as patch:
        fail_at(patch, place, OSError(number, os.strerror(number)))
        agent = same_lines(path, 60)
    assert agent.history.step == 60, "the run itself goes on"
    said = capsys.readouterr().out
    words = {errno.ENOSPC: "the disk is full", errno.EACCES: "you have no right to write"}
    assert f"run.pt cannot be written: {words.get(number, 'the system says')}" in said
    assert "Step 20 stays, and the run goes on." in said
    assert next(content["steps"] for content, _ in files.readable(path)) == 20
    assert everything(same_lines(path, 240)) == everything(whole)


# How often


def test_it_saves_no_more_than_it_may(path, monkeypatch):
    """With a clock by hand: a save that took 1 s waits for 50 s to pass, at 2 %."""
    now = [0.0]
    monkeypatch.setattr("helpers.resume.time.perf_counter", lambda: now[0])
    saved = []

    class Slow(Checkpoint):
        def content(self):
            saved.append((self.agent.history.step, now[0]))
            now[0] += 1.0
            return super().content()

    class Clock(Callback):
        def step(self, agent):
            now[0] += 0.5

    agent = same_lines(None, 0)
    train(agent.history.env, agent, 400, [Slow(path, every=40), Clock()])
    # the first after 40 steps, the others when 50 s, 100 steps, have passed; the last at the end
    assert [step for step, _ in saved] == [40, 140, 240, 340, 400]


def test_every_counts_steps(path):
    saved = []

    class Noted(Checkpoint):
        def content(self):
            saved.append(self.agent.history.step)
            return super().content()

    agent = same_lines(None, 0)
    train(agent.history.env, agent, 250, [Noted(path, every=50, share=1e9)])
    assert saved == [60, 120, 180, 240, 250]


def test_only_the_filled_part_of_the_memory_is_written(path):
    large = replace(RECIPE, memory=1_000_000)
    same_lines(path, 40, recipe=large)
    assert path.stat().st_size < 100_000
    assert everything(same_lines(path, 60, recipe=large)) == everything(
        same_lines(None, 60, recipe=large)
    )


# What else may hold state


def test_agents_that_are_not_ddpg(path):
    def lines(*callbacks):
        env = same_lines(None, 0).history.env
        agent = TabularQ(env, seed=0)
        train(env, agent, 100, callbacks)
        return agent

    with pytest.raises(CrashError):
        lines(Checkpoint(path, every=1), At(70, crash_now))
    agent = lines(Checkpoint(path))
    assert read(path)["steps"] == 100
    assert everything(agent) == everything(lines())


def test_an_agent_can_be_loaded_from_the_file_of_a_run(path):
    agent = same_lines(path, 100)
    from tools.crash_test import SmallCritic

    loaded = DDPG.load(path, agent.history.env, actor=SmallActor, critic=SmallCritic)
    states = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    np.testing.assert_array_equal(loaded.act(states), agent.act(states))
    assert (loaded.steps, loaded.history.step, loaded.recipe) == (100, 100, RECIPE)


def test_a_slider_moved_stays_moved(path):
    class Slider(Callback):
        def step(self, agent):
            if agent.history.step == 50:
                agent.recipe = replace(agent.recipe, tau=0.5)
                agent.noise.sigma = 0.9

    with pytest.raises(CrashError):
        same_lines(path, 240, Slider(), At(130, crash_now))
    agent = same_lines(path, 240)
    assert (agent.recipe.tau, agent.noise.sigma) == (0.5, 0.9)
    assert everything(agent) == everything(same_lines(None, 240, Slider()))


@pytest.mark.parametrize(
    "value",
    [
        3, 2.5, True, None, "x", [1, (2, "y")], {"a": {"b": 2**127}}, np.float32(0.1), -0.0,
        np.arange(6).reshape(2, 3), np.array(["a"])[:0].astype(bool),
    ],
)  # fmt: skip
def test_packing_is_invertible(value):
    back = unpack(pack(value))
    assert type(back) is type(value)
    assert repr(back) == repr(value)  # types within, too


def test_restoring_works_in_place():
    class Thing:
        def __init__(self, n):
            self.array, self.tensor = np.full(3, float(n)), torch.full((2,), float(n))
            self.rng, self.torch_rng = np.random.default_rng(n), torch.Generator().manual_seed(n)
            self.old, self.python = np.random.Generator(np.random.MT19937(n)), random.Random(n)
            self.name, self.act = str(n), print

    one, other = Thing(1), Thing(2)
    array, tensor, rng = other.array, other.tensor, other.rng
    restore(other, capture(one))
    assert (other.array is array, other.tensor is tensor, other.rng is rng) == (True, True, True)
    assert digest(capture(one)) == digest(capture(other))
    assert (other.name, array[0], tensor[0]) == ("1", 1, 1)
    for name in ("rng", "old", "python"):
        assert getattr(other, name).random() == getattr(one, name).random()
    draws = [torch.rand(1, generator=thing.torch_rng) for thing in (one, other)]
    assert draws[0] == draws[1]


@pytest.mark.parametrize(
    "value", [Counter(a=1), {1, 2}, deque([1]), {object(): 1}, object(), [{1}]]
)
def test_what_cannot_be_saved_is_refused_and_never_left_out(value):
    class Thing:
        def __init__(self):
            self.inner = SimpleNamespace(value=value)

    with pytest.raises(TypeError, match=r"cannot hold agent\.inner\.value, of type"):
        capture(Thing())


def test_a_piece_with_a_state_of_its_own_is_refused_where_it_cannot_be_saved(path):
    with pytest.raises(TypeError, match=r"agent\.pieces\.soft_update\.calls, of type Counter"):
        same_lines(path, 40, recipe=replace(RECIPE, average=0.0), soft_update=HardCopy(10))


def test_generators_that_belong_to_nobody_go_on(path):
    def noisy(q, batch, y):
        shift = torch.rand(1).item() + random.random() + np.random.random()  # noqa: NPY002
        return critic_loss(q, batch, y + shift)

    def lines(path, *others):
        torch.manual_seed(0)
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002
        return same_lines(path, 140, *others, critic_loss=noisy)

    with pytest.raises(CrashError):
        lines(path, At(90, crash_now))
    assert everything(lines(path)) == everything(lines(None))


# Code that has no file


def defined(text):
    namespace = {"__name__": "__main__"}
    exec(text, namespace)
    return namespace["Mine"]


MINE = """
class Mine:
    size = 3

    def twice(self, x):
        return 2 * x
"""


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("size = 3", "size = 3  # units", True),
        ("2 * x", "(2 * x)", True),
        ("2 * x", "3 * x", False),
        ("2 * x", "2 + x", False),
        ("size = 3", "size = 4", False),
        ("twice", "double", False),
    ],
)
def test_the_fingerprint_of_a_class_typed_into_a_notebook(old, new, same):
    assert old in MINE
    one, other = (fingerprint([defined(text)]) for text in (MINE, MINE.replace(old, new)))
    assert (one == other) is same


# The same in a script and in a notebook


LINES = """
import torch
torch.set_num_threads(1)
from tools.crash_test import everything, same_lines
print(*[everything(same_lines(None, 120, seed=seed)) for seed in (0, 0, 1)])
"""


def test_a_seed_is_a_run_in_a_script_and_in_a_notebook():
    import nbformat

    from tools import execution

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(LINES)])
    execution.execute(notebook, ROOT)
    in_notebook = notebook.cells[0].outputs[0].text.split()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    script = subprocess.run(
        [sys.executable, "-c", LINES], env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    assert in_notebook == script
    assert script[0] == script[1] != script[2]
