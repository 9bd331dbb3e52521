"""Covers: the picture on the first screen of a notebook, which its cell tagged `cover` draws."""

import base64
import re
from pathlib import Path
from typing import NamedTuple

from tools import notebook_io
from tools.notebook_io import Complaint

IMAGE = re.compile(r'<img alt="([^"]*)" width="(\d+)" src="data:image/png;base64,([^"]+)"')


class Cover(NamedTuple):
    """A stored picture: its words (as HTML), its width in CSS pixels, and its PNG."""

    alt: str
    width: int
    png: bytes


def cover(path: Path) -> Cover | None:
    """What the notebook's cell tagged `cover` has drawn; None where no cell is tagged."""
    for cell in notebook_io.tagged(notebook_io.read(path), "cover"):
        for output in cell.outputs:
            if found := IMAGE.search(output.get("data", {}).get("text/html", "")):
                return Cover(found[1], int(found[2]), base64.b64decode(found[3]))
        raise Complaint(f"{path.name}: the cell tagged `cover` has drawn no picture: run it.")
    return None


def file_name(path: Path) -> str:
    """Where the cover of a notebook is stored, below the root."""
    return f"results/covers/{path.name[:2]}.png"


def store(root: Path, check: bool) -> list[str]:
    """Write the covers that have changed; says which, and changes nothing if `check`."""
    changed = []
    for path in notebook_io.notebooks(root):
        file = root / file_name(path)
        found = cover(path)
        if found and (not file.exists() or file.read_bytes() != found.png):
            changed.append(file_name(path))
            if not check:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(found.png)
    return changed
