"""A repository of one module and one notebook to try the tools on, in a temporary folder."""

import io
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from tools import notebooks

FIXTURES = Path(__file__).parent / "fixtures"
ROOT = Path(__file__).resolve().parents[1]


def make(root: Path) -> Path:
    """Lay out the repository and give the path of its notebook."""
    for folder in ("helpers/evaluation", "notebooks", "results"):
        (root / folder).mkdir(parents=True)
    shutil.copy(FIXTURES / "ring.py", root / "helpers")
    shutil.copy(ROOT / "helpers/evaluation/claims.py", root / "helpers/evaluation")
    shutil.copy(FIXTURES / "lesson.txt", root / "lesson.py")
    for package in ("helpers", "helpers/evaluation"):
        (root / package / "__init__.py").touch()
    (root / "README.md").write_text("# Read me\n")
    path = root / "notebooks/04_the_ring.ipynb"
    tool(root, "from-script", root / "lesson.py", path)
    return path


def tool(root: Path, *arguments, code: int = 0) -> str:
    """What `python tools/notebooks.py` prints in that repository, errors included."""
    with io.StringIO() as said, redirect_stdout(said), redirect_stderr(said):
        returned = notebooks.main(["--root", str(root), *map(str, arguments)])
        assert returned == code, said.getvalue()
        return said.getvalue()


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that stands in a file exactly once."""
    source = path.read_text(encoding="utf-8")
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {path.name}"
    path.write_text(source.replace(old, new), encoding="utf-8")
