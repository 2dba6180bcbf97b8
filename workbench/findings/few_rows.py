"""Are there enough rows for so many columns?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ._check import Finding, Table, of_data

CODE = "few-rows"
#: Rows (of the rarest class) per feature: below the first it is told, below the second warned of.
FEW, VERY_FEW = 10, 3


@of_data(
    CODE,
    clear="There are at least ten rows for every feature.",
    needs_target=True,
    spoils=("importance", "dependence"),
)
def few_rows(table: Table) -> Iterator[Finding]:
    """Rows, or rows of the rarest class, per feature.

    Ten are asked for by Peduzzi et al., Journal of Clinical Epidemiology 49 (1996), for a logistic
    regression; trees need many more to settle: van der Ploeg, Austin & Steyerberg, BMC Medical
    Research Methodology 14 (2014).
    """
    target, features = table.target, len(table.data.features)
    if target is None or not features:
        return
    y = target.y[~np.isnan(target.y)]
    if target.task == "regression":
        rows, whose = len(y), f"{len(y):,} rows"
    else:
        counts = np.bincount(y.astype(int), minlength=len(target.classes))
        rows = int(counts.min())
        whose = f"{rows:,} rows of '{target.classes[int(counts.argmin())]}'"
    if rows >= FEW * features:
        return
    yield Finding(
        CODE,
        "warning" if rows < VERY_FEW * features else "notice",
        (target.name,),
        f"There are {whose} for {features:,} features: fewer than {FEW} for each. Another sample "
        "would give another model, other curves and another order of importance.",
        "Leave out columns that cannot matter, prefer a small model (shallow trees, large "
        "leaves), and read every explanation with its interval.",
    )
