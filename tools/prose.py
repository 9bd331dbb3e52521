"""Generated text: what stands between `<!-- from: name -->` and `<!-- /from -->` is written here.

Each function below is known by its own name to the markers in README.md, CONTRIBUTING.md and the
notebooks, and gets the words after it: `<!-- from: minutes 07 -->` is `minutes(root, "07")`.
To add one, write it under `@generates`. (`NAME` in capitals is not a marker, so texts may explain.)
"""

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from nbformat import NotebookNode

from helpers.recorded import TASKS_FOLDER, Recorded, load, recordings, solved_at
from tools import evidence, series
from tools.series import Complaint

WORDS_A_MINUTE = 180
SECONDS_A_LINE = 8  # of code, read with care

Generator = Callable[..., str]
GENERATORS: dict[str, Generator] = {}


def generates(function: Generator) -> Generator:
    """Make a function known to the markers, by its name."""
    GENERATORS[function.__name__] = function
    return function


for function in (
    evidence.benchmark_table, evidence.benchmark_facts, evidence.seconds_to_solved,
    evidence.threads_advice, evidence.dashboard_table, evidence.minutes_of_tests,
    evidence.conditions_table, evidence.conditions_facts, evidence.claims_facts,
):  # fmt: skip
    generates(function)


class Minutes(NamedTuple):
    """How long a notebook takes: reading and running it, and the training within that."""

    total: float
    training: float

    def __str__(self) -> str:
        total, training = self.rounded()
        return f"{total} minutes" + (f", {training} of them training" if training else "")

    def rounded(self) -> tuple[str, str]:
        """Both as they are printed; the training is empty where there is none."""
        training = str(round(self.training)) if self.training >= 0.5 else "less than 1"
        total = max(5, 5 * round(self.total / 5))
        return str(total), training if self.training else ""


def measure(root: Path, path: Path) -> Minutes:
    """The minutes for one notebook: an estimate for the reading, and the recorded run."""
    command = f"python tools/notebooks.py run notebooks/{path.name}"
    rows = {row["notebook"]: row for row in evidence.measured(root, "minutes.csv", command)}
    if path.stem not in rows:
        raise Complaint(f"results/minutes.csv does not know {path.stem}: `{command}` measures it.")
    notebook = series.read(path)
    reading = series.words(notebook) / WORDS_A_MINUTE
    reading += series.code_lines(notebook) * SECONDS_A_LINE / 60
    row = rows[path.stem]
    return Minutes(reading + float(row["minutes"]), float(row["training_minutes"]))


@generates
def minutes(root: Path, number: str) -> str:
    """What follows **About** in the heading of notebook `number`."""
    for path in series.notebooks(root):
        if path.name.startswith(f"{number}_"):
            return str(measure(root, path))
    raise Complaint(f"There is no notebook {number}.")


@generates
def minutes_table(root: Path) -> str:
    """The README's table of notebooks."""
    rows = ["| Notebook | Its question | You build | Minutes | of them training |"]
    rows.append("|:--|:--|:--|--:|--:|")
    for path in series.notebooks(root):
        number, title, question, piece = series.heading(series.read(path))
        piece = piece.replace("(../", "(")  # links from the root
        total, training = measure(root, path).rounded()
        link = f"[{number} · {title}](notebooks/{path.name})"
        rows.append(f"| {link} | {question} | {piece} | {total} | {training or '–'} |")
    return "\n".join(rows)


def recording(root: Path, name: str) -> Recorded:
    """A recorded experiment, or a complaint that names the command that makes it."""
    try:
        return load(name, root / "results")
    except ValueError as error:
        raise Complaint(str(error)) from error


def percent(fraction: float) -> str:
    """A fraction as a whole percentage, or with one decimal where it is small."""
    return f"{100 * fraction:.1f} %" if fraction < 1 else f"{100 * fraction:,.0f} %"


@generates
def outcome(root: Path, name: str) -> str:
    """The sentence on how an experiment ends, and when it is solved."""
    run = recording(root, name)
    last, solved = run.gaps[:, -1], solved_at(run.steps, run.gaps)
    count, middle = int(np.isfinite(solved).sum()), np.median(solved)
    when = f", the median seed after {middle:,.0f} steps" if np.isfinite(middle) else ""
    return (
        f"after {run.steps[-1]:,} steps the gap is {percent(np.median(last))} in the median of "
        f"{len(last)} seeds and {percent(last.max())} on the worst; {count} of {len(last)} have "
        f"solved the task{when} (`{run.command}`)."
    )


