"""The recorder: it resumes, repeats, notices changes, and survives a seed that fails."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from helpers import ablations, bugs
from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.evaluation import EVALUATION_STARTS, evaluate
from helpers.fingerprint import source
from helpers.noise import Gaussian
from helpers.recipes import Recipe
from helpers.recorded import load
from helpers.tasks import TASKS, recorded_policy
from tools import record as recorder
from tools.experiments import EXPERIMENTS, Experiment
from tools.recordings import Result, flags, keep, kept, renew, settings

ROOT = Path(__file__).resolve().parents[1]
TINY = Experiment(
    "Nothing.",
    recipe=Recipe(warmup=10, batch_size=8, memory=1_000, noise=Gaussian),
    steps=20,
    seeds=3,
    every=10,
)


SHORT = replace(TASKS["mountain_car"], options={"max_episode_steps": 15})


class Fails(DDPG):
    """An agent that breaks down in training."""

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
    assert record.ran == [0, 1, 2]
    recorded = load("tiny", record.results)
    assert recorded.steps.tolist() == [0, 10, 20]
    assert recorded.returns.shape == recorded.gaps.shape == (3, 3)
    for seed in range(3):
        curve = np.array(json.loads((record.cache / f"tiny/{seed}.json").read_text())["curve"])
        assert np.allclose(recorded.returns[seed], curve[:, 1], atol=5e-5)
        assert np.allclose(recorded.gaps[seed], curve[:, 2], atol=5e-7)
    assert len({tuple(row) for row in recorded.returns}) == 3  # the seeds differ
    assert recorded.command == "python tools/record.py tiny --seeds 3"
    settings = recorded.settings
    assert {k: settings[k] for k in TINY.definition()} == TINY.definition()
    assert settings["recipe"]["noise"] == "Gaussian"
    assert settings["versions"].keys() == {"python", "torch", "numpy", "gymnasium"}
    assert settings["processor"]["threads"] == 1


def test_the_first_return_is_the_untrained_actors(record):
    env = make_env()
    record(replace(TINY, seeds=1))
    expected = evaluate(DDPG(env, seed=0, recipe=TINY.recipe).act).mean()
    assert load("tiny", record.results).returns[0, 0] == pytest.approx(expected, abs=1e-4)


def test_a_task_keeps_the_policy_that_it_has_chosen(record, capsys):
    """Its score is that of the policy in the file, on all evaluation starts."""
    assert record(replace(TINY, seeds=2, task=SHORT), name="mountain_car") == []
    recorded = load("mountain_car", record.results)
    assert recorded.returns.shape == (2, 3)
    assert np.isnan(recorded.gaps).all()
    judged = recorded.settings["judged"]
    assert len(judged) == 2
    assert judged[0]["chosen_at"] in (10, 20)
    policy = recorded_policy("mountain_car", record.results)
    scores = evaluate(policy, SHORT.make)
    assert judged[0]["chosen"] == pytest.approx(scores.mean())
    few = evaluate(policy, SHORT.make, EVALUATION_STARTS[: recorder.FEW])
    at = recorded.steps.tolist().index(judged[0]["chosen_at"])
    assert recorded.returns[0, at] == pytest.approx(few.mean(), abs=1e-4)
    middle = np.median([seed["chosen"] for seed in judged])
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith(f"mountain_car: the chosen policy earns {middle:,.1f} in the median")
    record(replace(TINY, seeds=1, task=SHORT), name="with_other_settings")
    assert not (record.results / "with_other_settings.pt").exists()


def test_the_same_seeds_give_the_same_table(record, tmp_path):
    record()
    other = Record(tmp_path / "other")
    other()
    assert record.text() == other.text()


def test_nothing_in_it_tells_the_machine_or_the_time(record):
    record(replace(TINY, seeds=1))
    assert os.uname().nodename not in record.text()
    assert str(ROOT) not in record.text()
    assert "second" not in record.text()


CPUINFO = """processor\t: {n}
vendor_id\t: GenuineIntel
model\t\t: 143
model name\t: {name}
cpu MHz\t\t: {mhz}
flags\t\t: fpu vme {flag}
"""


def test_the_flags_tell_processors_apart_and_nothing_else(tmp_path):
    def of(text):
        (tmp_path / "cpuinfo").write_text(text)
        return flags(tmp_path / "cpuinfo")

    one = CPUINFO.format(n=0, name="A", mhz=2000.1, flag="avx2")
    assert of(one) == of(one + CPUINFO.format(n=1, name="A", mhz=2600.7, flag="avx2"))
    assert of(one) != of(one.replace("avx2", "avx512f"))
    assert of(one) != of(one.replace("GenuineIntel", "AuthenticAMD"))
    assert flags(tmp_path / "none") == flags(tmp_path / "none") != of(one)


def test_a_short_rerun_of_one_seed_equals_the_record():
    """Before the first update everywhere; on the same kind of computer, to the last digit."""
    experiment, recorded = EXPERIMENTS["modern"], load("modern")
    if recorded.settings["code"] != experiment.code():
        pytest.skip("the record is of other code: test_recorded.py complains of that")
    curve = recorder.run(replace(experiment, steps=2 * experiment.every), seed=0).curve
    returns = [float(f"{mean:.4f}") for _, mean, _ in curve]
    assert experiment.recipe.warmup <= experiment.every  # so that updates are in the comparison
    assert returns[0] == pytest.approx(recorded.returns[0, 0], abs=0.05)
    here = settings(experiment)
    here["processor"] = here["processor"] | {"flags": flags()}
    if all(recorded.settings[key] == here[key] for key in ("versions", "processor")):
        assert returns == recorded.returns[0, :3].tolist()


def test_an_interrupted_recording_goes_on(record):
    def killed(experiment, seed, path):
        if seed > 0:
            raise KeyboardInterrupt
        recorder.run_and_keep(experiment, seed, path)

    with pytest.raises(KeyboardInterrupt):
        record(work=killed)
    assert not record.results.exists()
    record()
    assert record.ran == [1, 2]
    record()
    assert record.ran == []
    assert load("tiny", record.results).gaps.shape == (3, 3)


def test_more_seeds_can_be_added(record):
    record(replace(TINY, seeds=1))
    record(replace(TINY, seeds=2))
    assert record.ran == [1]


def test_an_unfinished_file_does_not_count(record, monkeypatch):
    record(replace(TINY, seeds=1))
    path = record.cache / "tiny/0.json"
    path.with_suffix(".partial").write_text(path.read_text()[:50])
    path.unlink()
    record(replace(TINY, seeds=1))
    assert record.ran == [0]


@pytest.mark.parametrize(
    "changed",
    [
        {"steps": 30},
        {"every": 20},
        {"recipe": replace(TINY.recipe, tau=0.5)},
        {"pieces": {"buffer": ablations.LastTransitionOnly}},
        {"pieces": {"soft_update": ablations.HardCopy(7)}},
        {"agent": ablations.DDPGWithTimeLimitAsEnd},
        {"environment": bugs.env_with_one_start},
        {"task": SHORT},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_changed_experiment_starts_anew_and_says_so(record, changed, capsys):
    one = replace(TINY, seeds=1)
    record(one)
    capsys.readouterr()
    record(replace(one, **changed))
    assert record.ran == [0]
    assert (
        "tiny: seeds [0] were made by other settings, code or versions" in capsys.readouterr().out
    )


def test_other_words_change_nothing(record):
    record(replace(TINY, seeds=1))
    record(replace(TINY, seeds=1, shows="Other words."))
    assert record.ran == []
    assert "Other words." in record.text()


def test_two_hard_copies_of_other_lengths_are_two_definitions():
    a, b = (EXPERIMENTS[name].definition() for name in ("hard_copy_100", "hard_copy_500"))
    assert a["pieces"] == {"soft_update": "HardCopy(100)"} != b["pieces"]


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
    assert '"""' not in source(DDPG)


