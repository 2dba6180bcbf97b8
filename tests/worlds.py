"""Tables whose truth is known because they were made here."""

from __future__ import annotations

import numpy as np
import pandas as pd


def additive(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    """y = 3·size + (2 in the north, 0 elsewhere) + noise; `idle` has no part in it.

    `size` is missing in about 8 % of the rows, at random; there y is made of its mean, 0.
    """
    rng = np.random.default_rng(seed)
    size = rng.normal(size=rows)
    place = rng.choice(["north", "south", "west"], size=rows)
    y = 3 * size + 2 * (place == "north") + rng.normal(scale=0.3, size=rows)
    idle = rng.integers(0, 10, size=rows)
    gone = rng.random(rows) < 0.08
    y = np.where(gone, y - 3 * size, y)
    size = np.where(gone, np.nan, size)
    return pd.DataFrame({"size": size, "place": place, "idle": idle, "y": y})


def yes_no(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    """bought = yes with log-odds 2·size + 1.5·(north) − 1."""
    frame = additive(rows, seed)
    rng = np.random.default_rng(seed + 1)
    log_odds = 2 * frame["size"].fillna(0) + 1.5 * (frame["place"] == "north") - 1
    chance = 1 / (1 + np.exp(-log_odds))
    bought = np.where(rng.random(rows) < chance, "yes", "no")
    return frame.drop(columns="y").assign(bought=bought)


def three_kinds(rows: int = 450, seed: int = 0) -> pd.DataFrame:
    """kind is low, middle or high as 3·size + 2·(north) + noise falls below, between or above."""
    frame = additive(rows, seed)
    kind = pd.cut(frame["y"], [-np.inf, -1, 2, np.inf], labels=["low", "middle", "high"])
    return frame.drop(columns="y").assign(kind=kind.astype(str))


def confounded(rows: int = 800, seed: int = 0, effect: float = 1.0) -> pd.DataFrame:
    """A treatment that `need` makes likelier and whose true effect on `outcome` is `effect`.

    outcome = effect·treated + 2·need + (1 at site b) + noise, P(treated) = logistic(need).
    """
    rng = np.random.default_rng(seed)
    need = rng.normal(size=rows)
    site = rng.choice(["a", "b"], size=rows)
    treated = (rng.random(rows) < 1 / (1 + np.exp(-need))).astype(int)
    noise = rng.normal(size=rows)
    outcome = effect * treated + 2 * need + (site == "b") + noise
    return pd.DataFrame({"need": need, "site": site, "treated": treated, "outcome": outcome})
