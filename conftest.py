"""What the literal `pytest --nbval notebooks` needs, from whichever folder it is called."""

import os
from importlib.util import find_spec
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent)

# Notebook kernels start in notebooks/ and find helpers/ there even without an install.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [ROOT, os.environ.get("PYTHONPATH")]))
# One thread a kernel: repeatable sums, and two workers do not fight over two cores.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")


def pytest_configure(config):
    """Use the Python that runs pytest for the kernels, and give a training cell time enough."""
    if config.pluginmanager.hasplugin("nbval"):
        config.option.nbval_current_env = True
        config.option.nbval_cell_timeout = 900


def pytest_itemcollected(item):
    """Don't compare what a cell tagged `box2d` prints where Box2D, an extra, isn't installed."""
    if hasattr(item, "cell") and "box2d" in item.cell.metadata.get("tags", ()):
        item.options["check"] = item.options["check"] and find_spec("Box2D") is not None
