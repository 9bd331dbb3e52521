"""Many seeds at once: the numbers of one after the other, whatever dies in between."""

import os
import re
import secrets
import signal
import socket
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from test_packaging import DECLARED, ROOT
from test_record import TINY, Record

from helpers.extensions import SeedsFailed, SmoothedTarget, many_seeds

MODULE = sys.modules["helpers.extensions.many_seeds"]
(RAY,) = [requirement for requirement in DECLARED if requirement.name == "ray"]
needs_ray = pytest.mark.skipif(
    RAY.marker is not None and not RAY.marker.evaluate(),
    reason="Ray isn't installed here, since it has no wheel for this Python.",
)
# on Linux, Ray replaces 127.0.0.1 by the machine's outer address; elsewhere there is no other
HOSTS = ("127.0.0.2", "127.0.0.3") if sys.platform == "linux" else ("127.0.0.1", "127.0.0.1")

CELL = """
import torch
from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.recipes import Recipe
from helpers.training import train

recipe = Recipe(learning_starts=32, batch_size=16, buffer_size=100)

def train_one(seed):
    torch.backends.cudnn.deterministic = True  # a line that cloudpickle alone can't send
    env = make_env("Pendulum-v1", seed=seed)
    agent = DDPG(env, seed=seed, recipe=recipe)
    history = train(env, agent, 70)
    weights = [p.detach().numpy().tobytes() for p in agent.actor.parameters()]
    threads = torch.get_num_threads()
    torch.set_num_threads(2)  # and the next seed in this process has one again
    return threads, history["critic_loss"][1].tolist(), weights
"""


@pytest.fixture(scope="module", autouse=True)
def closed():
    """Ray calls nobody, and lets nobody in without this token; it reads both when it's imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex())
        yield


@pytest.fixture(scope="module")
def train_one():
    """A small DDPG, as a cell of a notebook defines it."""
    names = {"__name__": "__main__"}
    exec(CELL, names)
    return names["train_one"]


@pytest.fixture(scope="module")
def plain(train_one):
    """The results for seeds 0 to 3, one after the other in this process."""
    threads, results = torch.get_num_threads(), {}
    for seed in range(4):
        torch.set_num_threads(1)
        results[seed] = train_one(seed)
    torch.set_num_threads(threads)
    return results


def ends(pid: int) -> bool:
    """Whether this process ends within seconds."""
    for _ in range(1000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_the_numbers_are_those_of_one_after_the_other(train_one, plain, capsys):
    assert len(plain[0][1]) == 70 - 31  # updates
    assert dict(many_seeds(train_one, range(4), jobs=2)) == plain  # bit for bit
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    for n, line in enumerate(lines, 1):
        assert re.fullmatch(rf"Seed \d: \d+ s \({n} of 4, up to 0:\d\d:\d\d left\)", line)


def test_no_seeds_need_no_process():
    assert list(many_seeds(print, [])) == []


def test_the_time_left_counts_the_processes(capsys):
    """Of 100 seeds that take 8 s each, two at a time."""
    outcomes = ((seed, (8.0, b"N.", "")) for seed in range(100))
    assert len(list(MODULE.report(outcomes, 100, 2))) == 100
    first, *_, last_but_one, last = capsys.readouterr().out.splitlines()
    assert first == "Seed 0: 8 s (1 of 100, up to 0:06:36 left)"
    assert last_but_one == "Seed 98: 8 s (99 of 100, up to 0:00:08 left)"
    assert last == "Seed 99: 8 s (100 of 100, up to 0:00:00 left)"


def test_whatever_happens_to_some_seeds_the_others_come_back(tmp_path, monkeypatch, capsys):
    """Seed 0 loses its process once, while seed 1 runs; 2 always does, 3 fails, 4's can't travel.

    And whatever threads this process may have, libraries get one in the others.
    """
    monkeypatch.setattr(MODULE, "RETRIES", 1)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")

    def train_one(seed):
        def starts(of):
            return len([*tmp_path.glob(f"{of} *")])

        def wait_for(of, number):
            for _ in range(6000):
                if starts(of) >= number:
                    return
                time.sleep(0.02)
            raise TimeoutError

        (tmp_path / f"{seed} {starts(seed)}").touch()
        wait_for(1 - seed if seed < 2 else seed, 1)
        if seed == 2 or (seed == 0 and starts(0) == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if seed == 1:
            wait_for(0, 2)
        if seed == 3:
            raise ArithmeticError("the critic\nexploded")
        return (x for x in []) if seed == 4 else (seed, os.environ["OMP_NUM_THREADS"])

    results = {}
    with pytest.raises(SeedsFailed) as failed:
        results.update(many_seeds(train_one, range(6), jobs=2))
    assert results == {seed: (seed, "1") for seed in (0, 1, 5)}
    assert len([*tmp_path.glob("*")]) == 6 + 2  # one more start each of seeds 0 and 2
    reasons = failed.value.reasons
    assert reasons.keys() == {2, 3, 4}
    assert reasons[2].startswith("given up after 1 retries: A worker process")
    assert reasons[3] == "ArithmeticError: the critic exploded"
    assert reasons[4] == "TypeError: cannot pickle 'generator' object"
    for seed, reason in reasons.items():
        assert f"seed {seed}, {reason}" in str(failed.value)
    said = capsys.readouterr()
    assert "Seed 3: failed, ArithmeticError: the critic exploded (" in said.out
    assert 'raise ArithmeticError("the critic\\nexploded")' in said.err  # the whole traceback


def endless(folder):
    """A function whose seed 0 waits until seed 1 has begun, which takes minutes."""

    def train_one(seed):
        (folder / f"{seed} {os.getpid()}").touch()
        for _ in range(6000):
            if seed == 0 and len([*folder.glob("*")]) == 2:
                return
            time.sleep(0.02)
        (folder / "over").touch()

    return train_one


def test_results_come_at_once_and_nothing_runs_on_after_an_interrupt(tmp_path):
    runs = many_seeds(endless(tmp_path), [0, 1], jobs=2)
    assert next(runs) == (0, None)
    assert not (tmp_path / "over").exists()
    runs.close()  # as an interrupt does
    (second,) = tmp_path.glob("1 *")
    assert ends(int(second.name.split()[1]))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"seeds": 10}, ValueError, r"whole numbers, such as range\(10\), not 10"),
        ({"seeds": [0.5]}, ValueError, r"whole numbers, such as range\(10\), not \[0.5\]"),
        ({"seeds": [1, 2, 1]}, ValueError, r"Give each seed once: \[1\] came twice"),
        ({"train_one": partial(print, (x for x in []))}, TypeError, "can't be sent to another"),
        ({"jobs": 0}, ValueError, "number of jobs must be a whole number, 1 or more, not 0"),
        ({"jobs": 2, "cluster": "127.0.0.1:1"}, ValueError, "Give jobs or cluster, not both"),
    ],
)
def test_senseless_arguments_are_refused_before_anything_runs(arguments, error, message):
    with pytest.raises(error, match=message):
        many_seeds(**{"train_one": print, "seeds": [0]} | arguments)


def test_without_ray_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match=r'isn\'t installed: pip install "ddpg-notebooks\[clus'):
        many_seeds(print, [0], cluster="127.0.0.1:1")


@needs_ray
@pytest.mark.parametrize("address", ["127.0.0.1:{port}", "127.0.0.1", "127.0.0.1:99999", "rubbish"])
def test_an_address_without_a_cluster_is_refused_at_once(address):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = address.format(port=closed.getsockname()[1])
    with pytest.raises(ConnectionError, match=f"answers at '{address}': start one with `ray start"):
        many_seeds(print, [0], cluster=address)


@pytest.fixture(scope="module")
def cluster():
    """A Ray cluster of two nodes on this machine's loopback."""
    from ray.cluster_utils import Cluster

    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("RAY_TMPDIR", folder)
        Path(folder, "ray").mkdir()  # Ray writes the address into it, and doesn't make it
        cluster, less = Cluster(), {"include_dashboard": False, "include_log_monitor": False}
        try:
            add_node(cluster, node_ip_address=HOSTS[0], temp_dir=folder, no_monitor=True, **less)
            add_node(cluster, node_ip_address=HOSTS[1])
            yield cluster
        finally:
            cluster.shutdown()


