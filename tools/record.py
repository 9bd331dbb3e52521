"""Record learning curves on many seeds: `python tools/record.py modern --jobs 2`.

Seeds run side by side, each on one thread: here, or on a Ray cluster with `--cluster HOST:PORT`. A
finished seed is kept in .record/, and a long one is saved there now and then, so that the same
command goes on where it was interrupted; the last seed writes results/curves/NAME.csv. A trial of
other `--steps` stays in .record/. After an edit that changes no number, `--renew` gives the table
the new code's fingerprint.
"""

import argparse
import copy
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # this file runs from anywhere

import cloudpickle  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

import tools  # noqa: E402
from helpers.agent import DDPG  # noqa: E402
from helpers.callbacks.checkpoint import Checkpoint  # noqa: E402
from helpers.callbacks.evaluate import KeepBest  # noqa: E402
from helpers.callbacks.identity import digest  # noqa: E402
from helpers.evaluation.recordings import FOLDER, TASKS_FOLDER, load, recordings  # noqa: E402
from helpers.evaluation.returns import (  # noqa: E402
    EVALUATION_STARTS,
    SELECTION_STARTS,
    evaluate,
    gap,
)
from helpers.evaluation.statistics import solved_at  # noqa: E402
from helpers.evaluation.tasks import TASKS  # noqa: E402
from helpers.extensions.many_seeds import SeedsFailed, many_seeds  # noqa: E402
from helpers.pendulum.optimum import load_optimum  # noqa: E402
from helpers.storage import previous  # noqa: E402
from helpers.training import Callback, train  # noqa: E402
from tools.experiments import EXPERIMENTS, FIRST_SEED, Experiment  # noqa: E402
from tools.recordings import Result, keep, kept, renew, settings, table  # noqa: E402

cloudpickle.register_pickle_by_value(tools)  # so that a cluster's machines needn't have them
CACHE = ROOT / ".record"
LONG = 30_000  # steps from which on a run is saved now and then
SHARE = 0.02  # of its time, which that may take
FEW = 20  # starts while a task is trained: its episodes are long; the end is evaluated on all


