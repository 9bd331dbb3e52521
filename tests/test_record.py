"""The recorder: it resumes, repeats, notices changes, and survives a seed that fails."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from operator import attrgetter
from pathlib import Path

import cloudpickle
import numpy as np
import pytest
import torch

from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.evaluation.recordings import FOLDER, TASKS_FOLDER, load, recordings
from helpers.evaluation.returns import EVALUATION_STARTS, evaluate
from helpers.evaluation.tasks import TASKS, recorded_policy
from helpers.extensions.many_seeds import attempt, many_seeds, report
from helpers.extensions.td3 import SmoothedTarget
from helpers.noise import Gaussian
from helpers.pendulum.tabular import TabularQ
from helpers.recipes import Recipe, modern
from helpers.variants import ablations, bugs
from tools import record as recorder
from tools import recordings as recordings_tool
from tools.experiments import EXPERIMENTS, FIRST_SEED, Experiment
from tools.recordings import Result, flags, kept, renew, settings

ROOT = Path(__file__).resolve().parents[1]
TINY = Experiment(
    "Nothing.",
    recipe=Recipe(batch_size=8, learning_starts=10, buffer_size=1_000, noise=Gaussian),
    steps=20,
    seeds=3,
    every=10,
)


SHORT = replace(TASKS["mountain_car"], options={"max_episode_steps": 15})


class Fails(DDPG):
    """An agent that fails while it trains on the seed that the environment says."""

    def learn(self):
        if os.environ.get("FAILING_SEED") == str(self.made_with["seed"]):
            raise ArithmeticError("the critic exploded")
        return super().learn()


class Crashing:
    """What makes an agent fail once, after 40 steps, if the environment says so."""

    def learn(self):
        if self.steps == 40 and os.environ.pop("CRASH", None):
            raise ArithmeticError("the power failed")
        return super().learn()


class Crashes(Crashing, DDPG):
    """An agent that fails once."""


class TableCrashes(Crashing, TabularQ):
    """A table whose training fails once."""


def in_this_process(train_one, seeds):
    """What `many_seeds` does, without another process."""
    packed = cloudpickle.dumps(train_one)
    return report(((seed, attempt(packed, seed)) for seed in seeds), len(seeds), 1)


class Record:
    """Records into a folder of its own, and notes which seeds it asked for."""

    def __init__(self, folder):
        self.cache, self.results, self.ran = folder / "cache", folder / "results", []

    def __call__(self, experiment=TINY, train_all=in_this_process, name="tiny"):
        def noted(train_one, seeds):
            self.ran = seeds
            return train_all(train_one, seeds)

        return recorder.record(name, experiment, noted, self.cache, self.results)

    def text(self, name="tiny"):
        """The table."""
        return (self.results / f"{name}.csv").read_text()


@pytest.fixture
def record(tmp_path):
    return Record(tmp_path)


def test_a_table_goes_out_and_comes_back(record):
    assert record() == []
    assert record.ran == [1000, 1001, 1002]
    recorded = load("tiny", record.results)
    assert recorded.steps.tolist() == [0, 10, 20]
    assert recorded.returns.shape == recorded.gaps.shape == (3, 3)
    assert recorded.seeds.tolist() == [1000, 1001, 1002]
    for row, seed in enumerate(recorded.seeds):
        curve = np.array(json.loads((record.cache / f"tiny/{seed}.json").read_text())["curve"])
        assert np.allclose(recorded.returns[row], curve[:, 1], atol=5e-5)
        assert np.allclose(recorded.gaps[row], curve[:, 2], atol=5e-7)
    assert len({tuple(row) for row in recorded.returns}) == 3  # the seeds differ
    assert recorded.command == "python tools/record.py tiny --seeds 3"
    settings = recorded.settings
    assert {k: settings[k] for k in TINY.definition()} == TINY.definition()
    assert settings["recipe"]["noise"] == "Gaussian"
    assert settings["versions"].keys() == {"python", "torch", "numpy", "gymnasium"}
    assert settings["processor"]["threads"] == 1


def steps_and_a_half(agent):
    return agent.steps + 0.5


def test_more_numbers_than_the_gap_are_noted(record):
    record(replace(TINY, measures={"halves": steps_and_a_half, "tau": attrgetter("recipe.tau")}))
    recorded = load("tiny", record.results)
    assert recorded.measures.keys() == {"halves", "tau"}
    assert recorded.measures["halves"].tolist() == [[0.5, 10.5, 20.5]] * 3
    assert (recorded.measures["tau"] == TINY.recipe.tau).all()
    assert recorded.settings["measures"] == ["halves", "tau"]
    record()  # an experiment without them is another one
    assert record.ran == [1000, 1001, 1002]
    assert load("tiny", record.results).measures == {}


def test_the_first_return_is_the_untrained_actors(record):
    env = make_env()
    record(replace(TINY, seeds=1))
    expected = evaluate(DDPG(env, seed=FIRST_SEED, recipe=TINY.recipe).act).mean()
    assert load("tiny", record.results).returns[0, 0] == pytest.approx(expected, abs=1e-4)


def test_a_task_keeps_the_policy_that_it_has_chosen(record, capsys):
    """Its score is that of the policy in the file, on all evaluation starts."""
    assert record(replace(TINY, seeds=2, task=SHORT), name="mountain_car") == []
    recorded = load("mountain_car", record.results)
    assert recorded.returns.shape == (2, 3)
    assert np.isnan(recorded.gaps).all()
    noted = recorded.settings["scores"]
    assert len(noted) == 2
    assert noted[0]["chosen_at"] in (10, 20)
    policy = recorded_policy("mountain_car", record.results)
    scores = evaluate(policy, SHORT.make)
    assert noted[0]["chosen"] == pytest.approx(scores.mean())
    assert noted[0]["spread"] == pytest.approx(scores.std(ddof=1))
    few = evaluate(policy, SHORT.make, EVALUATION_STARTS[: recorder.FEW])
    at = recorded.steps.tolist().index(noted[0]["chosen_at"])
    assert recorded.returns[0, at] == pytest.approx(few.mean(), abs=1e-4)
    middle = np.median(recorded.scores("chosen"))
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith(f"mountain_car: the chosen policy earns {middle:,.1f} in the median")
    record(replace(TINY, seeds=1, task=SHORT), name="with_other_settings")
    assert not (record.results / "with_other_settings.pt").exists()


def test_the_same_seeds_give_the_same_table_everywhere(record, tmp_path):
    record()
    other = Record(tmp_path / "other")
    other()
    assert record.text() == other.text()
    for word in (os.uname().nodename, str(ROOT), "second"):  # the machine, or the time
        assert word not in record.text()


CPUINFO = """processor\t: {n}
vendor_id\t: GenuineIntel
model\t\t: 143
model name\t: A
cpu MHz\t\t: {mhz}
flags\t\t: fpu vme avx2
"""


def test_the_flags_tell_processors_apart_and_nothing_else(tmp_path):
    def of(text):
        (tmp_path / "cpuinfo").write_text(text)
        return flags(tmp_path / "cpuinfo")

    one = CPUINFO.format(n=0, mhz=2000.1)
    assert of(one) == of(one + CPUINFO.format(n=1, mhz=2600.7))
    others = [one.replace("avx2", "avx512f"), one.replace("GenuineIntel", "AuthenticAMD")]
    assert of(one) not in map(of, others)
    assert flags(tmp_path / "none") == flags(tmp_path / "none") != of(one)


@pytest.mark.skipif("modern" not in recordings(), reason="not recorded yet")
def test_a_short_rerun_of_one_seed_equals_the_record():
    """Before the first update everywhere; on the same kind of computer, to the last digit."""
    experiment, recorded = EXPERIMENTS["modern"], load("modern")
    if recorded.settings["code"] != experiment.code():
        pytest.skip("the record is of other code: test_recorded.py complains of that")
    curve = recorder.run(replace(experiment, steps=2 * experiment.every), FIRST_SEED).curve
    returns = [float(f"{mean:.4f}") for _, mean, _ in curve]
    assert modern.learning_starts <= experiment.every  # so that updates are in the comparison
    assert returns[0] == pytest.approx(recorded.returns[0, 0], abs=0.05)
    here = settings(experiment)
    if all(recorded.settings[key] == here[key] for key in ("versions", "processor")):
        assert returns == recorded.returns[0, :3].tolist()


@pytest.mark.parametrize("task", [None, SHORT])
def test_a_long_run_goes_on_to_the_same_table(record, tmp_path, monkeypatch, capsys, task):
    monkeypatch.setattr(recorder, "LONG", 50)
    monkeypatch.setattr(recorder, "SHARE", 1e9)
    short = partial(make_env, "Pendulum-v1", max_episode_steps=15)
    short.__name__ = "short"
    options = {"task": task} if task else {"environment": short}
    long = replace(TINY, agent=Crashes, steps=60, seeds=1, **options)
    monkeypatch.setenv("CRASH", "1")
    assert "the power failed" in record(long)[0]
    (saved,) = (record.cache / "tiny").glob("*.run")
    assert record(long) == []
    assert "goes on at step 30 of 60" in capsys.readouterr().out, "after its second episode"
    assert not saved.exists()
    assert not [*(record.cache / "tiny").glob("*.previous")]
    straight = Record(tmp_path / "other")
    straight(long)
    assert record.text() == straight.text()
    if task:
        same = [torch.load(r.cache / "tiny" / "1000.pt") for r in (record, straight)]
        assert all(torch.equal(same[0][key], same[1][key]) for key in same[0])


def test_a_long_run_of_a_table_starts_again(record, tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "LONG", 50)
    monkeypatch.setattr(recorder, "SHARE", 1e9)
    short = partial(make_env, "Pendulum-v1", max_episode_steps=15)
    short.__name__ = "short"
    long = replace(TINY, agent=TableCrashes, steps=60, seeds=1, environment=short)
    monkeypatch.setenv("CRASH", "1")
    assert "the power failed" in record(long)[0]
    assert record(long) == []
    assert load("tiny", record.results).steps.tolist() == [0, 10, 20, 30, 40, 50, 60]
    straight = Record(tmp_path / "other")
    straight(long)
    assert record.text() == straight.text()


def test_a_recording_runs_only_what_is_missing(record):
    def killed(train_one, seeds):
        yield from in_this_process(train_one, seeds[:1])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record(train_all=killed)
    assert not record.results.exists()
    for seeds, ran in ((2, [1001]), (3, [1002]), (3, [])):
        record(replace(TINY, seeds=seeds))
        assert record.ran == ran
    assert load("tiny", record.results).gaps.shape == (3, 3)
    path = record.cache / f"tiny/{FIRST_SEED}.json"
    path.with_suffix(".partial").write_text(path.read_text()[:50])
    path.unlink()
    record(replace(TINY, shows="Other words."))  # they change nothing
    assert record.ran == [FIRST_SEED]  # an unfinished file doesn't count
    assert "Other words." in record.text()


@pytest.mark.parametrize(
    "changed",
    [
        {"steps": 30},
        {"every": 20},
        {"recipe": replace(TINY.recipe, tau=0.5)},
        {"components": {"buffer": ablations.LastTransitionOnly}},
        {"components": {"soft_update": ablations.HardCopy(7)}},
        {"agent": ablations.DDPGWithTimeLimitAsEnd},
        {"environment": bugs.env_with_one_start},
        {"task": SHORT},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_changed_experiment_starts_again_and_says_so(record, changed, capsys):
    one = replace(TINY, seeds=1)
    record(one)
    capsys.readouterr()
    record(replace(one, **changed))
    assert record.ran == [FIRST_SEED]
    said = capsys.readouterr().out
    assert "tiny: seeds [1000] were made by other settings, code or versions" in said


def test_the_fingerprint_sees_code_and_not_words(tmp_path, monkeypatch):
    def fingerprint(text):
        path = tmp_path / f"piece_{abs(hash(text))}.py"
        path.write_text("from helpers.agent import DDPG\n\n" + text)
        monkeypatch.syspath_prepend(tmp_path)
        return replace(TINY, agent=__import__(path.stem).Mine).code()

    plain = 'class Mine(DDPG):\n    """Mine."""\n\n    x = 1\n'
    same = 'class Mine(DDPG):\n    """Other words."""\n    x = 1  # a comment\n'
    assert fingerprint(plain) == fingerprint(same)
    assert fingerprint(plain) != fingerprint(plain.replace("1", "2"))


def test_every_experiment_has_its_own_definition():
    texts = [json.dumps(e.definition(), sort_keys=True) for e in EXPERIMENTS.values()]
    assert len(set(texts)) == len(EXPERIMENTS)
    for text, experiment in zip(texts, EXPERIMENTS.values(), strict=True):
        assert json.loads(text) == experiment.definition()
        assert " at 0x" not in text  # a component without a name or repr of its own
    components = EXPERIMENTS["hard_copy_100"].definition()["components"]
    assert components == {"soft_update": "HardCopy(100)"}


@pytest.mark.parametrize(
    ("place", "name", "what"),
    [(Experiment, "code", "code"), (recordings_tool, "flags", "processor")],
)
def test_other_code_or_another_processor_is_not_mixed(record, monkeypatch, place, name, what):
    """A worker may have read the code later, or run elsewhere: it refuses before it trains."""

    def mixed(train_one, seeds):
        yield seeds[0], train_one(seeds[0])
        monkeypatch.setattr(place, name, lambda *_: "0123456789ab")
        monkeypatch.setattr(recorder, "run", None)
        yield seeds[1], train_one(seeds[1])

    with pytest.raises(RuntimeError, match=f"would have run with other {what} than the recorder"):
        record(train_all=mixed)
    assert [path.name for path in (record.cache / "tiny").iterdir()] == [f"{FIRST_SEED}.json"]


def test_a_failing_seed_is_named_and_the_others_are_kept(record, tmp_path, monkeypatch, capfd):
    """In processes of their own, as the command runs them."""
    two = replace(TINY, seeds=2, agent=Fails)
    monkeypatch.setenv("FAILING_SEED", str(FIRST_SEED))
    (complaint,) = record(two, partial(many_seeds, jobs=2))
    assert complaint == "tiny, seed 1000 failed: ArithmeticError: the critic exploded"
    said = capfd.readouterr()
    assert "in learn" in said.err
    assert "tiny, seed 1001:" in said.out
    assert not record.results.exists()  # no table without all of its seeds
    monkeypatch.delenv("FAILING_SEED")
    record(two)
    assert record.ran == [FIRST_SEED]
    other = Record(tmp_path / "here")  # and all of them in this process
    other(two)
    assert other.text() == record.text()


def test_a_training_that_was_cut_short_is_not_kept(record, monkeypatch):
    monkeypatch.setattr(recorder, "train", lambda env, agent, steps, watch: agent.history)
    (complaint,) = record(replace(TINY, seeds=1))
    assert complaint == "tiny, seed 1000 failed: SystemExit: interrupted"
    assert not list((record.cache / "tiny").iterdir())


def test_experiments_travel_to_machines_that_have_only_the_helpers():
    """With a component that holds a PyTorch generator, which PyTorch's own pickler can't send."""
    experiment = replace(TINY, components={"td_target": SmoothedTarget()})
    given = experiment, settings(experiment), Path("no folder there")
    packed = cloudpickle.dumps(partial(recorder.run_as_here, *given))
    script = """
