"""Generated text: what stands between `<!-- from: name -->` and `<!-- /from -->` is written here.

Each function marked `@generates` is known by its name to the markers in the documents and
the notebooks, and gets the words after it: `<!-- from: minutes 07 -->` calls
`minutes(root, "07")`.
(`NAME` in capitals isn't a marker, so texts may explain.)
"""

import inspect
import re
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

import numpy as np
from nbformat import NotebookNode

from helpers.evaluation.recordings import Recorded, load, recordings
from helpers.evaluation.statistics import (
    bootstrap_band,
    bootstrap_ratio,
    interquartile_mean,
    solved_at,
)
from tools import covers, notebook_io
from tools.notebook_io import Complaint

WORDS_A_MINUTE = 200
LONG = 30  # minutes
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "helpers/README.md", "results/README.md"]

Generator = Callable[..., str]
GENERATORS: dict[str, Generator] = {}


def generates(function: Generator) -> Generator:
    """Make a function known to the markers, by its name."""
    GENERATORS[function.__name__] = function
    return function


def table(head: str, align: str, rows: Iterable[str]) -> str:
    """A markdown table of rows whose cells are separated by ` | `."""
    return "\n".join([f"| {head} |", f"|{align}|", *(f"| {row} |" for row in rows)])


def rows_of(root: Path, name: str, command: str) -> list[dict[str, str]]:
    """The rows of a table of results; a Complaint names the command that makes it."""
    rows = notebook_io.read_rows(root / "results" / name)
    if not rows:
        raise Complaint(f"results/{name} is missing: `{command}` makes it.")
    return rows


def recording(root: Path, name: str, folder: str = "curves", until: int | None = None) -> Recorded:
    """A recorded experiment; a Complaint names the command that makes it."""
    try:
        return load(name, root / "results" / folder, until)
    except ValueError as error:
        raise Complaint(str(error)) from error


def percent(fraction: float) -> str:
    """A fraction as a whole percentage, or with one decimal where it is small."""
    return f"{100 * fraction:.1f} %" if fraction < 1 else f"{100 * fraction:,.0f} %"


def steps_or_dash(steps: float) -> str:
    """A number of steps, or a dash for infinity: never."""
    return f"{steps:,.0f}" if np.isfinite(steps) else "–"


def numbered(root: Path, number: str) -> Path:
    """The notebook with this number."""
    for path in notebook_io.notebooks(root):
        if path.name.startswith(f"{number}_"):
            return path
    raise Complaint(f"There is no notebook {number}.")


def measure(root: Path, path: Path) -> tuple[int, str]:
    """The minutes for one notebook, to the next 5, and what to say of some of them.

    200 words take a minute, and so does a code cell; what the learner writes takes the time stated
    there (`●●○ 10 min`), and the run adds what was recorded. An exercise that takes half an hour or
    more isn't counted, but named.
    """
    command = f"python tools/notebooks.py run notebooks/{path.name}"
    rows = {row["notebook"]: row for row in rows_of(root, "minutes.csv", command)}
    if path.stem not in rows:
        raise Complaint(f"results/minutes.csv does not know {path.stem}: `{command}` measures it.")
    notebook, row = notebook_io.read(path), rows[path.stem]
    total = sum(notebook_io.words(notebook)) / WORDS_A_MINUTE + float(row["minutes"])
    total += sum("exercise" not in notebook_io.tags(cell) for cell in notebook_io.code(notebook))
    stated = [n for c in notebook_io.prose(notebook) for n in notebook_io.stated_minutes(c.source)]
    total += sum(n for n in stated if n < LONG)
    training = float(row["training_minutes"])
    short = f"{max(1, round(training))}" if training >= 0.5 else "less than 1"
    note = f", {short} of them training" if training else ""
    note += "".join(f"; {n} more for one long exercise" for n in stated if n >= LONG)
    return max(5, 5 * round(total / 5)), note


@generates
def minutes(root: Path, number: str) -> str:
    """What follows **About** in the heading of notebook `number`."""
    total, note = measure(root, numbered(root, number))
    return f"{total} minutes{note}"


@generates
def cover(root: Path, number: str) -> str:
    """The picture on the first screen of the notebook with this number."""
    path = numbered(root, number)
    if (found := covers.cover(path)) is None:
        raise Complaint(f"{path.name} has no cell tagged `cover`.")
    source = f"../{covers.file_name(path)}"
    return f'<img alt="{found.alt}" width="{found.width}" src="{source}">'


