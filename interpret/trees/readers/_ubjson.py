"""UBJSON, as XGBoost writes a model: arrays of one type come as arrays, at no cost per number.

The text form of the same model takes twenty times as long to read, which would be longer than most
explanations. Source: the Universal Binary JSON specification, draft 12 (https://ubjson.org).
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

#: By marker: a number as `struct` reads it, and an array of them as numpy does; big-endian both.
NUMBERS = {
    marker: (struct.Struct(f">{letter}"), np.dtype(f">{kind}"))
    for marker, letter, kind in (
        (b"i", "b", "i1"), (b"U", "B", "u1"), (b"I", "h", "i2"), (b"l", "i", "i4"),
        (b"L", "q", "i8"), (b"d", "f", "f4"), (b"D", "d", "f8"),
    )
}  # fmt: skip
CONSTANTS = {b"T": True, b"F": False, b"Z": None}


def loads(data: bytes) -> Any:
    """The value: dictionaries, lists, strings, numbers, and numpy arrays for typed arrays.

    Raises `ValueError` for a marker that is not of this format.
    """
    return _value(data, 1, data[:1])[0]


def _value(data: bytes, at: int, marker: bytes) -> tuple[Any, int]:
    """The value whose marker ends before `at`, and where it ends."""
    if marker in NUMBERS:
        number = NUMBERS[marker][0]
        return number.unpack_from(data, at)[0], at + number.size
    if marker == b"S":
        return _text(data, at)
    if marker == b"{":
        return _object(data, at)
    if marker == b"[":
        return _array(data, at)
    if marker in CONSTANTS:
        return CONSTANTS[marker], at
    raise ValueError(f"UBJSON has no marker {marker!r} (at byte {at - 1}).")


def _marked(data: bytes, at: int) -> tuple[Any, int]:
    return _value(data, at + 1, data[at : at + 1])


def _text(data: bytes, at: int) -> tuple[str, int]:
    length, at = _marked(data, at)
    return data[at : at + length].decode(), at + length


def _object(data: bytes, at: int) -> tuple[dict[str, Any], int]:
    found = {}
    while data[at : at + 1] != b"}":
        name, at = _text(data, at)
        found[name], at = _marked(data, at)
    return found, at + 1


def _array(data: bytes, at: int) -> tuple[Any, int]:
    kind = None
    if data[at : at + 1] == b"$":
        kind, at = data[at + 1 : at + 2], at + 2
    if data[at : at + 1] != b"#":
        return _open_array(data, at)
    count, at = _marked(data, at + 1)
    if kind in NUMBERS:
        dtype = NUMBERS[kind][1]
        return np.frombuffer(data, dtype, count, at), at + count * dtype.itemsize
    found = []
    for _ in range(count):
        each, at = _marked(data, at) if kind is None else _value(data, at, kind)
        found.append(each)
    return found, at


def _open_array(data: bytes, at: int) -> tuple[list[Any], int]:
    """One that says where it ends instead of how long it is."""
    found = []
    while data[at : at + 1] != b"]":
        each, at = _marked(data, at)
        found.append(each)
    return found, at + 1
