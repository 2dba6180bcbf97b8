"""How right is the model where it dares to decide? Accuracy against the share of rows decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import NotApplicable, ParameterError
from ..figures import BAND, BLUE, LIGHT_GREY, VERMILION, escape, new_figure, number
from ..methods import method
from ..metrics import Floats, Score
from ..model import FittedModel
from ..neutral_class import NEUTRAL
from ..progress import Progress, silent
from ..result import Result
from ..settings import ClassName, Range
from ._cutoffs import MOST_POINTS, spread, spread_note
from ._intervals import interval_words
from ._rows import CLASSES, PART_NAMES, Judged, JudgedOn, seen
from ._sides import PART, Look, asked_for, drawn_sides, judged_sides
from ._tallies import Tally, shares

#: A row whose true class is the neutral one: wrong as soon as it is decided, or not counted.
NeutralRows = Literal["error", "aside"]


@dataclass(frozen=True, kw_only=True)
class CoverageAccuracy(Result):
    """One point per threshold on the chance of the class said, for the rows asked about and, after
    them, for the other part of the table."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": PART,
        "threshold": "rows are decided whose most probable class is at least as probable as this",
        "coverage": "share of the counted rows, by weight, that are decided",
        "accuracy": "share of the decided rows, by weight, whose class is right",
        "conf_low": "lower end of the 95 % interval of the accuracy (Wilson)",
        "conf_high": "upper end of the 95 % interval of the accuracy",
        "decided": "rows that are decided",
        "right": "rows that are decided and right",
        "decided_neutral": "truly neutral rows that are decided (wrong, or set aside)",
        "rows": "rows that are counted",
        "area": "mean accuracy over all coverages the model reaches in this part",
        "area_low": "lower end of the 95 % interval of the area",
        "area_high": "upper end of the 95 % interval of the area",
        "without_model": "accuracy of always saying the class most frequent in training",
        "is_chosen": "whether this is the point at the coverage asked for",
    }

    def figure(self) -> Any:
        """Accuracy over coverage for both parts, the interval of the first, the chosen point."""
        shown = self.frame
        figure = new_figure(height=460, x="coverage: share of the rows that are decided",
                            y="accuracy among the decided")  # fmt: skip
        first = asked_for(shown)
        for column, fill in (("conf_low", None), ("conf_high", "tonexty")):
            figure.add_scatter(x=first["coverage"], y=first[column], mode="lines", fill=fill,
                               fillcolor=BAND, line={"width": 0}, hoverinfo="skip",
                               showlegend=False)  # fmt: skip
        figure.add_scatter(x=[0, 1], y=[first["without_model"].iloc[0]] * 2, mode="lines",
                           line={"color": LIGHT_GREY, "dash": "dash"}, hoverinfo="skip",
                           name="without a model")  # fmt: skip
        for side, look in drawn_sides(shown):
            _add_line(figure, side, look)
        chosen = first[first["is_chosen"]]
        figure.add_scatter(
            x=chosen["coverage"], y=chosen["accuracy"], mode="markers", showlegend=False,
            marker={"color": VERMILION, "size": 11}, hoverinfo="skip",
        )  # fmt: skip
        figure.update_layout(legend={"traceorder": "reversed"})
        figure.update_xaxes(range=[-0.01, 1.01])
        lowest = min(shown["accuracy"].min(), shown["without_model"].min())
        figure.update_yaxes(range=[max(0.0, lowest - 0.1), 1.02])
        return figure


