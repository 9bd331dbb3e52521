"""State as data: what an object holds, in numbers, texts and tensors, and how to put it back."""

import hashlib
import random
import types
from collections.abc import Collection
from functools import partial

import numpy as np
import torch

from helpers.buffer import ReplayBuffer

CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type, partial)
PLAIN = (bool, int, float, str, type(None))
ARRAY = "__array__"  # marks a numpy array among what a file can hold


def pack(value):
    """A value as what PyTorch reads back without running code: numbers, texts, tensors, nested."""
    if isinstance(value, np.ndarray | np.generic):
        return {ARRAY: torch.as_tensor(np.asarray(value))}
    if type(value) in (list, tuple):
        return type(value)(pack(item) for item in value)
    if type(value) is dict and all(isinstance(key, str | int) for key in value):
        return {key: pack(item) for key, item in value.items()}
    if isinstance(value, torch.Tensor):
        return value.detach()
    if type(value) in PLAIN:
        return value
    raise TypeError(type(value).__name__)


def unpack(value):
    """The value that `pack` was given."""
    if isinstance(value, dict):
        if ARRAY in value:
            return value[ARRAY].numpy().copy()[()]  # [()]: a scalar stays one
        return {key: unpack(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(unpack(item) for item in value)
    return value


def capture(thing, name: str = "agent", leave_out: tuple = ()) -> dict:
    """All that an object holds, by attribute; a TypeError names what cannot be saved.

    Functions and classes are code, and left out. Of a replay buffer only the filled part is taken.
    """
    if hasattr(thing, "state_dict"):  # networks, optimisers
        return thing.state_dict()
    held = {k: v for k, v in vars(thing).items() if k not in leave_out and not isinstance(v, CODE)}
    if isinstance(thing, ReplayBuffer):
        held["rows"] = thing.rows[: len(thing)]
    state = {}
    for key, value in held.items():
        try:
            if (drawn := generator_state(value)) is not None:
                state[key] = drawn
            else:
                state[key] = capture(value, f"{name}.{key}") if nested(value) else pack(value)
        except TypeError as error:
            if "checkpoint" in str(error):
                raise
            raise TypeError(
                f"A checkpoint cannot hold {name}.{key}, of type {error}: keep numbers, texts, "
                "lists, dictionaries, arrays, tensors, networks and random generators only."
            ) from None
    return state


def nested(value) -> bool:
    """Whether it is an object with attributes of its own, and no container."""
    plain = isinstance(value, torch.Tensor | np.generic | Collection)
    return hasattr(value, "state_dict") or (hasattr(value, "__dict__") and not plain)


def generator_state(value):
    """The state of a random generator; None where it is none."""
    match value:
        case np.random.Generator():
            return pack(value.bit_generator.state)
        case torch.Generator():
            return value.get_state()
        case random.Random():
            return value.getstate()
    return None


@torch.no_grad()
def restore(thing, state: dict) -> None:
    """Put back into an object, in place, what `capture` took from one like it."""
    if hasattr(thing, "load_state_dict"):
        thing.load_state_dict(state)
        return
    for key, value in state.items():
        match held := vars(thing).get(key):
            case np.random.Generator():
                held.bit_generator.state = unpack(value)
            case torch.Generator():
                held.set_state(value)
            case random.Random():
                held.setstate(value)
            case torch.Tensor():
                held.copy_(value)
            case np.ndarray():
                held[: len(value[ARRAY])] = unpack(value)  # the rest of a buffer is still empty
            case _ if nested(held):
                restore(held, value)
            case _:
                vars(thing)[key] = unpack(value)  # not setattr: a dataclass may be frozen


def common_generators() -> dict:
    """The states of the generators that belong to nobody, in case a piece draws from them."""
    numpy = np.random.get_state(legacy=False)  # noqa: NPY002
    return {"torch": torch.get_rng_state(), "python": random.getstate(), "numpy": pack(numpy)}


def restore_common_generators(state: dict) -> None:
    """Put them back."""
    torch.set_rng_state(state["torch"])
    random.setstate(state["python"])
    np.random.set_state(unpack(state["numpy"]))  # noqa: NPY002


def digest(state) -> str:
    """Twelve characters that stand for a captured state."""
    total = hashlib.sha256()

    def add(value) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                total.update(repr(key).encode())
                add(item)
        elif isinstance(value, list | tuple):
            for item in value:
                add(item)
        elif isinstance(value, torch.Tensor):
            total.update(value.detach().cpu().contiguous().numpy().tobytes())
        else:
            total.update(repr(value).encode())

    add(state)
    return total.hexdigest()[:12]
