"""Measure what the live picture costs in a real kernel, and record it in results/dashboard.csv.

`python tools/dashboard.py` trains with the panels of each notebook, 10,000 steps each.
"""

import argparse
import json
import re
import sys
from itertools import pairwise
from pathlib import Path

from nbformat import v4

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # this file runs from anywhere

from helpers.layout import ALL, PENDULUM
from tools import execution, series
from tools.evidence import DASHBOARD, dashboard_table
from tools.series import ROOT

SHOWN = re.compile(r'LivePlot\((?:"([^"]*)")?')
CELL = """
import json, time
import torch
from helpers.agent import DDPG
from helpers.callbacks import Evaluate
from helpers.controls import Controls
from helpers.environment import make_env
from helpers.live import LivePlot
from helpers.training import train

torch.set_num_threads(1)
moments = []


class Timed(LivePlot):
    def start(self, agent, steps):
        super().start(agent, steps)
        moments.append(time.perf_counter())

    def step(self, agent):
        before = self.frames
        super().step(agent)
        if self.frames > before:
            moments.append(time.perf_counter())


env = make_env(seed=0)
live = Timed({panels!r})
train(env, DDPG(env, seed=0), {steps}, callbacks=[Evaluate(), Controls(), live])
moments.append(time.perf_counter())
print(json.dumps([live.spent, moments]))
"""


def panels_in_use(root: Path) -> list[str]:
    """The names of panels that the notebooks show, each set once, the smaller sets first."""
    found = set()
    for path in series.notebooks(root):
        for cell in series.tagged(series.read(path), "full-run"):
            (names,) = SHOWN.findall(cell.source)
            found.add({"": " ".join(PENDULUM), "all": " ".join(ALL)}.get(names, names))
    return sorted(found, key=lambda names: (names.count(" "), names))


def summarise(panels: str, spent: float, moments: list[float]) -> dict[str, object]:
    """A row of the table; `moments` are the first picture, each frame, and the end, in s."""
    seconds, frames = moments[-1] - moments[0], len(moments) - 2
    waits = [b - a for a, b in pairwise(moments)]
    return {
        "panels": panels,
        "frames": frames,
        "frame_ms": f"{1000 * spent / frames:.1f}",
        "share": f"{spent / seconds:.4f}",
        "frames_a_second": f"{frames / seconds:.2f}",
        "longest_wait": f"{max(waits):.2f}",
    }


def measure(panels: str, steps: int, root: Path) -> dict[str, object]:
    """Train in a kernel of its own, with these panels."""
    notebook = v4.new_notebook(cells=[v4.new_code_cell(CELL.format(panels=panels, steps=steps))])
    execution.execute(notebook, root)
    (printed,) = (o.text for o in notebook.cells[0].outputs if o.output_type == "stream")
    return summarise(panels, *json.loads(printed.splitlines()[-1]))


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=10_000, help="of each run; default 10000")
    options = parser.parse_args(arguments)
    origin = {"command": f"{DASHBOARD} --steps {options.steps}"}
    rows = [measure(names, options.steps, root) | origin for names in panels_in_use(root)]
    series.write_rows(root / "results" / "dashboard.csv", rows)
    print(dashboard_table(root))
    return 0


if __name__ == "__main__":
    sys.exit(main())
