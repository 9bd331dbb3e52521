"""The conventions of the notebooks: how they are built, and that an edit of a lesson trains."""

import ast
import builtins
import importlib
import io
import pkgutil
import re
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager, redirect_stdout
from pathlib import Path
from unittest.mock import MagicMock, patch

import IPython.display
import matplotlib as mpl
import pytest
from nbformat import NotebookNode

import helpers
from tools import execution, notebooks, prose, quotes, series

TAUGHT = {  # the modules of the algorithm, and the notebooks that teach them
    "environment": "01",
    "networks": "02 03",
    "buffer": "04",
    "noise": "05",
    "targets": "06",
    "losses": "07 08",
    "agent": "09",
    "training": "09",
}
TAGS = {
    "imports", "train", "full-run", "navigation", "exercise", "solution", "check", "skip-margins",
    "raises-exception", "nbval-ignore-output", "nbval-check-output", "nbval-raises-exception",
    "nbval-skip",
}  # fmt: skip
LABELS = ["You will", "You need", "About", "Piece"]
ENDING = ["Exercises", "Recap", "References"]
MACHINE_PATH = re.compile(r"(?<![\w.~/])(/(work|home|root|Users|tmp)/|[A-Z]:\\Users)")
FOLDED = re.compile(
    r"<details>\s*<summary>Solution</summary>\n\n(?:.*\n\n)?```python\n(.*?)\n```\n(?:\n.*)?</details>",
    re.DOTALL,
)
LONGEST_CELL, LONGEST_DEFINITION, LONGEST_CLASS, LONGEST_METHOD, LONGEST_MODULE = (
    45,
    25,
    45,
    35,
    150,
)
LARGEST_FILE = 1_000_000  # bytes
FEWEST_EXERCISES, FEWEST_CHECKED = 3, 2

PATHS = sorted((series.ROOT / "notebooks").glob("*.ipynb"))
MODULES = sorted((series.ROOT / "helpers").rglob("*.py"))
each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def headings(notebook: NotebookNode) -> list[str]:
    """The second-level headings."""
    source = "\n".join(cell.source for cell in series.prose(notebook))
    return re.findall(r"^## (.+?)\s*$", re.sub(r"```.*?```", "", source, flags=re.DOTALL), re.M)


def stored_texts(notebook: NotebookNode) -> Iterator[str]:
    """All that a reader can read in the file: sources and the text of outputs."""
    for cell in notebook.cells:
        yield cell.source
        for output in cell.get("outputs", []):
            yield str(output.get("text", ""))
            yield from (str(v) for k, v in output.get("data", {}).items() if k[:5] != "image")


# The file


@each
def test_file(path):
    assert series.FILE_NAME.fullmatch(path.name), "the file is named NN_words.ipynb, in lower case"
    assert path.stat().st_size <= LARGEST_FILE, "the file is at most 1 MB"
    stored, tidy = path.read_text(encoding="utf-8"), series.text(series.tidy(series.read(path)))
    assert stored == tidy, "metadata, timings or widgets: `python tools/notebooks.py tidy`"


@each
def test_tags_are_known(path):
    found = {tag for cell in series.read(path).cells for tag in series.tags(cell)}
    assert {tag for tag in found if not tag.startswith(quotes.PREFIX)} <= TAGS


@each
def test_no_path_of_a_machine(path):
    found = [text for text in stored_texts(series.read(path)) if MACHINE_PATH.search(text)]
    assert not found, f"an absolute path: {found[0][:200]}"


def assert_links_resolve(text: str, folder: Path) -> None:
    """Whether every relative link of a text leads from `folder` to a file that exists."""
    source = re.sub(r"```.*?```|`[^`]*`|\$.*?\$", "", text, flags=re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)|<(?:img|a)\s[^>]*(?:src|href)=[\"']([^\"']+)", source)
    for link in map("".join, links):
        if not re.match(r"(https?|mailto|attachment):|#", link):
            assert (folder / link.split("#")[0]).exists(), f"{link} does not exist"


