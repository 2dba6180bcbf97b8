"""Which two of several classes does the model fail to tell apart?"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import NotApplicable
from ..figures import number
from ..methods import method
from ..metrics import Floats, Score, area_under_roc
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ._intervals import interval_words
from ._matrices import Matrix, draw_matrices
from ._rows import PART_NAMES, Judged, JudgedOn, seen
from ._sides import PART, asked_for, beside, drawn_sides, gap, judged_sides

UNCORRECTED = (
    "The intervals cover which rows were drawn, not the training, and are not corrected for the "
    "number of pairs."
)


@dataclass(frozen=True, kw_only=True)
class PairwiseAuc(Result):
    """One row for each pair of classes, in both orders."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": PART,
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
        """The matrix of pairs of each part; 0.5 is white: not told apart."""
        asked = asked_for(self.frame)
        names = sorted(dict.fromkeys(asked["first"]))
        sides = [*drawn_sides(self.frame)][::-1]
        made = [Matrix(look, *_fields(shown, names)) for shown, look in sides]
        return draw_matrices(made, names, x="against", y="class", lowest=0.5,
                             hover="%{z:.3f}<br>%{customdata}")  # fmt: skip


def _fields(shown: pd.DataFrame, names: list[str]) -> tuple[Floats, NDArray[Any]]:
    place = {name: at for at, name in enumerate(names)}
    grid = np.full((len(names), len(names)), np.nan)
    words: NDArray[Any] = np.full(grid.shape, "", dtype=object)
    for row in shown.to_dict("records"):
        if row["first"] in place and row["second"] in place:
            at = place[row["first"]], place[row["second"]]
            low, high = number(row["conf_low"], 3), number(row["conf_high"], 3)
            grid[at] = row["value"]
            words[at] = f"{row['value']:.3f}<br>{low} to {high}"
            if row["conf_low"] != row["conf_low"]:  # no interval
                words[at] = f"{row['value']:.3f}"
    return grid, words


@method("Pairs of classes", page="quality", tasks=("multiclass",), weighs=True)
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
    sides = judged_sides(model, rows, progress)
    sides = sides if len(np.unique(sides[1].codes)) > 1 else sides[:1]
    if len(np.unique(sides[0].codes)) < 2:
        raise NotApplicable(
            f"All {len(sides[0]):,} {PART_NAMES[rows]} rows are of one class.",
            "Choose the other rows, or hold out more of them.",
        )
    together = [_together(side) for side in sides]
    frame = beside(sides, lambda side: _pairs(model, side))
    return PairwiseAuc(
        frame=frame,
        summary=_summary(asked_for(frame), together[0], rows, len(sides[0])),
        notes=_notes(model, sides, [each.value for each in together]),
    )


def _every_pair(side: Judged) -> dict[tuple[int, int], tuple[Score, float, float]]:
    present = (int(code) for code in np.unique(side.codes))
    return {pair: _pair(side, *pair) for pair in itertools.combinations(present, 2)}


def _together(side: Judged) -> Score:
    """Hand & Till's M."""
    scores = [both for both, _, _ in _every_pair(side).values()]
    return Score(
        float(np.mean([score.value for score in scores])),
        np.mean([score.influence for score in scores], axis=0),
    )


def _pairs(model: FittedModel, side: Judged) -> pd.DataFrame:
    lines: list[dict[str, Any]] = []
    for (i, j), (both, by_i, by_j) in _every_pair(side).items():
        low, high = both.interval(is_share=True)
        count = int(np.isin(side.codes, (i, j)).sum())
        for a, b, ranked in ((i, j, by_i), (j, i, by_j)):
            lines.append(
                {"first": model.classes[a], "second": model.classes[b], "value": both.value,
                 "conf_low": low, "conf_high": high, "by_first": ranked, "rows": count}
            )  # fmt: skip
    frame = pd.DataFrame(lines).sort_values(["first", "second"], ignore_index=True)
    return frame.assign(m_measure=_together(side).value, target=model.target.name)


def _pair(side: Judged, i: int, j: int) -> tuple[Score, float, float]:
    """A(i, j) with every row's influence on it, and A(i | j) and A(j | i)."""
    of_both = np.isin(side.codes, (i, j))
    is_first = side.codes[of_both] == i
    weights = None if side.weights is None else side.weights[of_both]
    by_i = area_under_roc(is_first, side.said[of_both, i], weights)
    by_j = area_under_roc(~is_first, side.said[of_both, j], weights)
    # as a mean over all rows: those of other classes say nothing of this pair
    influence = np.zeros(len(side))
    influence[of_both] = (by_i.influence + by_j.influence) / 2 * (len(side) / of_both.sum())
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


def _notes(model: FittedModel, sides: Sequence[Judged], means: Sequence[float]) -> tuple[str, ...]:
    asked = sides[0]
    present = np.unique(asked.codes)
    pairs = len(present) * (len(present) - 1) // 2
    notes = [
        f"Computed on {len(asked):,} {PART_NAMES[asked.part]} rows, {pairs} pairs each on its own.",
        *seen(asked.part),
        UNCORRECTED,
    ]
    if len(sides) == 2:
        notes.append(gap(sides, "Hand and Till's M", means))
    absent = [name for code, name in enumerate(model.classes) if code not in present]
    if absent:
        notes.append(f"Left out, since none of these rows have them: {', '.join(absent)}.")
    return tuple(notes)
