"""What the recorder keeps: a file for each finished seed, and the table made of them all."""

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from helpers.evaluation.recordings import COMMAND, load
from tools.experiments import EXPERIMENTS, Experiment

PACKAGES = ("torch", "numpy", "gymnasium")


class Result(NamedTuple):
    """What one seed has left."""

    curve: list[tuple]  # (step, return, gap, and the measures) for each evaluation
    scores: dict[str, float] | None = None  # of a task: of the policy chosen, and of the last one
    policy: dict[str, torch.Tensor] | None = None  # of a task: the weights of the policy chosen


def settings(experiment: Experiment) -> dict:
    """What decides the numbers: the experiment, the versions, the kind of processor."""
    extra = [experiment.task.extra] if experiment.task and experiment.task.extra else []
    versions = {name: version(name) for name in [*PACKAGES, *extra]}
    versions = {"python": platform.python_version()} | versions
    processor = {
        "capability": torch.backends.cpu.get_cpu_capability(),
        "flags": flags(),
        "threads": 1,
    }
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
    content = {"settings": made_by, "curve": result.curve, "scores": result.scores}
    beside.write_text(json.dumps(content), encoding="utf-8")
    beside.replace(path)


def kept(made_by: dict, path: Path) -> Result | None:
    """What one seed has left, less its policy; None if nothing, or only by other settings."""
    if not path.exists():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    if content["settings"] != made_by:
        return None
    return Result(content["curve"], content["scores"])


def table(name: str, experiment: Experiment, made_by: dict, results: dict[int, Result]) -> str:
    """The file of results: comment lines with the settings, then a line per seed and evaluation."""
    trial = name in EXPERIMENTS and experiment.steps != EXPERIMENTS[name].steps
    command = f"{COMMAND} {name} --seeds {len(results)}"
    command += f" --steps {experiment.steps}" if trial else ""
    header = {"command": command, "shows": experiment.shows} | made_by
    if experiment.task:
        header["scores"] = [result.scores for result in results.values()]
    lines = [f"# {key}: {json.dumps(value)}" for key, value in header.items()]
    lines.append(",".join(["seed,step,return,gap", *experiment.measures]))
    for seed, result in results.items():
        for step, mean, gap, *more in result.curve:
            numbers = [f"{mean:.4f}", f"{gap:.6f}", *(f"{number:.4f}" for number in more)]
            lines.append(",".join([str(seed), str(step), *numbers]))
    return "\n".join(lines) + "\n"


def renew(name: str, experiment: Experiment, curve: list, cache: Path, results: Path) -> str:
    """Give a recording the fingerprint of today's code, if that still makes the same numbers.

    `curve` is the beginning of the first seed, trained with today's code. Says what was done.
    """
    recorded, today = load(name, results), experiment.definition()
    old = recorded.settings["code"]
    if any(recorded.settings[key] != today[key] for key in today if key != "code"):
        return f"{name}: more than the code has changed; record it again"
    numbers = recorded.returns[0, : len(curve)]
    if not np.array_equal(numbers, [float(f"{mean:.4f}") for _, mean, *_ in curve]):
        same = recorded.settings["processor"] == settings(experiment)["processor"]
        why = "" if same else ", perhaps only because it was recorded on another kind of processor"
        return f"{name}: today's code makes other numbers here{why}; record it again"
    for path in [results / f"{name}.csv", *(cache / name).glob("*.json")]:
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(f'"{old}"', f'"{today["code"]}"'), encoding="utf-8")
    return f"{name}: the same numbers up to step {curve[-1][0]:,}; its fingerprint is renewed"
