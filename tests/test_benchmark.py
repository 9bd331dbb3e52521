"""The benchmark: its arithmetic by hand, and its contenders at work."""

import json
import time
from functools import partial

import numpy as np
import pytest
import torch

from helpers.agent import DDPG
from helpers.environment import make_env
from tools import baselines, benchmark, docgen, notebook_io
from tools.benchmark import FLOOR, RIVAL

STEPS = {"this project": [1.0, 2.0, 4.0], RIVAL: [3.0, 4.0, 6.0]}  # seconds for 100 steps
UPDATES = {"this project": [0.4, 0.8, 0.6], RIVAL: [0.9, 1.6, 1.2], FLOOR: [0.1, 0.4, 0.2]}


def row(name, steps=STEPS):
    """The summary of one contender."""
    (found,) = (r for r in benchmark.summarise(2, steps, UPDATES, 100) if r["contender"] == name)
    return {key: float(value) for key, value in found.items() if key != "contender"}


def ratios(*arguments):
    """The ratio of one contender, and the ends of its range."""
    return [row(*arguments)[f"ratio{end}"] for end in ("", "_low", "_high")]


def test_the_arithmetic_by_hand():
    ours, rival = row("this project"), row(RIVAL)
    assert (ours["threads"], ours["update_ms"], ours["floor_ms"]) == (2, 6, 2)
    assert ours["update_over_floor"] == 3  # of 4, 2 and 3
    assert ours["steps_per_second"] == 50  # 100 steps in 2 s, the median
    assert rival["steps_per_second"] == 25
    assert ratios("this project") == [2, 1.5, 3]  # of 3, 2 and 1.5, each pair by itself
    assert ratios(RIVAL) == [1, 1, 1]
    slow_spell = {"this project": [1.0, 10.0, 2.0], RIVAL: [2.0, 20.0, 4.0]}  # meets both of a pair
    assert ratios("this project", slow_spell) == [2, 2, 2]


def test_blocks_alternate_and_the_first_round_is_not_timed(monkeypatch):
    now, order = [0.0], []
    monkeypatch.setattr(benchmark.time, "perf_counter", lambda: now[0])

    def work(name, pace):
        def do(n):
            order.append(name)
            now[0] += pace * n if len(order) > 2 else 1_000

        return do

    timings = benchmark.alternate({"a": work("a", 1), "b": work("b", 2)}, 5, blocks=2)
    assert order == ["a", "b"] * 3
    assert timings == {"a": [5, 5], "b": [10, 10]}


@pytest.fixture(params=baselines.SPEED)
def contender(request, monkeypatch):
    """Each contender, with little to store before the first update."""
    monkeypatch.setattr(baselines, "BUFFER", 5_000)
    for name, package in {RIVAL: "stable_baselines3", "SBX": "sbx"}.items():
        if request.param == name:
            pytest.importorskip(package, reason="comes with the group `benchmark`")
    made = baselines.SPEED[request.param]()
    made.steps(baselines.RANDOM_STEPS if request.param != "a textbook loop" else baselines.BATCH)
    return made


def layers(contender):
    """The policy's weights, or the actor's."""
    if isinstance(contender, baselines.Textbook):
        return [baselines.torch_layer(getattr(contender.actor, f"layer{k}")) for k in (1, 2, 3)]
    return contender.policy()


@pytest.mark.parametrize("what", ["steps", "updates"])
def test_every_timed_step_and_update_learns(contender, what):
    for _ in range(2):
        before = layers(contender)
        getattr(contender, what)(1)
        for (w, _), (w_new, _) in zip(before, layers(contender), strict=True):
            assert w.shape == w_new.shape
            assert not np.array_equal(w, w_new)


def test_a_kept_policy_acts_as_the_contender_does(contender):
    states = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    match contender:
        case baselines.Ours():
            expected = contender.agent.act(states)
        case baselines.StableBaselines3():
            expected, _ = contender.model.predict(states, deterministic=True)
        case _:
            expected = contender.actor(torch.as_tensor(states)).detach().numpy()
    assert baselines.act(layers(contender), states) == pytest.approx(expected, abs=1e-5)


