"""Train on many seeds at once, in processes on this machine or on a Ray cluster.

The processes are loky's, which joblib brings along. On a cluster each seed is a task of Ray's own,
and not of joblib's Ray backend: that gives no result before the last, and none if a machine dies.
"""

import copyreg
import logging
import pickle
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import nullcontext
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from traceback import format_exc
from typing import Any

import cloudpickle
import torch
from joblib import cpu_count
from joblib.externals.loky import ProcessPoolExecutor

from helpers.validation import check_steps, whole

for kind in torch.backends.PropModule.__subclasses__():  # cloudpickle can't send these (issue 405)
    copyreg.pickle(kind, lambda module: (import_module, (module.__name__,)))

RETRIES = 3  # of a seed whose process or machine died
Outcome = tuple[float, bytes, str]  # seconds; the pickled result; the error in a line, and in full


class SeedsFailed(RuntimeError):
    """Some seeds failed; `reasons` says why, by seed."""

    def __init__(self, reasons: dict[int, str]):
        self.reasons = reasons
        each = "; ".join(f"seed {seed}, {reason}" for seed, reason in reasons.items())
        super().__init__(f"These seeds failed, all others have finished: {each}")


def many_seeds(
    train_one: Callable[[int], Any],
    seeds: Iterable[int],
    *,
    jobs: int | None = None,
    cluster: str | None = None,
) -> Iterator[tuple[int, Any]]:
    """Call `train_one(seed)` for many seeds at once; yields (seed, result) as each one finishes.

    They run in `jobs` processes (None: one for each processor), or with cluster="HOST:PORT" on the
    processors of a Ray cluster (`ray.init` beforehand can give it other settings). Each has one
    thread and its own copy of `train_one`, which may come from a notebook. Equal processors and
    versions give equal results, bit for bit. A seed whose process or machine dies starts again.

    Raises TypeError or ValueError for arguments that make no sense, ImportError without Ray,
    ConnectionError without a cluster, and SeedsFailed in the end, if there were seeds that failed;
    `results.update(many_seeds(...))` keeps what has finished by then.
    """
    seeds = check_seeds(seeds)
    try:
        packed = cloudpickle.dumps(train_one)
    except Exception as error:  # an object may raise whatever it likes
        raise TypeError(
            f"train_one can't be sent to another process: {error}. Make whatever can't travel "
            "(an open file, a lock, a live plot) inside it."
        ) from error
    if cluster is None:
        check_steps(jobs := cpu_count() if jobs is None else jobs, "The number of jobs", least=1)
        return report(in_processes(packed, seeds, jobs), len(seeds), jobs)
    if jobs is not None:
        raise ValueError("Give jobs or cluster, not both: a cluster runs a seed on each processor.")
    ray, connection = connect(cluster)
    processors = ray.cluster_resources().get("CPU", 1)
    return report(on_cluster(ray, connection, packed, seeds), len(seeds), processors)


def check_seeds(seeds: Iterable[int]) -> list[int]:
    """The seeds as a list; raises ValueError unless they are whole numbers, and all different."""
    given = [*seeds] if isinstance(seeds, Iterable) else [None]
    if not all(map(whole, given)):
        raise ValueError(f"The seeds must be whole numbers, such as range(10), not {seeds!r}.")
    if twice := [seed for seed, times in Counter(given).items() if times > 1]:
        raise ValueError(f"Give each seed once: {twice} came twice, and would only repeat itself.")
    return given