@generates
def minutes_table(root: Path) -> str:
    """README's table of notebooks."""
    rows = []
    for path in notebook_io.notebooks(root):
        notebook = notebook_io.read(path)
        number, title, question, piece = notebook_io.heading(notebook)
        piece = piece.replace("(../", "(")  # links from the root
        link = f"[{number} · {title}](notebooks/{path.name})"
        words, total = notebook_io.words(notebook)[0], measure(root, path)[0]
        rows.append(f"{link} | {question} | {piece} | {words:,} | {total}")
    return table(
        "Notebook | Its question | You build | Words | Minutes", ":--|:--|:--|--:|--:", rows
    )


@generates
def hours(root: Path, *numbers: str) -> str:
    """The hours that the notebooks of these numbers take together, or that all of them take."""
    paths = [p for p in notebook_io.notebooks(root) if not numbers or p.name[:2] in numbers]
    if missing := set(numbers) - {path.name[:2] for path in paths}:
        raise Complaint(f"There is no notebook {', '.join(sorted(missing))}.")
    total = sum(measure(root, path)[0] for path in paths)
    return f"{total / 60:.0f} hours"


@generates
def outcome(root: Path, name: str, until: str | None = None) -> str:
    """The sentence on how an experiment ends, or stands at one step, and when it is solved."""
    run = recording(root, name, until=int(until) if until else None)
    last, solved = run.gaps[:, -1], solved_at(run.steps, run.gaps)
    count, middle = int(np.isfinite(solved).sum()), np.median(solved)
    when = f", the median seed after {middle:,.0f} steps" if np.isfinite(middle) else ""
    return (
        f"after {run.steps[-1]:,} steps the gap is {percent(np.median(last))} in the median of "
        f"{len(last)} seeds and {percent(last.max())} on the worst; {count} of {len(last)} have "
        f"solved the task{when} (`{run.command}`)."
    )


@generates
def compared(root: Path, name: str, control: str, until: str) -> str:
    """How many times the control's gap an experiment has at one step, with an interval."""
    gaps = [recording(root, each, until=int(until)).gaps[:, -1] for each in (name, control)]
    ratio, low, high = bootstrap_ratio(*gaps)
    return (
        f"{ratio:.2f} times that of `{control}` (95 % interval {low:.2f} to {high:.2f}; "
        f"{len(gaps[0])} and {len(gaps[1])} seeds)"
    )


@generates
def compared_steps(root: Path, name: str, control: str, least: str) -> str:
    """How many times the control's steps a task takes until it earns so much for good.

    A seed that never does counts as the last step.
    """
    runs = [recording(root, each, "tasks") for each in (name, control)]
    at = [solved_at(run.steps, float(least) - run.returns, limit=0) for run in runs]
    at = [np.minimum(steps, run.steps[-1]) for steps, run in zip(at, runs, strict=True)]
    ratio, low, high = bootstrap_ratio(*at)
    return (
        f"{ratio:.2f} times as many steps (95 % interval {low:.2f} to {high:.2f}; "
        f"{len(at[0])} and {len(at[1])} seeds)"
    )


@generates
def measured(root: Path, name: str, measure: str) -> str:
    """Where something noted beside the gap ends: its interquartile mean, with an interval."""
    last = recording(root, name).measures[measure][:, -1:]  # (seeds, 1)
    low, high = np.ravel(bootstrap_band(last))
    return f"{interquartile_mean(last).item():,.0f} (95 % interval {low:,.0f} to {high:,.0f})"


@generates
def changes(root: Path, name: str) -> str:
    """The table of the settings in which a recipe differs from the paper's."""
    from helpers import recipes  # imports PyTorch: only where it is used

    if not isinstance(recipe := getattr(recipes, name, None), recipes.Recipe):
        raise Complaint(f"helpers/recipes.py has no recipe named {name}.")
    own, usual = (
        {key: getattr(value, "__name__", value) for key, value in vars(which).items()}
        for which in (recipe, recipes.paper)
    )
    rows = [f"`{key}` | {usual[key]} | {own[key]}" for key in own if own[key] != usual[key]]
    return table(f"setting | `paper` | `{name}`", ":--|--:|--:", rows)


