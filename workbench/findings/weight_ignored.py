"""Is there a column of weights that nobody uses as such?"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from ._check import Finding, Severity, Table, named, of_data

CODE = "weight-ignored"
#: Names that can only mean how many people a row stands for, and those that may mean kilograms.
SURELY = re.compile(
    r"^(fnlwgt|[apf]weight|(sample|sampling|survey|case|person|household|final)[_ .-]?"
    r"(weight|wt|wgt)s?|wgt|.*[_ .-]wgt)$",
    re.IGNORECASE,
)
PERHAPS = re.compile(r"^(wt|weights?|가중치|.*[_ .-](wt|weights?))$", re.IGNORECASE)


@of_data(
    CODE,
    clear="No column is named like a weight without being one.",
    spoils=("quality", "dependence"),
)
def weight_ignored(table: Table) -> Iterator[Finding]:
    """Numbers above zero under a name such as fnlwgt or weight, without the role weight."""
    data = table.data
    for column in data.columns:
        sure, perhaps = SURELY.match(column), PERHAPS.match(column)
        if not (sure or perhaps) or data.roles[column] in ("weight", "target"):
            continue
        if data.kinds[column] != "number" or np.nanmin(table.numbers(column)) < 0:
            continue
        severity: Severity = "warning" if sure else "notice"
        as_feature = data.roles[column] == "feature"
        yield Finding(
            CODE,
            severity,
            (column,),
            f"{named([column])} is named like a weight: if it says how many people a row stands "
            f"for, every answer here is about the rows of the table and not about those people"
            f"{', and the model learns from it as if it were a property of the row' * as_feature}.",
            "If it is one, give it the role 'weight': training and the metrics then use it. If it "
            "is a property, as kilograms are, leave it.",
        )
