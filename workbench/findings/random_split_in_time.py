"""Was the past learned from the future?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.figures import number
from workbench.model import FittedModel

from ._check import Finding, Table, of_model, percent
from ._parts import is_split_at_random
from .time_order import alike_in_time, time_order

CODE = "random-split-in-time"


@of_model(
    CODE,
    clear="The rows were not taken out of a course of time at random.",
    spoils=("quality", "importance"),
)
def random_split_in_time(model: FittedModel) -> Iterator[Finding]:
    """Dates along which the target is alike, where the held-out rows lie between the others."""
    if not is_split_at_random(model):
        return
    table = Table(model.data, model.target)
    for found in time_order(table):
        if found.severity != "warning":
            continue
        (column,) = found.columns
        when = table.numbers(column)
        last = np.nanmax(when[model.split.train])
        between = float((when[model.split.test] <= last).mean())
        alike = alike_in_time(table, column)[0]
        yield Finding(
            CODE,
            "warning",
            (column,),
            f"{percent(between)} of the held-out rows lie before the last '{column}' learned from, "
            f"and '{model.target.name}' is alike from one row to the next in time (rank "
            f"correlation {number(alike, 2)}): the score is that of filling gaps, not of the "
            "future.",
            f"Give '{column}' the role 'time' and train again: the latest rows are then held out.",
        )