def add_node(cluster, **arguments) -> None:
    """Start a node; Ray gives it half a minute each time, too little where much else is running."""
    for _ in range(9):
        before = {cluster.head_node, *cluster.worker_nodes}
        with suppress(Exception):
            return cluster.add_node(**arguments)
        for node in {cluster.head_node, *cluster.worker_nodes} - before:  # it wasn't seen in time
            with suppress(Exception):
                return cluster._wait_for_node(node)
            cluster.remove_node(node, allow_graceful=False)
    return cluster.add_node(**arguments)


@needs_ray
def test_a_connection_of_ones_own_stays_and_nothing_runs_on(cluster, tmp_path):
    import ray

    with ray.init(cluster.address):
        runs = many_seeds(endless(tmp_path), [0, 1], cluster=cluster.address)
        assert next(runs) == (0, None)
        assert not (tmp_path / "over").exists()
        runs.close()
        assert ray.is_initialized()
        (second,) = tmp_path.glob("1 *")
        assert ends(int(second.name.split()[1]))


@needs_ray
def test_the_recorder_makes_the_same_table_on_a_cluster(cluster, tmp_path):
    """With a component that holds a generator, of which every seed needs a fresh copy."""
    experiment = replace(TINY, components={"td_target": SmoothedTarget()})
    here, there = Record(tmp_path / "here"), Record(tmp_path / "there")
    assert here(experiment) == []
    assert there(experiment, partial(many_seeds, cluster=cluster.address)) == []
    assert here.text() == there.text()


@needs_ray
def test_a_dead_machine_costs_no_seed(cluster, train_one, plain, tmp_path, monkeypatch):
    """The one whose seed would run for minutes is killed; the first result waits for that seed.

    The workers get the helpers from here, and find them nowhere else.
    """
    monkeypatch.chdir(tmp_path)
    (doomed,) = cluster.worker_nodes
    identity, here = doomed.node_id, str(ROOT)

    def train_somewhere(seed):
        import ray

        import helpers

        assert not helpers.__file__.startswith(here)
        node = ray.get_runtime_context().get_node_id()
        (tmp_path / f"{seed} {node}").touch()
        for _ in range(6000):
            if node != identity and [*tmp_path.glob(f"* {identity}")]:
                return train_one(seed)
            time.sleep(0.02)

    results = {}
    for seed, result in many_seeds(train_somewhere, range(4), cluster=cluster.address):
        if doomed in cluster.worker_nodes:
            cluster.remove_node(doomed, allow_graceful=False)
        results[seed] = result
    assert results == plain
    (interrupted,) = tmp_path.glob(f"* {identity}")
    assert len([*tmp_path.glob(f"{interrupted.name.split()[0]} *")]) == 2  # taken up again
