"""Where an edited row lies beside the training rows: whether the model knows rows like it.

Three looks, none of which asks the model. *Each value*: beyond the smallest and largest in
training, or missing where training never was. *Pairs*: for every edited column and every other, the
training rows that are alike in the other (the nearest of a number, the same level) are looked at;
where the new value is lower or higher than all of theirs, or a level none of them has, the two do
not occur together. *The whole row*: its distance to the nearest training row, beside what such
distances are from training row to training row.

The window of a pair is as wide as a false alarm asks for: of exchangeable rows a new value lies
beyond w others with chance 2 / (w + 1), and a level with the share s is absent among w with chance
about exp(-s·w). Both are held to `ALARMS` over all pairs of the row together (Bonferroni). Where
there are too few rows for that the pair is not judged, and the note says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.model import FittedModel
from workbench.transform import Floats

#: The chance that a row like the others is said to hold a pair that does not occur.
ALARMS = 0.05
#: A window holds at most this share of the training rows, or it is no neighbourhood.
WIDEST = 0.25
#: Rows whose distances to the others are the yardstick, and rows they are compared with, at most.
MOST_MEASURED, MOST_COMPARED = 300, 2_000
#: From this share of training rows that are nearer to theirs, the row is called far away.
FAR = 0.95


@dataclass(frozen=True)
class Whereabouts:
    """`values` says of each edited column how its new value stands in training, `pairs` which other
    columns' values it does not occur with; of `asked` pairs `judged` could be. `nearer` is the
    share of training rows that are nearer to their nearest than the edited row is to its own (of
    `compared` rows), `nearer_before` the same of the row as it was."""

    values: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    judged: int
    asked: int
    nearer: float
    nearer_before: float
    compared: int


INSIDE, LOWER, HIGHER = "within", "lower than all", "higher than all"
NEVER_MISSING, ABSENT = "never missing in training", "in no training row"


def whereabouts(
    model: FittedModel, row: int, before: Floats, after: Floats, edited: Sequence[int]
) -> Whereabouts:
    """Where a row (p,) lies after some of its columns (places) were edited."""
    learned = model.split.train[model.split.train != row]
    codes = model.transform.codes(model.data.frame.iloc[learned])
    is_level = np.asarray(model.transform.is_category)
    others = [(j, k) for j in edited for k in range(len(after)) if k != j]
    # of two edited columns the pair is one
    others = [(j, k) for j, k in others if not (k in edited and k < j)]
    found = {
        (j, k): _occurs(codes[:, j], codes[:, k], after[j], after[k], is_level[[j, k]], len(others))
        for j, k in others
    }
    names = model.features
    nearer_before, nearer, compared = _nearer(codes, np.stack([before, after]), is_level)
    return Whereabouts(
        tuple(_standing(codes[:, j], after[j], bool(is_level[j])) for j in edited),
        tuple((names[j], names[k]) for (j, k), occurs in found.items() if occurs is False),
        sum(occurs is not None for occurs in found.values()),
        len(others),
        nearer,
        nearer_before,
        compared,
    )


def _standing(column: Floats, value: float, is_level: bool) -> str:
    present = column[~np.isnan(column)]
    if np.isnan(value):
        return INSIDE if len(present) < len(column) else NEVER_MISSING
    if is_level:
        return INSIDE if (present == value).any() else ABSENT
    if not len(present) or value < present.min():
        return LOWER
    return HIGHER if value > present.max() else INSIDE


def _occurs(
    column: Floats, other: Floats, value: float, at: float, is_level: np.ndarray, pairs: int
) -> bool | None:
    """Whether training rows that are alike in the other column hold such a value; None where there
    are too few of them to say. A value that is beyond all of training is no matter of pairs."""
    if np.isnan(value) or _standing(column, value, bool(is_level[0])) != INSIDE:
        return None
    allowed = ALARMS / pairs
    share = float(np.mean(column == value))
    needed = -np.log(allowed) / share if is_level[0] else 2 / allowed
    alike = _alike(other, at, bool(is_level[1]), int(np.ceil(needed)))
    near = column[alike]
    near = near[~np.isnan(near)]
    if len(near) < needed:
        return None
    if is_level[0]:
        return bool((near == value).any())
    return bool(near.min() <= value <= near.max())


def _alike(other: Floats, at: float, is_level: bool, count: int) -> np.ndarray:
    """The rows that miss the other column too, have its level or its very number, or else are the
    nearest to its number; none where these would be no neighbourhood."""
    if np.isnan(at):
        return np.flatnonzero(np.isnan(other))
    same = np.flatnonzero(other == at)
    if is_level or len(same) >= count:
        return same
    present = np.flatnonzero(~np.isnan(other))
    if count > WIDEST * len(present):
        return same
    return present[np.argsort(np.abs(other[present] - at), kind="stable")[:count]]


def _nearer(codes: Floats, rows: Floats, is_level: np.ndarray) -> tuple[float, float, int]:
    """Of each of two rows the share of training rows that are nearer to their nearest, and how many
    rows were looked through for it.

    A number's distance is that of the shares of training rows below the two (so neither its unit
    nor a long tail matters), a level's or a missing value's 0 or 1; they are added up.
    """
    thin = codes[_evenly(len(codes), MOST_COMPARED + MOST_MEASURED)]
    if len(thin) < 2:
        return 0.0, 0.0, len(thin)
    measured = np.zeros(len(thin), dtype=bool)
    measured[_evenly(len(thin), min(MOST_MEASURED, len(thin) // 4 + 1))] = True
    against = thin[~measured]
    asked = np.vstack([rows, thin[measured]])
    total = np.zeros((len(asked), len(against)))
    for j in range(codes.shape[1]):
        one, other = asked[:, j], against[:, j]
        if is_level[j]:
            apart = (one[:, None] != other).astype(float)
        else:
            known = np.sort(other[~np.isnan(other)])
            below = [_share_below(known, values) for values in (one, other)]
            apart = np.abs(below[0][:, None] - below[1])
        missing = np.isnan(one)[:, None].astype(float) + np.isnan(other)
        total += np.where(missing == 2, 0.0, np.where(missing == 1, 1.0, apart))
    nearest = total.min(axis=1)
    shares = [float(np.mean(nearest[2:] < nearest[i])) for i in (0, 1)]
    return shares[0], shares[1], len(against)


def _share_below(known: Floats, values: Floats) -> Floats:
    """Of each value the share of the known below it, of equal ones half."""
    if not len(known):
        return np.zeros(len(values))
    sides = [np.searchsorted(known, values, side=side) for side in ("left", "right")]
    return np.asarray((sides[0] + sides[1]) / (2 * len(known)))


def _evenly(total: int, count: int) -> np.ndarray:
    """Up to so many of the places 0 to total - 1, evenly spaced."""
    return np.unique(np.linspace(0, total - 1, min(total, count)).astype(int))
