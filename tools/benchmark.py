"""Measure how fast this project trains, beside others: `python tools/benchmark.py speed`.

`speed` times blocks of training steps in turn, so that whatever else the computer does meets all
alike. `solved` times whole runs, each in a process of its own on one core, from the start of Python
until the pendulum is solved for good; run again, it goes on where it was stopped. `replay` times
prioritised draws and checks them; `stacked` times the updates of agents in one stack; `seeds` times
`many_seeds`, and the same runs in plain processes. They write results/benchmark.csv,
solved_seconds.csv, replay.csv, stacked.csv and seeds.csv. What they compare with comes with
`pip install --constraint constraints.txt --editable '.[benchmark]'`.
"""

import argparse
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # this file runs from anywhere

import numpy as np  # noqa: E402
import torch  # noqa: E402
from scipy.stats import chisquare  # noqa: E402

from helpers.agent import DDPG  # noqa: E402
from helpers.environment import make_env  # noqa: E402
from helpers.evaluation.statistics import solved_at  # noqa: E402
from helpers.extensions import StackedDDPG  # noqa: E402
from helpers.extensions.many_seeds import many_seeds  # noqa: E402
from helpers.recipes import modern  # noqa: E402
from helpers.training import flush_denormals, train  # noqa: E402
from tools import baselines, docgen, notebook_io  # noqa: E402

RIVAL, FLOOR = "stable-baselines3", "ten matrix products"
PACKAGES = ("torch", "numpy", "gymnasium", RIVAL, "sbx-rl", "jax")
Timings = dict[str, list[float]]  # seconds of each block, by name


def environment(threads: int) -> dict[str, str]:
    """The environment variables that keep PyTorch and JAX to so many threads."""
    number = dict.fromkeys(["OMP_NUM_THREADS", "MKL_NUM_THREADS"], str(threads))
    flag = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    return number | {"XLA_FLAGS": flag, "JAX_PLATFORMS": "cpu"}


def versions(packages: Sequence[str] = PACKAGES) -> str:
    """The versions of all that is measured."""
    known = [f"{package} {version(package)}" for package in packages]
    return " ".join([f"python {platform.python_version()}", *known])


class Floor:
    """The ten products of 64 x 400 by 400 x 300 at the heart of an update, and nothing else.

    Forwards through four networks, the critic twice: five. Back from the critic's loss: two. Back
    from the actor's: one through the critic, two in the actor. Some are transposed, of equal size.
    """

    def __init__(self):
        draw = torch.Generator().manual_seed(0)
        self.x = torch.rand(baselines.BATCH, 400, generator=draw)
        self.w = torch.rand(400, 300, generator=draw)
        self.out = torch.empty(baselines.BATCH, 300)

    def updates(self, n: int) -> None:
        """Only the products of n updates, in memory that is already there."""
        for _ in range(10 * n):
            torch.mm(self.x, self.w, out=self.out)


def alternate(works: dict[str, Callable[[int], None]], n: int, blocks: int) -> Timings:
    """Time a block of each in turn, again and again: A B C, A B C; an untimed round comes first."""
    timings: Timings = {name: [] for name in works}
    for _ in range(1 + blocks):
        for name, work in works.items():
            start = time.perf_counter()
            work(n)
            timings[name].append(time.perf_counter() - start)
    return {name: times[1:] for name, times in timings.items()}


def measure(threads: int, n: int, blocks: int) -> tuple[Timings, Timings]:
    """The timings of whole steps, and those of updates alone with their floor among them."""
    baselines.use_cores(threads)
    torch.set_num_threads(threads)
    contenders = {name: make() for name, make in baselines.SPEED.items()}
    for contender in contenders.values():
        contender.steps(baselines.RANDOM_STEPS)  # from here on, every step is an update
    steps = alternate({name: c.steps for name, c in contenders.items()}, n, blocks)
    works = {name: c.updates for name, c in contenders.items()} | {FLOOR: Floor().updates}
    return steps, alternate(works, n, blocks)


def spread(ratios: Sequence[float]) -> dict[str, str]:
    """The columns that say how one compares with another."""
    found = {"ratio": median(ratios), "ratio_low": min(ratios), "ratio_high": max(ratios)}
    return {name: f"{value:.3f}" for name, value in found.items()}


def summarise(threads: int, steps: Timings, updates: Timings, n: int) -> list[dict[str, object]]:
    """A row for each contender: its speed, that as a multiple of the rival's, its update's time."""
    rows = []
    for name, times in steps.items():
        pairs = [theirs / own for theirs, own in zip(steps[RIVAL], times, strict=True)]
        over = [a / b for a, b in zip(updates[name], updates[FLOOR], strict=True)]
        rows.append({
            "contender": name,
            "threads": threads,
            "steps_per_second": f"{n / median(times):.1f}",
            **spread(pairs),
            "update_ms": f"{1000 * median(updates[name]) / n:.4f}",
            "floor_ms": f"{1000 * median(updates[FLOOR]) / n:.4f}",
            "update_over_floor": f"{median(over):.3f}",
        })  # fmt: skip
    return rows