def test_every_experiment_has_its_own_definition():
    texts = [json.dumps(e.definition(), sort_keys=True) for e in EXPERIMENTS.values()]
    assert len(set(texts)) == len(EXPERIMENTS)
    for text, experiment in zip(texts, EXPERIMENTS.values(), strict=True):
        assert json.loads(text) == experiment.definition()
        assert " at 0x" not in text  # a piece without a name or repr of its own


def test_code_that_is_edited_meanwhile_is_not_mixed(record):
    def edited(experiment, seed, path):
        experiment = replace(experiment, every=20) if seed == 1 else experiment
        recorder.run_and_keep(experiment, seed, path)

    (complaint,) = record(work=edited)
    assert complaint == "tiny, seed 1 failed: the code was edited while it ran"


def test_a_failing_seed_is_named_and_the_others_are_kept(record, tmp_path, capfd):
    """In processes of their own, as in earnest."""
    two = replace(TINY, seeds=2)

    def work(experiment, seed, path):
        experiment = replace(experiment, agent=Fails) if seed == 0 else experiment
        recorder.in_own_process(experiment, seed, path)

    (complaint,) = record(two, work)
    assert complaint == "tiny, seed 0 failed: its process ended with code 1"
    said = capfd.readouterr()
    assert "ArithmeticError: the critic exploded" in said.err
    assert "tiny, seed 1:" in said.out
    assert not record.results.exists()  # a table with a hole is none
    record(two)
    assert record.ran == [0]
    other = Record(tmp_path / "here")  # and all of them in this process
    other(two)
    assert other.text() == record.text()


