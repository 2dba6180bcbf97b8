"""Which two of several classes does the model fail to tell apart?"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import NotApplicable
from ..figures import BLUE, INK, PAPER, escape, new_figure, number
from ..methods import method
from ..metrics import Floats, Score, area_under_roc
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ._intervals import interval_words
from ._rows import PART_NAMES, JudgedOn, all_classes, seen

UNCORRECTED = (
    "The intervals cover which rows were drawn, not the training, and are not corrected for the "
    "number of pairs."
)
#: Above this the letters are white; with more classes the numbers are shown by pointing.
DARK, MOST_WRITTEN = 0.8, 12


@dataclass(frozen=True, kw_only=True)
class PairwiseAuc(Result):
    """One row for each pair of classes, in both orders."""

    columns: ClassVar[Mapping[str, str]] = {
        "first": "the one class",
        "second": "the other class",
        "value": "A(first, second): the mean of both areas, each ranked by one class's chance",
        "conf_low": "lower end of the 95 % interval of the value",
        "conf_high": "upper end of the 95 % interval of the value",
        "by_first": "A(first | second): the area when ranked by the chance of the first class",
        "rows": "rows of the two classes",
        "m_measure": "Hand & Till's M: the mean over all pairs",
        "target": "the column that is predicted",
    }

    def figure(self) -> Any:
        """The matrix of pairs; 0.5 is white: not told apart."""
        names = list(dict.fromkeys([*self.frame["first"], *self.frame["second"]]))
        place = {name: at for at, name in enumerate(names)}
        grid = np.full((len(names), len(names)), np.nan)
        words: NDArray[Any] = np.full(grid.shape, "", dtype=object)
        for row in self.frame.itertuples():
            at = place[str(row.first)], place[str(row.second)]
            grid[at] = row.value
            ends = float(row.conf_low), float(row.conf_high)  # type: ignore[arg-type]
            words[at] = f"{number(ends[0], 3)} to {number(ends[1], 3)}" if ends[0] == ends[0] \
                else "no interval"  # fmt: skip
        figure = new_figure(
            height=min(max(340, 56 * len(names) + 130), 900), x="against", y="class"
        )
        figure.add_heatmap(
            z=grid, x=list(range(len(names))), y=list(range(len(names))), zmin=0.5, zmax=1,
            colorscale=[[0, PAPER], [1, BLUE]], xgap=2, ygap=2, customdata=words,
            colorbar={"title": {"text": "area"}},
            hovertemplate="%{z:.3f} (%{customdata})<extra></extra>",
        )  # fmt: skip
        for row, column in np.argwhere(~np.isnan(grid)) if len(names) <= MOST_WRITTEN else ():
            value = grid[row, column]
            figure.add_annotation(
                x=column, y=row, text=f"{value:.3f}<br>{words[row, column]}", showarrow=False,
                font={"color": "white" if value > DARK else INK, "size": 11},
            )  # fmt: skip
        plain = {"tickvals": list(range(len(names))), "showgrid": False, "zeroline": False,
                 "ticktext": [escape(name, 24) for name in names]}  # fmt: skip
        figure.update_xaxes(**plain)
        figure.update_yaxes(**plain, autorange="reversed")
        return figure


@method("Pairs of classes", page="quality", tasks=("multiclass",))
def pairwise_auc(
    model: FittedModel,
    /,
    *,
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    progress: Progress = silent,
) -> PairwiseAuc:
    """Which two classes the model fails to tell apart: the area under the curve of every pair.

    Of the rows of two classes only, A(i | j) is the chance that a row of class i has a higher
    chance of i than a row of class j; A(i, j) is the mean of A(i | j) and A(j | i). The mean over
    all pairs is Hand & Till's M, which does not hang on how frequent the classes are: 0.5 is
    guessing. Intervals come from each row's influence, on the logit scale; they are not corrected
    for the number of pairs. Classes without rows here are left out, which is said. Raises
    `NotApplicable` where fewer than two are left.

    Source: Hand & Till, Machine Learning 45 (2001).
    """
    observed, chances = all_classes(model, rows, progress)
    present = [code for code in range(len(model.classes)) if (observed == code).any()]
    if len(present) < 2:
        raise NotApplicable(
            f"All {len(observed):,} {PART_NAMES[rows]} rows are of one class.",
            "Choose the other rows, or hold out more of them.",
        )
    found = {pair: _pair(observed, chances, *pair) for pair in itertools.combinations(present, 2)}
    together = Score(
        float(np.mean([both.value for both, _, _ in found.values()])),
        np.mean([both.influence for both, _, _ in found.values()], axis=0),
    )
    lines: list[dict[str, Any]] = []
    for (i, j), (both, by_i, by_j) in found.items():
        low, high = both.interval(is_share=True)
        count = int(((observed == i) | (observed == j)).sum())
        for a, b, ranked in ((i, j, by_i), (j, i, by_j)):
            lines.append(
                {"first": model.classes[a], "second": model.classes[b], "value": both.value,
                 "conf_low": low, "conf_high": high, "by_first": ranked, "rows": count,
                 "m_measure": together.value, "target": model.target.name}
            )  # fmt: skip
    frame = pd.DataFrame(lines).sort_values(["first", "second"], ignore_index=True)
    absent = [name for code, name in enumerate(model.classes) if code not in present]
    return PairwiseAuc(
        frame=frame,
        summary=_summary(frame, together, rows, len(observed)),
        notes=_notes(rows, len(observed), absent, len(found)),
    )


def _pair(
    observed: NDArray[np.intp], chances: Floats, i: int, j: int
) -> tuple[Score, float, float]:
    """A(i, j) with every row's influence on it, and A(i | j) and A(j | i)."""
    of_both = (observed == i) | (observed == j)
    is_first = observed[of_both] == i
    by_i = area_under_roc(is_first, chances[of_both, i])
    by_j = area_under_roc(~is_first, chances[of_both, j])
    # as a mean over all rows: those of other classes say nothing of this pair
    influence = np.zeros(len(observed))
    influence[of_both] = (by_i.influence + by_j.influence) / 2 * (len(observed) / of_both.sum())
    return Score((by_i.value + by_j.value) / 2, influence), by_i.value, by_j.value


def _summary(frame: pd.DataFrame, together: Score, part: JudgedOn, rows: int) -> str:
    worst = frame.iloc[int(np.argmin(frame["value"].to_numpy()))]
    low, high = together.interval(is_share=True)
    return (
        f"On {rows:,} {PART_NAMES[part]} rows the model tells {worst['target']} = "
        f"{worst['first']} and {worst['second']} apart least, with an area of "
        f"{number(worst['value'], 3)} ({interval_words(worst['conf_low'], worst['conf_high'])}); "
        f"Hand and Till's M, the mean over all pairs, is {number(together.value, 3)} "
        f"({interval_words(low, high)}), without a model 0.5."
    )


def _notes(part: JudgedOn, rows: int, absent: list[str], pairs: int) -> tuple[str, ...]:
    notes = [
        f"Computed on all {rows:,} {PART_NAMES[part]} rows; each of {pairs} pairs on its own rows.",
        *seen(part),
        UNCORRECTED,
    ]  # fmt: skip
    if absent:
        notes.append(f"Left out, since none of these rows have them: {', '.join(absent)}.")
    return tuple(notes)
