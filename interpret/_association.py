"""Which columns move together: where they do, changing one alone makes rows that do not exist."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.correlation import rank_correlation, rank_correlations
from workbench.transform import Floats

#: From this rank correlation on, two columns are called twins.
TWINS = 0.9
#: Pairs from this on are looked at exactly: missing values move a correlation less than that.
WORTH_A_LOOK = 0.7
#: Correlations are taken over at most this many rows.
MOST_ROWS = 5_000


@dataclass(frozen=True)
class Pair:
    """Two features and their rank correlation."""

    first: str
    second: str
    correlation: float


def twins(names: tuple[str, ...], codes: Floats) -> tuple[Pair, ...]:
    """Pairs of columns with |rank correlation| above 0.9, the strongest first.

    Levels rank by their codes; a pair is ranked over the rows that hold both.
    """
    codes = thinned(codes)
    roughly = np.abs(np.triu(rank_correlations(codes), 1))
    pairs = [
        Pair(names[a], names[b], rank_correlation(codes[:, a], codes[:, b]))
        for a, b in np.argwhere(roughly > WORTH_A_LOOK)
    ]
    found = [pair for pair in pairs if abs(pair.correlation) > TWINS]
    return tuple(sorted(found, key=lambda pair: -abs(pair.correlation)))


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
