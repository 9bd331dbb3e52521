"""Offer all known answers to the checks and print who is told what: `python tools/confusion.py`."""

import inspect
import io
import re
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stdout
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # this file runs from anywhere
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from answers import ANSWERS, MISTAKES, Answer

from helpers.checks.judging import UNCALLABLE, UNFINISHED

WIDTH = 24, 62  # of the columns of answers and of verdicts


def verdict(answer: Answer) -> str:
    """What the check says of the answer."""
    with redirect_stdout(io.StringIO()) as printed:
        answer.check(answer.work)
    return printed.getvalue().strip()


def as_expected(answer: Answer, said: str) -> bool:
    """Whether the verdict accepts what is right and nothing else, and holds the words."""
    right = answer.words.startswith("Right")
    return answer.words in said and said.startswith("Right: " if right else "Not yet: ")


def kind(answer: Answer) -> str:
    """Whether the answer is right, wrong, or none at all."""
    if answer.words.startswith("Right"):
        return "right"
    nothing = answer.words in UNFINISHED or "still to be written" in answer.words
    return "none at all" if nothing or answer.words == UNCALLABLE else "wrong"


def label(answer: Answer) -> str:
    """A short name for the answer."""
    name = getattr(answer.work, "__name__", repr(answer.work))
    if name != "<lambda>":
        return name
    found = re.search(r"lambda[^:]*: (.*), \"", inspect.getsource(answer.work))
    return found[1] if found else name


def cut(words: str, width: int) -> str:
    """The words, as far as they fit, filled up with blanks."""
    return f"{words if len(words) <= width else words[: width - 1] + '…':{width}}"


def table(answers: Sequence[Answer], verdicts: Sequence[str]) -> None:
    """Print one table for each check: the answers down, the verdicts to the right."""
    rows = zip(answers, verdicts, strict=True)
    for check, group in groupby(sorted(rows, key=lambda row: row[0].check.__name__), key_of):
        print(f"\n{check}\n  {'':1} {cut('answer', WIDTH[0])} {'which is':11}  verdict")
        for answer, said in group:
            mark = " " if as_expected(answer, said) else "✗"
            print(f"  {mark} {cut(label(answer), WIDTH[0])} {kind(answer):11}", end="  ")
            print(cut(said, WIDTH[1]).rstrip())


def key_of(row: tuple[Answer, str]) -> str:
    """The name of the check that a row of the table belongs to."""
    return row[0].check.__name__


def confusion(answers: Sequence[Answer], verdicts: Sequence[str]) -> None:
    """Print how many answers of each kind got which verdict, and who names the field's mistakes."""
    counts = Counter()
    for answer, said in zip(answers, verdicts, strict=True):
        told = "Right" if said.startswith("Right") else "as expected"
        counts[kind(answer), told if as_expected(answer, said) else "something else"] += 1
    columns = ["Right", "as expected", "something else"]
    print("\n" + f"{'the answer is':14}" + "".join(f"{column:>16}" for column in columns))
    for row in ("right", "wrong", "none at all"):
        print(f"{row:14}" + "".join(f"{counts[row, column]:16}" for column in columns))
    print("\nmistakes of the field, and the checks that name them")
    for mistake in MISTAKES:
        names = {a.check.__name__ for a in answers if a.mistake == mistake}
        print(f"  {mistake:36} {', '.join(sorted(names))}")


def main(answers: Sequence[Answer] = ANSWERS) -> int:
    """Judge the answers and print the tables; 1 where a verdict is not the expected one."""
    verdicts = [verdict(answer) for answer in answers]
    table(answers, verdicts)
    confusion(answers, verdicts)
    good = sum(map(as_expected, answers, verdicts))
    print(f"\n{len(answers)} answers, {good} judged as expected")
    return int(good < len(answers))


if __name__ == "__main__":
    sys.exit(main())
