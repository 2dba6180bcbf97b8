"""Sets of rows: as bits, 64 rows to a word, and as lists.

An entry of a list is a row in its lowest 16 bits; the next two 16 hold the slots, plus one, that
the row fails first and second, 0 for none.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .predict import goes_left

#: For the small parts of a walk: they are put in where they are called, since handing over the
#: arrays of a node would cost more than the work.
helper = numba.njit(forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
#: Every row of a word.
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
#: No walk takes more rows at a time: 32 words stay in the fastest cache for all states of a path.
MOST_WORDS = 32


@intrinsic
def popcount(typing: Any, word: Any) -> Any:  # noqa: ARG001, the signature numba asks for
    """How many bits are set: one instruction of the processor."""

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:  # noqa: ARG001
        return builder.ctpop(values[0])

    return types.uint64(types.uint64), build


@intrinsic
def _within(typing: Any, codes: Any, f: Any, i: Any, low: Any, width: Any) -> Any:  # noqa: ARG001
    """Bit r says whether `codes[f, i + r] - low < width`, as unsigned numbers, for 64 rows at once.

    Written as one comparison of a vector: a plain loop takes seven times as long, and with this
    there is no need to keep the masks of distinct conditions.
    """

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:  # noqa: ARG001
        element = context.get_data_type(codes.dtype)
        vector = ir.VectorType(element, 64)
        nothing = ir.Constant(vector, ir.Undefined)
        first = ir.Constant(ir.IntType(32), 0)
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), 64), [0] * 64)

        def repeated(value: Any) -> Any:
            one = builder.insert_element(nothing, builder.trunc(value, element), first)
            return builder.shuffle_vector(one, nothing, everywhere)

        array = context.make_array(codes)(context, builder, value=values[0])
        place = cgutils.get_item_pointer(context, builder, codes, array, values[1:3])
        found = builder.load(builder.bitcast(place, vector.as_pointer()), align=1)
        shifted = builder.sub(found, repeated(values[3]))
        holds = builder.icmp_unsigned("<", shifted, repeated(values[4]))
        return builder.bitcast(holds, ir.IntType(64))

    return types.uint64(codes, types.int64, types.int64, types.int64, types.int64), build


@helper
def lowest(word: int) -> Any:
    """The place of the lowest bit set."""
    return np.int64(popcount((word & (~word + np.uint64(1))) - np.uint64(1)))


@numba.njit
def fill_rows(mask: Any, rows: int) -> None:
    """At depth 0, state 0: the set of the first `rows` rows."""
    for w in range(mask.shape[2]):
        left = rows - 64 * w
        mask[0, 0, w] = np.uint64(0)
        if left >= 64:
            mask[0, 0, w] = ALL
        elif left > 0:
            mask[0, 0, w] = (np.uint64(1) << np.uint64(left)) - np.uint64(1)


@numba.njit
def fill_condition(
    nodes: Any, u: int, codes: Any, first: int, rows: int, condition: Any, d: int
) -> None:
    """At depth d, the rows from `first` on that node `u` sends left; undefined beyond `rows`."""
    f = np.int64(nodes.feature[u])
    row = nodes.levels[u]
    whole = 0
    if row < 0:
        whole = rows // 64
        low = np.int64(nodes.low[u])
        width = np.int64(nodes.width[u])
        for w in range(whole):
            condition[d, w] = _within(codes, f, np.int64(first + 64 * w), low, width)
    elif nodes.bits.shape[1] == 1:
        whole = rows // 64
        levels = nodes.bits[row, 0]
        for w in range(whole):
            condition[d, w] = _among(codes, f, first + 64 * w, levels)
    for w in range(whole, (rows + 63) // 64):
        word = np.uint64(0)
        for r in range(min(64, rows - 64 * w)):
            if goes_left(nodes, u, np.int64(codes[f, first + 64 * w + r])):
                word |= np.uint64(1) << np.uint64(r)
        condition[d, w] = word


@helper
def _among(codes: Any, f: int, first: int, levels: int) -> Any:
    """Bit r says whether bit `codes[f, first + r]` of `levels` is set, for 64 rows."""
    word = np.uint64(0)
    for r in range(64):
        bit = (levels >> np.uint64(codes[f, first + r])) & np.uint64(1)
        word |= bit << np.uint64(r)
    return word


@helper
def first_failed(entry: int) -> int:
    """The slot, plus one, that a listed row failed first; 0 where it fails none."""
    return (entry >> 16) & 0xFFFF


@helper
def second_failed(entry: int) -> int:
    """The slot, plus one, that a listed row failed second; 0 where it fails fewer."""
    return entry >> 32