import pickle, sys
sys.modules["tools"] = None  # importing any of them fails
print(pickle.loads(sys.stdin.buffer.read())(1000).curve)
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, input=packed, capture_output=True, check=True, cwd=ROOT)
    assert done.stdout.decode().strip() == str(recorder.run(experiment, 1000).curve)


def test_a_fingerprint_is_renewed_only_for_the_same_numbers(record, monkeypatch, capsys):
    one = replace(TINY, seeds=1)
    record(one)
    curve = kept(settings(one), record.cache / f"tiny/{FIRST_SEED}.json").curve
    folders = (record.cache, record.results)
    monkeypatch.setattr(Experiment, "code", lambda self: "0123456789ab")
    before = record.text()
    other = [(step, mean + 1, gap) for step, mean, gap in curve]
    said = renew("tiny", one, other[:2], *folders)
    assert "makes other numbers here; record" in said
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(recordings_tool, "flags", lambda: "another")
        assert "another kind of processor" in renew("tiny", one, other[:2], *folders)
    changed = replace(one, every=20)
    assert "more than the code" in renew("tiny", changed, curve[:2], *folders)
    assert record.text() == before
    patched = {"EXPERIMENTS": {"tiny": one}, "CACHE": record.cache, "FOLDER": record.results}
    for name, value in patched.items():
        monkeypatch.setattr(recorder, name, value)
    assert recorder.main(["tiny", "--renew"]) == 0
    assert "the same numbers up to step 20" in capsys.readouterr().out
    assert load("tiny", record.results).settings["code"] == "0123456789ab"
    record(one)
    assert record.ran == []  # the kept seeds are renewed as well


