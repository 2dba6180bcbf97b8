"""How many bytes a thing keeps alive: what the cache is bounded by."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import pandas as pd

#: What is shared by everything and belongs to nobody.
_FREE = (type, FunctionType, ModuleType, type(None), bool)


def bytes_of(thing: Any) -> int:
    """The memory of a result or a model with everything in it, each part counted once.

    Frames and arrays by their buffers, everything else by the state it would be saved with: that
    also sees the trees that scikit-learn and XGBoost keep outside of Python.
    """
    # Held until the end: the state of a thing is made for us, and a freed one's id is used again.
    seen: dict[int, Any] = {}
    waiting, total = [thing], 0
    while waiting:
        part = waiting.pop()
        if isinstance(part, _FREE) or id(part) in seen:
            continue
        seen[id(part)] = part
        total += _own(part)
        waiting += _parts(part)
    return total


def _own(part: Any) -> int:
    if isinstance(part, pd.DataFrame):
        return int(part.memory_usage(deep=True).sum())
    if isinstance(part, pd.Series | pd.Index):
        return int(part.memory_usage(deep=True))
    if isinstance(part, np.ndarray):
        return int(part.nbytes)
    return sys.getsizeof(part)


def _parts(part: Any) -> Iterable[Any]:
    if isinstance(part, pd.DataFrame | pd.Series | pd.Index | np.ndarray | str | bytes | bytearray
                  | int | float | np.generic):  # fmt: skip
        return ()
    if isinstance(part, Mapping):
        return [*part.keys(), *part.values()]
    if isinstance(part, list | tuple | set | frozenset):
        return part
    return (part.__getstate__(),)
