"""Values to codes, a stretch of rows at a time. Cost: rows × features × log2(thresholds)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from workbench.blocks import fold

from ..encoder import Encoder
from ._compile import BOOLS, CODES, F8, F8_2, I8, INT, kernel


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
    for f in range(values.shape[1]):
        first = starts[f]
        count = starts[f + 1] - first
        for i in range(start, stop):
            x = values[i, f]
            if x != x:
                codes[f, i] = 0
                continue
            if single:
                x = np.float64(np.float32(x))
            # halving with no branch to guess wrong: `place` thresholds are known to be passed
            place = 0
            left = count
            as_left = equal_goes_left or is_category[f]
            while left > 1:
                half = left >> 1
                t = cuts[first + place + half - 1]
                passed = t < x if as_left else t <= x
                place += half if passed else 0
                left -= half
            if left == 1:
                t = cuts[first + place]
                if t < x if as_left else t <= x:
                    place += 1
            if is_category[f]:
                known = place < count and cuts[first + place] == x
                codes[f, i] = place + 1 if known else count + 1
            else:
                codes[f, i] = place + 1