def test_the_summary(record, capsys):
    gaps = [[9, 0.05, 0.04], [9, 0.3, 0.10], [0.01, 0.01, 0.2]]

    def made_up(train_one, seeds):
        for seed, row in zip(seeds, gaps, strict=True):
            yield seed, Result([(10 * k, -150.0, gap) for k, gap in enumerate(row)])

    record(train_all=made_up)
    assert capsys.readouterr().out.splitlines()[-1] == (
        "tiny: 2 of 3 seeds solved, in the median at 20 steps; "
        "final gap 10.0% in the median, 20.0% at worst"
    )


def test_the_command_line():
    """The command itself."""
    command = [sys.executable, ROOT / "tools/record.py"]
    listed, unknown = (
        subprocess.run([*command, argument], capture_output=True, text=True, cwd="/")
        for argument in ("--list", "modrn")
    )
    assert listed.returncode == 0
    assert [line[2:].split()[0] for line in listed.stdout.splitlines()] == [*EXPERIMENTS]
    assert unknown.returncode == 2
    assert "no experiment modrn; there are modern, " in unknown.stderr


def test_a_killed_recorder_loses_only_the_seed_in_progress(tmp_path):
    """The command runs in a process that ends without warning while the second seed trains."""
    script = """
import os, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from test_record import TINY, in_this_process
from tools import record
folder = Path(sys.argv[1])
def train_all(train_one, seeds):
    yield from in_this_process(train_one, seeds[:1])
    (folder / "cache/tiny/1001.partial").write_text('{"settings": ')
    os._exit(9)
record.record("tiny", TINY, train_all, folder / "cache", folder / "results")
"""
    command = [sys.executable, "-c", script, str(tmp_path), str(ROOT), str(ROOT / "tests")]
    killed = subprocess.run(command, capture_output=True, text=True)
    assert killed.returncode == 9, killed.stderr
    record = Record(tmp_path)
    assert not record.results.exists()
    assert record() == []
    assert record.ran == [1001, 1002]
    other = Record(tmp_path / "other")  # and all of them without a break
    other()
    assert other.text() == record.text()


