"""What a recording keeps: a file for each finished seed, and the table made of them all."""

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from helpers.recorded import COMMAND, load, solved_at
from tools.experiments import EXPERIMENTS, Experiment

PACKAGES = ("torch", "numpy", "gymnasium")

Curve = list[tuple[int, float, float]]  # (step, return, gap) for each evaluation


class Result(NamedTuple):
    """What one seed has left."""

    curve: Curve
    judged: dict[str, float] | None = None  # of a task: the policy chosen, and the last one
    policy: dict[str, torch.Tensor] | None = None  # of a task: the weights of the policy chosen


def settings(experiment: Experiment) -> dict:
    """What decides the numbers: the experiment, the versions, the kind of processor."""
    extra = [experiment.task.extra] if experiment.task and experiment.task.extra else []
    versions = {name: version(name) for name in [*PACKAGES, *extra]}
    versions = {"python": platform.python_version()} | versions
    processor = {"capability": torch.backends.cpu.get_cpu_capability(), "threads": 1}
    return experiment.definition() | {"versions": versions, "processor": processor}


def flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Twelve characters that stand for the kind of processor: its maker, model and abilities.

    Where they are the same, and versions and threads too, a run gives the same numbers.
    """
    kinds = ("vendor_id", "cpu family", "model", "flags", "CPU implementer", "CPU part", "Features")
    known = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    pairs = {tuple(part.strip() for part in line.split(":", 1)) for line in known if ":" in line}
    named = sorted(pair for pair in pairs if pair[0] in kinds)
    named = named or [("machine", platform.machine()), ("processor", platform.processor())]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:12]


def keep(made_by: dict, result: Result, path: Path) -> None:
    """Write what one seed has left and the settings it was made by, whole or not at all."""
    beside = path.with_suffix(".partial")
    if result.policy is not None:
        torch.save(result.policy, beside)
        beside.replace(path.with_suffix(".pt"))
    content = {"settings": made_by, "curve": result.curve, "judged": result.judged}
    beside.write_text(json.dumps(content), encoding="utf-8")
    beside.replace(path)


def kept(made_by: dict, path: Path) -> Result | None:
    """What one seed has left, less its policy; None if nothing, or only by other settings."""
    if not path.exists():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    if content["settings"] != made_by:
        return None
    return Result(content["curve"], content.get("judged"))


def table(name: str, experiment: Experiment, made_by: dict, results: list[Result]) -> str:
    """The file of results: comment lines with the settings, then a line per seed and evaluation."""
    curves = [result.curve for result in results]
    header = {"shows": experiment.shows} | made_by
    header["processor"] = made_by["processor"] | {"flags": flags()}
    if experiment.task:
        header["judged"] = [result.judged for result in results]
    trial = name in EXPERIMENTS and experiment.steps != EXPERIMENTS[name].steps
    option = f" --steps {experiment.steps}" if trial else ""
    lines = [f"# {COMMAND}{name} --seeds {len(curves)}{option}"]
    lines += [f"# {key}: {json.dumps(value)}" for key, value in header.items()]
    lines.append("step,seed,return,gap")
    for seed, curve in enumerate(curves):
        lines += [f"{step},{seed},{mean:.4f},{gap:.6f}" for step, mean, gap in curve]
    return "\n".join(lines) + "\n"


def summary(name: str, results: Path) -> str:
    """One line on a recording: how many seeds are solved and when, and how far they got."""
    run = load(name, results)
    if "judged" in run.settings:
        scores = run.judged("chosen")
        return (
            f"{name}: the chosen policy earns {np.median(scores):,.1f} in the median of "
            f"{len(scores)} seeds, {scores.min():,.1f} at worst"
        )
    solved, final = solved_at(run.steps, run.gaps), run.gaps[:, -1]
    line = f"{name}: {np.isfinite(solved).sum()} of {len(solved)} seeds solved"
    if np.isfinite(median := np.median(solved)):
        line += f", in the median at {median:,.0f} steps"
    if np.isfinite(last := solved.max()):
        line += f", the last at {last:,.0f}"
    return f"{line}; final gap {np.median(final):.1%} in the median, {final.max():.1%} at worst"


def renew(name: str, experiment: Experiment, curve: Curve, cache: Path, results: Path) -> str:
    """Give a recording the fingerprint of today's code, if that still makes the same numbers.

    `curve` is the beginning of seed 0, trained with today's code. Says what was done.
    """
    recorded, today = load(name, results), experiment.definition()
    old = recorded.settings["code"]
    if any(recorded.settings[key] != today[key] for key in today if key != "code"):
        return f"{name}: more than the code has changed; record it anew"
    numbers = recorded.returns[0, : len(curve)]
    if not np.array_equal(numbers, [float(f"{mean:.4f}") for _, mean, _ in curve]):
        return f"{name}: today's code makes other numbers; record it anew"
    for path in [results / f"{name}.csv", *(cache / name).glob("*.json")]:
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(f'"{old}"', f'"{today["code"]}"'), encoding="utf-8")
    return f"{name}: the same numbers up to step {curve[-1][0]:,}; its fingerprint is renewed"
