"""A fingerprint of code: it changes where the code does, and not with comments or layout."""

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Iterable


def fingerprint(things: Iterable) -> str:
    """Twelve characters that stand for the code of functions, classes and objects."""
    text = "\n".join(sorted({source(part) for thing in things for part in parts(thing)}))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def parts(thing) -> list:
    """A function alone; a class, or an object's class, with all that it inherits from us."""
    if inspect.isfunction(thing):
        return [inspect.unwrap(thing)]
    kind = thing if inspect.isclass(thing) else type(thing)
    foreign = ("builtins", "torch", "gymnasium", "typing", "abc")
    ours = [c for c in kind.__mro__ if c.__module__.partition(".")[0] not in foreign]
    return [c for c in ours if c.__module__ != "helpers.checkpoints"]  # saving changes no number


def source(part) -> str:
    """The code of a definition without what only its readers see."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(part)))
    except (OSError, TypeError, SyntaxError):  # a notebook's class, a lambda within a line
        return compiled(part)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def compiled(part) -> str:
    """The same where the text is not to be had: of a function its instructions, of a class all."""
    if inspect.isclass(part):
        plain = {k: v for k, v in vars(part).items() if isinstance(v, int | float | str | tuple)}
        hidden = ("__module__", "__doc__", "__qualname__", "__firstlineno__")
        plain = {k: v for k, v in plain.items() if k not in hidden}
        functions = [source(member) for member in vars(part).values() if inspect.isfunction(member)]
        return "\n".join([part.__name__, repr(plain), *functions])
    code = part.__code__
    constants = [c for c in code.co_consts if not inspect.iscode(c)]
    return repr((part.__name__, code.co_code, code.co_names, constants))
