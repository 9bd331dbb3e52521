"""What makes a judge into a check, which prints its answer and never raises."""

from collections.abc import Callable
from functools import wraps


def check(judge: Callable[[object], str | None]) -> Callable[[object], None]:
    """Make a judge, who gives a complaint or None, into a check that prints and never raises."""

    @wraps(judge)
    def checked(work: object) -> None:
        try:
            complaint = judge(work)
        except NotImplementedError:
            complaint = "your code is still to be written, at the line that raises."
        except Exception as error:  # whatever a learner's code may raise
            complaint = f"it raised {type(error).__name__}: {error}."
        print(f"Not yet: {complaint}" if complaint else f"Right: {judge.__doc__}")

    return checked
