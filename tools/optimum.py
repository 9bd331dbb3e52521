"""Compute the best Pendulum controller: `python tools/optimum.py` (two to five minutes, 2.4 GB).

Writes helpers/pendulum/optimum.npz, which `load_optimum` reads, and results/optimum.csv:
how the mean return settles as the grid gets finer, what the stored maps lose against the finest
grid, and the yardsticks. Every return in it was achieved in the true physics, none predicted.
"""

import csv
import platform
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import gymnasium
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helpers.evaluation.returns import EVALUATION_STARTS, SELECTION_STARTS, evaluate
from helpers.pendulum.controllers import Policy, random_policy, swing_up_and_hold
from helpers.pendulum.optimum import FILE, axes, best_torque, greedy_policy, plan
from helpers.pendulum.physics import TIME_LIMIT

GRIDS = [(120, 81), (240, 161), (480, 321), (960, 641), (1920, 1281)]  # angles, velocities
TORQUES = np.linspace(-2.0, 2.0, 11)  # in the plan; more of them change the mean by 0.0003
STORED = (480, 321)  # every fourth node of the finest grid
TABLE = Path(__file__).resolve().parents[1] / "results" / "optimum.csv"
STARTS = [*EVALUATION_STARTS, *SELECTION_STARTS]
FIELDS = [
    "controller", "angles", "velocities", "gamma", "evaluation_mean", "selection_mean",
    "evaluation_error", "largest_change", "seconds",
]  # fmt: skip


def countdown(maps: list[np.ndarray]) -> Policy:
    """The time-dependent policy for one rollout: each step looks at the map of the steps left."""
    policies: Iterator[Policy] = (greedy_policy(values) for values in reversed(maps[:-1]))
    return lambda states: next(policies)(states)


def thin(values: np.ndarray) -> np.ndarray:
    """Every k-th node of a map, down to the stored shape."""
    k = len(values) // STORED[0]
    return np.ascontiguousarray(values[::k, ::k])


def main() -> None:
    """Refine the grid, compare the controllers, write both files."""
    rows: list[dict] = []

    def note(controller, returns, shape=("", ""), gamma="", change="", seconds=""):
        known, chosen = returns[: len(EVALUATION_STARTS)], returns[len(EVALUATION_STARTS) :]
        error = known.std(ddof=1) / len(known) ** 0.5
        cells = [controller, *shape, gamma, known.mean(), chosen.mean(), error, change, seconds]
        cells = [f"{cell:.4f}" if isinstance(cell, np.floating) else cell for cell in cells]
        rows.append(dict(zip(FIELDS, cells, strict=True)))
        print(*(f"{cell!s:>18}" for cell in cells), flush=True)

    print(*(f"{name:>18}" for name in FIELDS))
    note("random", evaluate(random_policy(seed=0), starts=STARTS))
    note("hand-written", evaluate(swing_up_and_hold, starts=STARTS))

    best = None
    for shape in GRIDS:
        began = time.perf_counter()
        maps = list(islice(plan(shape, TORQUES), TIME_LIMIT + 1))
        returns = evaluate(countdown(maps), starts=STARTS)
        seconds = round(time.perf_counter() - began, 1)
        change = "" if best is None else np.abs(returns - best).max()
        note("optimum", returns, shape, 1.0, change, seconds)
        stationary = evaluate(greedy_policy(maps[-1]), starts=STARTS)
        note("stationary", stationary, shape, 1.0, np.abs(stationary - returns).max())
        best, values = returns, maps[-1]
        del maps

    values = thin(values)
    stored = evaluate(greedy_policy(values), starts=STARTS)
    note("stored stationary", stored, STORED, 1.0, np.abs(stored - best).max())

    discounted = {}
    for gamma in (0.99, 0.98, 0.95):
        maps = plan(GRIDS[-1], TORQUES, gamma)
        old = next(maps)
        while np.abs((new := next(maps)) - old).max() > 1e-3 * (1 - gamma):
            old = new
        discounted[gamma] = thin(new)
        returns = evaluate(greedy_policy(new, gamma), starts=STARTS)
        note("discounted", returns, GRIDS[-1], gamma, np.abs(returns - best).max())
    returns = evaluate(greedy_policy(discounted[0.99], 0.99), starts=STARTS)
    note("stored discounted", returns, STORED, 0.99, np.abs(returns - best).max())

    theta, velocity = axes(STORED)
    states = (axis.ravel() for axis in np.meshgrid(theta, velocity, indexing="ij"))
    torque = best_torque(values, *states).reshape(STORED)
    np.savez_compressed(
        FILE,
        theta=theta.astype(np.float32),
        velocity=velocity.astype(np.float32),
        values=values,
        discounted=discounted[0.99],
        torque=torque.astype(np.float32),
        starts=np.array(STARTS),
        returns=best,
    )
    with TABLE.open("w", newline="") as file:
        file.write("# python tools/optimum.py\n# ")
        file.write(f"Python {platform.python_version()}, NumPy {np.__version__}, ")
        file.write(f"gymnasium {gymnasium.__version__}; one thread\n")
        file.write("# largest_change: over all 200 starts, for 'optimum' against the grid before, ")
        file.write("else against the optimum of the finest grid so far\n")
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{FILE.name}: {FILE.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
