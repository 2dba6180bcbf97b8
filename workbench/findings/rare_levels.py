"""Which levels are held by a handful of rows?"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ._check import Finding, Table, of_data

CODE = "rare-levels"
#: A level with fewer rows is rare, in a table of at least so many.
FEW, FEWEST_ROWS = 10, 200


@of_data(
    CODE,
    clear="Every level of every category is held by enough rows.",
    spoils=("dependence", "prediction"),
)
def rare_levels(table: Table) -> Iterator[Finding]:
    """One notice for all categories together, the rarest level of each named."""
    data = table.data
    if len(data) < FEWEST_ROWS:
        return
    rarest = {}
    levels = 0
    for column in data.features:
        if data.kinds[column] != "category":
            continue
        counts = _counts(data.frame[column])
        rare = counts[counts < FEW]
        if len(rare) and len(counts) > 1:
            rarest[column] = (str(rare.idxmin()), int(rare.min()))
            levels += len(rare)
    if not rarest:
        return
    words = ", ".join(
        f"'{level}' of '{c}' ({n} row{'s' if n > 1 else ''})"
        for c, (level, n) in list(rarest.items())[:4]
    )
    yield Finding(
        CODE,
        "notice",
        tuple(rarest),
        f"{levels:,} level{'s' if levels > 1 else ''} of {len(rarest)} "
        f"categor{'ies' if len(rarest) > 1 else 'y'} {'are' if levels > 1 else 'is'} held by fewer "
        f"than {FEW} rows, the rarest: {words}. What is said about such a level is the memory of "
        "single rows, and training may not see it at all.",
        "Put rare levels together, or do not read what is said about them.",
    )


def _counts(values: pd.Series) -> pd.Series[int]:
    counts = values.value_counts()
    return counts[counts > 0]  # a pandas category may have levels that nobody holds