@generates
def results_table(root: Path) -> str:
    """The table of recordings: where each ends, and when it is solved."""
    rows = []
    for name in recordings(root / "results" / "curves"):
        run = recording(root, name)
        solved, last = solved_at(run.steps, run.gaps), run.gaps[:, -1]
        rows.append(
            f"`{name}` | {run.steps[-1]:,} | {len(last)} | {percent(np.median(last))} "
            f"| {percent(last.max())} | {steps_or_dash(np.median(solved))} "
            f"| {np.isfinite(solved).sum()} of {len(last)}"
        )
    head = "recording | steps | seeds | final gap, median | worst | solved after, median | solved"
    return table(head, ":--|--:|--:|--:|--:|--:|--:", rows)


@generates
def tasks_table(root: Path, which: str = "all") -> str:
    """The table of other environments, or of the `main` recording of each: what policies earn."""
    from helpers.evaluation.tasks import TASKS  # both import PyTorch: only where it is used
    from tools.experiments import EXPERIMENTS

    rows, known = [], recordings(root / "results" / "tasks")
    wanted = TASKS if which == "main" else EXPERIMENTS
    for name in (name for name in wanted if name in known):
        run, task = recording(root, name, "tasks"), EXPERIMENTS[name].task
        chosen, last = run.scores("chosen"), run.scores("last")
        other = task.published
        published = f"{other.value:,.1f} ({other.where})" if other else "–"
        rows.append(
            f"`{name}` | {task.env_id.rpartition(':')[2]} | {run.steps[-1]:,} | {len(chosen)} "
            f"| {np.median(chosen):z,.1f} | {chosen.min():z,.1f} | {np.median(last):z,.1f} "
            f"| {published}"
        )
    head = (
        "recording | environment | steps | seeds | chosen policy, median | worst "
        "| last policy, median | a published DDPG"
    )
    return table(head, ":--|:--|--:|--:|--:|--:|--:|:--", rows)


@generates
def diff(root: Path, name: str) -> str:
    """What the experiment `name` does otherwise than `modern`, as a diff of the two sources."""
    from tools.diffs import difference  # both import PyTorch: only where it is used
    from tools.experiments import EXPERIMENTS

    if name not in EXPERIMENTS:
        raise Complaint(f"tools/experiments.py knows no experiment {name}.")
    return f"```diff\n{difference(EXPERIMENTS[name])}\n```"


def ratio(row: dict[str, str]) -> tuple[str, str]:
    """How one measurement compares with another: the median, and the range, in words."""
    middle, low, high = (f"{float(row[f'ratio{end}']):.2f}" for end in ("", "_low", "_high"))
    return middle, f"{low} to {high}"


@generates
def benchmark_table(root: Path) -> str:
    """The table of speeds: steps and updates a second, and an update beside its products."""
    rows = []
    for row in rows_of(root, "benchmark.csv", "python tools/benchmark.py speed"):
        times = "{} ({})".format(*ratio(row)) if row["ratio"] else "–"
        rows.append(
            f"{row['contender']} | {row['threads']} | {float(row['steps_per_second']):,.0f} "
            f"| {times} | {float(row['update_ms']):.2f} | {float(row['update_over_floor']):.1f}"
        )
    head = (
        "training | threads | steps a second | times stable-baselines3's | ms an update "
        "| update / its ten products"
    )
    return table(head, ":--|--:|--:|--:|--:|--:", rows)


@generates
def benchmark_facts(root: Path) -> str:
    """The sentence on how the table of speeds was measured."""
    row = rows_of(root, "benchmark.csv", "python tools/benchmark.py speed")[0]
    return (
        f"{row['blocks']} blocks of {row['block_steps']} steps of each, in turn, with "
        f"{row['capability']} instructions and {row['versions']} (`{row['command']}`)"
    )


@generates
def solved_table(root: Path) -> str:
    """The table of seconds from the start of a script until the pendulum is solved."""
    lines = []
    rows = rows_of(root, "solved_seconds.csv", "python tools/benchmark.py solved")
    for name, group in groupby(rows, key=lambda row: row["contender"]):
        runs = [*group]
        seconds, at, whole = (
            np.array([float(run[key]) for run in runs])
            for key in ("seconds", "solved_at", "seconds_in_all")
        )
        few = seconds[np.isfinite(seconds)]
        spread = f"{few.min():.0f} to {few.max():.0f}" if len(few) else "–"
        lines.append(
            f"{name} | {steps_or_dash(np.median(seconds))} | {spread} "
            f"| {steps_or_dash(np.median(at))} | {len(few)} of {len(runs)} "
            f"| {int(runs[0]['steps']):,} in {np.median(whole):.0f} s"
        )
    head = (
        "training | seconds to solved, median | of those solved | steps to solved, median "
        "| solved | whole run"
    )
    return table(head, ":--|--:|--:|--:|--:|--:", lines)


