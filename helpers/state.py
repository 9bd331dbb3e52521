"""State as data: what an object holds, in numbers, texts and tensors, and how to put it back."""

import hashlib
import types
from functools import partial

import numpy as np
import torch

from helpers.buffer import ReplayBuffer

CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type, partial)
PLAIN = (bool, int, float, str, torch.Tensor, type(None))
ARRAY = "__array__"  # marks a numpy array among what a file can hold


def pack(value):
    """A value as what PyTorch reads back without running code: numbers, texts, tensors, nested."""
    if isinstance(value, np.ndarray | np.generic):
        return {ARRAY: torch.as_tensor(np.asarray(value))}
    if type(value) in (list, tuple):
        return type(value)(pack(item) for item in value)
    if type(value) is dict and all(isinstance(key, str | int) for key in value):
        return {key: pack(item) for key, item in value.items()}
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


def capture(thing, name: str = "the agent", leave_out: tuple = ()) -> dict:
    """All that an object holds, by attribute; a TypeError names what cannot be saved.

    Functions and classes are code, and left out. Of a replay buffer only the filled part is taken.
    """
    if hasattr(thing, "state_dict"):  # networks, optimisers
        return thing.state_dict()
    if isinstance(thing, np.random.Generator):
        return thing.bit_generator.state
    if isinstance(thing, torch.Generator):
        return {"state": thing.get_state()}
    held = {k: v for k, v in vars(thing).items() if k not in leave_out and not isinstance(v, CODE)}
    if isinstance(thing, ReplayBuffer):
        held["rows"] = thing.rows[: len(thing)]
    state = {}
    for key, value in held.items():
        try:
            if generator(value) or hasattr(value, "state_dict") or hasattr(value, "__dict__"):
                state[key] = capture(value, f"{name}'s {key}")
            else:
                state[key] = pack(value)
        except TypeError as error:
            if "checkpoint" in str(error):
                raise
            raise TypeError(
                f"A checkpoint cannot hold {name}'s {key}, of type {error}: keep numbers, texts, "
                "lists, dictionaries, arrays, tensors, networks and random generators only."
            ) from None
    return state


def generator(value) -> bool:
    """Whether it is a random generator."""
    return isinstance(value, np.random.Generator | torch.Generator)


def restore(thing, state: dict) -> None:
    """Put back into an object, in place, what `capture` took from one like it."""
    if hasattr(thing, "load_state_dict"):
        thing.load_state_dict(state)
    elif isinstance(thing, np.random.Generator):
        thing.bit_generator.state = state
    elif isinstance(thing, torch.Generator):
        thing.set_state(state["state"])
    else:
        for key, value in state.items():
            put(thing, key, value)


@torch.no_grad()
def put(thing, key: str, value) -> None:
    """Put one attribute back: into the array, tensor or object that is there, if there is one."""
    held = vars(thing).get(key)
    if hasattr(held, "load_state_dict") or generator(held):
        restore(held, value)
    elif isinstance(held, torch.Tensor):
        held.copy_(value)
    elif isinstance(held, np.ndarray):
        held[: len(value[ARRAY])] = unpack(value)  # the rest of a buffer is still empty
    elif hasattr(held, "__dict__"):
        restore(held, value)
    else:
        vars(thing)[key] = unpack(value)  # not setattr: a dataclass may be frozen


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
