"""Record learning curves on many seeds: `python tools/record.py modern --jobs 2`.

Each seed runs in a process of its own, on one thread. A finished seed is kept in .record/, so that
the same command goes on where it was interrupted; the last seed writes results/curves/NAME.csv. A
trial of other `--steps` stays in .record/. After an edit that changes no number, `--renew` gives
the table the new code's fingerprint.
"""

import argparse
import multiprocessing
import os
import pickle
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # this file runs from anywhere

import numpy as np  # noqa: E402
import torch  # noqa: E402

from helpers.callbacks.evaluate import KeepBest  # noqa: E402
from helpers.evaluation.recordings import FOLDER, TASKS_FOLDER, load, recordings  # noqa: E402
from helpers.evaluation.returns import (  # noqa: E402
    EVALUATION_STARTS,
    SELECTION_STARTS,
    evaluate,
    gap,
)
from helpers.evaluation.statistics import solved_at  # noqa: E402
from helpers.evaluation.tasks import TASKS  # noqa: E402
from helpers.pendulum.optimum import load_optimum  # noqa: E402
from helpers.training import Callback, train  # noqa: E402
from tools.experiments import EXPERIMENTS, FIRST_SEED, Experiment  # noqa: E402
from tools.recordings import Result, keep, kept, renew, settings, table  # noqa: E402

CACHE = ROOT / ".record"
FEW = 20  # starts while a task is trained: its episodes are long; the end is evaluated on all


class Curve(Callback):
    """Notes (step, return, gap) at every evaluation: on Pendulum, or with a gap of NaN on a task.

    The experiment's own measures follow.

    Where an experiment changes the training environment, it is still evaluated on Pendulum itself.
    """

    def __init__(self, experiment: Experiment):
        task, self.every, self.rows = experiment.task, experiment.every, []
        self.measures = experiment.measures.values()
        self.env = task.make if task else "Pendulum-v1"
        self.starts = EVALUATION_STARTS[:FEW] if task else EVALUATION_STARTS
        self.best = np.nan if task else load_optimum().optimal_returns(self.starts)

    def step(self, agent) -> None:
        """Evaluate, where it is due."""
        if agent.steps % self.every == 0:
            returns = evaluate(agent.act, self.env, self.starts)
            more = [float(measure(agent)) for measure in self.measures]
            self.rows.append((agent.steps, float(returns.mean()), gap(returns, self.best), *more))


def run(experiment: Experiment, seed: int) -> Result:
    """Train one seed: its evaluations, the one before the first step included."""
    torch.set_num_threads(1)
    env, task = experiment.make(seed), experiment.task
    agent = experiment.agent(env, seed=seed, recipe=experiment.recipe, **experiment.components)
    watching = [curve := Curve(experiment)]
    if task:
        watching.append(best := KeepBest(experiment.every, task.make, SELECTION_STARTS[:FEW]))
    curve.step(agent)  # at step 0
    train(env, agent, experiment.steps, watching)
    if agent.steps < experiment.steps:  # an interrupt ends `train` without an error
        sys.exit("interrupted")
    if not task:
        return Result(curve.rows)
    scores = {
        "chosen_at": best.at_step,
        "chosen": float(evaluate(best.policy, task.make).mean()),
        "last": float(evaluate(agent.act, task.make).mean()),
    }
    return Result(curve.rows, scores, best.network.state_dict())


def run_and_keep(experiment: Experiment, seed: int, path: Path) -> None:
    """The same, keeping the result in a file."""
    made_by = settings(experiment)  # before the training, in which the code may be edited
    keep(made_by, run(experiment, seed), path)


def unpack_and_run(packed: bytes, seed: int, path: Path) -> None:
    """The same with a pickled experiment."""
    run_and_keep(pickle.loads(packed), seed, path)


def in_own_process(experiment: Experiment, seed: int, path: Path) -> None:
    """The same in a fresh process, which prints its own error."""
    spawn = multiprocessing.get_context("spawn")
    packed = pickle.dumps(experiment)  # PyTorch's own way for processes fails on its generators
    process = spawn.Process(target=unpack_and_run, args=(packed, seed, path), daemon=True)
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"its process ended with code {process.exitcode}")


