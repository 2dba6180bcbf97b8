"""`@kernel`: a function compiled for the written signatures, kept on disk under a key of its own.

numba looks only at the file of a function to tell whether what it kept is still right; a kernel
that calls a helper of another file would go stale in silence. So the folder is named after the
text of the kernel and of the files it imports from, the versions and the processor
(`compiled.folder`). A helper called by kernels is a plain `numba.njit` and stands above them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
        with _own_folder(function.__module__.rpartition(".")[2]):
            made: F = numba.njit(
                list(signatures), nogil=True, cache=True, error_model="numpy", fastmath=fastmath
            )(function)
        return made

    return compiled


def for_codes(build: Callable[[Any], Any]) -> tuple[Any, ...]:
    """The signature for both widths of codes."""
    return tuple(build(codes) for codes in CODES)


@contextmanager
def _own_folder(name: str) -> Iterator[None]:
    """numba reads where to keep things at the moment a function is decorated."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder(name))
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before
