"""Generated text about speed and safety, made from the tables of results/ that measure them."""

from pathlib import Path

import numpy as np

from helpers.recorded import load, solved_at
from tools import series
from tools.series import Complaint

COMMAND = "python tools/benchmark.py"
DASHBOARD = "python tools/dashboard.py"
CONDITIONS = "python tools/conditions.py"
MARGINS = "python tools/notebooks.py margins"


def measured(root: Path, name: str = "benchmark.csv", command: str = COMMAND) -> list[dict]:
    """The rows of a table, or a complaint that names the command that makes them."""
    rows = series.read_rows(root / "results" / name)
    if not rows:
        raise Complaint(f"results/{name} is missing: `{command}` makes it.")
    return rows


def benchmark_table(root: Path) -> str:
    """README's table of speeds: steps a second, and an update beside the products within it."""
    lines = [
        "| training | threads | steps a second | times stable-baselines3's "
        "| ms an update | of them its ten products | update / products |",
        "|:--|--:|--:|--:|--:|--:|--:|",
    ]
    for row in measured(root):
        ratio = "–"
        if row["ratio"]:
            middle, low, high = (float(row[f"ratio{end}"]) for end in ("", "_low", "_high"))
            ratio = f"{middle:.2f} ({low:.2f} to {high:.2f})"
        lines.append(
            f"| {row['contender']} | {row['threads']} | {float(row['steps_per_second']):,.0f} "
            f"| {ratio} | {float(row['update_ms']):.2f} | {float(row['floor_ms']):.2f} "
            f"| {float(row['update_over_floor']):.1f} |"
        )
    return "\n".join(lines)


def benchmark_facts(root: Path) -> str:
    """The sentence on how the table was measured."""
    row = measured(root)[0]
    return (
        f"{row['blocks']} blocks of {row['block_steps']} steps of each, in turn, with "
        f"{row['capability']} instructions and {row['versions']} (`{row['command']}`)"
    )


def seconds_to_solved(root: Path) -> str:
    """The sentence on how long the recipe of the series takes to solve Pendulum."""
    run = load("modern", root / "results")
    solved = solved_at(run.steps, run.gaps)
    ours = [row for row in measured(root) if row["contender"] == "this project"]
    row = max(ours, key=lambda row: float(row["steps_per_second"]))
    pace = 1 / float(row["steps_per_second"])  # seconds a step

    def after(steps: float) -> str:
        if not np.isfinite(steps):
            return "never within the recording"
        seconds = steps * pace
        return f"after {steps:,.0f} steps, which is {seconds:,.{0 if seconds >= 10 else 2}f} s"

    threads = "one thread" if row["threads"] == "1" else f"{row['threads']} threads"
    return (
        f"At the faster of these speeds, on {threads}, the median of {len(solved)} seeds has "
        f"solved the pendulum {after(np.median(solved))}; the worst {after(solved.max())}."
    )


def threads_advice(root: Path) -> str:
    """The sentence on what more threads bring."""
    pace = {
        int(row["threads"]): float(row["steps_per_second"])
        for row in measured(root)
        if row["contender"] == "this project"
    }
    most = max(pace)
    return (
        f"{most} threads make a training {pace[most] / pace[1]:.2f} times as fast as one, "
        f"and keep {most} cores busy for it."
    )


def minutes_of_tests(root: Path) -> str:
    """The sentence on how long `make test` takes."""
    rows = measured(root, "test_time.csv", "python tools/time_tests.py")[-3:]
    minutes = sorted(float(row["seconds"]) / 60 for row in rows)
    each = ", ".join(f"{one:.1f}" for one in minutes)
    return (
        f"`make test` takes {np.median(minutes):.0f} minutes on {rows[-1]['cores']} quiet cores "
        f"(in minutes, by `{rows[-1]['command']}`: {each})."
    )


def dashboard_table(root: Path) -> str:
    """README's table of what the live picture costs, by the number of its panels."""
    sizes: dict[int, list[dict[str, str]]] = {}
    for row in measured(root, "dashboard.csv", DASHBOARD):
        sizes.setdefault(len(row["panels"].split()), []).append(row)
    lines = [
        "| panels | ms a frame | share of the run | frames a second | longest wait |",
        "|--:|--:|--:|--:|--:|",
    ]
    for size, rows in sorted(sizes.items()):
        worst = [
            pick(float(row[name]) for row in rows)
            for name, pick in [
                ("frame_ms", max), ("share", max), ("frames_a_second", min), ("longest_wait", max),
            ]
        ]  # fmt: skip
        lines.append("| {} | {:.0f} | {:.1f} % | {:.1f} | {:.1f} s |".format(
            size, worst[0], 100 * worst[1], *worst[2:]
        ))  # fmt: skip
    return "\n".join(lines)


def conditions_table(root: Path) -> str:
    """README's table of the conditions under which all notebooks were tested."""
    lines = ["| condition | cells passed | failed | minutes | date |", "|:--|--:|--:|--:|:--|"]
    for row in measured(root, "conditions.csv", CONDITIONS):
        name = f"{row['condition']} ({row['note']})" if row["note"] else row["condition"]
        lines.append(
            f"| {name} | {row['passed']} | {row['failed']} | {float(row['minutes']):.0f} "
            f"| {row['date']} |"
        )
    return "\n".join(lines)


def conditions_facts(root: Path) -> str:
    """With which versions that was, and what measured it."""
    versions = {row["versions"]: None for row in measured(root, "conditions.csv", CONDITIONS)}
    return f"{'; '.join(versions)} (`{CONDITIONS}`)"


def claims_facts(root: Path) -> str:
    """The sentence on how the notebooks' claims fared over many seeds."""
    rows = measured(root, "claims.csv", MARGINS)
    held, seeds = sum(row["holds"] == "True" for row in rows), {int(row["seeds"]) for row in rows}
    count = f"{min(seeds)}" if len(seeds) == 1 else f"{min(seeds)} to {max(seeds)}"
    return f"{len(rows)} claims over {count} seeds each, of which {held} hold on every one"