def report(outcomes: Iterator, seeds: int, workers: float) -> Iterator[tuple[int, Any]]:
    """Print a line for each outcome and yield its result; raise SeedsFailed in the end."""
    reasons: dict[int, str] = {}
    spent = 0.0
    for n, (seed, (seconds, result, failure)) in enumerate(outcomes, 1):
        spent += seconds
        left = timedelta(seconds=round(spent / n * (seeds - n) / max(1, min(workers, seeds - n))))
        reason, _, traceback = failure.partition("\n")
        said = f"failed, {reason}" if failure else f"{seconds:.0f} s"
        print(f"Seed {seed}: {said} ({n} of {seeds}, up to {left} left)", flush=True)
        if not failure:
            yield seed, pickle.loads(result)
            continue
        if reason not in reasons.values():  # one mistake may fail every seed
            print(traceback, file=sys.stderr, flush=True)
        reasons[seed] = reason
    if reasons:
        raise SeedsFailed(reasons)


def attempt(packed: bytes, seed: int) -> Outcome:
    """Train one seed; called in a worker."""
    torch.set_num_threads(1)
    start, result, failure = time.perf_counter(), b"", ""
    try:
        result = cloudpickle.dumps(pickle.loads(packed)(seed))
    except (Exception, SystemExit) as error:  # as text, since not every exception can travel
        failure = f"{type(error).__name__}: {' '.join(str(error).split())}\n{format_exc()}"
    return time.perf_counter() - start, result, failure


def given_up(error: BaseException) -> Outcome:
    """The outcome of a seed that was taken up for the last time."""
    return 0.0, b"", f"given up after {RETRIES} retries: {str(error).strip().splitlines()[0]}"


def in_processes(packed: bytes, seeds: list[int], jobs: int) -> Iterator[tuple[int, Outcome]]:
    """Yield each seed with its outcome, from processes on this machine."""

    def process() -> ProcessPoolExecutor:  # a pool of its own: one that dies takes its pool along
        return ProcessPoolExecutor(1, env={"OMP_NUM_THREADS": "1"})

    waiting, running, deaths = deque(seeds), {}, Counter[int]()
    idle = [process() for _ in range(min(jobs, len(seeds)))]
    try:
        while waiting or running:
            while waiting and idle:
                seed, pool = waiting.popleft(), idle.pop()
                running[pool.submit(attempt, packed, seed)] = seed, pool
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                seed, pool = running.pop(future)
                error = future.exception()  # attempt lets none through: the process died
                idle.append(process() if error else pool)
                if error and deaths[seed] < RETRIES:
                    deaths[seed] += 1
                    waiting.appendleft(seed)
                else:
                    yield seed, given_up(error) if error else future.result()
    finally:
        for pool in [*idle, *(pool for _, pool in running.values())]:
            pool.shutdown(wait=False, kill_workers=True)


def on_cluster(ray, connection, packed: bytes, seeds: list[int]) -> Iterator[tuple[int, Outcome]]:
    """Yield each seed with its outcome, from a Ray cluster."""
    with connection:
        task, packed = ray.remote(num_cpus=1, max_retries=RETRIES)(attempt), ray.put(packed)
        running = {task.remote(packed, seed): seed for seed in seeds}
        try:
            while running:
                (ref,), _ = ray.wait([*running])
                seed = running.pop(ref)
                try:
                    outcome = ray.get(ref)
                except ray.exceptions.RayError as error:
                    outcome = given_up(error)
                yield seed, outcome
        finally:
            for ref in running:
                ray.cancel(ref, force=True)


def connect(address: str):
    """Ray, and a connection to the cluster, which gets the helpers as they are here."""
    try:
        import ray
    except ImportError as error:
        raise ImportError(
            'A cluster needs Ray, which isn\'t installed: pip install "ddpg-notebooks[cluster]".'
        ) from error
    if ray.is_initialized():
        return ray, nullcontext()
    host, _, port = address.rpartition("://")[2].rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()  # Ray would try for minutes
    except (OSError, ValueError, OverflowError) as error:
        raise ConnectionError(
            f"No Ray cluster answers at {address!r}: start one with `ray start --head`, and give "
            'its address as cluster="HOST:PORT".'
        ) from error
    luggage = {"py_modules": [str(Path(__file__).parents[1])]}
    return ray, ray.init(address, runtime_env=luggage, logging_level=logging.WARNING)
