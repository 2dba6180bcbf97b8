"""Is the target made of other columns, as a total is of its parts?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.figures import number
from workbench.metrics import Floats

from ._check import MOST_NAMED, Finding, Table, of_data

CODE = "target-is-a-sum"
MOST_ROWS, MOST_COLUMNS = 5_000, 200
#: The share of the target's variance a formula may miss, and of the largest part a part may be.
EXACT, NO_PART = 1e-10, 1e-5


@of_data(
    CODE,
    clear="The target is not an exact sum of other columns.",
    needs_target=True,
    spoils=("quality", "importance", "dependence"),
)
def target_is_a_sum(table: Table) -> Iterator[Finding]:
    """Least squares through all numeric features: does anything of the target remain?"""
    target = table.target
    columns = table.amounts[:MOST_COLUMNS]
    if target is None or target.task != "regression" or len(columns) < 2:
        return
    rows = table.sample(MOST_ROWS)
    values = np.column_stack([table.numbers(c, rows) for c in columns])
    weights = _exact_weights(values, target.y[rows])
    if weights is None:
        return
    weighted = sorted(zip(columns, weights, strict=True), key=lambda pair: pair[1] < 0)
    parts = {column: float(weight) for column, weight in weighted if weight != 0}
    if len(parts) < 2:  # a copy of one column is told as leakage
        return
    yield Finding(
        CODE,
        "warning",
        tuple(parts),
        f"'{target.name}' is exactly {_formula(parts)}: a model that may use these columns only "
        "adds them up, and whatever it is asked about the others is lost.",
        "Give the parts the role 'ignore', unless they are known before the whole is.",
    )


def _exact_weights(values: Floats, y: Floats) -> Floats | None:
    """The weight of every column in an exact formula; None where there is no such formula."""
    usable = (~np.isnan(values)).mean(axis=0) > 0.5
    whole = ~np.isnan(values[:, usable]).any(axis=1)
    x, y = values[whole][:, usable], y[whole]
    if len(y) < 3 * x.shape[1] + 20 or x.shape[1] < 2 or y.std() == 0:
        return None
    x, y = x - x.mean(axis=0), y - y.mean()
    scale = x.std(axis=0)
    x = x / np.where(scale > 0, scale, 1)
    weights = np.linalg.lstsq(x, y, rcond=1e-9)[0]
    if ((y - x @ weights) ** 2).sum() > EXACT * (y**2).sum():
        return None
    is_part = (np.abs(weights) > NO_PART * np.abs(weights).max()) & (scale > 0)
    found = np.zeros(values.shape[1])
    found[np.flatnonzero(usable)[is_part]] = weights[is_part] / scale[is_part]
    return found


def _formula(parts: dict[str, float]) -> str:
    words = []
    for place, (column, weight) in enumerate(list(parts.items())[:MOST_NAMED]):
        sign = "−" if weight < 0 else "+" if place else ""
        times = "" if abs(abs(weight) - 1) < 1e-4 else f"{number(abs(weight))} × "
        words.append(f"{sign} {times}'{column}'".strip())
    more = len(parts) - MOST_NAMED
    return " ".join(words) + (f" and {more} more" if more > 0 else "")
