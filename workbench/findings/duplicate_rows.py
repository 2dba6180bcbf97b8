"""Are there rows twice, more than chance would make?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.dataset import Dataset

from ._check import Finding, Table, of_data, percent
from .identifier_as_feature import names_the_rows

CODE = "duplicate-rows"
#: Fewer are told by nobody; and so many times as many pairs as chance makes are no chance.
SHARE, TIMES_CHANCE = 0.01, 20
TOLD_APART = " (most of them are told apart by columns that are not used)"


@of_data(CODE, clear="Rows that agree in every feature and the target are rare, or due to chance.")
def duplicate_rows(table: Table) -> Iterator[Finding]:
    """Rows that agree in the target and all features; chance agreements of coarse columns, as of
    three yes-or-no answers, are not counted as copies, and a number of the row hides none."""
    data = table.data
    features = [c for c in data.features if not names_the_rows(table, c)]
    columns = [*features, *([data.target] if data.target else [])]
    if len(columns) < 2:
        return
    copies = copies_beyond_chance(data.frame[columns])
    if not copies:
        return
    are_others = are_told_apart(data, row_hashes(data.frame[columns]))
    yield Finding(
        CODE,
        "notice" if are_others else "warning",
        (),
        f"{copies:,} of {len(data):,} rows ({percent(copies / len(data))}) repeat another in "
        f"every feature and the target{TOLD_APART * are_others}: held-out rows that were learned "
        "by heart make the model look better than it is, and intervals come out too narrow.",
        "Drop the copies if they are one observation entered twice; if they belong to one person "
        "or thing, give the column that names it the role 'group', which keeps them together.",
    )


def are_told_apart(data: Dataset, hashes: np.ndarray) -> bool:
    """Whether columns that are not used, but for mere numbers of the row, tell at least half of
    the equal rows apart, as passengers of one fare have names of their own."""
    columns = [c for c in data.columns if data.kinds[c] != "identifier"]
    copies = len(hashes) - len(np.unique(hashes))
    whole = len(hashes) - len(np.unique(row_hashes(data.frame[columns])))
    return whole < copies / 2


def copies_beyond_chance(frame: pd.DataFrame) -> int:
    """How many rows repeat another in every column; 0 where they are few, or due to chance."""
    counts = np.unique(row_hashes(frame), return_counts=True)[1]
    copies = int((counts - 1).sum())
    pairs = float((counts * (counts - 1.0) / 2).sum())
    is_chance = pairs <= TIMES_CHANCE * pairs_by_chance(frame)
    return 0 if is_chance or copies <= SHARE * len(frame) else copies


def row_hashes(frame: pd.DataFrame) -> np.ndarray:
    """One number per row, equal where all values are."""
    return pd.util.hash_pandas_object(frame, index=False).to_numpy()


def pairs_by_chance(frame: pd.DataFrame) -> float:
    """Pairs of equal rows to be expected if the columns had nothing to do with one another."""
    chance = 1.0
    for column in frame.columns:
        counts = np.bincount(pd.factorize(frame[column], use_na_sentinel=False)[0])
        chance *= float(((counts / len(frame)) ** 2).sum())
    return chance * len(frame) * (len(frame) - 1) / 2
