"""Margins: how far the claims of the notebooks stand from failing, measured over seeds."""

import ast
import hashlib
import json
import platform
import re
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from statistics import median

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from tools import execution, series, shared_runs
from tools.series import Complaint

SEED = re.compile(r"^SEED = \d+", re.MULTILINE)
BOUNDS = {"at_most": max, "at_least": min}  # each with its worst of many values
PACKAGES = ("torch", "numpy", "gymnasium")
PARSING = threading.Lock()  # Python 3.11's parser may fail in two threads at once (gh-106905)


def with_seed(path: Path, seed: int) -> NotebookNode:
    """The notebook with another seed, without the cells tagged `skip-margins`."""
    notebook = series.read(path)
    notebook.cells = [c for c in notebook.cells if "skip-margins" not in series.tags(c)]
    seeded = [c for c in series.code(notebook) if SEED.search(c.source)]
    if len(seeded) != 1 or len(SEED.findall(seeded[0].source)) != 1:
        raise Complaint(f"{path.name} needs exactly one line `SEED = <a whole number>`.")
    seeded[0].source = SEED.sub(f"SEED = {seed}", seeded[0].source)
    return notebook


def syntax(notebook: NotebookNode) -> ast.Module:
    """The code of a notebook as one tree, magics included."""
    plain = TransformerManager().transform_cell
    with PARSING:
        return ast.parse("\n".join(plain(cell.source) for cell in series.code(notebook)))


def read_bounds(tree: ast.Module) -> dict[str, float]:
    """The thresholds that are written as numbers in the code; removes all thresholds from the tree.

    What a claim measures does not hang on its threshold: a run stays valid when that is moved.
    """
    thresholds = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "claim":
            bound = [k for k in node.keywords if k.arg in BOUNDS]
            node.keywords = [ast.keyword(k.arg, ast.Constant(0)) for k in bound]
            try:
                thresholds[ast.literal_eval(node.args[0])] = float(ast.literal_eval(bound[0].value))
            except (ValueError, IndexError):
                continue  # computed: the log knows it
    return thresholds


def measure(path: Path, seed: int, root: Path, whole: bool) -> tuple[list[dict], dict[str, float]]:
    """The claims of one notebook under one seed, from the cache if that code has run before.

    Unless `whole`, the notebook runs only up to its full run.

    "That code" is the notebook's: after a change of what it imports, delete the folder .margins.
    """
    notebook = with_seed(path, seed)
    if not whole:
        notebook.cells, _ = shared_runs.parts(notebook)
    tree = syntax(notebook)
    thresholds = read_bounds(tree)
    digest = hashlib.sha256(ast.unparse(tree).encode()).hexdigest()
    cache = root / ".margins" / f"{path.stem}_{seed:03}.json"
    if cache.exists():
        stored = json.loads(cache.read_text(encoding="utf-8"))
        if stored["digest"] == digest:
            return stored["claims"], thresholds
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "claims.jsonl")
        execution.execute(notebook, root, CLAIMS_LOG=str(log))
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    claims = [json.loads(line) for line in lines]
    cache.parent.mkdir(exist_ok=True)
    cache.write_text(json.dumps({"digest": digest, "claims": claims}, indent=1), encoding="utf-8")
    print(f"{path.stem}, seed {seed}: {len(claims)} claims", flush=True)
    return claims, thresholds


def summarise(claims: list[dict], threshold: float | None) -> dict[str, object]:
    """One claim over its seeds: how it holds, and a threshold with as much room again."""
    values = [claim["value"] for claim in claims]
    bound = claims[-1]["bound"]
    threshold = claims[-1]["threshold"] if threshold is None else threshold
    middle, worst = median(values), BOUNDS[bound](values)
    holds = worst <= threshold if bound == "at_most" else worst >= threshold
    return {
        "claim": claims[0]["claim"],
        "bound": bound,
        "seeds": len(values),
        "median": f"{middle:.6g}",
        "worst": f"{worst:.6g}",
        "threshold": f"{threshold:.6g}",
        "suggested": f"{2 * worst - middle:.6g}",  # as far beyond the worst as that from the median
        "holds": holds,
    }


def margins(paths: list[Path], seeds: int, jobs: int, root: Path = series.ROOT) -> list[Complaint]:
    """Measure the claims over seeds 0, 1, … and record them; gives the runs that failed.

    The claims of a full run that another notebook has measured are taken from there.
    """
    complaints: list[Complaint] = []
    rows: list[dict] = []
    unfinished: set[str] = set()

    lent = {path: shared_runs.borrowed(path, root) for path in paths}

    def attempt(path: Path, seed: int):
        try:
            return measure(path, seed, root, whole=not lent[path])
        except Complaint as complaint:
            complaints.append(Complaint(f"{path.stem}, seed {seed}: {complaint}"))
            unfinished.add(path.stem)
            return [], {}

    versions = " ".join([f"python {platform.python_version()}"] + [
        f"{name} {version(name)}" for name in PACKAGES
    ])  # fmt: skip
    with ThreadPoolExecutor(jobs) as pool:
        runs = {p: [pool.submit(attempt, p, seed) for seed in range(seeds)] for p in paths}
    for path, finished in runs.items():
        if path.stem in unfinished:
            continue  # its old rows are of a whole set of seeds: they stay
        values: dict[str, list[dict]] = {}
        thresholds = {}
        for claims, written in (run.result() for run in finished):
            thresholds |= written
            for claim in claims:
                values.setdefault(claim["claim"], []).append(claim)
        command = f"python tools/notebooks.py margins notebooks/{path.name} --seeds {seeds}"
        for name, claims in values.items():
            summary = summarise(claims, thresholds.get(name))
            origin = {"versions": versions, "command": command}
            rows.append({"notebook": path.stem, **summary, **origin})
        rows += lent[path]
    series.replace_rows(
        root / "results" / "claims.csv", rows, {path.stem for path in paths} - unfinished
    )
    return complaints
