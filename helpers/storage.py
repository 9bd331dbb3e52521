"""State dicts in files: with a checksum, replaced as a whole, and with no code in them."""

import os
import shutil
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import torch

from helpers import noise as noises
from helpers.recipes import Recipe

# what a file begins with, then the checksum; the number grows when older code can't read the rest
HEAD = b"DDPG checkpoint, format 2, sha256 "


class DamagedFileError(ValueError):
    """A checkpoint that was cut off or changed."""


def previous(path: Path) -> Path:
    """Where `write` keeps a copy of the file that it replaces."""
    return path.with_name(path.name + ".previous")


def plain(value, name: str = "state"):
    """`value` with numpy's numbers made Python's; a TypeError names what a file can't hold."""
    if isinstance(value, dict):
        return {key: plain(item, f"{name}[{key!r}]") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, f"{name}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, torch.Tensor | bool | int | float | str | None):
        return value
    raise TypeError(
        f"A file can't hold {name}, a {type(value).__name__}: a state dict may contain numbers, "
        "texts, tensors, and lists and dicts of them."
    )


def write(content: dict, path: Path, keep_previous: bool = False) -> None:
    """Write `content` beside `path`, and move it there once all of it is on the disk.

    With `keep_previous` the old file is copied to `previous(path)`. Raises OSError if the disk
    refuses; the old file stays then.
    """
    packed, partial_file = BytesIO(), path.with_name(path.name + ".partial")
    torch.save(plain(content), packed)
    try:
        with open(partial_file, "wb") as file:
            file.write(HEAD + checksum(packed.getbuffer()) + b"\n")
            file.write(packed.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        if keep_previous and path.exists():  # copied, so that there's a whole file at any moment
            shutil.copyfile(path, previous(path))
        partial_file.replace(path)
    except OSError as error:
        reason = str(error.strerror).lower()  # such as: no space left on device
        raise type(error)(f"{path} can't be written ({reason}): choose another place.") from error


def read(path: Path) -> dict:
    """The content of a file; raises ValueError unless every bit is as it was written."""
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}: check its name and its folder.")
    head, _, packed = path.read_bytes().partition(b"\n")
    if not HEAD.startswith(head[: len(HEAD)]):
        raise ValueError(
            f"{path} isn't a checkpoint that this version of the project can read: "
            "use the version that wrote it, or another path."
        )
    if head != HEAD + checksum(packed):
        raise DamagedFileError(f"{path} is damaged or empty: use an older file, or another path.")
    return torch.load(BytesIO(packed), weights_only=True, map_location="cpu")  # runs no code


def checksum(packed: bytes | memoryview) -> bytes:
    """The SHA-256 of a file's content, as text."""
    return sha256(packed).hexdigest().encode()


def describe(thing, called: Callable | None = None):
    """Settings and components as nested dicts of numbers and texts, to tell whether two are equal.

    Functions, classes and objects are known by what `called` says of them: by default by the name
    of the function or class, so that neither an edit nor an attribute is noticed.
    """
    if is_dataclass(thing) and not isinstance(thing, type):
        thing = vars(thing)
    if isinstance(thing, partial):
        thing = {"partial": thing.func, "args": thing.args, "keywords": thing.keywords}
    if isinstance(thing, np.generic | np.ndarray | torch.Tensor):
        thing = thing.tolist()
    if isinstance(thing, list | tuple):
        thing = dict(enumerate(thing))
    if isinstance(thing, dict):
        return {str(key): describe(value, called) for key, value in thing.items()}
    if isinstance(thing, bool | int | float | str | None):
        return thing
    name = getattr(thing, "__qualname__", type(thing).__qualname__)
    return called(thing) if called else name


def save_agent(agent, path: Path) -> None:
    """Write an agent, without its replay buffer and history."""
    state = {k: v for k, v in agent.state_dict().items() if k not in ("buffer", "history")}
    write({"made_with": describe(agent.made_with), "agent": state}, path)


def load_agent(cls: Callable, path: Path, env, components: dict):
    """The agent in a file, made by `cls` with these components; raises ValueError for others."""
    content = read(path)
    made, state = content["made_with"], content["agent"]
    noise = components.get("noise") or vars(noises).get(str(made["noise"]), noises.Gaussian)
    recipe = Recipe(**state["recipe"], noise=noise)
    agent = cls(env, seed=made["seed"], recipe=recipe, **components)
    for name, here in describe(agent.made_with).items():
        if here != made[name] and name != "recipe":
            raise ValueError(
                f"{path} was saved with the {name} {made[name]}, but this is {here}: "
                f"load it with the components that it was made with, such as {name}=..."
            )
    try:
        agent.load_state_dict({k: v for k, v in state.items() if k not in ("buffer", "history")})
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"{path} holds an agent for states or actions of other sizes: "
            "load it with the environment it was trained in."
        ) from error
    return agent