def record(
    name: str,
    experiment: Experiment,
    jobs: int = 2,
    cache: Path = CACHE,
    results: Path = FOLDER,
    work: Callable[[Experiment, int, Path], None] = in_own_process,
) -> list[str]:
    """Run the seeds that are missing, then write the table; gives one complaint per failed seed."""
    paths = {seed: cache / name / f"{seed}.json" for seed in experiment.training_seeds()}
    (cache / name).mkdir(parents=True, exist_ok=True)
    made_by = settings(experiment)  # once: all seeds must have been made by the same
    missing = [seed for seed, path in paths.items() if kept(made_by, path) is None]
    if stale := [seed for seed in missing if paths[seed].exists()]:
        print(f"{name}: seeds {stale} were made by other settings, code or versions: run again")
    complaints: list[str] = []

    def attempt(seed: int) -> None:
        try:
            work(experiment, seed, paths[seed])
            if not (result := kept(made_by, paths[seed])):
                raise RuntimeError("the code was edited while it ran")
            step, mean, last_gap, *_ = result.curve[-1]
            rest = f"chosen: {result.scores}" if result.scores else f"gap {last_gap:.1%}"
            print(f"{name}, seed {seed}: {mean:.1f} at step {step:,}, {rest}", flush=True)
        except Exception as error:  # whatever it is, the other seeds go on
            complaints.append(f"{name}, seed {seed} failed: {error}")
            print(complaints[-1], file=sys.stderr, flush=True)

    pool = ThreadPoolExecutor(jobs)  # each thread waits for one process
    try:
        list(pool.map(attempt, missing))
    finally:
        pool.shutdown(cancel_futures=True)
    if not complaints:
        finished = {seed: kept(made_by, path) for seed, path in paths.items()}
        results.mkdir(parents=True, exist_ok=True)
        text = table(name, experiment, made_by, finished)
        (results / f"{name}.csv").write_text(text, encoding="utf-8")
        if name in TASKS:  # the policy of the first seed, whichever is best
            shutil.copy(paths[FIRST_SEED].with_suffix(".pt"), results / f"{name}.pt")
        print(summary(name, results), flush=True)
    return complaints


def summary(name: str, results: Path) -> str:
    """One line on a recording: how many seeds are solved and when, and how far they got."""
    run = load(name, results)
    if "scores" in run.settings:
        scores = run.scores("chosen")
        return (
            f"{name}: the chosen policy earns {np.median(scores):,.1f} in the median of "
            f"{len(scores)} seeds, {scores.min():,.1f} at worst"
        )
    solved, final = solved_at(run.steps, run.gaps), run.gaps[:, -1]
    line = f"{name}: {np.isfinite(solved).sum()} of {len(solved)} seeds solved"
    if np.isfinite(median := np.median(solved)):
        line += f", in the median at {median:,.0f} steps"
    if np.isfinite(last := solved.max()):
        line += f", the last at {last:,.0f}"
    return f"{line}; final gap {np.median(final):.1%} in the median, {final.max():.1%} at worst"


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """What the command line asks for; ends with a message where that makes no sense."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="experiments, see --list")
    parser.add_argument("--all", action="store_true", help="all experiments on Pendulum")
    parser.add_argument("--list", action="store_true", help="show the experiments and stop")
    parser.add_argument("--renew", action="store_true", help="only check the code's fingerprint")
    parser.add_argument("--seeds", type=int, help="how many; default: as the experiment says")
    parser.add_argument("--steps", type=int, help="a short trial; its table stays in .record/")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time; default 2")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - EXPERIMENTS.keys():
        parser.error(f"no experiment {', '.join(unknown)}; there are {', '.join(EXPERIMENTS)}")
    if any(n is not None and n < 1 for n in (options.seeds, options.steps, options.jobs)):
        parser.error("--seeds, --steps and --jobs need a number of 1 or more")
    if options.all:
        options.names = [name for name, e in EXPERIMENTS.items() if not e.task]
    if not options.names and not options.list:
        parser.error("name an experiment, or give --all or --list")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for."""
    options = read_arguments(arguments)
    if options.list:
        known = recordings(FOLDER) + recordings(TASKS_FOLDER)
        for name, e in EXPERIMENTS.items():
            mark = "*" if name in known else " "
            print(f"{mark} {name:32}{e.steps:7,} steps, {e.seeds:2} seeds  {e.shows}")
        return 0
    os.environ["OMP_NUM_THREADS"] = "1"  # the processes that we start inherit it
    complaints = []
    given = {k: n for k, n in (("steps", options.steps), ("seeds", options.seeds)) if n}
    for name in options.names:
        experiment = replace(EXPERIMENTS[name], **given)
        folders = [CACHE, TASKS_FOLDER if experiment.task else FOLDER]
        if options.steps:
            folders = [CACHE / "trials"] * 2
        if options.renew:
            few = replace(experiment, steps=min(3 * experiment.every, experiment.steps))
            print(renew(name, experiment, run(few, FIRST_SEED).curve, *folders))
        else:
            complaints += record(name, experiment, options.jobs, *folders)
    return 1 if complaints else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted: the same command goes on from the last finished seed.")
