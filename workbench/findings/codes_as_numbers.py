"""Are whole numbers really names, whose order means nothing?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ._check import Finding, Table, is_whole, of_data, percent

CODE = "codes-as-numbers"
MOST_ROWS = 20_000
FEWEST_CODES, MOST_CODES = 4, 20
FEWEST_ROWS_EACH = 10
#: The share of the target's variance that the levels must explain beyond a straight line, and the
#: changes of direction of the levels' means: an amount rises, falls or has one turn.
BEYOND_A_LINE, FEWEST_TURNS = 0.05, 2


@of_data(
    CODE,
    clear="No column of a few whole numbers behaves like names.",
    needs_target=True,
    spoils=("dependence",),
)
def codes_as_numbers(table: Table) -> Iterator[Finding]:
    """Few different whole numbers, and a target that jumps up and down along them."""
    if table.target is None or table.target.task == "multiclass":
        return
    rows = table.sample(MOST_ROWS)
    y = table.y[rows]
    for column in table.amounts:
        values = table.numbers(column, rows)
        found = _jumps(values, y)
        if found is None:
            continue
        codes, by_level, by_line = found
        yield Finding(
            CODE,
            "notice",
            (column,),
            f"'{column}' holds {codes} different whole numbers, and '{table.target.name}' jumps "
            f"up and down along them (taken as names they explain {percent(by_level)} of it, as "
            f"an amount {percent(by_line)}): if they are codes, curves and slopes along them "
            "mean nothing.",
            f"If its order means nothing, make '{column}' a category.",
        )


def _jumps(values: np.ndarray, y: np.ndarray) -> tuple[int, float, float] | None:
    here = ~np.isnan(values)
    values, y = values[here], y[here]
    if not len(y) or y.var() == 0 or not is_whole(values):
        return None
    codes, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    if not FEWEST_CODES <= len(codes) <= MOST_CODES:
        return None
    means = np.bincount(place, y) / counts
    spread = float(((y - y.mean()) ** 2).sum())
    by_level = float((counts * (means - y.mean()) ** 2).sum()) / spread
    by_line = float(np.corrcoef(values, y)[0, 1] ** 2)
    beyond_chance = (len(codes) - 1) / len(y)
    if by_level - by_line - beyond_chance < BEYOND_A_LINE:
        return None
    return (len(codes), by_level, by_line) if _turns(means, counts, y) >= FEWEST_TURNS else None


def _turns(means: np.ndarray, counts: np.ndarray, y: np.ndarray) -> int:
    """How often the levels' means change direction by more than chance would."""
    held = counts >= FEWEST_ROWS_EACH
    means, error = means[held], y.std() / np.sqrt(counts[held])
    turns, direction, last = 0, 0, 0
    for place in range(1, len(means)):
        step = means[place] - means[last]
        if abs(step) < 3 * np.hypot(error[place], error[last]):
            continue
        turns += direction != 0 and np.sign(step) != direction
        direction, last = int(np.sign(step)), place
    return turns
