"""Re-execution: notebooks run from top to bottom, and stay as they were where that fails."""

import os
import time
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from tools import series
from tools.series import Complaint

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
    """Whether the last line of a code cell ends in ';', which Jupyter heeds and nbval does not."""
    return cell.source.rstrip().endswith(";")


def refuse(notebook: NotebookNode) -> None:
    """Complain of what would make nbval fail later."""
    for cell in series.code(notebook):
        if ends_in_semicolon(cell):
            line = cell.source.rstrip().splitlines()[-1]
            raise Complaint(f"nbval does not honour the ';' in `{line}`: write `_ = …` instead.")
        for output in cell.outputs:
            if output.output_type == "error":
                raise Complaint(f"A cell raised {output.ename}: {output.evalue}.")
            if output.get("name") == "stderr":
                raise Complaint(f"A cell wrote to stderr: {output.text.strip()}")


def run(path: Path, root: Path = series.ROOT) -> str:
    """Re-execute a notebook in place and record its minutes; gives a line that says how it went."""
    notebook = series.read(path)
    for cell in series.code(notebook):
        cell.outputs, cell.execution_count = [], None
    refuse(notebook)
    start = time.perf_counter()
    seconds = execute(notebook, root)
    wall = time.perf_counter() - start
    refuse(notebook)
    training = sum(seconds[cell.id] for cell in series.tagged(notebook, "train"))
    series.write(notebook, path)
    row = {"notebook": path.stem, "minutes": wall / 60, "training_minutes": training / 60}
    row = {key: f"{value:.2f}" if key != "notebook" else value for key, value in row.items()}
    series.replace_rows(root / "results" / "minutes.csv", [row], [path.stem])
    size = path.stat().st_size / 1000
    return f"{path.name}: {size:.0f} kB, {wall:.0f} s, {training:.0f} of them training"
