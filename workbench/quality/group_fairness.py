"""Does the model treat groups alike? The standard figures for each, with intervals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from ..errors import NotApplicable, ParameterError
from ..figures import BLUE, GREY, LIGHT_GREY, VERMILION, escape, new_grid, number
from ..methods import method
from ..metrics import Floats
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import ClassName, Column, Range
from ..transform import level_names
from ._intervals import mean_interval
from ._rows import OTHER, PART_NAMES, ClassRows, Judged, JudgedOn, seen
from ._sides import PART, PART_WORDS, Look, asked_for, beside, drawn_sides, judged_sides
from ._tallies import Tally, shares
from .conditions import Condition, quarters

#: Groups that are told; the rows of smaller ones are put together.
MOST_GROUPS, FEWEST_ROWS = 12, 10
OTHERS, MISSING = "all others", "missing"
#: The share of the reference group's selection rate below which a rule of thumb asks questions.
FOUR_FIFTHS = 0.8


@dataclass(frozen=True)
class _Figure:
    """A figure of a group: the mean of `values` over the rows where `of` holds, by their weights,
    if there are any."""

    name: str
    says: str
    criterion: str
    values: Floats
    of: Any
    weights: Floats | None = None


@dataclass(frozen=True, kw_only=True)
class GroupFairness(Result):
    """One row per part, group and figure, beside the same figure of the reference group; the groups
    are those of the part that was asked for."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": PART,
        "group": "the group: a level of the column",
        "figure": "name of the figure",
        "says": "what the figure is, in words",
        "criterion": "the criterion that asks for it to be alike in all groups, if it has a name",
        "rows": "rows of the group that the figure is a mean over",
        "value": "the figure",
        "conf_low": "lower end of the value's 95 % interval",
        "conf_high": "upper end of the value's 95 % interval",
        "difference": "value − that of the reference group",
        "difference_low": "lower end of its interval; those of all groups hold at once",
        "difference_high": "upper end of that interval",
        "ratio": "value / that of the reference group",
        "is_reference": "whether this is the reference group",
        "column": "the column that names the groups",
    }

    def figure(self) -> Any:
        """The main figures side by side, a point per group with its interval; hollow marks are
        those of the other part of the table."""
        shown = self.frame[self.frame["figure"].isin(_drawn(self.frame))]
        names = list(dict.fromkeys(shown["figure"]))
        groups = list(dict.fromkeys(shown["group"]))[::-1]
        grid = new_grid(1, len(names), height=170 + 34 * len(groups))
        for place, name in enumerate(names, start=1):
            of_figure = shown[shown["figure"] == name]
            for other, look in drawn_sides(of_figure):
                if not look.is_asked:
                    _add_other(grid, other.set_index("group").reindex(groups), look, place)
            part = asked_for(of_figure).set_index("group").reindex(groups)
            reference = part.loc[part["is_reference"].fillna(False).astype(bool), "value"]
            grid.add_vline(x=float(reference.iloc[0]), col=place, row=1,
                           line={"color": LIGHT_GREY, "dash": "dash"})  # fmt: skip
            apart = (part["difference_low"] > 0) | (part["difference_high"] < 0)
            grid.add_scatter(
                x=part["value"], y=list(range(len(groups))), mode="markers", row=1, col=place,
                name=PART_WORDS[self.frame["part"].iloc[0]], showlegend=place == 1,
                marker={"size": 9, "color": [VERMILION if a else BLUE for a in apart]},
                error_x={"type": "data", "symmetric": False, "thickness": 1.5, "color": GREY,
                         "array": part["conf_high"] - part["value"],
                         "arrayminus": part["value"] - part["conf_low"]},
                customdata=part[["rows"]],
                hovertemplate="%{x:.4g} over %{customdata[0]:,} rows<extra></extra>",
            )  # fmt: skip
            grid.update_xaxes(title={"text": name}, row=1, col=place, nticks=4, zeroline=False)
        grid.update_yaxes(
            tickvals=list(range(len(groups))), ticktext=[escape(g, 28) for g in groups],
            range=[-0.6, len(groups) - 0.4], showgrid=False, zeroline=False,
        )  # fmt: skip
        grid.update_layout(legend={"traceorder": "reversed"})
        return grid