def speed(n: int, blocks: int, threads: Sequence[int], root: Path = ROOT) -> None:
    """Measure steps and updates, each number of threads in a process of its own."""
    rows, spawn = [], multiprocessing.get_context("spawn")
    for number in threads:
        os.environ |= environment(number)
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            rows += summarise(number, *pool.submit(measure, number, n, blocks).result(), n)
    options = f"--steps {n} --blocks {blocks} --threads {' '.join(map(str, threads))}"
    facts = {
        "blocks": blocks,
        "block_steps": n,
        "capability": torch.backends.cpu.get_cpu_capability(),
        "versions": versions(),
        "command": f"python tools/benchmark.py speed {options}",
    }
    notebook_io.write_rows(root / "results" / "benchmark.csv", [row | facts for row in rows])
    print(docgen.benchmark_table(root))


def solve(name: str, seed: int, steps: int) -> dict[str, object]:
    """One whole run in a process of its own: when it was solved for good, in steps and seconds."""
    command = [sys.executable, baselines.__file__, name, str(seed), str(steps), str(time.time())]
    done = subprocess.run(
        command, env=os.environ | environment(1), stdout=subprocess.PIPE, text=True, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    at = range(baselines.EVERY, steps + 1, baselines.EVERY)
    step = solved_at(at, found["gaps"])[0]
    seconds = dict(zip(at, found["seconds"], strict=True)).get(step, float("inf"))
    return {
        "contender": name,
        "seed": seed,
        "steps": steps,
        "solved_at": f"{step:.0f}",
        "seconds": f"{seconds:.1f}",
        "seconds_in_all": f"{found['seconds'][-1]:.1f}",
        "final_gap": f"{found['gaps'][-1]:.4f}",
    }


def solved(steps: int, seeds: int, root: Path = ROOT) -> None:
    """Train every contender on every seed, one after the other, and keep each row at once.

    Rows of the same steps and versions aren't measured again: after an edit, delete the file.
    """
    path, order = root / "results" / "solved_seconds.csv", [*baselines.SOLVED]
    command = f"python tools/benchmark.py solved --steps {steps} --seeds {seeds}"
    for seed in range(1_000, 1_000 + seeds):
        for name in order:
            same = {"steps": str(steps), "versions": versions()}
            rows = [row for row in notebook_io.read_rows(path) if same.items() <= row.items()]
            if (name, str(seed)) in [(row["contender"], row["seed"]) for row in rows]:
                continue
            row = solve(name, seed, steps)
            print(*row.values(), sep=", ", flush=True)
            rows.append(row | {"versions": versions(), "command": command})
            rows.sort(key=lambda r: (order.index(r["contender"]), int(r["seed"])))
            notebook_io.write_rows(path, rows)
    print(docgen.solved_table(root))


def fit(draw: Callable[[], tuple], errors: np.ndarray, batches: int = 1_000) -> float:
    """How well draws agree with the priorities: the p-value of a chi-square over 100 groups.

    Raises ValueError where an importance weight isn't in proportion to its priority^-0.4.
    """
    priorities = (errors + 1e-6) ** 0.6
    group = np.argsort(np.argsort(errors)) * 100 // len(errors)  # by size
    counts = np.zeros(100)
    for _ in range(batches):
        places, weights = draw()
        counts += np.bincount(group[places], minlength=100)
        if np.ptp(weights * priorities[places] ** 0.4) > 1e-4 * weights.max():
            raise ValueError("Its importance weights aren't in proportion to priority^-0.4.")
    expected = np.bincount(group, priorities)
    return chisquare(counts, counts.sum() * expected / expected.sum()).pvalue


def replay(n: int, blocks: int, capacity: int = 1_000_000, root: Path = ROOT) -> None:
    """Time and check prioritised batches from a full buffer, on one thread."""
    torch.set_num_threads(1)
    errors = np.random.default_rng(0).lognormal(size=capacity)
    contenders = {name: make(errors) for name, make in baselines.REPLAY.items()}
    fits = {name: fit(contender.draw, errors) for name, contender in contenders.items()}
    timings = alternate({name: c.batches for name, c in contenders.items()}, n, blocks)
    rows = [
        {
            "contender": name,
            "capacity": capacity,
            "batch_us": f"{1e6 * median(times) / n:.1f}",
            "p_value": f"{fits[name]:.3f}",
            "versions": versions(["torch", "numpy", "cpprb"]),
            "command": f"python tools/benchmark.py replay --batches {n} --blocks {blocks}",
        }
        for name, times in timings.items()
    ]
    notebook_io.write_rows(root / "results" / "replay.csv", rows)
    print(docgen.replay_facts(root))


def stacked(n: int, blocks: int, agents: int = 16, root: Path = ROOT) -> None:
    """Time updates of agents one after the other, and in one stack, on one thread."""
    torch.set_num_threads(1)
    recipe, groups = replace(modern, buffer_size=1_000), []
    for _ in range(2):
        envs = [make_env(seed=seed) for seed in range(agents)]
        groups.append([DDPG(env, seed=0, recipe=recipe) for env in envs])
        for env, agent in zip(envs, groups[-1], strict=True):
            train(env, agent, recipe.learning_starts - 1)  # from here on, it could learn
            agent.steps += 1
    alone, stack = groups[0], StackedDDPG(groups[1])

    def one_by_one(updates: int) -> None:
        for _ in range(updates):
            for agent in alone:
                agent.learn()

    def together(updates: int) -> None:
        for _ in range(updates):
            stack.learn()

    with flush_denormals():
        times = alternate({"alone": one_by_one, "stacked": together}, n, blocks)
    pairs = [ours / theirs for theirs, ours in zip(*times.values(), strict=True)]
    row = {
        "agents": agents,
        **spread(pairs),
        "versions": versions(["torch", "numpy"]),
        "command": f"python tools/benchmark.py stacked --updates {n} --blocks {blocks}",
    }
    notebook_io.write_rows(root / "results" / "stacked.csv", [row])
    print(docgen.stacked_facts(root))


def train_one(steps: int, seed: int) -> None:
    """Train the recipe of the series on one thread."""
    torch.set_num_threads(1)
    env = make_env(seed=seed)
    train(env, DDPG(env, seed=seed, recipe=modern), steps)


def seeds(steps: int, n: int, blocks: int, jobs: int = 2, root: Path = ROOT) -> None:
    """Time seeds in plain processes and with `many_seeds`, which both start them for each block."""
    os.environ |= environment(1)
    work, spawn = partial(train_one, steps), multiprocessing.get_context("spawn")

    def plain(n: int) -> None:
        with spawn.Pool(jobs) as pool:
            for _ in pool.imap_unordered(work, range(n)):
                pass

    def ours(n: int) -> None:
        for _ in many_seeds(work, range(n), jobs=jobs):
            pass

    times = alternate({"plain": plain, "many_seeds": ours}, n, blocks)
    pairs = [ours / theirs for theirs, ours in zip(*times.values(), strict=True)]
    options = f"--steps {steps} --seeds {n} --blocks {blocks}"
    row = {
        "seeds": n,
        "steps": steps,
        "jobs": jobs,
        **spread(pairs),
        "versions": versions(["torch", "joblib"]),
        "command": f"python tools/benchmark.py seeds {options}",
    }
    notebook_io.write_rows(root / "results" / "seeds.csv", [row])
    print(docgen.seeds_facts(root))


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("speed", help="steps and updates a second")
    command.add_argument("--steps", type=int, default=300, help="in a block; default 300")
    command.add_argument("--blocks", type=int, default=10, help="of each; default 10")
    command.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="default 1 2")
    command = commands.add_parser("solved", help="seconds until Pendulum is solved")
    command.add_argument("--steps", type=int, default=20_000, help="of each run; default 20,000")
    command.add_argument("--seeds", type=int, default=10, help="from 1,000 on; default 10")
    command = commands.add_parser("replay", help="prioritised batches, beside cpprb's")
    command.add_argument("--batches", type=int, default=500, help="in a block; default 500")
    command.add_argument("--blocks", type=int, default=20, help="of each; default 20")
    command = commands.add_parser("stacked", help="updates of 16 agents in one stack")
    command.add_argument("--updates", type=int, default=20, help="in a block; default 20")
    command.add_argument("--blocks", type=int, default=10, help="of each; default 10")
    command = commands.add_parser("seeds", help="many_seeds, beside plain processes")
    command.add_argument("--steps", type=int, default=2_000, help="of each seed; default 2,000")
    command.add_argument("--seeds", type=int, default=8, help="in a block; default 8")
    command.add_argument("--blocks", type=int, default=10, help="of each; default 10")
    options = parser.parse_args(arguments)
    match options.command:
        case "speed":
            speed(options.steps, options.blocks, options.threads, root)
        case "solved":
            solved(options.steps, options.seeds, root)
        case "replay":
            replay(options.batches, options.blocks, root=root)
        case "stacked":
            stacked(options.updates, options.blocks, root=root)
        case "seeds":
            seeds(options.steps, options.seeds, options.blocks, root=root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
