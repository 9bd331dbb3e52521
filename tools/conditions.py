"""Run the notebooks under nbval in several conditions, and record it in results/conditions.csv.

`python tools/conditions.py` goes on where it was stopped: what has passed with today's versions and
notebooks is not run again. `--only NAME` chooses a condition, `--notebooks 04 07` notebooks.
"""

import argparse
import hashlib
import platform
import sys
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # this file runs from anywhere

from tools import series
from tools.series import ROOT
from tools.surroundings import Outcome, loaded, other_kernel, read_only, suite, threads

TABLE = ROOT / "results" / "conditions.csv"
PACKAGES = ("torch", "numpy", "gymnasium", "jupyterlab", "ipykernel", "nbval")

CONDITIONS: dict[str, Callable[[list[str]], Outcome]] = {
    "serial": suite,
    "two workers": lambda names: suite(names, ("-n", "2", "--dist", "loadfile")),
    "two threads": lambda names: suite(names, **threads(2)),
    "avx2": lambda names: suite(names, ATEN_CPU_CAPABILITY="avx2"),
    "all cores busy": loaded,
    "read-only": read_only,
    "another kernel": other_kernel,
}


def versions() -> str:
    """What the outcome may hang on."""
    parts = [f"python {platform.python_version()}", *(f"{p} {version(p)}" for p in PACKAGES)]
    return " ".join([*parts, platform.machine()])


def digest(names: list[str]) -> str:
    """Eight characters that stand for the notebooks and the modules that they run."""
    paths = [ROOT / "notebooks" / name for name in names] + sorted(ROOT.glob("helpers/**/*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:8]


def record(row: dict[str, object]) -> None:
    """Put a row into the table, in place of the one of the same condition and notebooks."""
    rows = [
        old
        for old in series.read_rows(TABLE)
        if (old["condition"], old["notebooks"]) != (row["condition"], row["notebooks"])
    ]
    order = [*CONDITIONS]
    rows = sorted([*rows, row], key=lambda r: (order.index(r["condition"]), r["notebooks"]))
    series.write_rows(TABLE, rows)


def known(condition: str, key: dict[str, str]) -> bool:
    """Whether this has passed before, with the same notebooks, code and versions."""
    return any(
        row["condition"] == condition
        and row["failed"] == "0"
        and all(row[name] == value for name, value in key.items())
        for row in series.read_rows(TABLE)
    )


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for; 1 where a cell failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=CONDITIONS, action="append", metavar="NAME",
                        help=", ".join(CONDITIONS))  # fmt: skip
    parser.add_argument("--notebooks", nargs="+", metavar="NN", help="their numbers; default: all")
    parser.add_argument("--anew", action="store_true", help="run also what has passed before")
    options = parser.parse_args(arguments)
    chosen = options.notebooks
    names = [p.name for p in series.notebooks(ROOT) if not chosen or p.name[:2] in chosen]
    if not names:
        parser.error(f"there is no notebook {' or '.join(chosen)}")
    key = {
        "notebooks": " ".join(name[:2] for name in names),
        "code": digest(names),
        "versions": versions(),
    }
    worst = 0
    for condition in options.only or CONDITIONS:
        if not options.anew and known(condition, key):
            print(f"{condition}: passed before")
            continue
        outcome = CONDITIONS[condition](names)
        worst = max(worst, outcome.failed)
        numbers = {
            "passed": outcome.passed,
            "failed": outcome.failed,
            "minutes": f"{outcome.seconds / 60:.1f}",
        }
        today = {"date": date.today().isoformat(), "note": outcome.note}
        record({"condition": condition} | key | numbers | today)
        print(f"{condition}: {outcome.passed} cells passed, {outcome.failed} failed", flush=True)
    return int(worst > 0)


if __name__ == "__main__":
    sys.exit(main())
