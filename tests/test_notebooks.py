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
from contextlib import ExitStack, chdir, contextmanager, redirect_stdout, suppress
from pathlib import Path
from unittest.mock import MagicMock, patch

import IPython.display
import matplotlib as mpl
import numpy as np
import pytest
import sample_series
from gymnasium.error import DependencyNotInstalled
from nbformat import NotebookNode

import helpers
from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.recipes import Recipe
from helpers.training import train
from tools import docgen, execution, notebook_io, notebooks, quotes

TAUGHT = {  # what the notebooks quote of the algorithm
    "environment": {"make_env", "RescaledActions"},
    "networks": {"Actor", "Critic"},
    "buffer": {"Batch", "ReplayBuffer"},
    "noise": {"OrnsteinUhlenbeck", "Gaussian"},
    "targets": {"soft_update"},
    "losses": {"td_target", "critic_loss", "actor_loss"},
    "agent": {"DDPG"},
    "training": {"Callback", "train"},
}
TAGS = {
    "imports", "train", "full-run", "navigation", "exercise", "solution", "check", "skip-margins",
    "cover", "raises-exception", "nbval-ignore-output", "nbval-check-output",
    "nbval-raises-exception", "nbval-skip", "box2d",
}  # fmt: skip
BUILD = "build:"  # on a cell in which the learner writes what is quoted after it
NOT_BUILT = {"Batch", "RescaledActions", "Callback"}  # data, and what others inherit from
LABELS = ["You will", "You need", "About", "Piece"]
ENDING = ["Exercises", "Recap", "References"]
MACHINE_PATH = re.compile(r"(?<![\w.~/])(/(work|home|root|Users|tmp)/|[A-Z]:\\Users)")
FOLDED = re.compile(
    r"<details>\s*<summary>Solution</summary>\n\n(?:.*\n\n)?```python\n(.*?)\n```\n(?:\n.*)?</details>",
    re.DOTALL,
)
LONGEST_CELL = 45  # lines
LARGEST_FILE = 1_500_000  # bytes
MOST_WORDS, MOST_FOLDED, MOST_MINUTES = 3_500, 1_750, 75
FEWEST_EXERCISES, FEWEST_CHECKED = 3, 2

QUICK = Recipe(batch_size=8, learning_starts=8)

