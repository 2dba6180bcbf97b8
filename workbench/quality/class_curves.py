"""How well is each of several classes told from the rest, and all of them on average?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from ..errors import NotApplicable
from ..figures import COLOURS, GREY, INK, escape, new_figure, number
from ..methods import method
from ..metrics import Floats, Score, area_under_roc
from ..model import FittedModel
from ..progress import Progress, silent
from ..result import Result
from ._curves import add_guess
from ._cutoffs import cutoffs, spread
from ._intervals import interval_words
from ._rows import PART_NAMES, ClassRows, Judged, JudgedOn, seen
from ._sides import PART, asked_for, beside, drawn_sides, gap, judged_sides
from .precision_recall_curve import average_precision

Curve = Literal["roc", "precision_recall"]
#: Points at which the curves of the classes are averaged.
GRID = np.linspace(0, 1, 401)
#: More classes than this are drawn as their averages and the hardest of them.
MOST_DRAWN = 12
AVERAGES = (
    "Macro average: the mean over classes, each counting the same. Micro average: all chances of "
    "all classes together, so frequent classes count more."
)
MACRO, MICRO = "macro average", "micro average"
WORDS: Mapping[Curve, tuple[str, str, str]] = {
    "roc": ("area under the ROC curve", "share of the other rows called positive (false alarms)",
            "share of the class that is found"),
    "precision_recall": ("average precision", "recall: share of the class that is found",
                         "precision: share of the called that are of the class"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ClassCurves(Result):
    """A curve for each class against the rest, and for their macro and micro averages."""

    columns: ClassVar[Mapping[str, str]] = {
        "part": PART,
        "name": "the class, or which average",
        "kind": "class, macro or micro",
        "curve": "roc or precision_recall",
        "x": "false positive rate, or recall",
        "y": "true positive rate, or precision; of the macro average the mean over classes",
        "value": "area under the ROC curve, or average precision",
        "conf_low": "lower end of the 95 % interval of the value",
        "conf_high": "upper end of the 95 % interval of the value",
        "base_rate": "share of the rows (by weight) of the class; of the averages 1 / classes",
        "target": "the column that is predicted",
    }

    def figure(self) -> Any:
        """Every class in its colour, the averages in black and grey; hardest classes first. The
        other part of the table is dotted and faint."""
        curve: Curve = self.frame["curve"].iloc[0]
        _, x, y = WORDS[curve]
        figure = new_figure(height=540, x=x, y=y)
        if curve == "roc":
            add_guess(figure, [0, 1], [0, 1])
        values = asked_for(self.frame)
        values = values[values["kind"] == "class"].drop_duplicates("name")
        hardest = values.sort_values("value", kind="stable")["name"].head(MOST_DRAWN)
        for shown, look in drawn_sides(self.frame):
            for at, name in enumerate(hardest):
                of_class = shown[(shown["name"] == name) & (shown["kind"] == "class")]
                _add(figure, of_class, COLOURS[at % len(COLOURS)],
                     "solid" if at < len(COLOURS) else "dash", look.is_asked)  # fmt: skip
            for kind, colour in (("macro", INK), ("micro", GREY)):
                of_kind = shown[shown["kind"] == kind]
                _add(figure, of_kind, colour, "longdash", look.is_asked)
            if not look.is_asked:
                figure.add_scatter(x=[None], y=[None], mode="lines", name=f"dotted: {look.words}",
                                   line={"color": GREY, "dash": "dot"})  # fmt: skip
        figure.update_xaxes(range=[-0.01, 1.01])
        figure.update_yaxes(range=[-0.01, 1.03])
        figure.update_layout(legend={"orientation": "v", "y": -0.16, "yanchor": "top"})
        return figure


@method("Every class", page="quality", tasks=("multiclass",), weighs=True)
def class_curves(
    model: FittedModel,
    /,
    *,
    curve: Annotated[Curve, "Which curve"] = "roc",
    rows: Annotated[JudgedOn, "Rows the model is judged on"] = "test",
    progress: Progress = silent,
) -> ClassCurves:
    """How well each class is told from the rest, in one picture, and all of them on average.

    For each class its chance against the rest, as in `roc_curve` and `precision_recall_curve`. The
    macro average is the mean of the classes' areas, each class counting the same; its curve is the
    mean height of the classes' curves at each place. The micro average puts the chances of all
    classes of all rows together and asks of each whether it is the row's class: frequent classes
    count more, and it compares the chances of different classes with one another.

    95 % intervals are from each row's influence (DeLong's for the areas of single classes), on the
    logit scale; a row is in the micro average once for each class, and its parts are taken
    together. A class that no row or every row has is left out, which is said. Raises
    `NotApplicable` where fewer than two classes are left.

    Source: Fawcett, Pattern Recognition Letters 27 (2006); Sokolova & Lapalme, Information
    Processing & Management 45 (2009) for macro and micro averages.
    """
    sides = judged_sides(model, rows, progress)
    sides = sides if len(_each(model, sides[1])) > 1 else sides[:1]
    if len(_each(model, sides[0])) < 2:
        raise NotApplicable(
            f"Of the {len(sides[0]):,} {PART_NAMES[rows]} rows all are of one class.",
            "Choose the other rows, or hold out more of them.",
        )
    frame = beside(sides, lambda side: _curves(model, side, curve))
    frame = frame.assign(curve=curve, target=model.target.name)[list(ClassCurves.columns)]
    asked = asked_for(frame)
    return ClassCurves(
        frame=frame,
        summary=_summary(asked, curve, rows, len(sides[0])),
        notes=(*_notes(model, asked, sides[0]), *_gaps(sides, frame, curve)),
    )


def _each(model: FittedModel, side: Judged) -> dict[str, ClassRows]:
    """Every class against the rest, where some rows have it and some do not."""
    each = {name: side.against_rest(model, name) for name in model.classes}
    return {name: rows for name, rows in each.items() if rows.has_both}


def _curves(model: FittedModel, side: Judged, curve: Curve) -> pd.DataFrame:
    each = _each(model, side)
    scores = {name: _score(one, curve) for name, one in each.items()}
    return pd.concat(
        [
            *(_lines(name, "class", _points(one, curve), scores[name], one.base_rate)
              for name, one in each.items()),
            _lines(MACRO, "macro", _mean_curve(list(each.values()), curve),
                   _macro(list(scores.values())), 1 / len(model.classes)),
            _micro(side, curve),
        ],
        ignore_index=True,
    )  # fmt: skip


def _score(rows: ClassRows, curve: Curve) -> Score:
    if curve == "roc":
        return area_under_roc(rows.is_class, rows.chance, rows.weights)
    return average_precision(rows, cutoffs(rows))


def _macro(scores: list[Score]) -> Score:
    return Score(
        float(np.mean([score.value for score in scores])),
        np.mean([score.influence for score in scores], axis=0),
    )


def _micro(side: Judged, curve: Curve) -> pd.DataFrame:
    k = side.said.shape[1]
    is_class = (side.codes[:, None] == np.arange(k)).ravel()
    weights = None if side.weights is None else np.repeat(side.weights, k)
    pooled = ClassRows(side.part, is_class, side.said.ravel(), "", "", weights)
    score = _score(pooled, curve)
    # the k parts of a row are one draw, not k
    of_row = Score(score.value, score.influence.reshape(-1, k).mean(axis=1))
    return _lines(MICRO, "micro", _points(pooled, curve), of_row, 1 / k)


def _points(rows: ClassRows, curve: Curve, *, every: bool = False) -> tuple[Floats, Floats]:
    cuts = cutoffs(rows)
    kept = np.arange(len(cuts.chance)) if every else spread(len(cuts.chance))
    recall = cuts.found[kept] / cuts.total_found
    if curve == "roc":
        others = (cuts.taken - cuts.found)[kept] / (cuts.total - cuts.total_found)
        return np.append(0, others), np.append(0, recall)
    precision = cuts.found[kept] / cuts.taken[kept]
    return np.append(0, recall), np.append(precision[0], precision)


def _mean_curve(classes: list[ClassRows], curve: Curve) -> tuple[Floats, Floats]:
    """The mean height of the classes' curves: straight between points of a ROC curve, and the
    steps of the average precision."""
    heights = []
    for rows in classes:
        x, y = _points(rows, curve, every=True)
        if curve == "roc":
            heights.append(np.interp(GRID, x, y))
        else:
            heights.append(y[np.searchsorted(x, GRID, side="left").clip(max=len(y) - 1)])
    mean: Floats = np.mean(heights, axis=0)
    return GRID, mean


def _lines(
    name: str, kind: str, points: tuple[Floats, Floats], score: Score, base_rate: float
) -> pd.DataFrame:
    low, high = score.interval(is_share=True)
    return pd.DataFrame(
        {"name": name, "kind": kind, "x": points[0], "y": points[1], "value": score.value,
         "conf_low": low, "conf_high": high, "base_rate": base_rate}
    )  # fmt: skip


def _add(figure: Any, shown: pd.DataFrame, colour: str, dash: str, is_asked: bool) -> None:
    if shown.empty:  # a class that the other part does not have
        return
    first = shown.iloc[0]
    step = "vh" if first["curve"] == "precision_recall" and first["kind"] != "macro" else "linear"
    words = f"{escape(first['name'], 40)}: {number(first['value'], 3)}"
    if first["conf_low"] == first["conf_low"]:  # NaN is the only value that differs from itself
        words += f" ({number(first['conf_low'], 3)} to {number(first['conf_high'], 3)})"
    figure.add_scatter(
        x=shown["x"], y=shown["y"], mode="lines", name=words,
        line={"color": colour, "dash": dash if is_asked else "dot", "width": 2 if is_asked else 1.3,
              "shape": step}, opacity=1 if is_asked else 0.55, showlegend=is_asked,
        hovertemplate="%{x:.3f}, %{y:.3f}<extra></extra>",
    )  # fmt: skip


def _summary(frame: pd.DataFrame, curve: Curve, part: JudgedOn, rows: int) -> str:
    values = frame.drop_duplicates(["kind", "name"])
    classes = values[values["kind"] == "class"].sort_values("value", kind="stable")
    worst, best = classes.iloc[0], classes.iloc[-1]
    macro, micro = (values[values["kind"] == kind].iloc[0] for kind in ("macro", "micro"))
    return (
        f"On {rows:,} {PART_NAMES[part]} rows the {WORDS[curve][0]} is lowest for "
        f"{worst['target']} = {worst['name']}, {number(worst['value'], 3)} "
        f"({interval_words(worst['conf_low'], worst['conf_high'])}), and highest for "
        f"{best['name']}, {number(best['value'], 3)}; the mean over classes is "
        f"{number(macro['value'], 3)} "
        f"({interval_words(macro['conf_low'], macro['conf_high'])}), the micro average "
        f"{number(micro['value'], 3)}."
    )


def _notes(model: FittedModel, frame: pd.DataFrame, side: Judged) -> tuple[str, ...]:
    told = set(frame.loc[frame["kind"] == "class", "name"])
    notes = [
        f"Computed on all {len(side):,} {PART_NAMES[side.part]} rows, each class against the rest.",
        *seen(side.part),
        AVERAGES,
        "The intervals cover which rows were drawn; they are not corrected for several classes.",
    ]  # fmt: skip
    absent = [name for name in model.classes if name not in told]
    if absent:
        notes.append(f"Left out, since none of these rows have them: {', '.join(absent)}.")
    if len(told) > MOST_DRAWN:
        notes.append(
            f"Of {len(told)} classes the {MOST_DRAWN} hardest are drawn; the table has all of them."
        )
    return tuple(notes)


def _gaps(sides: Sequence[Judged], frame: pd.DataFrame, curve: Curve) -> tuple[str, ...]:
    if len(sides) == 1:
        return ()
    of_macro = frame[frame["kind"] == "macro"].groupby("part", sort=False)["value"].first()
    return (gap(sides, f"the macro average of the {WORDS[curve][0]}", list(of_macro)),)
