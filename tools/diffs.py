"""Diffs: what an experiment does otherwise than `modern`, as unified diffs of the two sources.

Where the wrong code calls the right one (`super().observe(...)`, say), its counterpart is the call
that changes nothing.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from difflib import unified_diff

from helpers.agent import DDPG, Pieces
from helpers.environment import make_env
from tools.experiments import Experiment

RIGHT = Experiment("The recipe of the series.")


def difference(experiment: Experiment) -> str:
    """All that sets an experiment apart from `modern`, one unified diff after another."""
    parts = [*settings(experiment)]
    if experiment.environment is not make_env:
        parts += compare(make_env, experiment.environment)
    if experiment.agent is not DDPG:
        parts += compare(DDPG, experiment.agent)
    for name, wrong in experiment.pieces.items():
        parts += compare(getattr(Pieces(), name), wrong)
    return "\n".join(dict.fromkeys(parts))  # what two pieces need is shown once


def settings(experiment: Experiment) -> Iterator[str]:
    """The settings of the recipe that differ; a noise of its own is compared as code."""
    right, wrong = asdict(RIGHT.recipe), asdict(experiment.recipe)
    if wrong["noise"] is not right["noise"]:
        yield from compare(right["noise"], wrong["noise"])
    changed = [name for name in right if wrong[name] != right[name] and name != "noise"]
    lines = ([f"{name}={side[name]!r}," for name in changed] for side in (right, wrong))
    if changed:
        yield diff(*lines, "recipes.modern", "the recipe")


def compare(right, wrong) -> Iterator[str]:
    """The diffs of a function, or of each method of a class, and of what else it needs."""
    if inspect.isclass(wrong):
        parent = wrong.__bases__[0]
        for name, method in vars(wrong).items():
            if inspect.isfunction(method):
                yield from compare(getattr(parent, name), method)
        return
    right, wrong = inspect.unwrap(right), inspect.unwrap(wrong)
    old, new = text(right), text(wrong).replace(f"def {wrong.__name__}(", f"def {right.__name__}(")
    if calls(wrong, right.__name__):
        old = unchanged(wrong, right.__name__)
    yield diff(old.splitlines(), new.splitlines(), label(right), label(wrong))
    for name in wrong.__code__.co_names:
        needed = wrong.__globals__.get(name)
        if getattr(needed, "__module__", None) == wrong.__module__ and callable(needed):
            yield from compare(needed, needed) if inspect.isclass(needed) else [added(needed)]


def diff(old: list[str], new: list[str], before: str, after: str) -> str:
    """The unified diff of two lists of lines, without the line numbers."""
    lines = unified_diff(old, new, f"right: {before}", f"wrong: {after}", n=9, lineterm="")
    return "\n".join(line for line in lines if not line.startswith("@@"))


def added(function) -> str:
    """A function that the right code does not have at all, as a diff."""
    return diff([], text(function).splitlines(), "nothing", label(function))


def label(function) -> str:
    """How a diff names a function: `losses.critic_loss`, `noise.OrnsteinUhlenbeck.reset`."""
    return f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"


def text(function) -> str:
    """The source of a function, without its docstring if there is anything else."""
    source = textwrap.dedent(inspect.getsource(function))
    lines, body = source.splitlines(), ast.parse(source).body[0].body
    if ast.get_docstring(ast.parse(source).body[0]) is not None and len(body) > 1:
        del lines[body[0].lineno - 1 : body[0].end_lineno]
    return "\n".join(line for line in lines if line.strip())


def calls(function, name: str) -> bool:
    """Whether a function calls another of that name, as a method of super() or as it is."""
    tree = ast.parse(text(function))
    called = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(getattr(f, "id", getattr(f, "attr", None)) == name for f in called)


def unchanged(wrapper, name: str) -> str:
    """The wrapper as it would be if it handed all it gets to the function `name`."""
    node = ast.parse(text(wrapper)).body[0]
    lines, head = text(wrapper).splitlines(), node.body[0].lineno - 1
    a = node.args
    given = [arg.arg for arg in a.args]
    plain, optional = given[: len(given) - len(a.defaults)], given[len(given) - len(a.defaults) :]
    method = plain[:1] == ["self"]
    words = plain[method:] + [f"{k}={k}" for k in (*optional, *(arg.arg for arg in a.kwonlyargs))]
    words += [f"**{a.kwarg.arg}"] if a.kwarg else []
    call = f"{'super().' * method}{name}({', '.join(words)})"
    returns = any(isinstance(n, ast.Return) and n.value for n in ast.walk(node))
    signature = "\n".join(lines[:head]).replace(f"def {wrapper.__name__}(", f"def {name}(")
    return f"{signature}\n    {'return ' * returns}{call}"
