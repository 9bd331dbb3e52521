"""Re-execution: notebooks run from top to bottom, and stay as they were where that fails."""

import os
import time
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from tools import notebook_io
from tools.notebook_io import Complaint

ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # so that numbers can repeat
CELL_TIMEOUT = 1800  # seconds


def execute(notebook: NotebookNode, root: Path, **environment: str) -> dict[str, float]:
    """Run all cells in place, in the notebooks' folder; gives the seconds each cell took, by id."""
    started, seconds = {}, {}

    def start(cell, cell_index):
        started[cell.id] = time.perf_counter()

    def finish(cell, cell_index, **reply):
        seconds[cell.id] = time.perf_counter() - started[cell.id]

    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=CELL_TIMEOUT,
        coalesce_streams=True,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(root / "notebooks")}},
        on_cell_execute=start,
        on_cell_executed=finish,
    )
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    try:
        client.execute(env={**os.environ, **ONE_THREAD, "PYTHONPATH": path, **environment})
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise Complaint(str(error).strip()) from error
    return seconds


def ends_in_semicolon(cell: NotebookNode) -> bool:
    """Whether a code cell ends in ';', which keeps Jupyter from showing a value, but not nbval."""
    return cell.source.rstrip().endswith(";")


def refuse(notebook: NotebookNode) -> None:
    """Complain of what would make nbval fail later."""
    for cell in notebook_io.code(notebook):
        if ends_in_semicolon(cell):
            line = cell.source.rstrip().splitlines()[-1]
            raise Complaint(f"nbval ignores the ';' in `{line}`: write `_ = …` instead.")
        for output in cell.outputs:
            if output.output_type == "error":
                raise Complaint(f"A cell raised {output.ename}: {output.evalue}.")
            if output.get("name") == "stderr":
                raise Complaint(f"A cell wrote to stderr: {output.text.strip()}")


def run(path: Path, root: Path = notebook_io.ROOT) -> str:
    """Re-execute a notebook in place and record its minutes; gives a line that says how it went."""
    notebook = notebook_io.read(path)
    notebook.cells = notebook_io.lesson(notebook)  # `sync` adds the others again
    for cell in notebook_io.code(notebook):
        cell.outputs, cell.execution_count = [], None
    refuse(notebook)
    start = time.perf_counter()
    seconds = execute(notebook, root)
    wall = time.perf_counter() - start
    refuse(notebook)
    training = sum(seconds[cell.id] for cell in notebook_io.tagged(notebook, "train"))
    notebook_io.write(notebook, path)
    row = {"minutes": f"{wall / 60:.2f}", "training_minutes": f"{training / 60:.2f}"}
    row = {"notebook": path.stem} | row
    notebook_io.replace_rows(root / "results" / "minutes.csv", [row], [path.stem])
    size = path.stat().st_size / 1000
    return f"{path.name}: {size:.0f} kB, {wall:.0f} s, {training:.0f} of them training"