class Curve(Callback):
    """Notes (step, return, gap) at every evaluation: on Pendulum, or with a gap of NaN on a task.

    The experiment's own measures follow.

    Where an experiment changes the training environment, it is still evaluated on Pendulum itself,
    or on Pendulum seen in another way: the starts are the same, and so are the best returns.
    """

    def __init__(self, experiment: Experiment):
        task, self.every, self.rows = experiment.task, experiment.every, []
        self.measures = experiment.measures.values()
        self.env = task.make if task else experiment.evaluated_in
        self.starts = EVALUATION_STARTS[:FEW] if task else EVALUATION_STARTS
        self.best = np.nan if task else load_optimum().optimal_returns(self.starts)

    def step(self, agent) -> None:
        """Evaluate, where it is due."""
        if agent.steps % self.every == 0:
            returns = evaluate(agent.act, self.env, self.starts)
            more = [float(measure(agent)) for measure in self.measures]
            self.rows.append((agent.steps, float(returns.mean()), gap(returns, self.best), *more))

    def state_dict(self) -> dict:
        """What has been noted so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state: dict) -> None:
        """Go on from `state`."""
        self.rows = [tuple(row) for row in state["rows"]]


class Chosen(KeepBest):
    """A KeepBest that goes on after an interrupt."""

    def state_dict(self) -> dict:
        """The best policy so far, and what it earned when."""
        network = self.network.state_dict() if self.network else None
        return {"score": float(self.score), "at_step": self.at_step, "network": network}

    def load_state_dict(self, state: dict) -> None:
        """Go on from `state`."""
        if state["network"]:
            self.score, self.at_step = state["score"], state["at_step"]
            self.network = copy.deepcopy(self.agent.policy)
            self.network.load_state_dict(state["network"])
            self.policy = partial(self.agent.predict, self.network)


def run(experiment: Experiment, seed: int, saved: Path | None = None) -> Result:
    """Train one seed: its evaluations, the one before the first step included.

    A long run is `saved` now and then, and goes on from there.
    """
    torch.set_num_threads(1)
    env, task = experiment.make(seed), experiment.task
    agent = experiment.agent(env, seed=seed, recipe=experiment.recipe, **experiment.components)
    watching: list[Callback] = [curve := Curve(experiment)]
    agent.curve = curve  # as parts of the agent, both are saved with it
    if task:
        agent.best = best = Chosen(experiment.every, task.make, SELECTION_STARTS[:FEW])
        watching.append(best)
    if saved and experiment.steps >= LONG and isinstance(agent, DDPG):  # a table has no parts
        watching.append(Checkpoint(saved, experiment.every, SHARE))
    curve.step(agent)  # at step 0
    train(env, agent, experiment.steps, watching)
    if agent.steps < experiment.steps:  # an interrupt ends `train` without an error
        sys.exit("interrupted")
    if not task:
        return Result(curve.rows)
    chosen = evaluate(best.policy, task.make)
    scores = {
        "chosen_at": best.at_step,
        "chosen": float(chosen.mean()),
        "spread": float(chosen.std(ddof=1)),  # over the starts
        "last": float(evaluate(agent.act, task.make).mean()),
    }
    return Result(curve.rows, scores, best.network.state_dict())


def run_as_here(experiment: Experiment, made_by: dict, folder: Path, seed: int) -> Result:
    """The same in a worker, unless it would give numbers of another kind than `made_by` says.

    Long runs are saved in `folder`, where the worker has it.
    """
    here = settings(experiment)
    if other := [key for key in made_by if here.get(key) != made_by[key]]:
        raise RuntimeError(f"it would have run with other {' and '.join(other)} than the recorder")
    saved = folder / f"{seed}-{digest(made_by)}.run" if folder.is_dir() else None
    result = run(experiment, seed, saved)
    if saved:
        for path in (saved, previous(saved)):
            path.unlink(missing_ok=True)
    return result


def record(
    name: str,
    experiment: Experiment,
    train_all: Callable[[Callable, list[int]], Iterable] = many_seeds,
    cache: Path = CACHE,
    results: Path = FOLDER,
) -> list[str]:
    """Run the seeds that are missing, then write the table; gives one complaint per failed seed."""
    paths = {seed: cache / name / f"{seed}.json" for seed in experiment.training_seeds()}
    (cache / name).mkdir(parents=True, exist_ok=True)
    made_by = settings(experiment)  # once: all seeds must have been made by the same
    missing = [seed for seed, path in paths.items() if kept(made_by, path) is None]
    if stale := [seed for seed in missing if paths[seed].exists()]:
        print(f"{name}: seeds {stale} were made by other settings, code or versions: run again")
    train_one = partial(run_as_here, experiment, made_by, cache / name)
    try:
        for seed, result in train_all(train_one, missing):
            keep(made_by, result, paths[seed])
            step, mean, last_gap, *_ = result.curve[-1]
            rest = f"chosen: {result.scores}" if result.scores else f"gap {last_gap:.1%}"
            print(f"{name}, seed {seed}: {mean:.1f} at step {step:,}, {rest}", flush=True)
    except SeedsFailed as failed:
        return [f"{name}, seed {seed} failed: {reason}" for seed, reason in failed.reasons.items()]
    finished = {seed: kept(made_by, path) for seed, path in paths.items()}
    results.mkdir(parents=True, exist_ok=True)
    text = table(name, experiment, made_by, finished)
    (results / f"{name}.csv").write_text(text, encoding="utf-8")
    if name in TASKS:  # the policy of the first seed, whichever is best
        shutil.copy(paths[FIRST_SEED].with_suffix(".pt"), results / f"{name}.pt")
    print(summary(name, results), flush=True)
    return []


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
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=int, help="processes at a time; default 2")
    where.add_argument("--cluster", metavar="HOST:PORT", help="run on this Ray cluster")
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


def main(arguments: list[str] | None = None) -> int | str:
    """Do what the command line asks for; gives the complaints, if there are any."""
    options = read_arguments(arguments)
    if options.list:
        known = recordings(FOLDER) + recordings(TASKS_FOLDER)
        for name, e in EXPERIMENTS.items():
            mark = "*" if name in known else " "
            print(f"{mark} {name:32}{e.steps:7,} steps, {e.seeds:2} seeds  {e.shows}")
        return 0
    jobs = None if options.cluster else options.jobs or 2
    train_all = partial(many_seeds, jobs=jobs, cluster=options.cluster)
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
            complaints += record(name, experiment, train_all, *folders)
    return "\n".join(complaints) or 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Interrupted: the same command goes on from there.")
