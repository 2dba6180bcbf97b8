"""How much of a class is found in the rows taken first: the ground of gains and lift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..errors import NotApplicable
from ..figures import number
from ._cutoffs import cutoffs, spread, spread_note
from ._rows import OTHER, PART_NAMES, ClassRows, seen
from ._sides import PART, asked_for

COLUMNS: Mapping[str, str] = {
    "part": PART,
    "share_taken": "share of the rows taken, those with the highest chance first",
    "share_found": "share of the class that is among them",
    "best_possible": "share found if every row of the class came first",
    "lift": "share found / share taken: how many times as many as among as many random rows",
    "cutoff": "the smallest chance among the rows taken",
    "is_asked": "whether this is the share that was asked for",
    "output": "the chance the rows are ranked by",
}


def gains(rows: ClassRows, asked: float) -> pd.DataFrame:
    """Both curves of a part; a share that ends among rows of one chance takes them in random order,
    on average."""
    cuts = cutoffs(rows)
    kept = spread(len(cuts.chance))
    ends, found_at = (
        np.append(0, cuts.taken) / cuts.total,
        np.append(0, cuts.found) / cuts.total_found,
    )
    taken = np.union1d(ends[kept + 1], [asked])
    place = np.searchsorted(ends[1:], taken, side="left")
    found = np.interp(taken, ends, found_at)
    return pd.DataFrame(
        {
            "share_taken": taken,
            "share_found": found,
            "best_possible": np.minimum(taken / rows.base_rate, 1),
            "lift": found / taken,
            "cutoff": cuts.chance[place],
            "is_asked": taken == asked,
            "output": rows.output,
        }
    )


def share_at(rows: ClassRows, cutoff: float) -> float:
    """The share of the rows with at least this chance; `NotApplicable` where there is none."""
    taken = rows.chance >= cutoff
    if not taken.any():
        raise NotApplicable(
            f"At a cutoff of {number(cutoff)} none of the {len(rows):,} {PART_NAMES[rows.part]} "
            f"rows is taken: the highest {rows.output} is {number(float(rows.chance.max()))}.",
            "Choose a lower cutoff, or a share of the rows.",
        )
    return float(np.average(taken, weights=rows.weights))


def gains_summary(rows: ClassRows, frame: pd.DataFrame) -> str:
    """What the share that was asked for holds."""
    at = _asked(frame)
    return (
        f"The {percent(at['share_taken'])} of {len(rows):,} {PART_NAMES[rows.part]} rows with the "
        f"highest {rows.output} hold {at['share_found']:.1%} of those with {rows.event}: "
        f"{number(at['lift'], 3)} times what as many random rows would hold; the most there can "
        f"be is {number(at['best_possible'] / at['share_taken'], 3)} times."
    )


def percent(share: float) -> str:
    """A share with as many decimals as it needs: 5%, 0.4%, 12.3%."""
    return f"{100 * share:.3g}%"


def gains_notes(rows: ClassRows, frame: pd.DataFrame) -> tuple[str, ...]:
    """Which rows, what the other part holds, and what is not said."""
    notes = [rows.note, *seen(rows.part)]
    other = frame[frame["part"] != rows.part]
    if len(other):
        at = _asked(other)
        notes.append(
            f"The {percent(at['share_taken'])} of the {PART_NAMES[OTHER[rows.part]]} rows with the "
            f"highest chance hold {at['share_found']:.1%}: {number(at['lift'], 3)} times what as "
            "many random rows would hold."
        )
    return (
        *notes,
        "No interval is shown: with few rows of the class a small share taken says little.",
        *spread_note(len(np.unique(rows.chance))),
    )


def _asked(frame: pd.DataFrame) -> pd.Series[Any]:
    """The line of the share that was asked for, of the first part."""
    shown = asked_for(frame)
    return shown[shown["is_asked"]].iloc[0]
