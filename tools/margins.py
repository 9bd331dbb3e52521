"""Margins: how far the claims of the notebooks are from failing, measured over seeds."""

import ast
import hashlib
import json
import platform
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from statistics import median

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from tools import execution, notebook_io
from tools.notebook_io import Complaint

SEED = re.compile(r"^SEED = \d+", re.MULTILINE)
BOUNDS = {"at_most": max, "at_least": min}  # each with its worst of many values
PACKAGES = ("torch", "numpy", "gymnasium")


def with_seed(path: Path, seed: int) -> NotebookNode:
    """The notebook with another seed, without the cells tagged `skip-margins`."""
    notebook = notebook_io.read(path)
    notebook.cells = [c for c in notebook.cells if "skip-margins" not in notebook_io.tags(c)]
    seeded = [c for c in notebook_io.code(notebook) if SEED.search(c.source)]
    if len(seeded) != 1 or len(SEED.findall(seeded[0].source)) != 1:
        raise Complaint(f"{path.name} needs exactly one line `SEED = <a whole number>`.")
    seeded[0].source = SEED.sub(f"SEED = {seed}", seeded[0].source)
    return notebook


def digest_and_thresholds(notebook: NotebookNode) -> tuple[str, dict[str, float]]:
    """What stands for the code without its claims' thresholds, and those written as numbers.

    What a claim measures doesn't depend on its threshold: a run stays valid when that is moved.
    """
    plain, thresholds = TransformerManager().transform_cell, {}  # magics are made Python
    tree = ast.parse("\n".join(plain(cell.source) for cell in notebook_io.code(notebook)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "claim":
            bound = [k for k in node.keywords if k.arg in BOUNDS]
            node.keywords = [ast.keyword(k.arg, ast.Constant(0)) for k in bound]
            try:
                thresholds[ast.literal_eval(node.args[0])] = float(ast.literal_eval(bound[0].value))
            except (ValueError, IndexError):
                continue  # computed: the log knows it
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest(), thresholds


def measure(name: str, notebook: NotebookNode, digest: str, root: Path) -> list[dict]:
    """The claims of one notebook under one seed, from the cache if that code has run before.

    "That code" is the notebook's: after a change of what it imports, delete the folder .margins.
    """
    cache = root / ".margins" / f"{name}.json"
    if cache.exists():
        stored = json.loads(cache.read_text(encoding="utf-8"))
        if stored["digest"] == digest:
            return stored["claims"]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "claims.jsonl")
        execution.execute(notebook, root, CLAIMS_LOG=str(log))
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    claims = [json.loads(line) for line in lines]
    cache.parent.mkdir(exist_ok=True)
    cache.write_text(json.dumps({"digest": digest, "claims": claims}, indent=1), encoding="utf-8")
    print(f"{name}: {len(claims)} claims", flush=True)
    return claims


def summarise(claims: list[dict], threshold: float) -> dict[str, object]:
    """One claim over its seeds: how it holds, and a threshold with as much room again."""
    values, bound = [claim["value"] for claim in claims], claims[0]["bound"]
    middle, worst = median(values), BOUNDS[bound](values)
    return {
        "claim": claims[0]["claim"],
        "bound": bound,
        "seeds": len(values),
        "median": f"{middle:.6g}",
        "worst": f"{worst:.6g}",
        "threshold": f"{threshold:.6g}",
        "suggested": f"{2 * worst - middle:.6g}",  # as far beyond the worst as that from the median
        "holds": worst <= threshold if bound == "at_most" else worst >= threshold,
    }


def margins(paths: list[Path], seeds: int, jobs: int, root: Path) -> list[Complaint]:
    """Measure the claims over seeds 0, 1, … and record those that a seed moves.

    A claim whose value is the same on every seed is an assertion: it has no margin. Where a run
    fails, the notebook's old rows stay; gives a Complaint for each run that failed.
    """
    versions = [f"python {platform.python_version()}", *(f"{p} {version(p)}" for p in PACKAGES)]
    complaints, rows, finished, runs = [], [], set(), {}
    with ThreadPoolExecutor(jobs) as pool:
        for path in paths:
            runs[path] = []
            for seed in range(seeds):
                notebook = with_seed(path, seed)
                digest, thresholds = digest_and_thresholds(notebook)
                name = f"{path.stem}_{seed:03}"
                runs[path].append(pool.submit(measure, name, notebook, digest, root))
            runs[path].append(thresholds)
    for path, (*jobs_done, thresholds) in runs.items():
        errors = {seed: job.exception() for seed, job in enumerate(jobs_done)}
        failed = [f"{path.stem}, seed {seed}: {error}" for seed, error in errors.items() if error]
        if failed:
            complaints += map(Complaint, failed)
            continue
        finished.add(path.stem)
        values: dict[str, list[dict]] = {}
        for claim in (claim for job in jobs_done for claim in job.result()):
            values.setdefault(claim["claim"], []).append(claim)
        command = f"python tools/notebooks.py margins notebooks/{path.name} --seeds {seeds}"
        for name, claims in values.items():
            if len({claim["value"] for claim in claims}) > 1:
                summary = summarise(claims, thresholds.get(name, claims[-1]["threshold"]))
                origin = {"versions": " ".join(versions), "command": command}
                rows.append({"notebook": path.stem} | summary | origin)
    notebook_io.replace_rows(root / "results" / "claims.csv", rows, finished)
    return complaints