def _add_other(grid: Any, shown: pd.DataFrame, look: Look, place: int) -> None:
    grid.add_scatter(
        x=shown["value"], y=[at - 0.18 for at in range(len(shown))], mode="markers", row=1,
        col=place, name=look.words, showlegend=place == 1, customdata=shown[["rows"]],
        marker={"size": 7, "symbol": "circle-open", "color": GREY},
        hovertemplate="%{x:.4g} over %{customdata[0]:,} rows there<extra></extra>",
    )  # fmt: skip


@method("Groups", page="quality", weighs=True)
def group_fairness(
    model: FittedModel,
    /,
    *,
    column: Annotated[str | None, Column(None), "The column that names the groups"] = None,
    reference: Annotated[str, "The group compared with; the largest where left empty"] = "",
    cutoff: Annotated[float, Range(0, 1), "The chance from which the class is said"] = 0.5,
    target_class: Annotated[str | None, ClassName(), "The class that is said or not"] = None,
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    progress: Progress = silent,
) -> GroupFairness:
    """How the model treats the groups that a column names: how often it says yes, and how it errs.

    The column need not be a feature; numbers and dates are cut into quarters, and the first feature
    of levels is taken where none is named. For classes, with the class said from `cutoff` on: base
    rate, selection rate (demographic parity asks for equal ones), true positive rate (equal
    opportunity), false positive rate (with the former: equalized odds), precision (predictive
    parity), accuracy, mean chance, and observed less predicted (calibration in the large). For
    numbers: mean error and mean size of the error. The intervals of a figure are 95 % intervals
    (Wilson's for shares, Student's for means); those of the differences are Newcombe's (1998), from
    the limits of both groups, and hold for all groups at once (Bonferroni).

    Where base rates differ, equal error rates and equal precision cannot all be had (Chouldechova,
    Big Data 5, 2017; Kleinberg, Mullainathan & Raghavan, 2016): which of them matters is not a
    question of statistics. Alike is not fair, and apart is not unfair: why they are apart is a
    causal question.

    Raises `NotApplicable` where the column names fewer than two groups of ten rows.
    """
    column = column or _first_of_levels(model)
    sides = judged_sides(model, rows, progress)
    values = model.data.frame[column]
    grouping = _Grouping.of(
        column, values.iloc[sides[0].positions], model.data.kinds[column], sides[0].weights
    )
    named = grouping.names(values.iloc[sides[0].positions])
    sizes = pd.Series(named).value_counts()
    groups = [str(name) for name in sizes.index[sizes >= FEWEST_ROWS]]
    if len(groups) < 2:
        raise NotApplicable(
            f"'{column}' does not name two groups of {FEWEST_ROWS} rows among the "
            f"{PART_NAMES[rows]} rows.",
            "Choose a column with a few levels that many rows hold.",
        )
    chosen = reference or groups[0]
    if chosen not in groups:
        raise ParameterError(
            f"reference = {reference!r} is not a group of '{column}' here.",
            f"Choose one of: {', '.join(repr(g) for g in groups)}.",
        )

    def tables(side: Judged) -> pd.DataFrame:
        names = grouping.names(values.iloc[side.positions])
        figures = _figures(model, side, target_class, cutoff)
        return pd.concat([_table(f, names, groups, chosen) for f in figures], ignore_index=True)

    frame = beside(sides, tables).assign(column=column)
    asked = asked_for(frame)
    return GroupFairness(
        frame=frame,
        summary=_summary(asked, column, chosen, rows),
        notes=(
            *_notes(model, asked, len(sides[0]), named, rows, cutoff, target_class),
            *_on_the_others(frame, OTHER[rows]),
        ),
    )


@dataclass(frozen=True)
class _Grouping:
    """How the values of a column become groups: quarters of a number, else its levels; missing is
    one; those not kept are the others."""

    parts: tuple[Condition, ...]
    kept: frozenset[str]
    missing: str

    @staticmethod
    def of(name: str, values: pd.Series, kind: str, weights: Floats | None) -> "_Grouping":
        cut = kind in ("number", "date") and values.nunique() > MOST_GROUPS
        parts = tuple(quarters(name, values, weights, kind)) if cut else ()
        missing = MISSING
        while (level_names(values) == missing).any():  # a level of that name is another group
            missing = f"({missing})"
        sizes = pd.Series(_Grouping(parts, frozenset(), missing)._every(values)).value_counts()
        kept = sizes.index[:MOST_GROUPS][sizes.iloc[:MOST_GROUPS] >= FEWEST_ROWS]
        return _Grouping(parts, frozenset(kept), missing)

    def names(self, values: pd.Series) -> Any:
        """The group of every row, (n,)."""
        every = self._every(values)
        return np.where(np.array([each in self.kept for each in every]), every, OTHERS)

    def _every(self, values: pd.Series) -> Any:
        named = level_names(values).to_numpy(object)
        for part in self.parts:
            named[part.holds(values)] = part.words
        named[values.isna().to_numpy()] = self.missing
        return named


