"""The tests under other conditions: `nox --list` shows them, `nox -s avx2 -- 04 07` runs some.

The notebooks run in the Python that runs nox: `make test`, then `pip install nox` in `.venv`.
"""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".nox", "build", ".margins", ".record", "__pycache__"
)
NO_ROOT = ("setpriv", "--bounding-set", "-dac_override")  # under it, permissions bind root as well
CPU = () if sys.platform != "linux" else ("--extra-index-url=https://download.pytorch.org/whl/cpu",)
here = nox.session(python=False)  # in the Python that runs nox


def run_notebooks(session, *options, root=ROOT, before=(), threads="1", **variables):
    """Run nbval over the notebooks in `root`."""
    paths = [p for n in session.posargs or [""] for p in root.glob(f"notebooks/{n}*.ipynb")]
    environment = {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "PYTHONPATH": str(root)}
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", *options]
    with session.chdir(root):
        session.run(*before, *command, *map(str, sorted(paths)), env=environment | variables)


@contextmanager
def copied(name="copy"):
    """A copy of the project to spoil."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(shutil.copytree(ROOT, Path(folder) / name, ignore=LEFT_OUT))


@here
def serial(session):
    """One notebook after another, with one thread."""
    run_notebooks(session)


@here
def two_workers(session):
    """Two notebooks at a time."""
    run_notebooks(session, "-n", "2", "--dist", "loadfile")


@here
def two_threads(session):
    """Sums in another order."""
    run_notebooks(session, threads="2")


@here
def avx2(session):
    """An older set of instructions, whose sums round differently."""
    run_notebooks(session, ATEN_CPU_CAPABILITY="avx2")


@here
def all_cores_busy(session):
    """While as many other processes are busy as there are cores."""
    with multiprocessing.Pool(initializer=exec, initargs=("while True: pass",)):
        run_notebooks(session)


@here
def read_only(session):
    """In a copy that can't be written, at a path with spaces and letters beyond ASCII."""
    with copied("a folder with späces and 名前") as root:
        subprocess.run(["chmod", "-R", "a-w", root], check=True)
        before = NO_ROOT if os.access(root, os.W_OK) and shutil.which(NO_ROOT[0]) else ()
        try:
            run_notebooks(session, root=root, before=before)
        finally:
            subprocess.run(["chmod", "-R", "u+w", root], check=True)  # or it can't be removed


@here
def another_kernel(session):
    """With the name of a kernel that isn't installed, as another Jupyter would write it."""
    with copied() as root:
        for path in root.glob("notebooks/*.ipynb"):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            notebook["metadata"]["kernelspec"]["name"] = "another"
            path.write_text(json.dumps(notebook), encoding="utf-8")
        run_notebooks(session, root=root)


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def unit_tests(session):
    """The unit tests in every Python that is supported."""
    session.install(*CPU, "--constraint=constraints.txt", "--editable=.[dev]")
    session.run("pytest", "-q", "--ignore=tests/browser", *session.posargs)
