"""Runs that continue where they left off, after a crash or an interrupt."""

import random
import time
from functools import partial
from inspect import isroutine
from pathlib import Path

import numpy as np
import torch

from helpers.callbacks.identity import identity, layers
from helpers.storage import DamagedFileError, describe, previous, read, write
from helpers.training import Callback
from helpers.validation import check_steps


class Checkpoint(Callback):
    """Saves a run in a file; the same lines, run again, continue from there to the same end.

    It saves at the end of an episode once `every` steps have passed, unless that would take more
    than `share` of the time, and when all steps are done. On the same machine a run continues bit
    for bit: networks, optimizers, buffer, noise, history, and the random generators of the agent,
    of the environment, and the global ones of torch, numpy and random. Not saved: anything else
    that an environment keeps from one episode to the next, and what callbacks keep for themselves.

    Each run needs a `path` of its own: see `identity` for what is compared. Raises ValueError for
    another run, OSError where no file can be written, and TypeError for a state that a file can't
    hold.
    """

    last = True

    def __init__(self, path: str | Path, every: int = 1_000, share: float = 0.02):
        check_steps(every, "The steps from one save to the next")
        self.path, self.every, self.share = Path(path), every, share

    def start(self, agent, steps: int) -> None:
        """Restore the agent, whatever its state, from the file if there is one; write the file."""
        check_states(agent)
        self.steps, self.identity = steps, identity(agent)
        if self.path.is_file():
            content = self.read()
            self.check(content)
            agent.load_state_dict(content["agent"])
            set_generators(agent.env, content["run"])
            print(f"{self.path.name}: goes on at step {agent.steps:,} of {steps:,}.")
        self.save(agent)

    def read(self) -> dict:
        """The file's content, or that of the previous file if it's damaged."""
        try:
            return read(self.path)
        except DamagedFileError:
            if not previous(self.path).exists():
                raise
            content = read(previous(self.path))
            print(f"{self.path.name} is damaged, but {previous(self.path).name} isn't.")
            return content

    def check(self, content: dict) -> None:
        """Raise a ValueError unless a file's content belongs to this run."""
        if "run" not in content:
            raise ValueError(
                f"{self.path} holds an agent without its run: load it with DDPG.load, and give the "
                "Checkpoint another path."
            )
        before = content["identity"]
        for name in self.identity | before:
            old, new = before.get(name, "missing"), self.identity.get(name, "missing")
            if old != new:
                raise ValueError(
                    f"{self.path} holds another run: its {name} was {old}, and here it is {new}: "
                    "run the same lines, or give this run another path."
                )

    def step(self, agent) -> None:
        """Save if it's due; if that fails, the run continues, and the file stays as it was."""
        ends, _ = agent.history.series.get("return", ((), ()))
        due = agent.steps - self.saved_at >= self.every and agent.steps in ends[-1:]
        spare = self.share * (time.perf_counter() - self.saved_when) >= self.seconds
        if (due and spare) or agent.steps == self.steps:
            try:
                self.save(agent, keep_previous=True)
            except OSError as error:
                print(f"{error} The run goes on; the file stays as it was.")

    def save(self, agent, keep_previous: bool = False) -> None:
        """Write the run as it is now."""
        began, self.saved_at = time.perf_counter(), agent.steps
        content = {
            "made_with": describe(getattr(agent, "made_with", {})),  # for DDPG.load
            "identity": self.identity,
            "agent": agent.state_dict(),
            "run": generators(agent.env),
        }
        try:
            write(content, self.path, keep_previous)
        finally:
            self.saved_when = time.perf_counter()
            self.seconds = self.saved_when - began


def generators(env) -> dict:
    """The states of an environment's random generator and of the global ones."""
    name, key, *rest = np.random.get_state()  # noqa: NPY002
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return {
        "env": env.unwrapped.np_random.bit_generator.state,
        "torch": [torch.get_rng_state(), cuda],
        "numpy": [name, key.tolist(), *rest],
        "random": random.getstate(),
    }


def set_generators(env, states: dict) -> None:
    """Restore the states of the random generators."""
    env.unwrapped.np_random.bit_generator.state = states["env"]
    cpu, cuda = states["torch"]
    torch.set_rng_state(cpu)
    if cuda:
        torch.cuda.set_rng_state_all(cuda)
    np.random.set_state(tuple(states["numpy"]))  # noqa: NPY002
    version, internal, gauss = states["random"]
    random.setstate((version, tuple(internal), gauss))


def check_states(agent) -> None:
    """Raise a TypeError for the first component that has a state but no state dict."""
    components = getattr(agent, "made_with", {}).keys() - {"agent", "seed", "recipe"}
    held = {"agent": agent} | {f"agent.{name}": getattr(agent, name) for name in components}
    for layer in layers(agent.env):  # NormalizeObservation and NormalizeReward keep statistics
        for name in vars(layer).keys() & {"obs_rms", "return_rms"}:
            held[f"{type(layer).__name__}.{name}"] = getattr(layer, name)
    for name, part in held.items():
        owner = getattr(part, "__self__", part)  # of a method
        code = isroutine(owner) or isinstance(owner, type | partial)
        if not code and not hasattr(owner, "state_dict") and vars(owner):
            raise TypeError(
                f"{name}, a {type(owner).__name__}, keeps a state, but a Checkpoint can save it "
                "only if it has the methods state_dict and load_state_dict: add them."
            )