def test_the_textbook_loop_learns_the_same_equations():
    """Its targets follow by tau; it stores what happened, and no time limit as an end."""
    textbook = baselines.Textbook()
    textbook.steps(210)  # beyond the time limit of 200
    s, _, _, s_next, terminated = (array[:210] for array in textbook.arrays)
    assert not terminated.any()
    assert (s[1:200] == s_next[:199]).all()
    assert (s[200] != s_next[199]).any()  # a new episode
    old = [p.clone() for p in textbook.target_critic.parameters()]
    textbook.updates(1)
    for p, before, now in zip(
        textbook.target_critic.parameters(), old, textbook.critic.parameters(), strict=True
    ):
        assert torch.allclose(p, before + baselines.TAU * (now - before), atol=1e-6)


def test_the_floor_multiplies_what_the_networks_multiply():
    floor = benchmark.Floor()
    with torch.profiler.profile() as profile:
        floor.updates(3)
    assert len([event for event in profile.events() if event.name == "aten::mm"]) == 30
    assert torch.equal(floor.out, floor.x @ floor.w)
    assert floor.w.shape == DDPG(make_env(), seed=0).actor.layer2.weight.T.shape


class Drifting:
    """A contender whose policy changes with every step: it pushes one way, harder and harder."""

    def __init__(self):
        self.done = 0

    def steps(self, n):
        self.done += n

    def policy(self):
        zero = [(np.zeros((3, 4)), np.zeros(4)), (np.zeros((4, 4)), np.zeros(4))]
        return [*zero, (np.zeros((4, 1)), np.full(1, float(self.done)))]


def test_policies_are_evaluated_as_they_were_and_not_as_they_became():
    found = baselines.train_and_evaluate(Drifting(), steps=4, began=0.0, every=2)
    assert len(found["gaps"]) == len(found["seconds"]) == 2
    assert found["gaps"][0] != found["gaps"][1]
    assert found["seconds"][0] <= found["seconds"][1]


def test_a_run_counts_until_it_is_solved_for_good(monkeypatch, tmp_path, capsys):
    runs = []

    class Done:
        stdout = 'a library says hello\n{"seconds": [2.0, 4.5, 7.0], "gaps": [0.05, 0.2, 0.1]}\n'

    def run(command, **_):
        runs.append(command)
        return Done

    monkeypatch.setattr(benchmark.subprocess, "run", run)
    found = benchmark.solve("SBX", 1_003, 3_000)
    assert (found["solved_at"], found["seconds"], found["final_gap"]) == ("3000", "7.0", "0.1000")
    Done.stdout = json.dumps({"seconds": [1, 2, 3], "gaps": [0.05, 0.05, 0.11]})
    assert benchmark.solve("SBX", 1_003, 3_000)["seconds"] == "inf"
    assert runs[0][2:5] == ["SBX", "1003", "3000"]

    monkeypatch.setattr(benchmark, "version", lambda name: "1")
    monkeypatch.setattr(baselines, "SOLVED", {"one": None, "other": None})
    runs.clear()
    for seeds in (1, 2, 2):  # what has been measured is not measured again
        benchmark.main(["solved", "--steps", "3000", "--seeds", str(seeds)], tmp_path)
    assert [command[2:4] for command in runs] == [
        ["one", "1000"], ["other", "1000"], ["one", "1001"], ["other", "1001"],
    ]  # fmt: skip
    rows = notebook_io.read_rows(tmp_path / "results/solved_seconds.csv")
    assert [(r["contender"], r["seed"]) for r in rows] == [
        ("one", "1000"), ("one", "1001"), ("other", "1000"), ("other", "1001"),
    ]  # fmt: skip
    assert docgen.solved_table(tmp_path) in capsys.readouterr().out


