"""The curves of all models in one picture: ROC, precision and recall, or calibration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd

from ...figures import COLOURS, escape, new_figure, number
from ...groups import equal_groups
from ...methods import method
from ...metrics import Score, area_under_roc, mean_of
from ...progress import Progress, part, silent
from ...result import Result
from ...settings import ClassName, Range
from .._curves import add_guess
from .._cutoffs import cutoffs, spread
from .._intervals import interval_words
from .._rows import CLASSES, PART_NAMES, ClassRows, JudgedOn, class_rows, seen
from .._tallies import Tally, shares
from ..precision_recall_curve import average_precision
from .model_set import ModelSet

Curve = Literal["roc", "precision_recall", "calibration"]
EACH_ALONE = (
    "Each interval is of one model alone; two may overlap although the models differ, since both "
    "were judged on the same rows: the paired difference stands in the table of all metrics."
)
#: For each curve: what its number is called, and the axes.
WORDS: Mapping[Curve, tuple[str, str, str]] = {
    "roc": (
        "area under the ROC curve",
        "share of the other rows called positive (false alarms)",
        "share of the class that is found",
    ),
    "precision_recall": (
        "average precision",
        "recall: share of the class that is found",
        "precision: share of the called that are of the class",
    ),
    "calibration": ("Brier score", "mean predicted chance", "share that came true"),
}


@dataclass(frozen=True, kw_only=True)
class ComparedCurves(Result):
    """A curve for each model, all on the same rows."""

    columns: ClassVar[Mapping[str, str]] = {
        "model": "what the model is called",
        "curve": "roc, precision_recall or calibration",
        "x": "false positive rate, recall, or the mean chance of a group of rows",
        "y": "true positive rate, precision, or the share of the group that came true",
        "y_low": "lower end of the 95 % interval of y (calibration only, Wilson)",
        "y_high": "upper end of it",
        "cutoff": "rows with at least this chance are called positive; empty for calibration",
        "value": "area under the ROC curve, average precision, or Brier score of the model",
        "conf_low": "lower end of the 95 % interval of the value",
        "conf_high": "upper end of the 95 % interval of the value",
        "base_rate": "share of the class among these rows",
        "output": "the chance",
    }

    def figure(self) -> Any:
        """A line for each model; its number stands in the legend."""
        curve: Curve = self.frame["curve"].iloc[0]
        _, x, y = WORDS[curve]
        figure = new_figure(height=500, x=x, y=y)
        flat = [float(self.frame["base_rate"].iloc[0])] * 2
        add_guess(figure, [0, 1], flat if curve == "precision_recall" else [0, 1])
        figure.data[0].name = "as it should be" if curve == "calibration" else "without a model"
        shape = "vh" if curve == "precision_recall" else "linear"
        for at, name in enumerate(dict.fromkeys(self.frame["model"])):
            shown = self.frame[self.frame["model"] == name]
            figure.add_scatter(
                x=shown["x"], y=shown["y"], name=f"{escape(name, 40)}: {_value(shown)}",
                mode="lines+markers" if curve == "calibration" else "lines",
                line={"color": COLOURS[at % len(COLOURS)], "shape": shape, "width": 2,
                      "dash": "solid" if at < len(COLOURS) else "dash"},
                hovertemplate="%{x:.3f}, %{y:.3f}<extra></extra>",
            )  # fmt: skip
        figure.update_xaxes(range=[-0.01, 1.01])
        figure.update_yaxes(range=[-0.01, 1.03])
        figure.update_layout(legend={"orientation": "v", "y": -0.16, "yanchor": "top"})
        return figure


@method("All curves in one", page="compare", tasks=CLASSES, weighs=True)
def compared_curves(
    models: ModelSet,
    /,
    *,
    curve: Annotated[Curve, "Which curve"] = "roc",
    target_class: Annotated[str | None, ClassName(), "The class that is to be found"] = None,
    groups: Annotated[int, Range(2, 100), "Groups of rows for the calibration"] = 10,
    rows: Annotated[JudgedOn, "Rows the models are judged on"] = "test",
    progress: Progress = silent,
) -> ComparedCurves:
    """Where one model ranks or calibrates better than another: the curves of all in one picture.

    ROC curves with the area under each (DeLong's interval), precision against recall with the
    average precision, or calibration with the Brier score, all on the same rows; defined as in
    `roc_curve`, `precision_recall_curve` and `calibration_curve`. Where two curves cross, which
    model is better hangs on the cutoff. Whether two areas differ by more than luck is answered by
    `compare_models`: the intervals here are of each model alone. With more than two classes: one
    class against the rest. Raises `NotApplicable` for regression, and where all rows are of one
    class.
    """
    drawn: list[pd.DataFrame] = []
    for at, (name, model) in enumerate(zip(models.names, models.models, strict=True)):
        bar = part(progress, at / len(models), (at + 1) / len(models), f"Predicting with {name}")
        judged = class_rows(model, rows, target_class, bar).require_both()
        drawn.append(_curve(judged, curve, groups).assign(model=name))
    frame = pd.concat(drawn, ignore_index=True)[list(ComparedCurves.columns)]
    return ComparedCurves(
        frame=frame,
        summary=_summary(judged, frame, curve),
        notes=(
            judged.note,
            *seen(rows),
            EACH_ALONE,
        ),
    )


def _curve(rows: ClassRows, curve: Curve, groups: int) -> pd.DataFrame:
    frame, score = _DRAWN[curve](rows, groups)
    low, high = score.interval(is_share=True)
    return frame.assign(
        curve=curve, value=score.value, conf_low=low, conf_high=high,
        base_rate=rows.base_rate, output=rows.output,
    )  # fmt: skip


def _roc(rows: ClassRows, _: int) -> tuple[pd.DataFrame, Score]:
    cuts = cutoffs(rows)
    kept = spread(len(cuts.chance))
    others = (cuts.taken - cuts.found)[kept] / (cuts.total - cuts.total_found)
    found = cuts.found[kept] / cuts.total_found
    frame = _points(np.append(0, others), np.append(0, found), np.append(np.inf, cuts.chance[kept]))
    return frame, area_under_roc(rows.is_class, rows.chance, rows.weights)


def _precision_recall(rows: ClassRows, _: int) -> tuple[pd.DataFrame, Score]:
    cuts = cutoffs(rows)
    kept = spread(len(cuts.chance))
    precision, recall = (cuts.found / cuts.taken)[kept], cuts.found[kept] / cuts.total_found
    frame = _points(np.append(0, recall), np.append(precision[0], precision),
                    np.append(cuts.chance[0], cuts.chance[kept]))  # fmt: skip
    return frame, average_precision(rows, cuts)


def _calibration(rows: ClassRows, groups: int) -> tuple[pd.DataFrame, Score]:
    group, weight = equal_groups(rows.chance, groups, rows.weights), rows.weight
    many = int(group.max()) + 1
    of = Tally.of(weight, group, many)
    came = shares(Tally.of(weight * rows.is_class, group, many), of)
    mean = np.bincount(group, weights=weight * rows.chance) / of.weight
    brier = mean_of((rows.is_class - rows.chance) ** 2, rows.weights)
    return _points(mean, came.value, np.nan).assign(y_low=came.low, y_high=came.high), brier


def _points(x: Any, y: Any, cutoff: Any) -> pd.DataFrame:
    return pd.DataFrame({"x": x, "y": y, "y_low": np.nan, "y_high": np.nan, "cutoff": cutoff})


_DRAWN = {"roc": _roc, "precision_recall": _precision_recall, "calibration": _calibration}


def _summary(rows: ClassRows, frame: pd.DataFrame, curve: Curve) -> str:
    values = frame.drop_duplicates("model")
    listed = "; ".join(
        f"{row['model']} {number(row['value'], 3)} "
        f"({interval_words(row['conf_low'], row['conf_high'])})"
        for _, row in values.iterrows()
    )
    return (
        f"On {len(rows):,} {PART_NAMES[rows.part]} rows, for {rows.event}, the {WORDS[curve][0]} "
        f"is: {listed}."
    )


def _value(shown: pd.DataFrame) -> str:
    first = shown.iloc[0]
    if first["conf_low"] != first["conf_low"]:  # NaN is the only value that differs from itself
        return number(first["value"], 3)
    ends = " to ".join(number(first[end], 3) for end in ("conf_low", "conf_high"))
    return f"{number(first['value'], 3)} ({ends})"
