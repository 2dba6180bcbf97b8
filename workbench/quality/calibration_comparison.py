"""Would calibration help? The chances before and after it, on rows that neither has seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from ..calibrate import CalibrationMethod, calibrate, is_calibrated, uncalibrated
from ..calibration_scores import GROUPS, grouped_error, recalibration
from ..figures import BLUE, GREY, LIGHT_GREY, new_figure, number
from ..groups import equal_groups
from ..methods import method as registered
from ..metrics import Floats, Score, log_loss, mean_of
from ..model import FittedModel
from ..models.calibrated import NEAREST
from ..progress import Progress, part, silent
from ..result import Result
from ..settings import ClassName, Range
from ._intervals import interval_words
from ._rows import CLASSES, class_rows, judged
from ._tallies import Tally, shares

_WORDS = {
    "log_loss": "log loss",
    "brier": "Brier score",
    "slope": "calibration slope",
    "intercept": "calibration intercept",
    "grouped_error": "expected calibration error",
}


@dataclass(frozen=True, kw_only=True)
class CalibrationComparison(Result):
    """Scores and groups of the held-out rows before and after calibration, and the differences."""

    columns: ClassVar[Mapping[str, str]] = {
        "measure": "log_loss (all classes), brier, slope (1 is right), intercept (0 is right), "
        "grouped_error (expected calibration error, ten groups), or group (one of its groups)",
        "version": "before, after, or difference (after − before, on the same rows)",
        "group": "number of the group, from the lowest chances up; 0 for a score",
        "rows": "rows it is of",
        "predicted": "mean chance of the group; empty for a score",
        "value": "the score, or the share of the group that came true",
        "conf_low": "lower end of the 95 % interval (Wilson for a share); may be empty",
        "conf_high": "upper end of the 95 % interval",
        "by_chance": "what a grouped_error would be if all chances were right; else empty",
        "output": "the chance that is judged",
    }

    def figure(self) -> Any:
        """What came true in ten groups by their chance, before (grey) and after (blue)."""
        groups = self.frame[self.frame["measure"] == "group"]
        output = groups["output"].iloc[0]
        figure = new_figure(height=460, x=f"mean {output}", y="share that came true")
        figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", showlegend=False,
                           line={"color": LIGHT_GREY, "dash": "dash"})  # fmt: skip
        for version, colour in (("before", GREY), ("after", BLUE)):
            shown = groups[groups["version"] == version]
            figure.add_scatter(
                x=shown["predicted"], y=shown["value"], mode="lines+markers", name=version,
                line={"color": colour, "width": 1}, marker={"size": 9}, customdata=shown[["rows"]],
                error_y={"type": "data", "symmetric": False, "thickness": 1.5,
                         "array": shown["conf_high"] - shown["value"],
                         "arrayminus": shown["value"] - shown["conf_low"]},
                hovertemplate="predicted %{x:.3f}, came true %{y:.3f} "
                              "of %{customdata[0]} rows<extra></extra>",
            )  # fmt: skip
        figure.update_xaxes(range=[-0.02, 1.02])
        figure.update_yaxes(range=[-0.02, 1.02])
        return figure


@registered("Calibration, before and after", page="quality", tasks=CLASSES, weighs=True)
def calibration_comparison(
    model: FittedModel,
    /,
    *,
    method: Annotated[CalibrationMethod, "How the chances are mended"] = "sigmoid",
    target_class: Annotated[str | None, ClassName(), "The class whose chance is judged"] = None,
    folds: Annotated[int, Range(2, 20), "Parts of the training rows that the map learns from"] = 5,
    seed: int = 0,
    progress: Progress = silent,
) -> CalibrationComparison:
    """What calibration would change: the chances before and after it, on the held-out rows.

    The model is calibrated on its training rows (`calibrate`), and both are judged on the rows held
    out, which neither has seen; a model that is calibrated already is compared with itself before.
    The training rows have no place beside them here: the map was made from them.

    Log loss (of all classes) and Brier score are means over rows and reward what is sure and right;
    the calibration slope is that of a logistic regression of what happened on the log-odds of the
    chances (below 1: too extreme, above: too timid), the intercept that at slope 1 (below 0: too
    high on average). The expected calibration error is the mean distance of ten groups from the
    diagonal; noise alone makes it positive, so `by_chance` says what it would be of right chances,
    and it has no interval. Differences are paired: of the same rows. With more than two classes all
    but the log loss are of one class against the rest.

    Raises `NotApplicable` for regression and where all held-out rows are of one class.

    Source: Cox, Biometrika 45 (1958); Van Calster et al., BMC Medicine 17 (2019); Naeini, Cooper &
    Hauskrecht, AAAI (2015).
    """
    before = uncalibrated(model)
    class_rows(before, "test", target_class, part(progress, 0, 0.02)).require_both()
    after = model
    if not is_calibrated(model):
        learning = part(progress, 0.02, 0.95)
        after = calibrate(model, method=method, folds=folds, seed=seed, progress=learning)
    sides = [_Side.of(each, target_class, progress) for each in (before, after)]
    groups = [_groups(sides[0], "before"), _groups(sides[1], "after")]
    frame = pd.concat([_scores(*sides), *groups], ignore_index=True)
    output = before.output_label(target_class)
    frame = frame.assign(output=output)[list(CalibrationComparison.columns)]
    return CalibrationComparison(
        frame=frame,
        summary=_summary(frame, str(after.settings["calibration_method"])),
        notes=_notes(frame, after, sides[1], already=is_calibrated(model)),
    )


@dataclass(frozen=True)
class _Side:
    """One model on the held-out rows: all its chances (n, classes), the codes of the classes
    observed, the chance of the class judged, whether it happened and what the rows weigh, (n,)."""

    said: Floats
    observed: Floats
    chance: Floats
    happened: Floats
    weights: Floats | None

    @classmethod
    def of(cls, model: FittedModel, target_class: str | None, progress: Progress) -> _Side:
        rows = judged(model, "test", part(progress, 0.95, 1))
        one = rows.against_rest(model, model.explained_class(target_class) or "")
        return cls(rows.said, rows.y, one.chance, one.is_class.astype(float), rows.weights)

    def measures(self) -> dict[str, Score]:
        """The scores that have an influence for every row."""
        found = recalibration(self.chance, self.happened, self.weights)
        return {
            "log_loss": log_loss(self.observed, self.said, self.weights),
            "brier": mean_of((self.chance - self.happened) ** 2, self.weights),
            "slope": found.slope,
            "intercept": found.intercept,
        }


def _scores(before: _Side, after: _Side) -> pd.DataFrame:
    one, two, n = before.measures(), after.measures(), len(before.chance)
    rows: list[dict[str, Any]] = []
    for name in one:
        change = Score(two[name].value - one[name].value, two[name].influence - one[name].influence)
        for version, score in (("before", one[name]), ("after", two[name]), ("difference", change)):
            low, high = score.interval()
            rows.append({"measure": name, "version": version, "value": score.value,
                         "conf_low": low, "conf_high": high})  # fmt: skip
    errors = [grouped_error(side.chance, side.happened, side.weights) for side in (before, after)]
    for version, error in zip(("before", "after"), errors, strict=True):
        rows.append({"measure": "grouped_error", "version": version, "value": error.value,
                     "by_chance": error.by_chance})  # fmt: skip
    rows.append({"measure": "grouped_error", "version": "difference",
                 "value": errors[1].value - errors[0].value})  # fmt: skip
    return pd.DataFrame(rows).assign(group=0, rows=n, predicted=np.nan)


def _groups(side: _Side, version: str) -> pd.DataFrame:
    group = equal_groups(side.chance, GROUPS, side.weights)
    weight = np.ones_like(side.chance) if side.weights is None else side.weights
    rows = np.bincount(group)
    of = Tally.of(weight, group, len(rows))
    came = shares(Tally.of(weight * side.happened, group, len(rows)), of)
    return pd.DataFrame(
        {
            "measure": "group",
            "version": version,
            "group": np.arange(1, len(rows) + 1),
            "rows": rows,
            "predicted": np.bincount(group, weight * side.chance) / of.weight,
            "value": came.value,
            "conf_low": came.low,
            "conf_high": came.high,
            "by_chance": np.nan,
        }
    )


def _at(frame: pd.DataFrame, measure: str, version: str) -> pd.Series:
    return frame[(frame["measure"] == measure) & (frame["version"] == version)].iloc[0]


def _change(frame: pd.DataFrame, measure: str) -> str:
    change = _at(frame, measure, "difference")
    return (
        f"{number(_at(frame, measure, 'before')['value'], 3)} to "
        f"{number(_at(frame, measure, 'after')['value'], 3)} (by {number(change['value'], 3)}; "
        f"{interval_words(change['conf_low'], change['conf_high'])})"
    )


def _summary(frame: pd.DataFrame, method: str) -> str:
    rows = frame["rows"].iloc[0]
    change = _at(frame, "log_loss", "difference")
    verdict = "does not clearly change"
    if change["conf_high"] < 0:
        verdict = "improves"
    elif change["conf_low"] > 0:
        verdict = "worsens"
    return (
        f"On {rows:,} held-out rows {method} calibration {verdict} the log loss, from "
        f"{_change(frame, 'log_loss')}; the Brier score of {frame['output'].iloc[0]} goes from "
        f"{_change(frame, 'brier')}."
    )


def _notes(frame: pd.DataFrame, after: FittedModel, side: _Side, already: bool) -> tuple[str, ...]:
    notes = [note for note in after.notes if note not in uncalibrated(after).notes]
    if already:
        notes.append(
            "The model is calibrated already: it is compared with itself before, and the settings "
            "here are not used."
        )
    notes += [
        f"The {_WORDS[name]} goes from {_change(frame, name)}; {right} would be right."
        for name, right in (("slope", "1"), ("intercept", "0"))
    ]
    errors = [_at(frame, "grouped_error", version) for version in ("before", "after")]
    values = " and ".join(number(error["value"], 3) for error in errors)
    chance = " and ".join(number(error["by_chance"], 3) for error in errors)
    notes.append(
        f"The expected calibration error is {values} before and after; noise alone, with every "
        f"chance right, would make about {chance} of it. It has no interval for that reason."
    )
    at = np.arange(len(side.observed)), side.observed.astype(int)
    impossible = int((side.said[at] <= 0).sum())
    if impossible:
        notes.append(
            f"{impossible:,} held-out rows are of a class that the isotonic map calls impossible; "
            "each weighs −ln(10⁻¹⁵) = 34.5 in the log loss. Use the sigmoid, or judge by the Brier "
            "score."
        )
    if ((side.chance <= 0) | (side.chance >= 1)).any():
        notes.append(
            f"In slope and intercept chances of 0 and 1 count as {NEAREST:g} and 1 − {NEAREST:g}: "
            "where there are many, these two follow them."
        )
    notes.append(
        "The intervals cover which rows were held out, not the training of another model or map."
    )
    return tuple(notes)
