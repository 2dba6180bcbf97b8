"""Which columns move together: where they do, changing one alone makes rows that do not exist."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.transform import Floats

#: From this rank correlation on, two columns are called twins.
TWINS = 0.9
#: Correlations are taken over at most this many rows.
MOST_ROWS = 5_000


@dataclass(frozen=True)
class Pair:
    """Two features and their rank correlation."""

    first: str
    second: str
    correlation: float


def rank_correlations(codes: Floats) -> Floats:
    """Spearman's rank correlation of every pair of columns, (p, p).

    Values are ranked among those present in their column; a pair is correlated over the rows that
    hold both. NaN where a column does not vary there. Levels rank by their codes.
    """
    from scipy.stats import rankdata

    present = ~np.isnan(codes)
    ranks = np.zeros_like(codes)
    for j in range(codes.shape[1]):
        ranks[present[:, j], j] = rankdata(codes[present[:, j], j])
    # the scale does not matter and large squares would cost digits
    ranks = np.where(present, ranks / len(codes) - 0.5, 0.0)
    both = present.astype(float)
    n = both.T @ both
    sums, squares = ranks.T @ both, (ranks**2).T @ both
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = squares - sums**2 / n
        together = ranks.T @ ranks - sums * sums.T / n
        constant = (spread < 1e-12) | (spread.T < 1e-12)
        found = together / np.sqrt(spread * spread.T)
    return np.where(constant | (n < 3), np.nan, np.clip(found, -1, 1))


def twins(names: tuple[str, ...], codes: Floats) -> tuple[Pair, ...]:
    """Pairs of columns with |rank correlation| above 0.9, the strongest first."""
    correlation = rank_correlations(thinned(codes))
    pairs = [
        Pair(names[a], names[b], float(correlation[a, b]))
        for a, b in zip(*np.triu_indices(len(names), 1), strict=True)
        if abs(correlation[a, b]) > TWINS
    ]
    return tuple(sorted(pairs, key=lambda pair: -abs(pair.correlation)))


def thinned(codes: Floats) -> Floats:
    """Every k-th row, so that at most `MOST_ROWS` are left."""
    return codes[:: max(1, -(-len(codes) // MOST_ROWS))]


def twin_notes(names: tuple[str, ...], codes: Floats, so: str) -> tuple[str, ...]:
    """One sentence naming the twins and what follows from them; none where there are none."""
    pairs = twins(names, codes)
    if not pairs:
        return ()
    shown = "; ".join(f"'{p.first}' and '{p.second}' ({p.correlation:.2f})" for p in pairs[:4])
    more = f"; and {len(pairs) - 4} more pairs" if len(pairs) > 4 else ""
    return (f"Some columns nearly repeat one another (rank correlation): {shown}{more}. {so}",)
