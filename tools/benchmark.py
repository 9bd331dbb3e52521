"""Measure how fast this project trains, beside others: `python tools/benchmark.py`.

Blocks of training steps alternate within one process, on one thread and on two, so that what else
the computer does meets all alike. Writes results/benchmark.csv, from which README's table is made.
stable-baselines3 comes with `pip install --constraint constraints.txt --editable '.[benchmark]'`.
"""

import argparse
import multiprocessing
import platform
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # this file runs from anywhere

import torch  # noqa: E402

from tools import series  # noqa: E402
from tools.contenders import BATCH, CONTENDERS  # noqa: E402
from tools.evidence import COMMAND, benchmark_table, seconds_to_solved  # noqa: E402

RIVAL, FLOOR = "stable-baselines3", "ten matrix products"
PACKAGES = ("torch", "numpy", "gymnasium", RIVAL)
Timings = dict[str, list[float]]  # seconds of each block, by name


def seconds(work: Callable[[int], None], n: int) -> float:
    """How long `work(n)` takes on the clock of the wall."""
    start = time.perf_counter()
    work(n)
    return time.perf_counter() - start


class Floor:
    """The ten products of 64 x 400 by 400 x 300 that an update has at its heart, and nothing else.

    Four networks go forwards, the critic twice: five. Back from the critic's loss: two. Back from
    the actor's: one through the critic, two in the actor. Some are turned round; the size is one.
    """

    def __init__(self):
        draw = torch.Generator().manual_seed(0)
        self.x = torch.rand(BATCH, 400, generator=draw)
        self.w = torch.rand(400, 300, generator=draw)
        self.out = torch.empty(BATCH, 300)

    def updates(self, n: int) -> None:
        """Only the products of n updates, in memory that is already there."""
        for _ in range(10 * n):
            torch.mm(self.x, self.w, out=self.out)


def alternate(works: dict[str, Callable[[int], None]], n: int, blocks: int) -> Timings:
    """Time a block of each in turn, again and again: A B C, A B C; an untimed round comes first."""
    timings: Timings = {name: [] for name in works}
    for _ in range(1 + blocks):
        for name, work in works.items():
            timings[name].append(seconds(work, n))
    return {name: times[1:] for name, times in timings.items()}


def measure(threads: int, names: Sequence[str], n: int, blocks: int) -> tuple[Timings, Timings]:
    """The timings of whole steps, and those of updates alone with their floor among them."""
    torch.set_num_threads(threads)
    contenders = {name: CONTENDERS[name]() for name in names}
    steps = alternate({name: c.steps for name, c in contenders.items()}, n, blocks)
    works = {name: c.updates for name, c in contenders.items()} | {FLOOR: Floor().updates}
    return steps, alternate(works, n, blocks)


def summarise(threads: int, steps: Timings, updates: Timings, n: int) -> list[dict[str, object]]:
    """A row for each contender: its speed, that as a multiple of the rival's, its update's time."""
    rows = []
    for name, times in steps.items():
        rival = steps.get(RIVAL)
        pairs = [theirs / own for theirs, own in zip(rival, times, strict=True)] if rival else []
        over = [a / b for a, b in zip(updates[name], updates[FLOOR], strict=True)]
        rows.append({
            "contender": name,
            "threads": threads,
            "steps_per_second": f"{n / median(times):.1f}",
            "ratio": f"{median(pairs):.3f}" if pairs else "",
            "ratio_low": f"{min(pairs):.3f}" if pairs else "",
            "ratio_high": f"{max(pairs):.3f}" if pairs else "",
            "update_ms": f"{1000 * median(updates[name]) / n:.4f}",
            "floor_ms": f"{1000 * median(updates[FLOOR]) / n:.4f}",
            "update_over_floor": f"{median(over):.3f}",
        })  # fmt: skip
    return rows


def facts(n: int, blocks: int, threads: Sequence[int]) -> dict[str, object]:
    """What the numbers hang on: the versions, the kind of processor, the command."""
    options = f"--steps {n} --blocks {blocks} --threads {' '.join(map(str, threads))}"
    known = [name for name in PACKAGES if name != RIVAL or find_spec("stable_baselines3")]
    versions = [f"python {platform.python_version()}", *(f"{p} {version(p)}" for p in known)]
    return {
        "blocks": blocks,
        "block_steps": n,
        "capability": torch.backends.cpu.get_cpu_capability(),
        "versions": " ".join(versions),
        "command": f"{COMMAND} {options}",
    }


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=300, help="in a block; default 300")
    parser.add_argument("--blocks", type=int, default=10, help="of each; default 10")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="default 1 2")
    options = parser.parse_args(arguments)
    if min(options.steps, options.blocks, *options.threads) < 1:
        parser.error("--steps, --blocks and --threads need numbers of 1 or more")
    names = list(CONTENDERS)
    if not find_spec("stable_baselines3"):
        names.remove(RIVAL)
        print("stable-baselines3 is not installed, so this project is not compared with it.")
    rows, spawn = [], multiprocessing.get_context("spawn")
    for threads in options.threads:  # each number in a process of its own
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            job = pool.submit(measure, threads, names, options.steps, options.blocks)
            rows += summarise(threads, *job.result(), options.steps)
    rows = [row | facts(options.steps, options.blocks, options.threads) for row in rows]
    series.write_rows(root / "results" / "benchmark.csv", rows)
    print(benchmark_table(root), seconds_to_solved(root), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
