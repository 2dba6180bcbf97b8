"""Which rows are there more than once?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ..blocks import blocks
from ..dataset import Dataset
from ..figures import BLUE, ORANGE, escape, new_figure
from ..findings.duplicate_rows import row_hashes
from ..methods import method
from ..progress import Progress, part, silent
from ..result import Result

#: The most frequent rows that are shown, and letters of one of them.
MOST_SHOWN, LONGEST = 10, 160
#: Rows hashed between two looks at whether to stop.
BLOCK = 50_000
WHOLE, BUT_IDENTIFIERS = "whole row", "all but identifiers"


@dataclass(frozen=True, kw_only=True)
class DuplicateRows(Result):
    """How many rows repeat an earlier one, and the rows that are there most often."""

    columns: ClassVar[Mapping[str, str]] = {
        "compared": "what has to agree: the whole row, or all columns but the identifiers",
        "part": "total, or group: one row that is there more than once",
        "times": "how often the row is there (group); rows of the table (total)",
        "copies": "rows that repeat an earlier one",
        "share": "the same as a share of all rows",
        "groups": "different rows that are there more than once",
        "first_row": "the number of the row where it stands first, from 0; -1 for a total",
        "values": "its values, shortened",
    }

    def figure(self) -> Any:
        """How often the most frequent rows are there."""
        shown = self.frame[self.frame["part"] == "group"]
        figure = new_figure(height=150 + 34 * max(len(shown), 3), x="times in the table",
                            barmode="group", showlegend=True)  # fmt: skip
        if shown.empty:
            figure.add_annotation(text="no row is there twice", showarrow=False, x=0.5, y=0.5,
                                  xref="paper", yref="paper", font={"size": 15})  # fmt: skip
            return figure.update_yaxes(visible=False).update_xaxes(visible=False)
        names = list(dict.fromkeys(shown["first_row"]))
        for compared, colour in ((WHOLE, BLUE), (BUT_IDENTIFIERS, ORANGE)):
            rows = shown[shown["compared"] == compared]
            if rows.empty:
                continue
            figure.add_bar(
                y=[names.index(row) for row in rows["first_row"]], x=rows["times"],
                orientation="h", name=compared, marker={"color": colour},
                customdata=[escape(each, LONGEST) for each in rows["values"]],
                hovertemplate="%{x} times: %{customdata}<extra></extra>",
            )  # fmt: skip
        figure.update_yaxes(tickvals=list(range(len(names))), showgrid=False, zeroline=False,
                            ticktext=[f"row {row:,}" for row in names],
                            range=[len(names) - 0.4, -0.6])  # fmt: skip
        figure.update_xaxes(rangemode="tozero", tickformat=",d",
                            dtick=1 if shown["times"].max() <= MOST_SHOWN else None)  # fmt: skip
        return figure


@method("Duplicate rows", page="profile")
def duplicate_rows(data: Dataset, /, *, progress: Progress = silent) -> DuplicateRows:
    """Which rows are there more than once, as a whole or but for an identifier.

    Over all rows. Two missing values agree. Rows are compared by a 64-bit hash of their values:
    among a million different rows two would be taken for equal with a chance of 3 in 100 million.
    Whether copies are a mistake the table cannot tell: in a few coarse columns rows agree by
    chance.
    """
    others = [c for c in data.columns if data.kinds[c] != "identifier"]
    looks = [(WHOLE, list(data.columns))]
    if 0 < len(others) < len(data.columns):
        looks.append((BUT_IDENTIFIERS, others))
    found = []
    for at, (compared, columns) in enumerate(looks):
        stretch = part(progress, at / len(looks), (at + 1) / len(looks))
        found.append(_look(data, compared, columns, stretch))
    frame = pd.concat(found, ignore_index=True)
    return DuplicateRows(frame=frame, summary=_summary(frame), notes=_notes(frame))


def _look(data: Dataset, compared: str, columns: list[str], progress: Progress) -> pd.DataFrame:
    codes, _ = pd.factorize(_hashes(data.frame[columns], progress))
    counts = np.bincount(codes)
    first = np.flatnonzero(~pd.Series(codes).duplicated().to_numpy())
    order = np.argsort(-counts, kind="stable")[:MOST_SHOWN]
    copies, groups = int((counts - 1).sum()), int((counts > 1).sum())
    total = (compared, "total", len(data), copies, copies / len(data), groups, -1, "")
    shown = [
        (compared, "group", int(counts[at]), int(counts[at]) - 1,
         (int(counts[at]) - 1) / len(data), 1, int(first[at]), _words(data, columns, first[at]))
        for at in order
        if counts[at] > 1
    ]  # fmt: skip
    return pd.DataFrame([total, *shown], columns=list(DuplicateRows.columns))


def _hashes(frame: pd.DataFrame, progress: Progress) -> np.ndarray:
    parts = []
    for rows in blocks(len(frame), BLOCK):
        progress(rows.start / len(frame))
        parts.append(row_hashes(frame.iloc[rows]))
    return np.concatenate(parts)


def _words(data: Dataset, columns: list[str], row: int) -> str:
    values = data.frame[columns].iloc[row]
    text = "; ".join(f"{name} = {'missing' if pd.isna(v) else v}" for name, v in values.items())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _summary(frame: pd.DataFrame) -> str:
    totals = frame[frame["part"] == "total"].set_index("compared")
    whole = totals.loc[WHOLE]
    said = (
        f"{whole['copies']:,} of {whole['times']:,} rows ({whole['share']:.1%}) repeat an earlier "
        "row as a whole"
    )
    if BUT_IDENTIFIERS in totals.index:
        rest = totals.loc[BUT_IDENTIFIERS]
        said += f", and {rest['copies']:,} ({rest['share']:.1%}) but for an identifier"
    return f"{said}."


def _notes(frame: pd.DataFrame) -> tuple[str, ...]:
    notes = ["Over all rows; two missing values agree."]
    totals = frame[frame["part"] == "total"]
    if (totals["groups"] > MOST_SHOWN).any():
        notes.append(f"The {MOST_SHOWN} most frequent rows are shown; the totals count all.")
    return tuple(notes)