@method("Coverage and accuracy", page="quality", tasks=CLASSES, weighs=True)
def coverage_accuracy(
    model: FittedModel,
    /,
    *,
    coverage: Annotated[float, Range(0.01, 1), "Share of the rows that is to be decided"] = 0.8,
    neutral_class: Annotated[str | None, ClassName(), "The class that means undecided"] = None,
    neutral_rows: Annotated[NeutralRows, "Truly neutral rows that are decided"] = "error",
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    progress: Progress = silent,
) -> CoverageAccuracy:
    """How often the model is right where it decides, and how much it decides, at every threshold.

    A row is decided where the most probable class is not the neutral one and its chance is at least
    the threshold; on the others the model abstains. With a neutral class (`with_neutral_class`;
    `neutral_class` says which, by default the one called neutral, if there is one) the curve ends
    where the model says neutral; without one it reaches all rows, and its last point is the plain
    accuracy: the risk–coverage curve upside down.

    A row that is truly neutral has no right side. `neutral_rows` says how it counts: "error", as a
    wrong answer once it is decided, in a coverage of all rows; "aside", not at all, neither in the
    coverage nor in the accuracy. The first judges the model on the rows it will meet, the second
    only where there is something to be right about; notes give the figure of the other.

    The accuracy at a threshold has Wilson's 95 % interval. The area is the mean accuracy over the
    coverages reached (each row's coverage once; rows of one chance enter together), one less the
    area under the risk–coverage curve, with the interval of its influence function. Of the
    thresholds that reach the `coverage` asked for the highest is marked; where none does, the one
    that decides most. Raises `NotApplicable` for regression, and where no row is decided.

    Source: El-Yaniv & Wiener, JMLR 11 (2010); Geifman & El-Yaniv, NeurIPS (2017).
    """
    neutral = _neutral_code(model, neutral_class)
    asked, other = (decisions(side, neutral) for side in judged_sides(model, rows, progress))
    without = _without_model(model, asked, neutral, neutral_rows)
    if not asked.counted(neutral_rows).decided.any():
        raise NotApplicable(
            f"The model decides none of the {PART_NAMES[rows]} rows that are counted: it says "
            f"'{model.classes[neutral or 0]}' of them all.",
            "Narrow the neutral class, or train a model with more to go by.",
        )
    curves = [_curve(each, neutral_rows, coverage) for each in (asked, other)]
    frame = pd.concat([c for c in curves if len(c)], ignore_index=True)
    frame = frame.assign(without_model=without)[list(CoverageAccuracy.columns)]
    chosen = frame[frame["is_chosen"]].iloc[0]
    opposite = _curve(asked, "aside" if neutral_rows == "error" else "error", coverage)
    name = None if neutral is None else model.classes[neutral]
    return CoverageAccuracy(
        frame=frame,
        summary=_summary(chosen, rows, coverage),
        notes=_notes(asked, frame, chosen, opposite, neutral_rows, name),
    )


@dataclass(frozen=True)
class Decisions:
    """Rows of a part, (n,) each: the chance of the class said, whether one is said at all, whether
    it is right, whether the row is truly neutral, and what it weighs."""

    part: JudgedOn
    chance: Floats
    decided: NDArray[np.bool_]
    right: NDArray[np.bool_]
    neutral: NDArray[np.bool_]
    observed: NDArray[np.intp]
    weight: Floats

    def counted(self, neutral_rows: NeutralRows) -> Decisions:
        """Itself, or without the truly neutral rows."""
        if neutral_rows == "error" or not self.neutral.any():
            return self
        kept = ~self.neutral
        return Decisions(self.part, self.chance[kept], self.decided[kept], self.right[kept],
                         self.neutral[kept], self.observed[kept], self.weight[kept])  # fmt: skip


def decisions(side: Judged, neutral: int | None) -> Decisions:
    """What a model of classes decides, from its chances (n, classes)."""
    first, observed = side.said.argmax(axis=1), side.codes
    none = np.zeros(len(side), dtype=bool)
    is_neutral = none if neutral is None else observed == neutral
    decided = ~none if neutral is None else first != neutral
    return Decisions(side.part, side.said.max(axis=1), decided, decided & (first == observed),
                     is_neutral, observed, side.weight)  # fmt: skip