def test_a_sweep_lies_around_the_recipe():
    for name in ("tau", "gamma", "actor_lr", "critic_lr"):
        swept = [e for key, e in EXPERIMENTS.items() if key.rpartition("_")[0] == name]
        below, above = sorted(
            getattr(e.recipe, name) for e in swept if replace(
                e.recipe, **{name: getattr(modern, name)}
            ) == modern and e.agent is DDPG and not e.components
        )  # fmt: skip
        assert below < getattr(modern, name) < above


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["modern", "--seeds", "0"],
        ["modern", "--jobs", "-1"],
        ["modern", "--jobs", "2", "--cluster", "here:1"],
    ],
)
def test_senseless_arguments_are_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        recorder.read_arguments(arguments)
    assert "error:" in capsys.readouterr().err


def test_a_trial_leaves_the_results_alone(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(recorder, "record", lambda *given: calls.append(given) or [])
    assert recorder.main(["modern", "--steps", "50", "--seeds", "2"]) == 0
    name, experiment, _, cache, results = calls[0]
    assert (name, experiment.steps, experiment.seeds) == ("modern", 50, 2)
    assert cache == results == recorder.CACHE / "trials"
    recorder.main(["modern"])
    _, experiment, train_all, *folders = calls[1]
    assert (experiment, folders) == (EXPERIMENTS["modern"], [recorder.CACHE, FOLDER])
    assert (train_all.func, train_all.keywords) == (many_seeds, {"jobs": 2, "cluster": None})
    recorder.main(["hopper", "--cluster", "there:1"])
    _, experiment, train_all, *folders = calls[2]
    assert (experiment, folders) == (EXPERIMENTS["hopper"], [recorder.CACHE, TASKS_FOLDER])
    assert train_all.keywords == {"jobs": None, "cluster": "there:1"}
    calls.clear()
    recorder.main(["--all"])
    recorded = [name for name, *_ in calls]
    assert recorded == [name for name, experiment in EXPERIMENTS.items() if not experiment.task]