PATHS = sorted((notebook_io.ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    """The file of each notebook."""
    return request.param


@pytest.fixture
def notebook(path):
    """Each notebook."""
    return notebook_io.read(path)


def headings(notebook: NotebookNode) -> list[str]:
    """The second-level headings."""
    source = "\n".join(cell.source for cell in notebook_io.prose(notebook))
    return re.findall(r"^## (.+?)\s*$", re.sub(r"```.*?```", "", source, flags=re.DOTALL), re.M)


def stored_texts(notebook: NotebookNode) -> Iterator[str]:
    """All that a reader can read in the file: sources and the text of outputs."""
    for cell in notebook.cells:
        yield cell.source
        for output in cell.get("outputs", []):
            yield str(output.get("text", ""))
            yield from (str(v) for k, v in output.get("data", {}).items() if k[:5] != "image")


# The file


def test_file(path, notebook):
    assert notebook_io.FILE_NAME.fullmatch(path.name), "named NN_words.ipynb, in lower case"
    assert path.stat().st_size <= LARGEST_FILE, "the file is at most 1.5 MB"
    tidy = notebook_io.text(notebook_io.tidy(notebook))
    assert path.read_text(encoding="utf-8") == tidy, "run `python tools/notebooks.py tidy`"


def test_tags_are_known(notebook):
    found = {tag for cell in notebook.cells for tag in notebook_io.tags(cell)}
    assert {tag for tag in found if not tag.startswith((quotes.PREFIX, BUILD))} <= TAGS


def test_no_path_of_a_machine(notebook):
    found = [text for text in stored_texts(notebook) if MACHINE_PATH.search(text)]
    assert not found, f"an absolute path: {found[0][:200]}"


def anchors(path: Path) -> set[str]:
    """The headings of a notebook or a Markdown file, as JupyterLab spells them in links."""
    if path.suffix == ".ipynb":
        source = "\n".join(cell.source for cell in notebook_io.prose(notebook_io.read(path)))
    else:
        source = path.read_text(encoding="utf-8")
    source = re.sub(r"```.*?```", "", source, flags=re.DOTALL)
    found = re.findall(r"^#+ (.+?)\s*$", source, re.MULTILINE)
    return {*map(notebook_io.slug, found)}


def assert_links_resolve(text: str, folder: Path) -> None:
    """Whether every relative link of a text leads from `folder` to a file and heading it has."""
    source = re.sub(r"```.*?```|`[^`]*`|\$.*?\$", "", text, flags=re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)|<(?:img|a)\s[^>]*(?:src|href)=[\"']([^\"']+)", source)
    for link in map("".join, links):
        if not re.match(r"(https?|mailto|attachment):|#", link):
            name, _, anchor = link.partition("#")
            assert (folder / name).exists(), f"{link} does not exist"
            if anchor and name.endswith((".ipynb", ".md")):
                assert anchor in anchors(folder / name), f"{link}: no such heading"


def test_links_resolve(path, notebook):
    for cell in notebook_io.prose(notebook):
        assert_links_resolve(cell.source, path.parent)


def test_a_link_to_a_missing_heading_is_noticed():
    folder, words = notebook_io.ROOT / "notebooks", "README.md#Differences-from-the-paper"
    assert_links_resolve(f"[all](../helpers/{words})", folder)
    with pytest.raises(AssertionError, match="no such heading"):
        assert_links_resolve(f"[all](../{words})", folder)


@pytest.mark.parametrize("name", docgen.DOCUMENTS)
def test_documents(name):
    path = notebook_io.ROOT / name
    source = path.read_text(encoding="utf-8")
    assert_links_resolve(source, path.parent)
    assert docgen.fill(source, notebook_io.ROOT, name) == (source, []), "run `make sync`"


# The frame


def test_navigation(path, notebook):
    assert not notebooks.navigate(notebook, path, path.parents[1]), "run `make sync`"


def test_heading(path, notebook):
    source, heading = notebook_io.lesson(notebook)[0].source, notebook_io.heading(notebook)
    title, question = [line for line in source.splitlines() if line.strip()][:2]
    assert title == f"# {int(path.name[:2])} · {heading.title}", "`# N · Title`, N as in the file"
    assert question == f"*{heading.question}*", "the question follows, in italics on one line"
    assert heading.question.endswith("?")
    labels = re.findall(r"^(?:[-*>] )?\*\*([A-Z][a-z ]+)\*\*", source, re.MULTILINE)
    assert labels == LABELS, f"one line each, beginning with its bold label: {LABELS}"
    assert f"**About** <!-- from: minutes {path.name[:2]} -->" in source
    assert heading.piece, "**Piece** names what the notebook builds"


def test_the_first_screen_shows_a_picture(path, notebook):
    picture = docgen.cover(path.parents[1], path.name[:2]) if path.name[:2] != "00" else ""
    # 0 asks first, and draws a little later
    assert picture in notebook_io.lesson(notebook)[0].source


def test_ending(notebook):
    assert headings(notebook)[-3:] == ENDING


def test_generated_text(path, notebook):
    before = [cell.source for cell in notebook.cells]
    assert not docgen.fill_notebook(notebook, path.parents[1], path.name)
    assert [cell.source for cell in notebook.cells] == before, "run `make sync`"


# The code


def test_imports(notebook):
    first, *others = notebook_io.code(notebook)
    assert [*notebook_io.tagged(notebook, "imports")] == [first], "the first code cell, and only it"
    assert len(re.findall(r"^SEED = \d+$", first.source, re.MULTILINE)) == 1, "one SEED = number"
    for cell in others:
        assert not re.search(r"^SEED\b.*=", cell.source, re.MULTILINE), "SEED is set once"
        assert not re.search(r"^ *(import|from \S+ import) ", cell.source, re.MULTILINE), (
            f"all imports stand in the imports cell: {cell.source[:200]}"
        )


def test_cells(notebook):
    for cell in notebook_io.code(notebook):
        assert cell.source.strip(), "an empty cell"
        lines, imports = cell.source.splitlines(), "imports" in notebook_io.tags(cell)
        if not imports and not quotes.quotation(cell):  # a list isn't read line by line
            assert len(lines) <= LONGEST_CELL, lines[0]
        assert "clear_output" not in cell.source, "nbval does not know clear_output"
        assert not execution.ends_in_semicolon(cell), "nbval ignores a closing ';'"


def test_outputs_come_from_one_run(notebook):
    cells = [*notebook_io.code(notebook)]
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)], "run `run`"
    for cell in cells:
        if {"full-run", "exercise"} & {*notebook_io.tags(cell)}:
            assert cell.outputs, "outputs are stored"
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr"
            assert "image/svg+xml" not in output.get("data", {}), "nbval compares SVG exactly"
            counted = output.get("execution_count", cell.execution_count)
            assert counted == cell.execution_count


