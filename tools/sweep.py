"""Sweep three settings of `modern`: `python tools/sweep.py --jobs 2` (about ten minutes).

It writes results/sweep.csv: a row for each trial, with its gap in % at each step it was trained to.
The recorder's experiment `halving_winner` trains the best of them on fresh seeds.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # this file runs from anywhere

import cloudpickle  # noqa: E402

import tools  # noqa: E402
from helpers.agent import DDPG  # noqa: E402
from helpers.environment import make_env  # noqa: E402
from helpers.evaluation.returns import SELECTION_STARTS, evaluate, gap  # noqa: E402
from helpers.extensions.halving import successive_halving  # noqa: E402
from helpers.pendulum.optimum import load_optimum  # noqa: E402
from helpers.recipes import modern  # noqa: E402
from helpers.training import train  # noqa: E402
from tools.notebook_io import write_rows  # noqa: E402

cloudpickle.register_pickle_by_value(tools)  # so that a cluster's machines needn't have them
RANGES = {"actor_lr": (1e-4, 1e-1), "critic_lr": (1e-4, 1e-1), "tau": (1e-3, 1e-1)}
RUNGS = (1_000, 3_000, 9_000)
FIRST_SEED = 100  # settings are chosen on seeds from 100 on, and on the selection starts


def score(settings: dict[str, float], steps: int, trial: int) -> float:
    """The gap on the selection starts after so many steps, each trial with a seed of its own."""
    env = make_env(seed=FIRST_SEED + trial)
    agent = DDPG(env, seed=FIRST_SEED + trial, recipe=replace(modern, **settings))
    train(env, agent, steps)
    best = load_optimum().optimal_returns(SELECTION_STARTS)
    return gap(evaluate(agent.act, starts=SELECTION_STARTS), best)


def main(arguments: list[str] | None = None, path: Path = ROOT / "results" / "sweep.csv") -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--trials", type=int, default=81, help="default 81")
    parser.add_argument("--jobs", type=int, help="processes at a time; default: one for each core")
    parser.add_argument("--cluster", metavar="HOST:PORT", help="run on this Ray cluster")
    options = parser.parse_args(arguments)
    study = successive_halving(score, RANGES, RUNGS, **vars(options))
    rows = []
    for trial in study.trials:
        settings = {name: f"{value:.3g}" for name, value in trial.params.items()}
        gaps = {step: f"{100 * found:.1f}" for step, found in trial.intermediate_values.items()}
        rows.append({"trial": trial.number} | settings | dict.fromkeys(RUNGS, "") | gaps)
    write_rows(path, rows)
    print(f"The best of {len(rows)} trials, {study.best_trial.number}: {study.best_params}")


if __name__ == "__main__":
    main()
