"""Values to codes, a stretch of rows at a time. Cost: rows × features × log2(thresholds)."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import types

from workbench.blocks import fold

from ..encoder import Encoder
from ._compile import BOOLS, CODES, F8, F8_2, I8, INT, kernel

#: Values that are looked up side by side: their places stay in the fastest cache.
TOGETHER = 128


def encode(encoder: Encoder, values: Any) -> Any:
    """Codes (features, rows) of values (rows, features) that hold NaN where missing."""
    rows, features = values.shape
    codes = np.empty((features, rows), dtype=encoder.dtype)
    if not rows:
        return codes
    starts = np.concatenate([[0], np.cumsum([len(c) for c in encoder.cuts])]).astype(np.int64)
    cuts = np.concatenate([*encoder.cuts, np.zeros(1)])
    is_category = np.array(encoder.is_category, dtype=bool)

    def step(at: slice) -> int:
        _encode(values, cuts, starts, is_category, encoder.single, encoder.equal_goes_left,
                at.start, at.stop, codes)  # fmt: skip
        return 0

    fold(step, max, rows, bytes_per_row=features)
    return codes


@numba.njit
def _find(cuts: Any, first: int, end: int, as_left: bool, x: Any, rows: int, place: Any) -> None:
    """How many of a column's thresholds each value has passed, found by halving.

    All values take the same steps side by side, with no branch to guess wrong and none waiting
    for another's threshold to come from memory.
    """
    left = end - first
    for i in range(rows):
        place[i] = 0
    while left > 0:
        # the last step asks about the one threshold that is left
        half = max(left >> 1, 1)
        for i in range(rows):
            t = cuts[np.uint64(first + place[i] + half - 1)]
            passed = t < x[i] if as_left else t <= x[i]
            place[i] += half if passed else 0
        left = left - half if left > 1 else 0


@kernel(
    *(
        types.void(F8_2, F8, I8, BOOLS, types.boolean, types.boolean, INT, INT, codes)
        for codes in CODES
    )
)
def _encode(
    values: Any,
    cuts: Any,
    starts: Any,
    is_category: Any,
    single: bool,
    equal_goes_left: bool,
    start: int,
    stop: int,
    codes: Any,
) -> None:
    place = np.empty(TOGETHER, np.int64)
    x = np.empty(TOGETHER)
    for begin in range(start, stop, TOGETHER):
        rows = min(TOGETHER, stop - begin)
        for f in range(values.shape[1]):
            for i in range(rows):
                seen = values[begin + i, f]
                x[i] = np.float64(np.float32(seen)) if single else seen
            _find(cuts, starts[f], starts[f + 1], equal_goes_left or is_category[f], x, rows, place)
            count = starts[f + 1] - starts[f]
            for i in range(rows):
                code = place[i] + 1
                if is_category[f] and not (place[i] < count and cuts[starts[f] + place[i]] == x[i]):
                    code = count + 1
                codes[f, begin + i] = 0 if x[i] != x[i] else code