def test_training_cells(notebook):
    training = [*notebook_io.tagged(notebook, "train")]
    assert [*notebook_io.tagged(notebook, "full-run")] == training[-1:], "the last one, and only it"
    assert training, "the piece is seen at work in a whole run"
    assert all("nbval-ignore-output" in notebook_io.tags(cell) for cell in training)


# The quotations


def test_quoted_cells(path, notebook):
    changed = quotes.fill(notebook, path.parents[1])
    assert not changed, (
        f"{path.name} and helpers/ differ in {', '.join(map(str, changed))}. If you changed the "
        "lesson to see what happens: that is what it is for, and nothing is broken. `make sync` "
        "brings the original back; `python tools/notebooks.py sync --to-modules` keeps your "
        "version, in the module and in every notebook that quotes it."
    )


@pytest.mark.parametrize("module", TAUGHT)
def test_the_algorithm_is_taught(module):
    cells = (cell for path in PATHS for cell in notebook_io.code(notebook_io.read(path)))
    quoted = {found.name for found in map(quotes.quotation, cells) if found}
    assert TAUGHT[module] <= quoted, f"no notebook quotes {TAUGHT[module] - quoted}"


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

    modules = []
    for module in pkgutil.walk_packages(helpers.__path__, "helpers."):
        with suppress(DependencyNotInstalled):  # Box2D has no wheel for every Python
            modules.append(importlib.import_module(module.name))
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
    for cell in notebook_io.code(notebook):
        quoted = quotes.quotation(cell)
        if quoted or "imports" in notebook_io.tags(cell):
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
        for cell in notebook_io.tagged(notebook, "full-run"):
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


def test_the_full_run_needs_only_the_lesson(path, notebook):
    with stage(path) as namespace:
        for cell, _ in lesson(notebook):
            perform(cell.source, namespace)
    for cell in notebook_io.tagged(notebook, "full-run"):
        unknown = unknown_names(cell.source, set(namespace))
        assert not unknown, f"the last training cell needs {unknown} from other cells"


def test_the_edit_reaches_training(path, notebook):
    pieces = {quoted: stub(cell.source, quoted) for cell, quoted in lesson(notebook) if quoted}
    for piece, replacement in pieces.items():
        if replacement is None or piece.name == "Callback":  # data; what others inherit from
            continue
        with stage(path) as namespace:
            assert reached(notebook, piece, replacement, namespace) == piece, (
                f"the last training cell never uses the cell {piece}: an edit there does nothing"
            )


def verdicts(printed: list[str]) -> list[str]:
    """How each verdict among printed lines begins."""
    return re.findall(r"^(Not yet|Right): ", "\n".join(printed), re.MULTILINE)


def test_exercises(path, notebook):
    exercises = [*notebook_io.tagged(notebook, "exercise")]
    solutions = [
        after if "solution" in notebook_io.tags(after) else None
        for cell, after in zip(notebook.cells, notebook.cells[1:], strict=False)
        if cell in exercises
    ]
    assert None not in solutions, "a cell tagged solution follows each exercise"
    assert solutions == [*notebook_io.tagged(notebook, "solution")], "one without its exercise"
    with stage(path) as namespace:
        for cell, _ in lesson(notebook):
            perform(cell.source, namespace)
        for exercise, solution in zip(exercises, solutions, strict=True):
            answer = perform(exercise.source, namespace)
            assert answer, "the check answers unfinished work with a kind sentence"
            assert verdicts(answer) == ["Not yet"], f"solved before it is begun: {answer}"
            stored = "".join(output.get("text", "") for output in exercise.outputs)
            assert stored.splitlines() == answer, "the file shows another answer: run `run`"
            assert "raise NotImplementedError" not in exercise.source, "the dots are enough"
            folded = FOLDED.fullmatch(solution.source.strip())
            assert folded, "<details><summary>Solution</summary>, a blank line, one ```python block"
            assert Counter(solution.source.split())["```python"] == 1
            answer = perform(folded[1], namespace)
            assert answer, "the solution ends with the check"
            assert verdicts(answer) == ["Right"], f"the check refuses the solution: {answer}"


