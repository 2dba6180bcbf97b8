"""From a row's values to codes: the one place where floating-point rules live.

A number's code is 1 + the number of thresholds it does not go left of; a level's code is 1 + its
place among the levels the model met, and one more stands for every other level; missing is 0.
Libraries differ in three ways, all kept here:

* what is compared: XGBoost and scikit-learn's trees round the value to single precision, the
  histogram boosters do not; XGBoost rounds the threshold as well;
* whether a value equal to the threshold goes left (scikit-learn, LightGBM) or right (XGBoost);
* what counts as missing beside NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.errors import NotApplicable

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8] | NDArray[np.uint16]

#: A feature with more codes than this is not encoded.
MOST_CODES = 65_536
#: LightGBM's idea of zero.
SMALLEST_NON_ZERO = 1e-35


@dataclass(frozen=True, eq=False)
class Encoder:
    """The rules of one model.

    `cuts[f]` are the sorted thresholds of a number or the sorted level values of a category.
    `single` rounds values to float32 before they are compared, `single_cuts` the thresholds too.
    `equal_goes_left` is the rule at a threshold. `missing` is a value that counts as missing
    beside NaN, `zero_is_missing` marks features where 0 does (LightGBM). `truncates_levels` takes
    a level value's whole part before it is looked up, as XGBoost does.
    """

    cuts: tuple[Floats, ...]
    is_category: tuple[bool, ...]
    single: bool
    equal_goes_left: bool
    single_cuts: bool = False
    missing: float = np.nan
    zero_is_missing: tuple[bool, ...] = ()
    truncates_levels: bool = False

    @classmethod
    def empty(
        cls,
        levels: Sequence[Floats],
        *,
        single: bool,
        equal_goes_left: bool,
        single_cuts: bool = False,
        missing: float = np.nan,
        zero_is_missing: tuple[bool, ...] = (),
        truncates_levels: bool = False,
    ) -> Encoder:
        """The rules before the thresholds are known; `levels[f]` is empty for a number."""
        is_category = tuple(len(values) > 0 for values in levels)
        return cls(
            tuple(levels), is_category, single, equal_goes_left, single_cuts, missing,
            zero_is_missing, truncates_levels,
        )  # fmt: skip

    @cached_property
    def code_counts(self) -> NDArray[np.int64]:
        """How many codes each feature has, missing and other levels included."""
        return np.array([len(cuts) + 2 for cuts in self.cuts], dtype=np.int64)

    @property
    def dtype(self) -> type:
        """uint8 where every feature fits, else uint16."""
        return np.uint8 if self.code_counts.max(initial=0) <= 256 else np.uint16

    def comparable(self, thresholds: Floats) -> Floats:
        """Thresholds as they are compared."""
        if not self.single_cuts:
            return thresholds
        return thresholds.astype(np.float32).astype(np.float64)

    def with_thresholds(self, feature: NDArray[np.int32], threshold: Floats) -> Encoder:
        """The same rules with the distinct thresholds of every number filled in."""
        cuts = tuple(
            values if is_category else np.unique(self.comparable(threshold[feature == f]))
            for f, (values, is_category) in enumerate(zip(self.cuts, self.is_category, strict=True))
        )
        return replace(self, cuts=cuts)

    def require_room(self) -> None:
        """Raises `NotApplicable` where a feature has more codes than a code can count."""
        f = int(self.code_counts.argmax())
        if self.code_counts[f] > MOST_CODES:
            raise NotApplicable(
                f"The trees ask about {len(self.cuts[f]):,} thresholds of one column; the exact "
                f"engine counts up to {MOST_CODES - 2:,}.",
                "Train with fewer trees, larger leaves or a depth limit.",
            )

    def encode(self, values: Floats) -> Codes:
        """The codes (features, rows) of a matrix of values (rows, features), NaN missing."""
        from .kernels.encode import encode

        self.require_room()
        codes: Codes = encode(self, self._marked(np.ascontiguousarray(values, dtype=np.float64)))
        return codes

    def code_of(self, feature: int, values: Floats) -> NDArray[np.int64]:
        """The codes of some values of one feature, in the same order."""
        filled = np.full((len(values), len(self.cuts)), np.nan)
        filled[:, feature] = values
        seen = self._marked(filled)[:, feature]
        with np.errstate(over="ignore"):
            rounded = seen.astype(np.float32).astype(np.float64) if self.single else seen
        return self._slow_codes(feature, rounded)

    def _slow_codes(self, f: int, values: Floats) -> NDArray[np.int64]:
        """What the kernel does, for a few values and without compiled code."""
        cuts = self.cuts[f]
        present = ~np.isnan(values)
        if self.is_category[f]:
            place = np.searchsorted(cuts, values)
            known = (place < len(cuts)) & (cuts[np.minimum(place, len(cuts) - 1)] == values)
            codes = np.where(known, place + 1, len(cuts) + 1)
        else:
            side: Literal["left", "right"] = "left" if self.equal_goes_left else "right"
            codes = 1 + np.searchsorted(cuts, values, side=side)
        return np.where(present, codes, 0).astype(np.int64)

    def _marked(self, values: Floats) -> Floats:
        """Values with the library's own idea of missing; the same array where that is NaN alone."""
        seen = values
        if not np.isnan(self.missing):
            seen = np.where(values == self.missing, np.nan, seen)
        if any(self.zero_is_missing):
            zeros = np.asarray(self.zero_is_missing) & (np.abs(values) <= SMALLEST_NON_ZERO)
            seen = np.where(zeros, np.nan, seen)
        if self.truncates_levels and any(self.is_category):
            seen = np.where(np.asarray(self.is_category), np.trunc(seen), seen)
        return seen
