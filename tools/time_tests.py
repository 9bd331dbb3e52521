"""Time `make test` and add the run to results/test_time.csv: `python tools/time_tests.py`.

Run it when the machine has nothing else to do. README gives the median of the last three runs.
"""

import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # this file runs from anywhere

from tools import series
from tools.evidence import minutes_of_tests
from tools.prose import refresh
from tools.series import ROOT


def main(root: Path = ROOT, command: tuple[str, ...] = ("make", "test")) -> int:
    """Run the tests; only a run that passes is kept."""
    began = time.perf_counter()
    done = subprocess.run(command, cwd=root, check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        print("The tests failed, so their time is not kept.", file=sys.stderr)
        return done.returncode
    path = root / "results" / "test_time.csv"
    row = {
        "date": date.today().isoformat(),
        "seconds": f"{seconds:.0f}",
        "cores": os.cpu_count(),
        "command": "python tools/time_tests.py",
    }
    series.write_rows(path, [*series.read_rows(path), row])
    refresh(root)  # or README would tell of the runs before, and the next one would fail
    print(minutes_of_tests(root))
    return 0


if __name__ == "__main__":
    sys.exit(main())
