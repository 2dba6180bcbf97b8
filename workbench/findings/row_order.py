"""Does the order of the rows in the file tell the target?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.figures import number

from ._check import Finding, Table, neighbours_alike, of_data
from .time_order import ALIKE, FEWEST_ROWS

CODE = "row-order"


@of_data(
    CODE,
    clear="Rows next to one another in the file are not alike in the target.",
    needs_target=True,
    spoils=("quality",),
)
def row_order(table: Table) -> Iterator[Finding]:
    """Left out where a date or a role says already how rows belong together."""
    data = table.data
    if table.target is None or data.of_kind("date"):
        return
    if data.with_role("time") or data.with_role("group"):
        return
    y = table.y[~np.isnan(table.y)]
    alike = neighbours_alike(y)
    if len(y) < FEWEST_ROWS or alike <= max(ALIKE, 4 / np.sqrt(len(y))):
        return
    yield Finding(
        CODE,
        "notice",
        (),
        f"Rows next to one another in the file are alike in '{table.target.name}' (rank "
        f"correlation {number(alike, 2)}): if they follow in time, or belong to one person or "
        "place, rows held out at random are guessed from their neighbours.",
        "If the file was merely sorted, nothing; else give the column that says when or whose "
        "the role 'time' or 'group'.",
    )