def test_speed_is_measured_in_a_process_of_its_own(tmp_path, capsys):
    pytest.importorskip("sbx", reason="comes with the group `benchmark`")
    arguments = ["speed", "--steps", "2", "--blocks", "2", "--threads", "1"]
    assert benchmark.main(arguments, tmp_path) == 0
    rows = notebook_io.read_rows(tmp_path / "results/benchmark.csv")
    assert [r["contender"] for r in rows] == [*baselines.SPEED]
    assert all(float(r["update_ms"]) > float(r["floor_ms"]) > 0 for r in rows)
    assert rows[0]["command"] == "python tools/benchmark.py speed --steps 2 --blocks 2 --threads 1"
    assert docgen.benchmark_table(tmp_path) in capsys.readouterr().out


class Draws:
    """Draws places in proportion to priority^exponent, with weights priority^-0.4."""

    def __init__(self, priorities, exponent=1.0):
        self.rng, self.priorities = np.random.default_rng(0), priorities
        self.shares = priorities**exponent / (priorities**exponent).sum()

    def draw(self):
        places = self.rng.choice(len(self.shares), 64, p=self.shares)
        return places, 3 * self.priorities[places] ** -0.4


def test_only_draws_in_proportion_fit():
    errors = np.random.default_rng(1).lognormal(size=1_000)
    priorities = (errors + 1e-6) ** 0.6
    assert benchmark.fit(Draws(priorities).draw, errors) > 0.01
    assert benchmark.fit(Draws(priorities, 0.9).draw, errors) < 1e-6
    with pytest.raises(ValueError, match="weights"):
        benchmark.fit(Draws(priorities + 0.1).draw, errors)


@pytest.mark.parametrize("name", baselines.REPLAY)
def test_prioritised_buffers_agree(name):
    if name == "cpprb":
        pytest.importorskip("cpprb", reason="comes with the group `benchmark`")
    errors = np.random.default_rng(1).lognormal(size=1_000)
    contender = baselines.REPLAY[name](errors)
    assert benchmark.fit(contender.draw, errors, batches=300) > 0.01
    contender.batches(100)  # by now, nearly all priorities are new
    with pytest.raises(ValueError, match="weights"):
        benchmark.fit(contender.draw, errors, batches=300)


def test_stacked_agents_are_timed_as_they_learn(tmp_path, monkeypatch):
    learned = {"alone": 0, "stacked": 0}
    for kind, name in ((DDPG, "alone"), (benchmark.StackedDDPG, "stacked")):

        def learn(agent, learn=kind.learn, name=name):
            losses = learn(agent)
            learned[name] += bool(losses)
            return losses

        monkeypatch.setattr(kind, "learn", learn)
    (tmp_path / "results").mkdir()
    benchmark.stacked(n=1, blocks=2, agents=2, root=tmp_path)
    assert learned == {"alone": 2 * 3, "stacked": 3}
    (row,) = notebook_io.read_rows(tmp_path / "results" / "stacked.csv")
    assert row["agents"] == "2"
    assert float(row["ratio_low"]) <= float(row["ratio"]) <= float(row["ratio_high"])


def leave_a_note(folder, steps, seed):
    """In place of training."""
    (folder / f"{time.monotonic_ns()}").write_text(f"{seed} {steps}")


def test_plain_processes_and_many_seeds_do_the_same_work(tmp_path, monkeypatch):
    notes = tmp_path / "notes"
    notes.mkdir()
    monkeypatch.setattr(benchmark, "train_one", partial(leave_a_note, notes))
    benchmark.seeds(steps=7, n=3, blocks=1, jobs=1, root=tmp_path)
    written = [path.read_text() for path in sorted(notes.iterdir(), key=lambda p: int(p.name))]
    assert written == ["0 7", "1 7", "2 7"] * 4  # an untimed round of both, and a timed one
    (row,) = notebook_io.read_rows(tmp_path / "results" / "seeds.csv")
    assert (row["seeds"], row["steps"], row["jobs"]) == ("3", "7", "1")
    assert float(row["ratio"]) > 0
