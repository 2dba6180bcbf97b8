"""Is there a date, while the rows are split as if time did not matter?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.figures import number

from ._check import Finding, Severity, Table, neighbours_alike, of_data

CODE = "time-order"
#: From this rank correlation of one row's target with the next one's on, time tells the target.
ALIKE, FEWEST_ROWS = 0.3, 50


@of_data(CODE, clear="No date is left out of account in the split.", needs_target=True)
def time_order(table: Table) -> Iterator[Finding]:
    """Dates without the role time; a warning where rows next in time have like targets."""
    data = table.data
    if table.target is None or data.with_role("time"):
        return
    for column in data.of_kind("date"):
        if data.roles[column] == "target":
            continue
        alike, rows = alike_in_time(table, column)
        if rows < FEWEST_ROWS:
            continue
        matters = alike > max(ALIKE, 4 / np.sqrt(rows))
        severity: Severity = "warning" if matters else "notice"
        so = (
            "rows next to one another in time are alike, so a row held out at random is guessed "
            "from its neighbours, and the score is not that of the future"
            if matters
            else "rows held out at random lie between those learned from, and a score found so "
            "may not hold for the future"
        )
        yield Finding(
            CODE,
            severity,
            (column,),
            f"'{column}' is a date and the split takes no account of it (rank correlation of "
            f"'{table.target.name}' from one row to the next in time: {number(alike, 2)}): {so}.",
            f"Give '{column}' the role 'time': the latest rows are then held out.",
        )


def alike_in_time(table: Table, column: str) -> tuple[float, int]:
    """Rank correlation of the target with that of the next row in time, and on how many rows."""
    when, y = table.numbers(column), table.y
    rows = np.flatnonzero(~np.isnan(when) & ~np.isnan(y))
    order = rows[np.argsort(when[rows], kind="stable")]
    return neighbours_alike(y[order]), len(rows)
