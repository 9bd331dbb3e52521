"""What the literal `pytest --nbval notebooks` needs, from whichever folder it is called."""

import os
from importlib.util import find_spec
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent)

# nbval reads these rules from this file: what a claim measured may differ, and so may a picture.
SANITIZE = r"""
regex: (?m)(: (?:True|False)) \(\S+\)$
replace: \1
regex: (src="data:image/png;base64,)[^"]+
replace: \1
"""

# Notebook kernels start in notebooks/ and find helpers/ there even without an install.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [ROOT, os.environ.get("PYTHONPATH")]))
# One thread a kernel: repeatable sums, and two workers do not fight over two cores.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")


def pytest_configure(config):
    """Use the Python that runs pytest for the kernels, and compare what has to be the same."""
    if config.pluginmanager.hasplugin("nbval"):
        config.option.nbval_current_env = True
        config.option.nbval_cell_timeout = 900
        config.option.nbval_sanitize_with = config.option.nbval_sanitize_with or __file__


def pytest_itemcollected(item):
    """Don't compare what a cell tagged `box2d` prints where Box2D, an extra, isn't installed."""
    if hasattr(item, "cell") and "box2d" in item.cell.metadata.get("tags", ()):
        item.options["check"] = item.options["check"] and find_spec("Box2D") is not None
