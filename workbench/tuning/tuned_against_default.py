"""Was tuning worth it? The model beside one with its family's defaults, on held-out rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ..case_weights import case_weights
from ..errors import NotApplicable
from ..figures import BLUE, GREY, escape, new_figure, number
from ..methods import method
from ..metrics import Floats, Metric, Score
from ..model import FittedModel
from ..progress import Progress, part, silent
from ..refit import refit
from ..result import Result


@dataclass(frozen=True, kw_only=True)
class TunedAgainstDefault(Result):
    """Both models by every metric on the same held-out rows, and the interval of the difference."""

    columns: ClassVar[Mapping[str, str]] = {
        "metric": "name of the metric",
        "title": "the metric as it is printed",
        "default": "the metric of the model with the family's defaults; RMSE and MAE in the "
        "target's unit",
        "tuned": "the metric of the model itself",
        "gain": "by how much the model itself is better; negative where it is worse",
        "conf_low": "lower end of the 95 % interval of the gain",
        "conf_high": "upper end of the 95 % interval of the gain",
        "higher_is_better": "the direction of the metric",
        "rows": "held-out rows both were judged on",
    }

    def figure(self) -> Any:
        """The gain by each metric with its interval, each on its own scale, beside no gain."""
        frame = self.frame
        figure = new_figure(height=70 + 95 * len(frame), showlegend=False)
        figure.set_subplots(len(frame), 1, vertical_spacing=0.35 / len(frame))
        look = {key: figure.layout.xaxis[key] for key in ("gridcolor", "linecolor", "tickcolor")}
        figure.update_xaxes(**look, ticks="outside", zeroline=False, automargin=True)
        figure.update_yaxes(**look, automargin=True)
        for i, row in enumerate(frame.itertuples(), 1):
            _add_gain(figure, row, i)
        last = {"text": "gain over the defaults (right of the line: better)"}
        figure.update_xaxes(title=last, row=len(frame), col=1)
        return figure


def _add_gain(figure: Any, row: Any, place: int) -> None:
    ends = [row.gain, row.conf_low, row.conf_high, 0.0]
    reach = 1.15 * max((abs(e) for e in ends if np.isfinite(e)), default=0.0) or 1.0
    figure.add_scatter(
        x=[row.gain],
        y=[escape(row.title)],
        error_x={"type": "data", "symmetric": False, "array": [row.conf_high - row.gain],
                 "arrayminus": [row.gain - row.conf_low]},
        mode="markers",
        marker={"size": 10, "color": BLUE},
        hovertemplate=f"{number(row.default)} → {number(row.tuned)}<extra></extra>",
        row=place, col=1,
    )  # fmt: skip
    figure.add_vline(x=0, line={"color": GREY, "dash": "dash"}, row=place, col=1)
    figure.update_xaxes(range=[-reach, reach], nticks=7, row=place, col=1)


@method("Tuned against default", page="model", weighs=True)
def tuned_against_default(
    model: FittedModel, /, *, progress: Progress = silent
) -> TunedAgainstDefault:
    """Whether the model's settings predict better than its family's defaults, on held-out rows.

    The defaults are trained on the same rows with the same seed, and both are judged on the rows
    neither has seen. The 95 % interval is that of the paired difference: the standard error of
    the difference of both metrics' influences, row by row (see `workbench.metrics`). It covers
    the sampling of the held-out rows, not another training. Raises `NotApplicable` for a model
    that was fitted elsewhere, whose family has no defaults here.

    Source: DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988), for areas under the curve; the
    same principle for means.
    """
    defaults = {s.name: s.default for s in model.family.settings}
    if not defaults:
        raise NotApplicable(
            f"This {model.family.title} was fitted elsewhere: there are no defaults to compare "
            "it with.",
            "Train a model here.",
        )
    plain = refit(
        replace(model, settings=defaults), model.split.train, model.seed, part(progress, 0, 0.9)
    )
    progress(0.9, "Predicting the held-out rows")
    rows = model.data.frame.iloc[model.split.test]
    codes, y = model.transform.codes(rows), model.target.y[model.split.test]
    weights = case_weights(model.data, model.split.test)
    both = plain.response(codes), model.response(codes)
    frame = pd.DataFrame([_row(m, y, *both, weights) for m in model.metrics])
    changed = {k: v for k, v in model.settings.items() if v != defaults.get(k)}
    return TunedAgainstDefault(
        frame=frame, summary=_summary(model, frame, changed), notes=_notes(model, changed)
    )


def _row(
    metric: Metric, y: Floats, default: Floats, tuned: Floats, weights: Floats | None
) -> dict[str, Any]:
    before, after = (metric.measure(y, said, weights) for said in (default, tuned))
    sign = 1 if metric.higher_is_better else -1
    gain = Score(sign * (after.value - before.value), sign * (after.influence - before.influence))
    low, high = gain.interval()
    return {
        "metric": metric.name,
        "title": metric.title,
        "default": before.value,
        "tuned": after.value,
        "gain": gain.value,
        "conf_low": low,
        "conf_high": high,
        "higher_is_better": metric.higher_is_better,
        "rows": len(y),
    }


def _summary(model: FittedModel, frame: pd.DataFrame, changed: Mapping[str, Any]) -> str:
    first = frame.iloc[0]
    if not changed:
        return (
            f"This {model.family.title} has the defaults of its family: there is no difference to "
            f"see ({first['title']} {number(first['tuned'])} on the held-out rows)."
        )
    low, high = first["conf_low"], first["conf_high"]
    known = "better" if low > 0 else "worse" if high < 0 else "not told apart"
    said = {
        "better": "the settings are better than the defaults",
        "worse": "the settings are worse than the defaults",
        "not told apart": "these rows do not tell them apart",
    }[known]
    interval = f" (95 % interval {number(low, 3)} to {number(high, 3)})" if low == low else ""
    return (
        f"On {first['rows']:,} held-out rows {first['title']} is {number(first['tuned'])} with "
        f"these settings and {number(first['default'])} with the defaults, a gain of "
        f"{number(first['gain'], 3)}{interval}: {said}."
    )


def _notes(model: FittedModel, changed: Mapping[str, Any]) -> tuple[str, ...]:
    settings = ", ".join(f"{name} = {value}" for name, value in changed.items())
    notes = [
        (
            "Both were trained on the same rows with the same seed; the interval is of the paired "
            "difference on the held-out rows and does not cover another training."
        ),
    ]
    if changed:
        notes.append(f"Settings that differ from the defaults: {settings}.")
    for group in model.data.with_role("group"):
        notes.append(
            f"The interval takes the rows for independent; rows of one '{group}' are not, so it "
            "is too narrow."
        )
    return tuple(notes)