def _figures(
    model: FittedModel, side: Judged, target_class: str | None, cutoff: float
) -> list[_Figure]:
    if model.task != "regression":
        name = model.explained_class(target_class) or ""
        return _of_classes(side.against_rest(model, name), cutoff)
    every, residual = np.ones(len(side), dtype=bool), side.y - side.said
    return [
        _Figure(name, says, "", values, every, side.weights)
        for name, says, values in (
            ("mean error", "mean of observed − predicted", residual),
            ("size of the error", "mean of |observed − predicted|", np.abs(residual)),
            ("mean predicted", "mean of the prediction", side.said),
            ("mean observed", "mean of the target", side.y),
        )
    ]


def _of_classes(rows: ClassRows, cutoff: float) -> list[_Figure]:
    is_class, said = rows.is_class, rows.chance >= cutoff
    every = np.ones(len(rows), dtype=bool)
    share, event = said.astype(float), rows.event
    return [
        _Figure(name, says, criterion, values, of, rows.weights)
        for name, says, criterion, values, of in (
            ("selection rate", f"share called {event}", "demographic parity", share, every),
            ("true positive rate", f"of those with {event}, the share called so",
             "equal opportunity", share, is_class),
            ("false positive rate", f"of those without {event}, the share called so",
             "equalized odds", share, ~is_class),
            ("precision", f"of those called {event}, the share that is",
             "predictive parity", is_class.astype(float), said),
            ("base rate", f"share with {event}", "", is_class.astype(float), every),
            ("accuracy", "share of rows called rightly", "overall accuracy equality",
             (said == is_class).astype(float), every),
            ("mean chance", f"mean of {rows.output}", "", rows.chance, every),
            ("observed − predicted", f"share with {event} less the mean chance",
             "calibration in the large", is_class - rows.chance, every),
        )
    ]  # fmt: skip


def _first_of_levels(model: FittedModel) -> str:
    levels = [c for c in model.features if model.data.kinds[c] in ("category", "boolean")]
    return (levels or list(model.features))[0]


def _table(figure: _Figure, named: Any, groups: list[str], reference: str) -> pd.DataFrame:
    level = 0.05 / max(len(groups) - 1, 1)
    frame = pd.DataFrame([_of_group(figure, named == group, level) for group in groups])
    frame.insert(0, "group", groups)
    frame.insert(1, "figure", figure.name)
    frame.insert(2, "says", figure.says)
    frame.insert(3, "criterion", figure.criterion)
    is_base = frame["group"] == reference
    base = frame[is_base].iloc[0]
    value, own = frame["value"], base["value"]
    frame["difference"] = value - own
    # Newcombe, Statistics in Medicine 17 (1998): from the limits of both, each at the level
    down = np.hypot(value - frame["lowest"], base["highest"] - own)
    up = np.hypot(frame["highest"] - value, own - base["lowest"])
    frame["difference_low"] = np.where(is_base, 0.0, frame["difference"] - down)
    frame["difference_high"] = np.where(is_base, 0.0, frame["difference"] + up)
    frame["ratio"] = value / own if own else np.nan
    frame["is_reference"] = is_base
    return frame.drop(columns=["lowest", "highest"])


def _of_group(figure: _Figure, inside: Any, level: float) -> dict[str, float]:
    """The figure of a group with its interval, and its limits at the level of all comparisons."""
    at = inside & figure.of
    names = ("value", "conf_low", "conf_high", "lowest", "highest")
    if not at.any():
        return {"rows": 0, **dict.fromkeys(names, np.nan)}
    values, weights = figure.values[at], None if figure.weights is None else figure.weights[at]
    is_share = bool(np.isin(figure.values[figure.of], (0.0, 1.0)).all())
    ends = [_interval(values, weights, each, is_share) for each in (0.05, level)]
    mean = float(np.average(values, weights=weights))
    return {"rows": int(at.sum()),
            **dict(zip(names, (mean, *ends[0], *ends[1]), strict=True))}  # fmt: skip


