"""Short tracebacks: of an error, a notebook shows the lines that stand in the notebook."""

import sys
from traceback import walk_tb
from types import TracebackType

from IPython import get_ipython

from helpers.callbacks.controls import in_notebook

HINT = "(Shortened to the lines of this notebook: %tb shows all.)"


def own_lines(tb: TracebackType | None, namespace: dict) -> TracebackType | None:
    """The part of a traceback that lies in code of this namespace; None if nothing does."""
    short = None
    for frame, line in reversed([*walk_tb(tb)]):
        if frame.f_globals is namespace:
            short = TracebackType(short, frame, frame.f_lasti, line)
    return short


def causes(error: BaseException | None) -> list[BaseException]:
    """An error, and those that led to it."""
    found = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def show_briefly(shell, kind: type, error: BaseException, tb: TracebackType, tb_offset=None):
    """Show an error without the lines of helpers and libraries; `%tb` shows them afterwards."""
    *_, (last, _) = walk_tb(tb)
    if last.f_globals is not shell.user_ns and not isinstance(error, SyntaxError):
        error.add_note(HINT)
    whole = {cause: cause.__traceback__ for cause in causes(error)}
    for cause in whole:
        cause.__traceback__ = own_lines(cause.__traceback__, shell.user_ns)
    shell.showtraceback((kind, error, own_lines(tb, shell.user_ns) or tb), tb_offset=0)
    for cause in whole:
        cause.__traceback__ = whole[cause]
    sys.last_traceback = tb


def shorten_tracebacks() -> None:
    """From now on, show the errors of this notebook's cells briefly."""
    if in_notebook():
        get_ipython().set_custom_exc((Exception, KeyboardInterrupt), show_briefly)