@generates
def replay_facts(root: Path) -> str:
    """The sentence on the speed of prioritised draws and how well they fit the priorities."""
    rows = rows_of(root, "replay.csv", "python tools/benchmark.py replay")
    ours, theirs = (float(row["batch_us"]) for row in rows)
    fits = " and ".join(row["p_value"] for row in rows)
    return (
        f"{ours:.0f} µs, {ours / theirs:.1f} times cpprb's {theirs:.0f} µs (chi-square over 100 "
        f"groups of priorities: p = {fits}; `{rows[0]['command']}`)"
    )


@generates
def stacked_facts(root: Path) -> str:
    """The sentence on how long an update of stacked agents takes."""
    row = rows_of(root, "stacked.csv", "python tools/benchmark.py stacked")[0]
    middle, spread = ratio(row)
    return (
        f"an update of {row['agents']} agents in a stack takes {middle} times as long as one after "
        f"the other ({spread}; `{row['command']}`)"
    )


@generates
def seeds_facts(root: Path) -> str:
    """The sentence on how long `many_seeds` takes beside plain processes."""
    row = rows_of(root, "seeds.csv", "python tools/benchmark.py seeds")[0]
    middle, spread = ratio(row)
    return (
        f"`many_seeds` takes {middle} times as long as plain processes ({spread}) for "
        f"{row['seeds']} seeds of {int(row['steps']):,} steps, {row['jobs']} at a time "
        f"(`{row['command']}`)"
    )


@generates
def claims_facts(root: Path) -> str:
    """The sentence on how the notebooks' claims fared over many seeds."""
    rows = rows_of(root, "claims.csv", "python tools/notebooks.py margins")
    held, seeds = sum(row["holds"] == "True" for row in rows), {int(row["seeds"]) for row in rows}
    count = f"{min(seeds)}" if len(seeds) == 1 else f"{min(seeds)} to {max(seeds)}"
    return f"{len(rows)} claims over {count} seeds each, of which {held} hold on every one"


def call(name: str, arguments: list[str], root: Path) -> str:
    """The text that a marker asks for."""
    if name not in GENERATORS:
        raise Complaint(f"No function in tools/docgen.py is named {name}.")
    try:
        inspect.signature(GENERATORS[name]).bind(root, *arguments)
    except TypeError as error:
        raise Complaint(f"The marker `{name} {' '.join(arguments)}` has {error}.") from error
    return GENERATORS[name](root, *arguments)


def fill(text: str, root: Path, where: str) -> tuple[str, list[Complaint]]:
    """The text with its generated parts made again; one that can't be made stays as it is."""
    complaints = []

    def generate(match: re.Match) -> str:
        opening, name, arguments, _, closing = match.groups()
        try:
            new = call(name, arguments.split(), root)
        except Complaint as complaint:
            complaints.append(Complaint(f"{where}: {complaint}"))
            return match[0]
        return f"{opening}\n\n{new}\n\n{closing}" if "\n" in new else opening + new + closing

    return notebook_io.GENERATED.sub(generate, text), complaints


def fill_notebook(notebook: NotebookNode, root: Path, where: str) -> list[Complaint]:
    """Make the generated parts of a notebook's markdown again, in place."""
    complaints = []
    for cell in notebook_io.prose(notebook):
        cell.source, found = fill(cell.source, root, where)
        complaints += found
    return complaints


def fill_documents(root: Path, check: bool = False) -> tuple[list[str], list[Complaint]]:
    """The same for the documents; says which of them changed, or would."""
    changed, complaints = [], []
    for path in filter(Path.exists, [root / name for name in DOCUMENTS]):
        old = path.read_text(encoding="utf-8")
        new, found = fill(old, root, str(path.relative_to(root)))
        complaints += found
        if new != old:
            changed.append(f"{path.relative_to(root)}: its generated text")
            if not check:
                path.write_text(new, encoding="utf-8")
    return changed, complaints