@generates
def changes(root: Path, name: str) -> str:
    """The settings in which a recipe differs from `modern`."""
    from helpers import recipes  # both import PyTorch: only where it is used
    from tools.experiments import changed

    if not isinstance(recipe := getattr(recipes, name, None), recipes.Recipe):
        raise Complaint(f"helpers/recipes.py has no recipe named {name}.")
    return ", ".join(
        f"`{setting}` {own} (usually {usual})" for setting, (usual, own) in changed(recipe).items()
    )


@generates
def results_table(root: Path) -> str:
    """README's table of recordings: where each ends, and when it is solved."""
    rows = [
        "| recording | steps | seeds | final gap, median | worst | solved after, median | solved |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name in recordings(root / "results"):
        run = recording(root, name)
        solved, last = solved_at(run.steps, run.gaps), run.gaps[:, -1]
        count, middle = int(np.isfinite(solved).sum()), np.median(solved)
        rows.append(
            f"| `{name}` | {run.steps[-1]:,} | {len(last)} | {percent(np.median(last))} "
            f"| {percent(last.max())} | {f'{middle:,.0f}' if np.isfinite(middle) else '–'} "
            f"| {count} of {len(last)} |"
        )
    return "\n".join(rows)


@generates
def tasks_table(root: Path) -> str:
    """README's table of other environments: what the chosen policies earn, and the last ones."""
    from tools.experiments import EXPERIMENTS  # imports PyTorch: only where it is used

    rows = [
        "| recording | environment | steps | seeds | chosen policy, median | worst "
        "| last policy, median | best published DDPG |",
        "|---|---|--:|--:|--:|--:|--:|---|",
    ]
    folder = root / "results" / TASKS_FOLDER.name
    known = recordings(folder)
    for name in (name for name in EXPERIMENTS if name in known):
        run, task = load(name, folder), EXPERIMENTS[name].task
        chosen, last = run.judged("chosen"), run.judged("last")
        best = f"{task.published.value:,.1f} ({task.published.where})"
        rows.append(
            f"| `{name}` | {task.env_id} | {run.steps[-1]:,} | {len(chosen)} "
            f"| {np.median(chosen):z,.1f} | {chosen.min():z,.1f} | {np.median(last):z,.1f} "
            f"| {best} |"
        )
    return "\n".join(rows)


@generates
def diff(root: Path, name: str) -> str:
    """What the experiment `name` does otherwise than `modern`, as a diff of the two sources."""
    from tools.diffs import difference  # both import PyTorch: only where it is used
    from tools.experiments import EXPERIMENTS

    if name not in EXPERIMENTS:
        raise Complaint(f"tools/experiments.py knows no experiment {name}.")
    return f"```diff\n{difference(EXPERIMENTS[name])}\n```"


def call(name: str, arguments: list[str], root: Path) -> str:
    """The text that a marker asks for."""
    if name not in GENERATORS:
        raise Complaint(f"No function in tools/prose.py is named {name}.")
    try:
        inspect.signature(GENERATORS[name]).bind(root, *arguments)
    except TypeError as error:
        raise Complaint(f"The marker `{name} {' '.join(arguments)}` has {error}.") from error
    return GENERATORS[name](root, *arguments)


def fill(text: str, root: Path, where: str) -> tuple[str, list[Complaint]]:
    """The text with its generated parts made anew; a part that cannot be made stays as it is."""
    complaints = []

    def generate(match: re.Match) -> str:
        opening, name, arguments, _, closing = match.groups()
        try:
            new = call(name, arguments.split(), root)
        except Complaint as complaint:
            complaints.append(Complaint(f"{where}: {complaint}"))
            return match[0]
        return f"{opening}\n\n{new}\n\n{closing}" if "\n" in new else opening + new + closing

    return series.GENERATED.sub(generate, text), complaints


def fill_notebook(notebook: NotebookNode, root: Path, where: str) -> list[Complaint]:
    """Make the generated parts of a notebook's markdown anew, in place."""
    complaints = []
    for cell in series.prose(notebook):
        cell.source, found = fill(cell.source, root, where)
        complaints += found
    return complaints


def refresh(root: Path, check: bool = False) -> tuple[list[str], list[Complaint]]:
    """Make all generated text anew; says which files that changed, or would, and what it lacks."""
    changed, complaints = [], []
    documents = [root / "README.md", root / "CONTRIBUTING.md"]
    for path in [p for p in documents if p.exists()] + series.notebooks(root):
        old = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            notebook = series.read(path)
            before = series.text(notebook)
            found = fill_notebook(notebook, root, path.name)
            new = old if series.text(notebook) == before else series.text(series.tidy(notebook))
        else:
            new, found = fill(old, root, path.name)
        complaints += found
        if new != old:
            changed.append(f"{path.relative_to(root)}: its generated text")
            if not check:
                path.write_text(new, encoding="utf-8")
    return changed, complaints
