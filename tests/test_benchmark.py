"""The benchmark: its arithmetic by hand, its contenders at work, and the text made of it."""

import csv
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from tools import benchmark, contenders, evidence
from tools.benchmark import FLOOR, RIVAL
from tools.series import Complaint

STEPS = {"this project": [1.0, 2.0, 4.0], RIVAL: [3.0, 4.0, 6.0]}  # seconds for 100 steps
UPDATES = {"this project": [0.4, 0.8, 0.6], RIVAL: [0.9, 1.6, 1.2], FLOOR: [0.1, 0.4, 0.2]}


def row(name, steps=STEPS):
    """The summary of one contender."""
    (found,) = (r for r in benchmark.summarise(2, steps, UPDATES, 100) if r["contender"] == name)
    return {key: float(value) for key, value in found.items() if key != "contender" and value != ""}


def test_the_arithmetic_by_hand():
    assert row("this project") == {
        "threads": 2,
        "steps_per_second": 50,  # 100 steps in 2 s, the median
        "ratio": 2,  # of 3, 2 and 1.5, each pair by itself; the medians would give 2 as well
        "ratio_low": 1.5,
        "ratio_high": 3,
        "update_ms": 6,
        "floor_ms": 2,
        "update_over_floor": 3,  # of 4, 2 and 3
    }
    rival = row(RIVAL)
    assert rival["ratio"] == rival["ratio_low"] == rival["ratio_high"] == 1
    assert rival["steps_per_second"] == 25


def test_pairs_are_compared_and_not_medians():
    """A slow spell that meets both of a pair leaves their ratio as it is."""
    steps = {"this project": [1.0, 10.0, 2.0], RIVAL: [2.0, 20.0, 4.0]}
    assert [row("this project", steps)[f"ratio{end}"] for end in ("", "_low", "_high")] == [2, 2, 2]


def test_without_the_rival_there_is_no_ratio():
    alone = row("this project", {"this project": STEPS["this project"]})
    assert "ratio" not in alone
    assert alone["steps_per_second"] == 50


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


@pytest.fixture
def short(monkeypatch):
    """Little to remember before the first update."""
    monkeypatch.setattr(contenders, "WARMUP", 70)
    monkeypatch.setattr(contenders, "CAPACITY", 1_000)


def weights(contender):
    """All weights of actor and critic, and of their targets."""
    at = getattr(contender, "agent", None) or getattr(contender, "model", None) or contender
    names = ("actor", "critic", "target_actor", "target_critic")
    names = names if hasattr(at, "target_actor") else ("actor", "critic", "actor_target")
    return [torch.cat([p.detach().flatten() for p in getattr(at, n).parameters()]) for n in names]


@pytest.mark.parametrize("name", contenders.CONTENDERS)
@pytest.mark.parametrize("what", ["steps", "updates"])
def test_every_timed_step_and_update_learns(name, what, short):
    if name == RIVAL:
        pytest.importorskip("stable_baselines3", reason="comes with the group `benchmark`")
    contender = contenders.CONTENDERS[name]()
    for _ in range(2):
        before = [w.clone() for w in weights(contender)]
        getattr(contender, what)(1)
        for old, new in zip(before, weights(contender), strict=True):
            assert not torch.equal(old, new)


def test_the_textbook_loop_learns_the_same_equations(short):
    """Its targets follow by tau, and its memory holds what happened, the time limit as no end."""
    textbook = contenders.Textbook()
    old = [p.clone() for p in textbook.target_critic.parameters()]
    textbook.steps(140)  # beyond the time limit of 200
    s, _, _, s_next, terminated = (array[:210] for array in textbook.arrays)
    assert not terminated.any()
    assert (s[1:200] == s_next[:199]).all()
    assert (s[200] != s_next[199]).any()  # a new episode
    old = [p.clone() for p in textbook.target_critic.parameters()]
    textbook.updates(1)
    for p, before, now in zip(
        textbook.target_critic.parameters(), old, textbook.critic.parameters(), strict=True
    ):
        expected = before + contenders.TAU * (now - before)
        assert torch.allclose(p, expected, atol=1e-6)