@each
def test_links_resolve(path):
    for cell in series.prose(series.read(path)):
        assert_links_resolve(cell.source, path.parent)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_of_documents_resolve(name):
    assert_links_resolve((series.ROOT / name).read_text(encoding="utf-8"), series.ROOT)


# The frame


@each
def test_navigation(path):
    notebook = series.read(path)
    assert not notebooks.navigate(notebook, path, path.parents[1]), "run `make sync`"


@each
def test_heading(path):
    source = series.read(path).cells[1].source
    heading = series.heading(series.read(path))
    lines = [line for line in source.splitlines() if line.strip()]
    assert lines[0] == f"# {int(path.name[:2])} · {heading.title}", (
        "`# N · Title`, N as in the file"
    )
    assert lines[1] == f"*{heading.question}*", "the question follows, in italics on one line"
    assert heading.question.endswith("?")
    labels = re.findall(r"^(?:[-*>] )?\*\*([A-Z][a-z ]+)\*\*", source, re.MULTILINE)
    assert labels == LABELS, f"one line each, beginning with its bold label: {LABELS}"
    assert f"**About** <!-- from: minutes {path.name[:2]} -->" in source
    assert heading.piece, "**Piece** names what the notebook builds"


@each
def test_ending(path):
    assert headings(series.read(path))[-3:] == ENDING


@each
def test_generated_text(path):
    notebook = series.read(path)
    before = [cell.source for cell in notebook.cells]
    assert not prose.fill_notebook(notebook, path.parents[1], path.name)
    assert [cell.source for cell in notebook.cells] == before, "run `make sync`"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_generated_text_of_documents(name):
    if not (series.ROOT / name).exists():
        pytest.skip(f"there is no {name}")
    source = (series.ROOT / name).read_text(encoding="utf-8")
    new, complaints = prose.fill(source, series.ROOT, name)
    assert not complaints
    assert new == source, "run `make sync`"


# The code


@each
def test_imports(path):
    notebook = series.read(path)
    first, *others = series.code(notebook)
    assert [*series.tagged(notebook, "imports")] == [first], "the first code cell, and only it"
    assert len(re.findall(r"^SEED = \d+$", first.source, re.MULTILINE)) == 1, "one SEED = number"
    for cell in others:
        assert not re.search(r"^SEED\b.*=", cell.source, re.MULTILINE), "SEED is set once"
        assert not re.search(r"^ *(import|from \S+ import) ", cell.source, re.MULTILINE), (
            f"all imports stand in the imports cell: {cell.source[:200]}"
        )


@each
def test_cells(path):
    for cell in series.code(series.read(path)):
        assert cell.source.strip(), "an empty cell"
        lines, listed = cell.source.splitlines(), "imports" in series.tags(cell)
        assert listed or len(lines) <= LONGEST_CELL, lines[0]  # a list is not read line by line
        assert "clear_output" not in cell.source, "nbval does not know clear_output"
        assert not execution.ends_in_semicolon(cell), "nbval does not honour a closing ';'"


@each
def test_outputs_come_from_one_run(path):
    cells = [*series.code(series.read(path))]
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)], "run `run`"
    for cell in cells:
        if {"full-run", "exercise"} & {*series.tags(cell)}:
            assert cell.outputs, "outputs are stored"
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr"
            assert "image/svg+xml" not in output.get("data", {}), "nbval compares SVG exactly"
            counted = output.get("execution_count", cell.execution_count)
            assert counted == cell.execution_count


@each
def test_training_cells(path):
    notebook = series.read(path)
    training = [*series.tagged(notebook, "train")]
    assert [*series.tagged(notebook, "full-run")] == training[-1:], "the last one, and only it"
    assert training, "the piece is seen at work in a whole run"
    assert all("nbval-ignore-output" in series.tags(cell) for cell in training)


# The quotations


