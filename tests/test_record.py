"""The recorder: it resumes, repeats, notices changes, and survives a seed that fails."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

import numpy as np
import pytest

from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.evaluation.recordings import FOLDER, TASKS_FOLDER, load, recordings
from helpers.evaluation.returns import EVALUATION_STARTS, evaluate
from helpers.evaluation.tasks import TASKS, recorded_policy
from helpers.noise import Gaussian
from helpers.recipes import Recipe, modern
from helpers.variants import ablations, bugs
from tools import record as recorder
from tools import recordings as recordings_tool
from tools.experiments import EXPERIMENTS, FIRST_SEED, Experiment
from tools.recordings import Result, flags, keep, kept, renew, settings

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
    """An agent that fails while it trains."""

    def learn(self):
        raise ArithmeticError("the critic exploded")


class Record:
    """Records into a folder of its own, and notes which seeds really ran."""

    def __init__(self, folder):
        self.cache, self.results, self.ran = folder / "cache", folder / "results", []

    def __call__(self, experiment=TINY, work=recorder.run_and_keep, name="tiny"):
        def noted(experiment, seed, path):
            self.ran.append(seed)
            work(experiment, seed, path)

        self.ran.clear()
        return recorder.record(name, experiment, 1, self.cache, self.results, noted)

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


def test_a_recording_runs_only_what_is_missing(record):
    def killed(experiment, seed, path):
        if seed > FIRST_SEED:
            raise KeyboardInterrupt
        recorder.run_and_keep(experiment, seed, path)

    with pytest.raises(KeyboardInterrupt):
        record(work=killed)
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


def test_code_that_is_edited_meanwhile_is_not_mixed(record):
    def edited(experiment, seed, path):
        experiment = replace(experiment, every=20) if seed == 1001 else experiment
        recorder.run_and_keep(experiment, seed, path)

    (complaint,) = record(work=edited)
    assert complaint == "tiny, seed 1001 failed: the code was edited while it ran"


def test_a_failing_seed_is_named_and_the_others_are_kept(record, tmp_path, capfd):
    """In processes of their own, as the command runs them."""
    two = replace(TINY, seeds=2)

    def work(experiment, seed, path):
        experiment = replace(experiment, agent=Fails) if seed == FIRST_SEED else experiment
        recorder.in_own_process(experiment, seed, path)

    (complaint,) = record(two, work)
    assert complaint == "tiny, seed 1000 failed: its process ended with code 1"
    said = capfd.readouterr()
    assert "ArithmeticError: the critic exploded" in said.err
    assert "tiny, seed 1001:" in said.out
    assert not record.results.exists()  # no table without all of its seeds
    record(two)
    assert record.ran == [FIRST_SEED]
    other = Record(tmp_path / "here")  # and all of them in this process
    other(two)
    assert other.text() == record.text()


def test_a_training_that_was_cut_short_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "train", lambda env, agent, steps, watch: agent.history)
    with pytest.raises(SystemExit, match="interrupted"):
        recorder.run_and_keep(TINY, 0, tmp_path / "0.json")
    assert not list(tmp_path.iterdir())


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
    monkeypatch.setattr(os, "environ", dict(os.environ))
    assert recorder.main(["tiny", "--renew"]) == 0
    assert "the same numbers up to step 20" in capsys.readouterr().out
    assert load("tiny", record.results).settings["code"] == "0123456789ab"
    record(one)
    assert record.ran == []  # the kept seeds are renewed as well


def test_the_summary(record, capsys):
    gaps = [[9, 0.05, 0.04], [9, 0.3, 0.10], [0.01, 0.01, 0.2]]

    def made_up(experiment, seed, path):
        curve = [(10 * k, -150.0, gap) for k, gap in enumerate(gaps[seed - FIRST_SEED])]
        keep(settings(experiment), Result(curve), path)

    record(work=made_up)
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
from test_record import TINY
from tools import record
def work(experiment, seed, path):
    if seed == 1001:
        path.with_suffix(".partial").write_text('{"settings": ')
        os._exit(9)
    record.run_and_keep(experiment, seed, path)
folder = Path(sys.argv[1])
record.record("tiny", TINY, 1, folder / "cache", folder / "results", work)
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


@pytest.mark.parametrize("arguments", [[], ["modern", "--seeds", "0"], ["modern", "--jobs", "-1"]])
def test_senseless_arguments_are_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        recorder.read_arguments(arguments)
    assert "error:" in capsys.readouterr().err


def test_a_trial_leaves_the_results_alone(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(recorder, "record", lambda *given: calls.append(given) or [])
    monkeypatch.setattr(os, "environ", dict(os.environ))
    assert recorder.main(["modern", "--steps", "50", "--seeds", "2"]) == 0
    name, experiment, _, cache, results = calls[0]
    assert (name, experiment.steps, experiment.seeds) == ("modern", 50, 2)
    assert cache == results == recorder.CACHE / "trials"
    recorder.main(["modern"])
    assert calls[1][1:] == (EXPERIMENTS["modern"], 2, recorder.CACHE, FOLDER)
    recorder.main(["hopper"])
    assert calls[2][1:] == (EXPERIMENTS["hopper"], 2, recorder.CACHE, TASKS_FOLDER)
    calls.clear()
    recorder.main(["--all"])
    recorded = [name for name, *_ in calls]
    assert recorded == [name for name, experiment in EXPERIMENTS.items() if not experiment.task]