def _neutral_code(model: FittedModel, neutral_class: str | None) -> int | None:
    if len(model.classes) > 2:
        name = neutral_class or (NEUTRAL if NEUTRAL in model.classes else None)
        return None if name is None else model.classes.index(name)
    if neutral_class is not None:
        raise ParameterError(
            f"neutral_class = {neutral_class!r}, but '{model.target.name}' has two classes only.",
            "Leave it out: the model then abstains below the threshold; or make a third class with "
            "with_neutral_class.",
        )
    return None


def _without_model(
    model: FittedModel, asked: Decisions, neutral: int | None, neutral_rows: NeutralRows
) -> float:
    """Of always saying the class most frequent in training, the neutral one left out."""
    learned = model.without_columns(1)[0].copy()
    if neutral is not None:
        learned[neutral] = -1
    usual, of = int(learned.argmax()), asked.counted(neutral_rows)
    if not len(of.observed):
        return float("nan")
    return float(np.average(of.observed == usual, weights=of.weight))


def _curve(of: Decisions, neutral_rows: NeutralRows, coverage: float) -> pd.DataFrame:
    """Every threshold from the highest down, thinned for the picture; empty where none decides."""
    of_all, of = of, of.counted(neutral_rows)
    if not of.decided.any():
        return pd.DataFrame()
    order, last = _order(of.chance, of.decided)
    threshold, total = of.chance[order][last], float(of.weight.sum())
    decided, right = (_running(of.weight[order], last, kept) for kept in (True, of.right[order]))
    accuracy = shares(right, decided)
    neutral = np.sort(of_all.chance[of_all.decided & of_all.neutral])
    area = area_under(of)
    area_low, area_high = area.interval(is_share=True)
    enough = np.flatnonzero(decided.weight >= (coverage - 1e-9) * total)
    chosen = int(enough[0]) if len(enough) else len(last) - 1
    frame = pd.DataFrame(
        {
            "part": of.part,
            "threshold": threshold,
            "coverage": decided.weight / total,
            "accuracy": accuracy.value,
            "conf_low": accuracy.low,
            "conf_high": accuracy.high,
            "decided": last + 1,
            "right": np.cumsum(of.right[order], dtype=np.int64)[last],
            "decided_neutral": len(neutral) - np.searchsorted(neutral, threshold),
            "rows": len(of.chance),
            "area": area.value,
            "area_low": area_low,
            "area_high": area_high,
            "is_chosen": np.arange(len(last)) == chosen,
        }
    )
    return frame.iloc[np.union1d(spread(len(frame), MOST_POINTS - 1), chosen)]


def _running(weight: Floats, last: NDArray[np.intp], kept: Any) -> Tally:
    """What the rows up to each place weigh."""
    return Tally(np.cumsum(weight * kept)[last], np.cumsum(weight**2 * kept)[last])