def test_a_training_that_was_cut_short_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "train", lambda env, agent, steps, watch: agent.history)
    with pytest.raises(SystemExit, match="interrupted"):
        recorder.run_and_keep(TINY, 0, tmp_path / "0.json")
    assert not list(tmp_path.iterdir())


def test_a_fingerprint_is_renewed_only_where_the_numbers_are_the_same(record, monkeypatch):
    one = replace(TINY, seeds=1)
    record(one)
    curve = kept(settings(one), record.cache / "tiny/0.json").curve
    folders = (record.cache, record.results)
    monkeypatch.setattr(Experiment, "code", lambda self: "0123456789ab")
    before = record.text()
    other = [(step, mean + 1, gap) for step, mean, gap in curve]
    assert "makes other numbers" in renew("tiny", one, other[:2], *folders)
    changed = replace(one, every=20)
    assert "more than the code" in renew("tiny", changed, curve[:2], *folders)
    assert record.text() == before
    assert "same numbers up to step 10" in renew("tiny", one, curve[:2], *folders)
    assert load("tiny", record.results).settings["code"] == "0123456789ab"
    record(one)
    assert record.ran == []  # the kept seeds are renewed as well


def test_the_command_renews(record, monkeypatch, capsys):
    monkeypatch.setattr(recorder, "EXPERIMENTS", {"tiny": TINY})
    monkeypatch.setattr(recorder, "CACHE", record.cache)
    monkeypatch.setattr(recorder, "RESULTS", record.results)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    record()
    monkeypatch.setattr(Experiment, "code", lambda self: "0123456789ab")
    assert recorder.main(["tiny", "--renew"]) == 0
    assert "the same numbers up to step 20" in capsys.readouterr().out
    record()
    assert record.ran == []


def test_the_summary(record, capsys):
    gaps = {0: [9, 0.05, 0.04], 1: [9, 0.3, 0.10], 2: [0.01, 0.01, 0.2]}

    def made_up(experiment, seed, path):
        curve = [(10 * k, -150.0, gap) for k, gap in enumerate(gaps[seed])]
        keep(settings(experiment), Result(curve), path)

    record(work=made_up)
    assert capsys.readouterr().out.splitlines()[-1] == (
        "tiny: 2 of 3 seeds solved, in the median at 20 steps; "
        "final gap 10.0% in the median, 20.0% at worst"
    )


def run(*arguments):
    """The command itself."""
    command = [sys.executable, ROOT / "tools/record.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd="/")


def test_the_command_line():
    listed = run("--list")
    assert listed.returncode == 0
    assert [line[2:].split()[0] for line in listed.stdout.splitlines()] == [*EXPERIMENTS]
    unknown = run("modrn")
    assert unknown.returncode == 2
    assert "no experiment modrn; there are modern, " in unknown.stderr


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
    assert calls[1][1:] == (EXPERIMENTS["modern"], 2, recorder.CACHE, recorder.RESULTS)
