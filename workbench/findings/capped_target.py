"""Does the target stop at a ceiling?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.figures import number

from ._check import Finding, Table, of_data, percent

CODE = "capped-target"
#: So many different values make a scale that has no reason to pile up at its end.
FEWEST_VALUES, FEWEST_ROWS, SHARE = 50, 20, 0.01
#: And so many times as many rows at the end as at the fullest of the values next to it.
TIMES, NEIGHBOURS = 5, 20


@of_data(
    CODE,
    clear="The target does not pile up at its largest value.",
    needs_target=True,
    spoils=("quality", "prediction"),
)
def capped_target(table: Table) -> Iterator[Finding]:
    """Many rows at the very maximum of a number, and few just below."""
    target = table.target
    if target is None or target.task != "regression":
        return
    values, counts = np.unique(target.y[~np.isnan(target.y)], return_counts=True)
    at_the_end, in_all = int(counts[-1]), int(counts.sum())
    if len(values) < FEWEST_VALUES or at_the_end < max(FEWEST_ROWS, SHARE * in_all):
        return
    if at_the_end < TIMES * counts[-1 - NEIGHBOURS : -1].max():
        return
    yield Finding(
        CODE,
        "warning",
        (target.name,),
        f"{at_the_end:,} rows ({percent(at_the_end / in_all)}) have the very largest "
        f"'{target.name}', {number(float(values[-1]))}, and few lie just below: the true values "
        "were probably cut there, and the model learns the ceiling, not the thing.",
        "Say so with every answer near the ceiling; leave these rows out, or predict whether a "
        "row reaches it.",
    )
