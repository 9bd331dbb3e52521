"""What a run is made of, as strings that another process can compare."""

import ast
import dis
import inspect
import os
import sys
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache, partial
from hashlib import sha256

import gymnasium as gym
import numpy as np

from helpers.callbacks.evaluate import ONLY_WATCH
from helpers.storage import describe

FOREIGN = {*sys.stdlib_module_names, "torch", "gymnasium", "numpy"}  # known by name, not by code


def fingerprint(things: Iterable) -> str:
    """Twelve characters that stand for the code of functions, classes and objects.

    What counts is the code, including that of base classes; default arguments; and the numbers and
    functions in closures and attributes. Comments and docstrings don't count.
    """
    return digest(sorted({str(describe(thing, called)) for thing in things}))


def digest(thing) -> str:
    """Twelve characters for `thing`, which must be the same in every process."""
    return sha256(repr(thing).encode()).hexdigest()[:12]


def identity(agent) -> dict[str, str]:
    """A string for everything that the run of `agent` in its environment is made of, by name.

    Not compared: what code refers to by a global name, except numbers and strings; lists, dicts and
    arrays in attributes and closures; attributes that a method other than `__init__` sets.
    """
    made = getattr(agent, "made_with", {"agent": type(agent)})
    return dict(flat(describe({**made, "environment": environment(agent.env)}, called)))


def flat(described, name: str = "") -> Iterator[tuple[str, str]]:
    """Each number and string in nested dicts, under a name such as recipe.tau."""
    if not isinstance(described, dict):
        yield name, str(described)
        return
    for key, value in described.items():
        yield from flat(value, f"{name}.{key}".lstrip("."))


def layers(env: gym.Env) -> list[gym.Env]:
    """The environment without any wrapper, then its wrappers, from the inside out."""
    return [*layers(env.env), env] if isinstance(env, gym.Wrapper) else [env]


def environment(env: gym.Env) -> dict:
    """An environment's name, options, seed and spaces, and what it and its wrappers were given."""
    base, seed = env.unwrapped, env.unwrapped.np_random_seed
    made = {"states": str(env.observation_space), "actions": str(base.action_space)}
    made["seed"] = seed if seed < 2**64 else None  # gymnasium draws 128 bits if none was given
    if base.spec:
        made |= {"id": base.spec.id, "options": {**base.spec.kwargs, "render_mode": None}}
    playing = [layer for layer in layers(env) if type(layer).__name__ not in ONLY_WATCH]
    for i, layer in enumerate(playing):
        given = getattr(layer, "_saved_kwargs", {})  # gymnasium's own wrappers remember it
        made[f"{type(layer).__name__}[{i}]"] = {"class": type(layer), **given, **fixed(layer)}
    return made


def called(thing, depth: int = 5) -> str:
    """The name of a function, of a class or of an object's class, and a fingerprint of it."""
    code = thing if inspect.isroutine(thing) or inspect.isclass(thing) else type(thing)
    if depth == 0:  # functions may refer to each other in a circle
        return code.__qualname__
    parts = code.__mro__ if inspect.isclass(code) else [code]
    held = [*map(values, parts), {} if code is thing else fixed(thing)]
    held = describe(held, partial(called, depth=depth - 1))
    return f"{code.__qualname__} {digest([[source(part) for part in parts], held])}"


def values(part) -> dict:
    """What a function or a class holds besides its source code."""
    if inspect.isclass(part):
        held = {} if is_foreign(part) else vars(part)
        held = {k: getattr(v, "__func__", getattr(v, "fget", v)) for k, v in held.items()}
        held = {k: v for k, v in held.items() if is_fixed(v) and (callable(v) or k[:2] != "__")}
        return {k: v for k, v in held.items() if getattr(v, "__closure__", 1) or not source(part)}
    held = {}
    if code := getattr(part, "__code__", None):
        cells = zip(code.co_freevars, part.__closure__ or (), strict=True)
        held = {name: cell.cell_contents for name, cell in cells if name != "__class__"}
        used = {name: part.__globals__.get(name) for name in names(code, "LOAD_GLOBAL")}
        held |= {name: value for name, value in used.items() if not callable(value)}
    given = [getattr(part, name, None) for name in ("__defaults__", "__kwdefaults__")]
    given.append(part.__self__ if inspect.ismethod(part) else None)
    return {"given": given, "held": {k: v for k, v in held.items() if is_fixed(v)}}


def names(code, operation: str) -> list[str]:
    """The names that compiled code uses with this bytecode operation."""
    return [step.argval for step in dis.get_instructions(code) if step.opname == operation]


def fixed(thing) -> dict:
    """The attributes of an object that can't change and that no method sets after `__init__`."""
    members = [m for kind in type(thing).__mro__ for k, m in vars(kind).items() if k != "__init__"]
    methods = [f for m in members for f in (m, getattr(m, "fget", 0), getattr(m, "fset", 0))]
    later = [k for f in methods if inspect.isfunction(f) for k in names(f, "STORE_ATTR")]
    held = getattr(thing, "__dict__", {})
    return {k: v for k, v in held.items() if is_fixed(v) and k not in {"render_mode", *later}}


def is_fixed(value) -> bool:
    """Whether it's a number, a string but not a path, a function, a class, or a tuple of them."""
    if isinstance(value, tuple):
        return all(map(is_fixed, value))
    if isinstance(value, str):
        return not os.path.isabs(value)
    plain = isinstance(value, bool | int | float | np.generic | partial)
    return plain or inspect.isroutine(value) or inspect.isclass(value)


def is_foreign(part) -> bool:
    """Whether a function or class comes with Python or a library."""
    return (getattr(part, "__module__", None) or "builtins").partition(".")[0] in FOREIGN


@cache
def source(part) -> str:
    """The code of a function or class, without comments and docstrings."""
    if is_foreign(part):
        return f"{part.__module__}.{part.__qualname__}"
    if getattr(part, "__name__", None) == "<lambda>":  # its line may hold others
        return instructions(part.__code__)
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(part)))
    except (OSError, TypeError, SyntaxError):  # such as a class typed into a notebook
        return instructions(part.__code__, part.__doc__) if hasattr(part, "__code__") else ""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def instructions(code, doc: str | None = None) -> str:
    """The same from bytecode, which differs between versions of Python."""
    parts = [instructions(c) if inspect.iscode(c) else c for c in code.co_consts if c != doc]
    parts = [sorted(c, key=repr) if isinstance(c, frozenset) else c for c in parts]
    return repr((code.co_code, code.co_names, parts))
