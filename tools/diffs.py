"""Diffs: what an experiment does differently from `modern`, as unified diffs of the two sources.

Where the wrong code calls the right one (`super().observe(...)`, say), its counterpart is the call
that changes nothing.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from difflib import unified_diff

from helpers.agent import DDPG
from helpers.environment import make_env
from helpers.recipes import modern
from tools.experiments import Experiment


def difference(experiment: Experiment) -> str:
    """All that sets an experiment apart from `modern`, one unified diff after another."""
    parts = [*settings(experiment)]
    if experiment.environment is not make_env:
        parts += compare(make_env, experiment.environment)
    if experiment.agent is not DDPG:
        parts += compare(DDPG, experiment.agent)
    for name, wrong in experiment.components.items():
        parts += compare(inspect.signature(DDPG).parameters[name].default, wrong)
    return "\n".join(dict.fromkeys(parts))  # what two components need is shown once


def settings(experiment: Experiment) -> Iterator[str]:
    """The settings of the recipe that differ; a noise of its own is compared as code."""
    usual, own = asdict(modern), asdict(experiment.recipe)
    different = {name: (usual[name], own[name]) for name in usual if usual[name] != own[name]}
    if noises := different.pop("noise", None):
        yield from compare(*noises)
    if different:
        sides = ([f"{name}={pair[k]!r}," for name, pair in different.items()] for k in (0, 1))
        yield diff(*sides, "recipes.modern", "the recipe")


def compare(right, wrong) -> Iterator[str]:
    """The diffs of a function, or of each method of a class, and of what else it needs."""
    if inspect.isclass(wrong):
        for name, method in vars(wrong).items():
            if inspect.isfunction(method):
                yield from compare(getattr(wrong.__bases__[0], name), method)
        return
    right, wrong = inspect.unwrap(right), inspect.unwrap(wrong)
    old, new = text(right), text(wrong).replace(f"def {wrong.__name__}(", f"def {right.__name__}(")
    if calls(wrong, right.__name__):
        old = unchanged(wrong, right.__name__)
    yield diff(old.splitlines(), new.splitlines(), label(right), label(wrong))
    for name in wrong.__code__.co_names:
        needed = wrong.__globals__.get(name)
        if getattr(needed, "__module__", None) != wrong.__module__:
            continue
        if inspect.isclass(needed):
            yield from compare(needed, needed)
        elif callable(needed):  # the right code doesn't have it at all
            yield diff([], text(needed).splitlines(), "nothing", label(needed))


def diff(old: list[str], new: list[str], before: str, after: str) -> str:
    """The unified diff of two lists of lines, without the line numbers."""
    lines = unified_diff(old, new, f"right: {before}", f"wrong: {after}", n=9, lineterm="")
    return "\n".join(line for line in lines if not line.startswith("@@"))


def label(function) -> str:
    """How a diff names a function: `losses.critic_loss`, `noise.OrnsteinUhlenbeck.reset`."""
    return f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"


def text(function) -> str:
    """The source of a function, without its docstring if there is anything else."""
    source = textwrap.dedent(inspect.getsource(function))
    node = ast.parse(source).body[0]
    lines = source.splitlines()
    if ast.get_docstring(node) is not None and len(node.body) > 1:
        del lines[node.body[0].lineno - 1 : node.body[0].end_lineno]
    return "\n".join(line for line in lines if line.strip())


def calls(function, name: str) -> bool:
    """Whether a function calls another of that name, as a method of super() or as it is."""
    called = (n.func for n in ast.walk(ast.parse(text(function))) if isinstance(n, ast.Call))
    return any(getattr(f, "id", getattr(f, "attr", None)) == name for f in called)


def unchanged(wrapper, name: str) -> str:
    """The wrapper as it would be if it passed everything on to the function `name`."""
    node, parameters = ast.parse(text(wrapper)).body[0], inspect.signature(wrapper).parameters
    head = text(wrapper).splitlines()[: node.body[0].lineno - 1]
    head = "\n".join(head).replace(f"def {wrapper.__name__}(", f"def {name}(")
    words = [passed_on(parameter) for key, parameter in parameters.items() if key != "self"]
    returns = any(isinstance(n, ast.Return) and n.value for n in ast.walk(node))
    call = f"{'super().' * ('self' in parameters)}{name}({', '.join(words)})"
    return f"{head}\n    {'return ' * returns}{call}"


def passed_on(parameter: inspect.Parameter) -> str:
    """How a call passes a parameter on: `s`, `seed=seed`, `**options`."""
    if parameter.kind is parameter.VAR_KEYWORD:
        return f"**{parameter.name}"
    optional = parameter.default is not parameter.empty
    return f"{parameter.name}=" * optional + parameter.name
