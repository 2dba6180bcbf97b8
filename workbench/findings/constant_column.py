"""Which features hold one value in (nearly) every row?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ._check import Finding, Table, named, of_data, percent

CODE = "constant-column"
NEARLY = 0.99


@of_data(CODE, clear="Every feature varies.")
def constant_column(table: Table) -> Iterator[Finding]:
    """Two notices at most: what never varies, and what varies in less than one row of a hundred."""
    shares = {c: _largest_share(table.data.frame[c]) for c in table.data.features}
    constant = tuple(c for c, share in shares.items() if share == 1)
    nearly = {c: share for c, share in shares.items() if NEARLY < share < 1}
    if constant:
        yield Finding(
            CODE,
            "notice",
            constant,
            f"{named(constant)} {'holds' if len(constant) == 1 else 'hold'} one value in every "
            "row: an importance of zero there says nothing about the world.",
            "Give it the role 'ignore'; if it should vary, look at how the rows were chosen.",
        )
    if nearly:
        words = ", ".join(f"'{c}' ({percent(share)})" for c, share in list(nearly.items())[:6])
        yield Finding(
            CODE,
            "notice",
            tuple(nearly),
            f"{len(nearly)} feature{'s' if len(nearly) > 1 else ''} hold"
            f"{'' if len(nearly) > 1 else 's'} the same value in nearly every row: {words}. What "
            "is learned of the other values rests on very few rows.",
            "Do not read much into what the model says about them.",
        )


def _largest_share(values: pd.Series) -> float:
    """Share of the most frequent value among the rows; missing counts as a value of its own."""
    missing = int(values.isna().sum())
    present = values.dropna()
    if not len(present):
        return 1.0
    head = present.iloc[:1_000]
    if head.nunique() > 0.5 * len(head) and len(head) == 1_000:
        return 0.0  # spares the count of a million different numbers
    codes = pd.factorize(present)[0]
    return max(int(np.bincount(codes).max()), missing) / len(values)
