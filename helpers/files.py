"""State files: written whole or not at all, read without running code, with the last one kept."""

import errno
import os
import pickle
import re
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import torch

FORMAT = 1  # raised by one whenever older code could not read what newer code writes
HEAD = b"DDPG checkpoint, format %d, sha256 %s\n"
PATTERN = rb"DDPG checkpoint, format (\d+), sha256 ([0-9a-f]{64})"


class BadFileError(ValueError):
    """A file that cannot be read as a checkpoint, and why, in one sentence."""


def previous(path: Path) -> Path:
    """Where the state before the last one is kept."""
    return path.with_name(path.name + ".previous")


def beside(path: Path) -> Path:
    """Where a file is written before it takes its place."""
    return path.with_name(path.name + ".partial")


def reason(error: OSError, path: Path) -> str:
    """Why a file cannot be written, and what to do."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return f"there is no folder {path.parent}: make it first, or choose another"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"you have no right to write in {path.parent.absolute()}: choose another folder"
        case errno.ENOSPC | errno.EDQUOT:
            return "the disk is full: free some space, or choose another disk"
        case errno.EISDIR:
            return "it is a folder: add the name of a file"
    return f"the system says {(error.strerror or str(error)).lower()!r}: choose another place"


def check_place(path: Path) -> None:
    """Raise an OSError with a clear sentence where no file could be written."""
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a directory")
        with open(beside(path), "wb"):
            pass
        beside(path).unlink()
    except OSError as error:
        raise type(error)(f"{path} cannot be written: {reason(error, path)}.") from error


def write(content: dict, path: Path, keep_previous: bool = False) -> None:
    """Write a file beside its place first, and move it there once all of it is on the disk.

    With `keep_previous` the file that stood there moves aside, to `previous(path)`. An OSError says
    why it failed; what stood there before can still be read then.
    """
    packed = BytesIO()
    torch.save(content, packed)
    try:
        with open(beside(path), "wb") as file:
            file.write(HEAD % (FORMAT, sha256(packed.getbuffer()).hexdigest().encode()))
            file.write(packed.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        if keep_previous and path.exists():
            path.replace(previous(path))
        beside(path).replace(path)
    except OSError as error:
        raise type(error)(f"{path} cannot be written: {reason(error, path)}.") from error


def read(path: Path) -> dict:
    """What a file holds, if not one bit of it has changed; a BadFileError says what is wrong."""
    try:
        head, _, packed = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no file {path}: look for its right name.") from None
    except OSError as error:
        raise type(error)(f"{path} cannot be read: {str(error.strerror).lower()}.") from error
    if not head:
        raise BadFileError(f"{path} is empty: delete it, or load an older one.")
    found = re.fullmatch(PATTERN, head)
    if not found and not HEAD.startswith(head[:16]):
        raise BadFileError(f"{path} is no checkpoint of this project: give another path.")
    if found and int(found[1]) > FORMAT:
        raise BadFileError(
            f"{path} has format {int(found[1])}, but this code reads formats up to {FORMAT} only: "
            "update the code, or choose another file."
        )
    if not found or sha256(packed).hexdigest().encode() != found[2]:
        raise BadFileError(f"{path} is damaged: delete it, or load an older one.")
    try:
        return torch.load(BytesIO(packed), weights_only=True, map_location="cpu")
    except pickle.UnpicklingError as error:  # made by someone who wants it to run code
        raise BadFileError(f"{path} holds more than data, and is not opened: delete it.") from error


def readable(path: Path) -> Iterator[tuple[dict, Path]]:
    """What can be read there, the last state first; a BadFileError where nothing is left of it."""
    complaints, found = [], False
    for place in (path, previous(path)):
        if not place.exists():
            continue
        try:
            content = read(place)
        except BadFileError as complaint:
            complaints.append(complaint)
            continue
        if complaints:
            print(f"{path} is damaged, but {place} holds the state before it.")
        found = True
        yield content, place
    if complaints and not found:
        raise complaints[0]