def test_the_floor_multiplies_what_the_networks_multiply():
    floor = benchmark.Floor()
    calls = []
    with torch.profiler.profile() as profile:
        floor.updates(3)
    calls = [event for event in profile.events() if event.name == "aten::mm"]
    assert len(calls) == 30
    assert torch.equal(floor.out, floor.x @ floor.w)
    layer = contenders.Actor(3, 1).layer2
    assert floor.w.shape == layer.weight.T.shape


def test_it_runs_without_stable_baselines3(short, monkeypatch, tmp_path, capsys):
    (tmp_path / "results").mkdir()
    modern = benchmark.ROOT / "results" / "modern.csv"
    (tmp_path / "results" / "modern.csv").write_text(modern.read_text())
    monkeypatch.setattr(benchmark, "find_spec", lambda name: None)
    monkeypatch.setattr(
        benchmark, "ProcessPoolExecutor", lambda n, mp_context: ThreadPoolExecutor(n)
    )
    arguments = ["--steps", "2", "--blocks", "2", "--threads", "1"]
    assert benchmark.main(arguments, tmp_path) == 0
    said = capsys.readouterr().out
    assert said.startswith("stable-baselines3 is not installed, so this project is not compared")
    with (tmp_path / "results" / "benchmark.csv").open() as file:
        rows = [*csv.DictReader(file)]
    assert [r["contender"] for r in rows] == ["this project", "a textbook loop"]
    for r in rows:
        assert r["ratio"] == ""
        assert float(r["update_ms"]) > float(r["floor_ms"]) > 0
        assert r["command"] == "python tools/benchmark.py --steps 2 --blocks 2 --threads 1"
        assert "torch" in r["versions"]
        assert RIVAL not in r["versions"]
    assert evidence.benchmark_table(tmp_path) in said
    assert evidence.benchmark_facts(tmp_path).startswith("2 blocks of 2 steps of each, in turn, ")


@pytest.mark.parametrize("arguments", [["--steps", "0"], ["--blocks", "-1"], ["--threads", "0"]])
def test_senseless_arguments_are_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        benchmark.main(arguments)
    assert "numbers of 1 or more" in capsys.readouterr().err


COLUMNS = "contender,threads,steps_per_second,ratio,ratio_low,ratio_high,update_ms,floor_ms"
TABLE = f"""{COLUMNS},update_over_floor
this project,1,200.0,1.500,1.400,1.700,4.0,2.0,2.0
this project,2,500.0,2.500,2.400,2.700,1.5,1.0,1.5
a textbook loop,1,1000.0,,,,1.5,1.0,1.5
"""
CURVES = """# python tools/record.py modern --seeds 3
# steps: 20
step,seed,return,gap
10,0,-1,0.01
20,0,-1,0.01
10,1,-1,0.5
20,1,-1,0.05
10,2,-1,0.5
20,2,-1,{last}
"""


def test_the_text_by_hand(tmp_path):
    (tmp_path / "results").mkdir()
    with pytest.raises(Complaint, match=r"`python tools/benchmark\.py` makes it"):
        evidence.benchmark_table(tmp_path)
    (tmp_path / "results" / "benchmark.csv").write_text(TABLE)
    lines = evidence.benchmark_table(tmp_path).splitlines()
    assert lines[3] == "| this project | 2 | 500 | 2.50 (2.40 to 2.70) | 1.50 | 1.00 | 1.5 |"
    assert lines[4] == "| a textbook loop | 1 | 1,000 | – | 1.50 | 1.00 | 1.5 |"
    curves = tmp_path / "results" / "modern.csv"
    curves.write_text(CURVES.format(last=0.05))
    sentence = evidence.seconds_to_solved(tmp_path)
    assert "on 2 threads, the median of 3 seeds" in sentence
    assert "after 20 steps, which is 0.04 s; the worst after 20 steps, which is 0.04 s." in sentence
    curves.write_text(CURVES.format(last=0.5))
    assert "the worst never within the recording." in evidence.seconds_to_solved(tmp_path)
