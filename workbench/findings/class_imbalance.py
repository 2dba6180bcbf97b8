"""Is one class so rare that a model may ignore it and still look good?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ._check import Finding, Table, of_data, percent

CODE = "class-imbalance"
RARE, VERY_RARE = 0.1, 0.03


@of_data(CODE, clear="No class of the target is rare.", needs_target=True, spoils=("quality",))
def class_imbalance(table: Table) -> Iterator[Finding]:
    """The share of the rarest class."""
    target = table.target
    if target is None or target.task == "regression":
        return
    counts = np.bincount(target.y[~np.isnan(target.y)].astype(int), minlength=len(target.classes))
    shares = counts / counts.sum()
    rarest = int(shares.argmin())
    if shares[rarest] >= RARE / max(len(target.classes) / 2, 1):
        return
    yield Finding(
        CODE,
        "warning" if shares[rarest] < VERY_RARE else "notice",
        (target.name,),
        f"Only {int(counts[rarest]):,} rows ({percent(float(shares[rarest]))}) have "
        f"'{target.name}' = '{target.classes[rarest]}': a model that never says so still has an "
        f"accuracy of {percent(float(1 - shares[rarest]))}.",
        "Do not read accuracy. Read the area under the curve and the log loss beside those "
        "without a model, and choose the cutoff by what an error costs. Weighting or resampling "
        "the classes would move the probabilities away from the truth.",
    )
