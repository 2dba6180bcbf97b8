"""Are the held-out rows other than those learned from?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.figures import number
from workbench.model import FittedModel

from ._check import Finding, as_numbers, of_model

CODE = "drift"
#: By chance alone, in so many models of a thousand, all columns together; smaller distances
#: are not told.
CHANCE, SMALLEST = 0.001, 0.1
MOST_ROWS = 20_000


@of_model(
    CODE,
    clear="The held-out rows are like those learned from, column by column.",
    spoils=("quality", "importance"),
)
def drift(model: FittedModel) -> Iterator[Finding]:
    """Kolmogorov–Smirnov for amounts, total variation and χ² for levels, with Bonferroni's limit
    over all columns."""
    rows = [_thinned(part) for part in (model.split.train, model.split.test)]
    apart = {}
    for column in (*model.features, model.target.name):
        train, test = (model.data.frame[column].iloc[at] for at in rows)
        is_amount = pd.api.types.is_numeric_dtype(train) and not pd.api.types.is_bool_dtype(train)
        kind = model.data.kinds[column]
        is_amount = kind == "date" or (is_amount and kind != "category")
        distance, chance = (of_amounts if is_amount else of_levels)(train, test)
        if distance > SMALLEST and chance < CHANCE / (len(model.features) + 1):
            apart[column] = distance
    if not apart:
        return
    largest = sorted(apart, key=lambda c: -apart[c])
    words = ", ".join(f"'{c}' ({number(apart[c], 2)})" for c in largest[:4])
    more = f" and {len(largest) - 4:,} more" if len(largest) > 4 else ""
    yield Finding(
        CODE,
        "warning",
        tuple(largest),
        f"The held-out rows differ from those learned from in {words}{more} (largest difference "
        "of shares, 0 to 1): the score, and what is explained on these rows, is about a change of "
        "the world as well as about the model.",
        "Explain the rows one will meet; where the change goes on, train on the latest rows.",
    )


def of_amounts(train: pd.Series, test: pd.Series) -> tuple[float, float]:
    """The Kolmogorov–Smirnov distance and how often chance makes it."""
    from scipy.stats import ks_2samp

    first, second = (as_numbers(part) for part in (train, test))
    first, second = first[~np.isnan(first)], second[~np.isnan(second)]
    if not (len(first) and len(second)):
        return 0.0, 1.0
    found = ks_2samp(first, second, method="asymp")
    return float(found.statistic), float(found.pvalue)


def of_levels(train: pd.Series, test: pd.Series) -> tuple[float, float]:
    """The total variation distance and how often chance makes it, by χ²; missing is a level."""
    from scipy.stats import chi2_contingency

    codes = pd.factorize(pd.concat([train, test]), use_na_sentinel=False)[0]
    counts = np.array(
        [np.bincount(part, minlength=codes.max() + 1) for part in np.split(codes, [len(train)])]
    )
    # levels too rare for χ² are counted together
    rare = counts.sum(axis=0) < 10
    counts = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)])
    counts = counts[:, counts.sum(axis=0) > 0]
    if counts.shape[1] < 2 or not counts.sum(axis=1).all():
        return 0.0, 1.0
    shares = counts / counts.sum(axis=1, keepdims=True)
    distance = float(np.abs(shares[0] - shares[1]).sum() / 2)
    return distance, float(chi2_contingency(counts).pvalue)


def _thinned(rows: np.ndarray) -> np.ndarray:
    return rows[:: max(1, -(-len(rows) // MOST_ROWS))]
