"""Which features nearly repeat one another?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from workbench.figures import number

from ._check import Finding, Table, of_data, ranks

CODE = "near-twins"
#: From this rank correlation on, two features are called twins.
TWINS = 0.95
MOST_ROWS, FEWEST_ROWS, MOST_COLUMNS = 5_000, 30, 300
#: Levels that go together one to one mean something where each is met often enough.
MOST_LEVELS, ROWS_A_LEVEL = 500, 10


@of_data(
    CODE,
    clear="No two features nearly repeat one another.",
    spoils=("importance", "dependence", "interactions", "prediction"),
)
def near_twins(table: Table) -> Iterator[Finding]:
    """Numbers that go up and down together, and columns that say the same in other words."""
    yield from _correlated(table)
    yield from _one_to_one(table)


def _correlated(table: Table) -> Iterator[Finding]:
    """Spearman's rank correlation of each pair of numeric features; missing take the median."""
    columns = table.amounts[:MOST_COLUMNS]
    rows = table.sample(MOST_ROWS)
    if len(columns) < 2 or len(rows) < FEWEST_ROWS:
        return
    scaled = np.column_stack([ranks(_filled(table.numbers(c, rows))) for c in columns])
    together = scaled.T @ scaled
    pairs = [(a, b) for a, b in zip(*np.triu_indices(len(columns), 1), strict=True)
             if abs(together[a, b]) > TWINS]  # fmt: skip
    if not pairs:
        return
    pairs.sort(key=lambda pair: -abs(together[pair]))
    words = "; ".join(
        f"'{columns[a]}' and '{columns[b]}' ({number(float(together[a, b]), 3)})"
        for a, b in pairs[:4]
    )
    more = f"; and {len(pairs) - 4:,} more pairs" if len(pairs) > 4 else ""
    yield Finding(
        CODE,
        "notice",
        tuple(columns[place] for place in sorted({p for pair in pairs for p in pair})),
        f"Some features nearly repeat one another (rank correlation): {words}{more}. Which of them "
        "gets the credit is chance, and changing one alone makes rows that do not exist.",
        "Use one of them, shuffle them together, or read their importance as shared.",
    )


def _one_to_one(table: Table) -> Iterator[Finding]:
    """Features of which each level goes with one level of the other, as a word and its code."""
    rows = table.sample(MOST_ROWS)
    numeric = set(table.amounts)
    codes = {}
    for column in table.data.features:
        values = table.numbers(column, rows)
        known = len(np.unique(values[~np.isnan(values)]))
        if 2 <= known <= min(MOST_LEVELS, len(rows) // ROWS_A_LEVEL):
            codes[column] = np.unique(values, return_inverse=True)[1]
    for first, second in combinations(list(codes)[:MOST_COLUMNS], 2):
        if {first, second} <= numeric or codes[first].max() != codes[second].max():
            continue  # of two numbers the correlation tells
        levels = int(codes[first].max()) + 1
        if len(np.unique(codes[first] * levels + codes[second])) == levels:
            yield Finding(
                CODE,
                "notice",
                (first, second),
                f"'{first}' and '{second}' say the same in other words: each of the {levels:,} "
                "levels of the one goes with one of the other. Which of them gets the credit is "
                "chance, and changing one alone makes rows that do not exist.",
                "Give one of them the role 'ignore': the model loses nothing.",
            )


def _filled(values: np.ndarray) -> np.ndarray:
    missing = np.isnan(values)
    return (
        values
        if not missing.any() or missing.all()
        else np.where(missing, np.median(values[~missing]), values)
    )