def _order(chance: Floats, decided: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The decided rows from the surest down, and where each run of one chance ends."""
    rows = np.flatnonzero(decided)
    order = rows[np.argsort(-chance[rows], kind="stable")]
    ends = np.flatnonzero(np.append(np.diff(chance[order]) != 0, True))
    return order, ends


def area_under(of: Decisions) -> Score:
    """The mean accuracy over the coverages reached, with every row's influence on it.

    With weights w it is Σ W_b S_b / T_b / T over the runs b of equal chance (W the weight of a run,
    S that of the right rows up to it, T that of all up to it, T without index that of all decided);
    the influence is the derivative by a row's weight, zero for rows that are not decided.
    """
    order, last = _order(of.chance, of.decided)
    share = of.weight / of.weight.sum()
    taken = np.cumsum(share[order])[last]
    right = np.cumsum((share * of.right)[order])[last]
    weight = np.diff(taken, prepend=0)
    total = taken[-1]
    value = float((weight * right / taken).sum() / total)
    # what a row adds at its own run and at all those after it
    one = np.cumsum((weight / taken)[::-1])[::-1]
    two = np.cumsum((weight * right / taken**2)[::-1])[::-1]
    run = np.repeat(np.arange(len(last)), np.diff(last, prepend=-1))
    influence = np.zeros(len(of.chance))
    influence[order] = (
        (right / taken)[run] + of.right[order] * one[run] - two[run] - value
    ) / total
    return Score(value, influence * of.weight / of.weight.mean())


def _summary(chosen: pd.Series, rows: JudgedOn, coverage: float) -> str:
    low, high = chosen["conf_low"], chosen["conf_high"]
    reach = "" if chosen["coverage"] >= coverage - 1e-9 else f" (it never decides {coverage:.0%})"
    return (
        f"At a threshold of {number(chosen['threshold'], 3)} the model decides "
        f"{chosen['coverage']:.1%} of {chosen['rows']:,} {PART_NAMES[rows]} rows{reach} and is "
        f"right in {chosen['accuracy']:.1%} of these (95 % interval {low:.1%} to {high:.1%}); "
        f"always saying the most frequent class is right in {chosen['without_model']:.1%}."
    )


def _notes(
    asked: Decisions,
    frame: pd.DataFrame,
    chosen: pd.Series,
    opposite: pd.DataFrame,
    neutral_rows: NeutralRows,
    name: str | None,
) -> tuple[str, ...]:
    part_name = PART_NAMES[asked.part]
    notes = [*seen(asked.part)]
    if name is None:
        notes.append("There is no neutral class: the model abstains below the threshold alone.")
    else:
        notes += _neutral_notes(asked, opposite, neutral_rows, name, part_name)
    counted = asked.counted(neutral_rows)
    is_decided = counted.decided & (counted.chance >= chosen["threshold"])
    of = shares(Tally.all(counted.weight[is_decided]), Tally.all(counted.weight))
    notes.append(
        "Of the coverage at the marked point: "
        f"{interval_words(float(of.low[0]), float(of.high[0]))}."
    )
    for each, at in frame.groupby("part", sort=False):
        one = at.iloc[0]
        notes.append(
            f"On the {PART_NAMES[str(each)]} rows the mean accuracy over the coverages reached "
            f"(up to {at['coverage'].max():.1%}) is {number(one['area'], 3)} "
            f"({interval_words(one['area_low'], one['area_high'])})."
        )
    notes.append(
        "The marked threshold was chosen on these rows, to reach the coverage and not for its "
        "accuracy; the intervals cover which rows were drawn, not the training of another model."
    )
    return (*notes, *spread_note(len(np.unique(counted.chance[counted.decided]))))


def _neutral_notes(
    asked: Decisions, opposite: pd.DataFrame, neutral_rows: NeutralRows, name: str, part_name: str
) -> list[str]:
    count, decided = int(asked.neutral.sum()), int((asked.neutral & asked.decided).sum())
    how = {
        "error": "count as wrong once they are decided",
        "aside": "are set aside, in the coverage and in the accuracy",
    }
    truly = (
        f"{count:,} of {len(asked.neutral):,} {part_name} rows are truly '{name}'; to {decided:,} "
        f"of them the model gives another class. In this picture they {how[neutral_rows]}."
    )
    notes = [truly]
    if len(opposite):
        at = opposite[opposite["is_chosen"]].iloc[0]
        other = "set aside" if neutral_rows == "error" else "counted as wrong"
        notes.append(
            f"With truly '{name}' rows {other} the accuracy would be {at['accuracy']:.1%} (95 % "
            f"interval {at['conf_low']:.1%} to {at['conf_high']:.1%}) at a coverage of "
            f"{at['coverage']:.1%}."
        )
    return notes


def _add_line(figure: Any, shown: pd.DataFrame, look: Look) -> None:
    words = f"{look.words}: mean {number(shown['area'].iloc[0], 3)}"
    figure.add_scatter(
        x=shown["coverage"], y=shown["accuracy"], mode="lines", name=escape(words),
        line={"color": look.colour(BLUE), "dash": look.dash, "width": 2},
        customdata=shown[["threshold"]],
        hovertemplate="%{x:.1%} decided, %{y:.1%} of them right, at a threshold of "
                      "%{customdata[0]:.3f}<extra></extra>",
    )  # fmt: skip
