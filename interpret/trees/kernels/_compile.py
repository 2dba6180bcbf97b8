"""`@kernel`: a function compiled for the written signatures, kept on disk under a key of its own.

numba looks only at the file of a function to tell whether what it kept is still right: a kernel
that calls a helper of another file would go stale in silence, and the same kernel in another
checkout would be compiled anew. So we say where a kernel is kept: in a folder named after its text
and that of the files it imports from, the versions and the processor (`compiled.folder`). A helper
called by kernels is a plain `numba.njit` and stands above them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba import types

from ..compiled import folder
from ..nodes import Nodes

F = TypeVar("F", bound=Callable[..., Any])

I4 = types.Array(types.int32, 1, "C")
I8 = types.Array(types.int64, 1, "C")
U4 = types.Array(types.uint32, 1, "C")
U8 = types.Array(types.uint64, 1, "C")
F8 = types.Array(types.float64, 1, "C")
I8_2 = types.Array(types.int64, 2, "C")
U8_2 = types.Array(types.uint64, 2, "C")
F8_2 = types.Array(types.float64, 2, "C")
F8_3 = types.Array(types.float64, 3, "C")
BOOLS = types.Array(types.boolean, 1, "C")
INT = types.int64
#: `nodes.Nodes`, as a kernel sees it.
NODES = types.NamedTuple((I4, I4, I4, I4, U4, I4, U8_2), Nodes)
#: Codes of all features by row, in the two widths they come in.
CODES = (types.Array(types.uint8, 2, "C"), types.Array(types.uint16, 2, "C"))


def kernel(*signatures: Any, fastmath: bool = False) -> Callable[[F], F]:
    """Compiles for these signatures and no others; a call with other types is an error."""

    def compiled(function: F) -> F:
        with _kept_by_us():
            made: F = numba.njit(
                list(signatures), nogil=True, cache=True, error_model="numpy", fastmath=fastmath
            )(function)
        return made

    return compiled


def for_codes(build: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The signature for both widths of codes."""
    return tuple(build(codes) for codes in CODES)


class KernelLocator:
    """Where numba keeps a kernel: see `NUMBA_CACHE_LOCATOR_CLASSES` in its manual."""

    def __init__(self, py_func: Any, py_file: str) -> None:
        self._py_file = py_file
        self._line = py_func.__code__.co_firstlineno
        self._folder = folder(Path(py_file).stem)

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> KernelLocator:
        return cls(py_func, py_file)

    def ensure_cache_path(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return self._folder.name

    def get_disambiguator(self) -> str:
        return str(self._line)


@contextmanager
def _kept_by_us() -> Iterator[None]:
    """numba asks where to keep things at the moment a function is decorated."""
    before = numba.config.CACHE_LOCATOR_CLASSES
    numba.config.CACHE_LOCATOR_CLASSES = f"{__name__}.{KernelLocator.__name__}"
    try:
        yield
    finally:
        numba.config.CACHE_LOCATOR_CLASSES = before
