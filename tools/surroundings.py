"""Surroundings: the notebooks' tests run here, beside busy processes, or in a spoilt copy."""

import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tools.series import ROOT

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".margins", ".record", "__pycache__", ".*_cache")
FOLDER = "a folder with späces and 名前"
KERNEL = "another-kernel"
AS_OTHERS = ("setpriv", "--bounding-set", "-dac_override")  # root heeds permissions under it


class Outcome(NamedTuple):
    """How a run of the suite went."""

    passed: int
    failed: int
    seconds: float
    note: str = ""


def threads(number: int) -> dict[str, str]:
    """Environment variables for so many threads."""
    return dict.fromkeys(THREADS, str(number))


def suite(
    names: list[str], options: tuple = (), root: Path = ROOT, note: str = "",
    before: tuple = (), **variables,
) -> Outcome:  # fmt: skip
    """Run nbval over notebooks in a repository, with one thread if nothing else is said."""
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", *options]
    environment = os.environ | threads(1) | {"PYTHONPATH": str(root)} | variables
    began = time.perf_counter()
    done = subprocess.run(
        [*before, *command, *(str(root / "notebooks" / name) for name in names)],
        cwd=root, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|error)", done.stdout)}
    failed = counts.get("failed", 0) + counts.get("error", 0)
    if done.returncode:
        failed = max(failed, 1)
        print(done.stdout[-2000:], done.stderr[-2000:], sep="\n", file=sys.stderr)
    return Outcome(counts.get("passed", 0), failed, time.perf_counter() - began, note)


def spin() -> None:
    """Keep one core busy."""
    while True:
        pass


@contextmanager
def busy() -> Iterator[None]:
    """A busy process for each core."""
    others = [multiprocessing.Process(target=spin, daemon=True) for _ in range(os.cpu_count())]
    for other in others:
        other.start()
    try:
        yield
    finally:
        for other in others:
            other.kill()


def loaded(names: list[str]) -> Outcome:
    """While all cores are busy with something else."""
    with busy():
        return suite(names, note=f"{os.cpu_count()} busy processes beside it")


@contextmanager
def copied(folder: str = "copy") -> Iterator[Path]:
    """A copy of the repository, to spoil."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / folder
        shutil.copytree(ROOT, root, ignore=LEFT_OUT)
        yield root


def read_only(names: list[str]) -> Outcome:
    """In a copy that cannot be written, in a path that not every tool likes."""
    with copied(FOLDER) as root, ExitStack() as at_the_end:
        places = [root, *root.rglob("*")]
        for place in places:
            mode = place.stat().st_mode
            at_the_end.callback(place.chmod, mode)  # or it could not be removed
        for place in reversed(places):
            place.chmod(place.stat().st_mode & ~0o222)
        note = "path with spaces and letters beyond ASCII"
        before = AS_OTHERS if os.access(root, os.W_OK) else ()
        if before and not shutil.which(before[0]):
            before, note = (), f"{note}; ran as root, whom no permission stops"
        return suite(names, root=root, note=note, before=before)


def other_kernel(names: list[str]) -> Outcome:
    """With another kernel's name in the notebooks' metadata, as another Jupyter writes it."""
    with copied() as root:
        for name in names:
            path = root / "notebooks" / name
            notebook = json.loads(path.read_text(encoding="utf-8"))
            notebook["metadata"]["kernelspec"] |= {"name": KERNEL, "display_name": KERNEL}
            path.write_text(json.dumps(notebook), encoding="utf-8")
        return suite(names, root=root, note=f"kernelspec {KERNEL}, which is not installed")