@each
def test_quoted_cells(path):
    notebook = series.read(path)
    changed = quotes.fill(notebook, path.parents[1])
    assert not changed, (
        f"{path.name} and helpers/ now say different things about {', '.join(map(str, changed))}. "
        "If you changed the lesson to see what happens: that is what it is for, and nothing is "
        "broken. `make sync` brings the original back; `python tools/notebooks.py sync "
        "--to-modules` keeps your version, in the module and in every notebook that quotes it."
    )


@pytest.mark.parametrize("module", TAUGHT)
def test_all_public_definitions_are_taught(module):
    there = {path.name[:2] for path in PATHS}
    source = series.ROOT / "helpers" / f"{module}.py"
    if not source.exists() or not there.issuperset(TAUGHT[module].split()):
        pytest.skip("its notebooks are still to come")
    cells = (cell for path in PATHS for cell in series.code(series.read(path)))
    taught = {quoted.name for quoted in map(quotes.quotation, cells) if quoted}
    body = ast.parse(source.read_text(encoding="utf-8")).body
    kinds = ast.FunctionDef | ast.ClassDef
    public = {n.name for n in body if isinstance(n, kinds) and not n.name.startswith("_")}
    assert public <= taught, f"no notebook quotes {public - taught}"


@pytest.mark.parametrize("module", TAUGHT)
def test_definitions_are_short(module):
    path = series.ROOT / "helpers" / f"{module}.py"
    if not path.exists():
        pytest.skip("still to come")
    agent = ["ActorCritic", "Agent", "DDPG"]
    classes = dict.fromkeys(["ReplayBuffer", *agent], LONGEST_CLASS)
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            size = quotes.size(part(source, node))
            limit = classes.get(node.name, LONGEST_DEFINITION)
            limit = LONGEST_METHOD if node.col_offset else limit
            assert size <= limit, f"{module}.{node.name} has {size} lines of code"


def part(source: str, node: ast.stmt) -> str:
    """The text of a statement, decorators left out, as it would stand at the top level."""
    lines = source.splitlines()[node.lineno - 1 : node.end_lineno]
    return "\n".join(line[node.col_offset :] for line in lines)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_modules_are_short(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_MODULE, f"{path.name} has {lines} lines"


# The edit reaches training, and the exercises can be solved


class Reached(BaseException):
    """A stub was called; not an Exception, so that no callback can swallow it."""


class TooSlow(BaseException):
    """What was run should have ended long ago."""


@contextmanager
def stage(path: Path, seconds: int = 30) -> Iterator[dict]:
    """A fresh namespace to run cells in, where they are quiet, draw on nothing and cannot hang."""

    def give_up(*_):
        raise TooSlow(f"not done after {seconds} s")

    modules = [
        importlib.import_module(f"helpers.{module.name}")
        for module in pkgutil.iter_modules(helpers.__path__)
    ]
    mpl.use("Agg")
    with ExitStack() as stack:
        stack.enter_context(chdir(path.parent))
        stack.enter_context(redirect_stdout(io.StringIO()))
        for module in [IPython.display, *modules]:
            if hasattr(module, "display"):
                stack.enter_context(patch.object(module, "display", MagicMock()))
        if hasattr(signal, "SIGALRM"):
            stack.callback(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, give_up))
            signal.alarm(seconds)
            stack.callback(signal.alarm, 0)
        yield {"__name__": "__main__"}


def perform(source: str, namespace: dict) -> list[str]:
    """Run a cell, and give the lines it prints."""
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(source, "<cell>", "exec"), namespace)
    return printed.getvalue().splitlines()


def lesson(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, quotes.Quotation | None]]:
    """The imports cell and the quoted cells, each with what it quotes."""
    for cell in series.code(notebook):
        quoted = quotes.quotation(cell)
        if quoted or "imports" in series.tags(cell):
            yield cell, quoted


def reached(
    notebook: NotebookNode, piece: quotes.Quotation, replacement: object, namespace: dict
) -> quotes.Quotation | None:
    """Run the lesson with a piece replaced, then the last training; gives the stub it meets."""
    try:
        for cell, quoted in lesson(notebook):
            if quoted == piece:
                namespace[piece.name] = replacement
            else:
                perform(cell.source, namespace)
        for cell in series.tagged(notebook, "full-run"):
            perform(cell.source, namespace)
    except Reached as stop:
        return stop.args[0]
    return None