def test_there_are_enough_exercises(notebook):
    source = "\n\n".join(cell.source for cell in notebook_io.prose(notebook))
    section = source.partition("\n## Exercises\n")[2].partition("\n## Recap")[0]
    numbers = [int(number) for number in re.findall(r"^\*\*(\d+)\. [^*]+\*\* ", section, re.M)]
    assert numbers == [*range(1, len(numbers) + 1)], "`**1. A title.** …`, numbered 1, 2, 3, …"
    assert len(numbers) >= FEWEST_EXERCISES, f"only {len(numbers)} exercises"
    exercises = [*notebook_io.tagged(notebook, "exercise")]
    assert len(exercises) >= FEWEST_CHECKED, f"only {len(exercises)} of them with a check"
    checked = [cell for cell in exercises if not built(cell)]
    answered = section.count("<details><summary>Answer</summary>")
    assert len(checked) + answered == len(numbers), "a check or a folded Answer belongs to each"
    for line in re.findall(r"^\*\*(?:\d+\.|Build it\.).*", source, re.M):
        assert notebook_io.stated_minutes(line), f"`●○○ 5 min` says how hard and long: {line[:80]}"


def test_length(path, notebook):
    visible, folded = notebook_io.words(notebook)
    assert visible <= MOST_WORDS, f"{visible} words in sight"
    assert folded <= MOST_FOLDED, f"{folded} words in folds"
    total, _ = docgen.measure(path.parents[1], path)
    assert total <= MOST_MINUTES, f"{total} minutes"


# The learner builds before reading ours


def built(cell: NotebookNode) -> str | None:
    """The name of what the learner writes in this cell before it is quoted, if anything."""
    names = [tag.removeprefix(BUILD) for tag in notebook_io.tags(cell) if tag.startswith(BUILD)]
    return names[0] if names else None


@pytest.mark.parametrize("name", sorted(set().union(*TAUGHT.values()) - NOT_BUILT))
def test_the_learner_writes_it_first(name):
    for path in PATHS:
        for cell in notebook_io.code(notebook_io.read(path)):
            if built(cell) == name:
                assert "exercise" in notebook_io.tags(cell)
                return
            quoted = quotes.quotation(cell)
            assert not quoted or quoted.name != name, f"{path.name} quotes {name} before"
    pytest.fail(f"no notebook asks the learner to write {name}")


COMPONENTS = {  # how the agent takes what the learner writes
    "Actor": "actor", "Critic": "critic", "ReplayBuffer": "buffer", "OrnsteinUhlenbeck": "noise",
    "Gaussian": "noise", "td_target": "td_target", "critic_loss": "critic_loss",
    "actor_loss": "actor_loss", "soft_update": "soft_update",
}  # fmt: skip


def test_the_learners_own_version_trains(path, notebook):
    """What the page says after each `build it`, `actor=MyActor` or the like, works."""
    prose = "\n".join(cell.source for cell in notebook_io.prose(notebook))
    with stage(path) as namespace:
        for cell, _ in lesson(notebook):
            perform(cell.source, namespace)
        for cell, solution in zip(notebook.cells, notebook.cells[1:], strict=False):
            if (component := COMPONENTS.get(built(cell))) is None:
                continue
            own = re.search(r"^(?:class|def) ([Mm]y\w+)", cell.source, re.MULTILINE)[1]
            assert f"{component}={own}" in prose, f"say how to train with {own}"
            perform(FOLDED.fullmatch(solution.source.strip())[1], namespace)
            env = make_env(seed=0)
            agent = DDPG(env, seed=0, recipe=QUICK, **{component: namespace[own]})
            train(env, agent, 12)
            assert agent.made_with[component] is namespace[own]
            assert np.isfinite(agent.act(env.reset()[0]))


# What notices a breach of the two rules that carry the house is itself put to the test


@pytest.mark.parametrize(
    ("check", "old", "new", "complaint"),
    [
        (test_the_edit_reaches_training, 'fill(Ring(sizes["small"]), 6)', "[2, 2, 1, 1]",
         "never uses the cell ring"),
        (test_the_edit_reaches_training, 'fill(Ring(sizes["small"]), 6)', 'Ring(sizes["small"])',
         "never uses the cell ring"),
        (test_quoted_cells, "+= 1", "+= 2", "`make sync` brings the original back"),
    ],
)  # fmt: skip
def test_a_breach_is_noticed(tmp_path, check, old, new, complaint):
    path = sample_series.make(tmp_path)
    notebook = notebook_io.read(path)
    check(path, notebook)
    (cell,) = [cell for cell in notebook_io.code(notebook) if old in cell.source]
    cell.source = cell.source.replace(old, new)
    with pytest.raises(AssertionError, match=complaint):
        check(path, notebook)


def test_a_run_that_does_not_end_is_cut_off(tmp_path):
    with pytest.raises(TooSlow), stage(tmp_path / "any.ipynb", seconds=1) as namespace:
        perform("while True:\n    pass", namespace)