def _interval(
    values: Floats, weights: Floats | None, level: float, is_share: bool
) -> tuple[float, float]:
    from scipy.stats import norm

    if not is_share:
        return mean_interval(values, level, weights)
    weight = np.ones(len(values)) if weights is None else weights
    z = float(norm.ppf(1 - level / 2))
    found = shares(Tally.all(weight[values > 0]), Tally.all(weight), z)
    return float(found.low[0]), float(found.high[0])


def _on_the_others(frame: pd.DataFrame, part: JudgedOn) -> tuple[str, ...]:
    """How many of the figures drawn differ in the other part of the table too."""
    shown = frame[frame["figure"].isin(_drawn(frame)) & ~frame["is_reference"]]
    apart = (shown["difference_low"] > 0) | (shown["difference_high"] < 0)
    there = shown["part"] == part
    if not there.any():
        return ()
    many, of, here = int(apart[there].sum()), int(there.sum()), int(apart[~there].sum())
    words = (
        f"On the {PART_NAMES[part]} rows {many} of the {of} figures drawn differ beyond chance, on "
        f"the {PART_NAMES[OTHER[part]]} rows {here}."
    )
    return (words,)


def _drawn(frame: pd.DataFrame) -> tuple[str, ...]:
    shown = ("selection rate", "true positive rate", "false positive rate", "precision")
    return shown if (frame["figure"] == shown[0]).any() else ("mean error", "size of the error")


def _summary(frame: pd.DataFrame, column: str, reference: str, rows: JudgedOn) -> str:
    drawn = frame[frame["figure"].isin(_drawn(frame)) & ~frame["is_reference"]]
    apart = drawn[(drawn["difference_low"] > 0) | (drawn["difference_high"] < 0)]
    where = f"Among the groups of '{column}' on the {PART_NAMES[rows]} rows"
    if apart.empty:
        return f"{where} no figure differs from that of {reference} beyond chance."
    worst = apart.iloc[int(apart["difference"].abs().to_numpy().argmax())]
    base = frame[(frame["figure"] == worst["figure"]) & frame["is_reference"]].iloc[0]
    many = "" if len(apart) == 1 else f" ({len(apart)} figures differ beyond chance)"
    return (
        f"{where} the largest difference is in the {worst['figure']}: "
        f"{number(worst['value'], 3)} for {worst['group']}, {number(base['value'], 3)} for "
        f"{reference}{many}."
    )


def _notes(
    model: FittedModel, frame: pd.DataFrame, n: int, named: Any, rows: JudgedOn, cutoff: float,
    target_class: str | None,
) -> tuple[str, ...]:  # fmt: skip
    notes = [f"Computed on all {n:,} {PART_NAMES[rows]} rows.", *seen(rows)]
    if model.task != "regression":
        event = f"{model.target.name} = {model.explained_class(target_class)}"
        notes.append(f"{event} is said where its chance is at least {number(cutoff)}.")
        notes.append(
            "Where base rates differ, equal error rates and equal precision cannot all be had: "
            "which of them matters is not a question of statistics."
        )
        selected = frame[(frame["figure"] == "selection rate") & ~frame["is_reference"]]
        low = selected[selected["ratio"] < FOUR_FIFTHS]
        if not low.empty:
            notes.append(
                f"Called less than four fifths as often as the reference: "
                f"{', '.join(low['group'])}. A rule of thumb for a closer look, no verdict."
            )
    small = int((frame.groupby("group")["rows"].max() < 50).sum())
    if small:
        notes.append(
            f"{small} group{'s have' if small > 1 else ' has'} fewer than 50 rows: wide intervals "
            "there are no sign of equal treatment."
        )
    if (named == OTHERS).any():
        others = int((named == OTHERS).sum())
        kept = "are put together" if others >= FEWEST_ROWS else "are left out"
        notes.append(
            f"{others:,} rows of groups of fewer than {FEWEST_ROWS} rows, or beyond the "
            f"{MOST_GROUPS} largest, {kept}."
        )
    return tuple(notes)