def stub(source: str, quoted: quotes.Quotation) -> object:
    """What raises Reached when it is called, of the kind that `source` defines; None for data."""

    def raise_reached(*_, **__):
        raise Reached(quoted)

    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            return type(quoted.name, (), {"__new__": raise_reached})
        if isinstance(node, ast.FunctionDef):
            return raise_reached
    return None


def unknown_names(source: str, known: set[str]) -> set[str]:
    """The names that a cell uses, and neither defines itself nor finds among the known."""
    nodes = [*ast.walk(ast.parse(source))]
    names = [node for node in nodes if isinstance(node, ast.Name)]
    own = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    own |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return {node.id for node in names} - own - known - set(dir(builtins))


@each
def test_the_full_run_needs_only_the_lesson(path):
    notebook = series.read(path)
    with stage(path) as namespace:
        for cell, _ in lesson(notebook):
            perform(cell.source, namespace)
    for cell in series.tagged(notebook, "full-run"):
        unknown = unknown_names(cell.source, set(namespace))
        assert not unknown, f"the last training cell needs {unknown} from other cells"


@each
def test_the_edit_reaches_training(path):
    notebook = series.read(path)
    pieces = {quoted: stub(cell.source, quoted) for cell, quoted in lesson(notebook) if quoted}
    for piece, replacement in pieces.items():
        if replacement is None:
            continue
        with stage(path) as namespace:
            assert reached(notebook, piece, replacement, namespace) == piece, (
                f"the last training cell never uses the cell {piece}: an edit there does nothing"
            )


@each
def test_exercises(path):
    notebook = series.read(path)
    exercises = [*series.tagged(notebook, "exercise")]
    solutions = [
        after if "solution" in series.tags(after) else None
        for cell, after in zip(notebook.cells, notebook.cells[1:], strict=False)
        if cell in exercises
    ]
    assert None not in solutions, "a cell tagged solution follows each exercise"
    assert solutions == [*series.tagged(notebook, "solution")], "a solution without its exercise"
    with stage(path) as namespace:
        for cell, _ in lesson(notebook):
            perform(cell.source, namespace)
        for exercise, solution in zip(exercises, solutions, strict=True):
            answer = perform(exercise.source, namespace)
            assert answer, "the check answers unfinished work with a kind sentence"
            assert answer[-1].startswith("Not yet"), f"solved before it is begun: {answer}"
            stored = "".join(output.get("text", "") for output in exercise.outputs)
            assert stored.splitlines() == answer, "the file shows another answer: run `run`"
            assert "raise NotImplementedError" not in exercise.source, "the dots are enough"
            folded = FOLDED.fullmatch(solution.source.strip())
            assert folded, "<details><summary>Solution</summary>, a blank line, one ```python block"
            assert Counter(solution.source.split())["```python"] == 1
            answer = perform(folded[1], namespace)
            assert answer, "the solution ends with the check"
            assert answer[-1].startswith("Right"), f"the check refuses the solution: {answer}"


@each
def test_there_are_enough_exercises(path):
    notebook = series.read(path)
    source = "\n\n".join(cell.source for cell in series.prose(notebook))
    section = source.partition("\n## Exercises\n")[2].partition("\n## Recap")[0]
    numbers = [int(number) for number in re.findall(r"^\*\*(\d+)\. [^*]+\*\* ", section, re.M)]
    assert numbers == [*range(1, len(numbers) + 1)], "`**1. A title.** …`, numbered 1, 2, 3, …"
    assert len(numbers) >= FEWEST_EXERCISES, f"only {len(numbers)} exercises"
    checked = len([*series.tagged(notebook, "exercise")])
    assert checked >= FEWEST_CHECKED, f"only {checked} of them with a check"
    answered = section.count("<details><summary>Answer</summary>")
    assert checked + answered == len(numbers), "a check or a folded Answer belongs to each"
