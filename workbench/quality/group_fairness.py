"""Does the model treat groups alike? The standard figures for each, with intervals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from ..errors import NotApplicable, ParameterError
from ..figures import BLUE, GRID, LIGHT_GREY, VERMILION, escape, new_figure, number
from ..methods import method
from ..metrics import Floats
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ..settings import ClassName, Column, Range
from ._intervals import mean_interval, wilson
from ._rows import PART_NAMES, ClassRows, JudgedOn, class_rows, number_rows, seen
from .slices import quarters

#: Groups that are told; the rows of smaller ones are put together.
MOST_GROUPS, FEWEST_ROWS = 12, 10
OTHERS = "all others"
#: The share of the reference group's selection rate below which a rule of thumb asks questions.
FOUR_FIFTHS = 0.8


@dataclass(frozen=True)
class _Figure:
    """A figure of a group: the mean of `values` over the rows where `of` holds."""

    name: str
    says: str
    criterion: str
    values: Floats
    of: Any


@dataclass(frozen=True, kw_only=True)
class GroupFairness(Result):
    """One row per group and figure, beside the same figure of the reference group."""

    columns: ClassVar[Mapping[str, str]] = {
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
        """The main figures side by side, a point per group with its interval."""
        from plotly.subplots import make_subplots

        shown = self.frame[self.frame["figure"].isin(_drawn(self.frame))]
        names = list(dict.fromkeys(shown["figure"]))
        groups = list(dict.fromkeys(shown["group"]))[::-1]
        figure = new_figure(height=150 + 34 * len(groups), showlegend=False)
        grid = make_subplots(rows=1, cols=len(names), shared_yaxes=True, horizontal_spacing=0.04)
        plain = {name: figure.layout[name] for name in ("template", "font", "paper_bgcolor",
                 "plot_bgcolor", "height", "hoverlabel", "showlegend", "colorway")}  # fmt: skip
        grid.update_layout(**plain, margin={"l": 10, "r": 20, "t": 30, "b": 10})
        for place, name in enumerate(names, start=1):
            part = shown[shown["figure"] == name].set_index("group").reindex(groups)
            reference = part.loc[part["is_reference"].fillna(False).astype(bool), "value"]
            grid.add_vline(x=float(reference.iloc[0]), col=place, row=1,
                           line={"color": LIGHT_GREY, "dash": "dash"})  # fmt: skip
            apart = (part["difference_low"] > 0) | (part["difference_high"] < 0)
            grid.add_scatter(
                x=part["value"], y=list(range(len(groups))), mode="markers", row=1, col=place,
                marker={"size": 9, "color": [VERMILION if a else BLUE for a in apart]},
                error_x={"type": "data", "symmetric": False, "thickness": 1.5,
                         "array": part["conf_high"] - part["value"],
                         "arrayminus": part["value"] - part["conf_low"]},
                customdata=part[["rows"]],
                hovertemplate="%{x:.4g} over %{customdata[0]:,} rows<extra></extra>",
            )  # fmt: skip
            grid.update_xaxes(title={"text": name}, row=1, col=place, nticks=4, zeroline=False,
                              gridcolor=GRID, automargin=True)  # fmt: skip
        grid.update_yaxes(
            tickvals=list(range(len(groups))), ticktext=[escape(g, 28) for g in groups],
            range=[-0.6, len(groups) - 0.4], showgrid=False, zeroline=False, automargin=True,
        )  # fmt: skip
        return grid


@method("Groups", page="quality")
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
    figures, at = _figures(model, rows, target_class, cutoff, progress)
    named = _groups(column, model.data.frame[column].iloc[at], model.data.kinds[column])
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
    frame = pd.concat([_table(f, named, groups, chosen) for f in figures], ignore_index=True)
    frame["column"] = column
    return GroupFairness(
        frame=frame,
        summary=_summary(frame, column, chosen, rows),
        notes=_notes(model, frame, len(at), named, rows, cutoff, target_class),
    )


def _figures(
    model: FittedModel, rows: JudgedOn, target_class: str | None, cutoff: float, progress: Progress
) -> tuple[list[_Figure], Any]:
    if model.task == "regression":
        asked = number_rows(model, rows, progress)
        every = np.ones(len(asked), dtype=bool)
        return [
            _Figure("mean error", "mean of observed − predicted", "", asked.residual, every),
            _Figure("size of the error", "mean of |observed − predicted|", "",
                    np.abs(asked.residual), every),
            _Figure("mean predicted", "mean of the prediction", "", asked.predicted, every),
            _Figure("mean observed", "mean of the target", "", asked.observed, every),
        ], asked.positions  # fmt: skip
    of_class = class_rows(model, rows, target_class, progress)
    return _of_classes(of_class, cutoff), model.positions(rows)


def _of_classes(rows: ClassRows, cutoff: float) -> list[_Figure]:
    is_class, said = rows.is_class, rows.chance >= cutoff
    every = np.ones(len(rows), dtype=bool)
    share, event = said.astype(float), rows.event
    return [
        _Figure("selection rate", f"share called {event}", "demographic parity", share, every),
        _Figure("true positive rate", f"of those with {event}, the share called so",
                "equal opportunity", share, is_class),
        _Figure("false positive rate", f"of those without {event}, the share called so",
                "equalized odds", share, ~is_class),
        _Figure("precision", f"of those called {event}, the share that is",
                "predictive parity", is_class.astype(float), said),
        _Figure("base rate", f"share with {event}", "", is_class.astype(float), every),
        _Figure("accuracy", "share of rows called rightly", "overall accuracy equality",
                (said == is_class).astype(float), every),
        _Figure("mean chance", f"mean of {rows.output}", "", rows.chance, every),
        _Figure("observed − predicted", f"share with {event} less the mean chance",
                "calibration in the large", is_class - rows.chance, every),
    ]  # fmt: skip


def _first_of_levels(model: FittedModel) -> str:
    levels = [c for c in model.features if model.data.kinds[c] in ("category", "boolean")]
    return (levels or list(model.features))[0]


def _groups(name: str, values: pd.Series, kind: str) -> Any:
    """The group of every row, (n,): its level or quarter, missing as one, small ones together."""
    missing = values.isna().to_numpy()
    named = values.astype(str).to_numpy(object)
    if kind in ("number", "date") and values.nunique() > MOST_GROUPS:
        for words, inside in quarters(name, values, kind):
            named[inside] = words
    named[missing] = "missing"
    sizes = pd.Series(named).value_counts()
    kept = set(sizes.index[:MOST_GROUPS][sizes.iloc[:MOST_GROUPS] >= FEWEST_ROWS])
    is_kept = np.array([each in kept for each in named])
    return np.where(is_kept, named, OTHERS)


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
    values = figure.values[inside & figure.of]
    names = ("value", "conf_low", "conf_high", "lowest", "highest")
    if not len(values):
        return {"rows": 0, **dict.fromkeys(names, np.nan)}
    is_share = bool(np.isin(figure.values[figure.of], (0.0, 1.0)).all())
    ends = [_interval(values, each, is_share) for each in (0.05, level)]
    return {"rows": len(values), **dict(zip(names, (float(values.mean()), *ends[0], *ends[1]),
                                            strict=True))}  # fmt: skip


def _interval(values: Floats, level: float, is_share: bool) -> tuple[float, float]:
    from scipy.stats import norm

    if not is_share:
        return mean_interval(values, level)
    found, rows = np.array([int(values.sum())]), np.array([len(values)])
    low, high = wilson(found, rows, float(norm.ppf(1 - level / 2)))
    return float(low[0]), float(high[0])


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
