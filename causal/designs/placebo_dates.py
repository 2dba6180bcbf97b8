"""Does the analysis find an effect where nothing had begun yet?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import BLUE, GREY, LIGHT_GREY, VERMILION, new_figure, number
from workbench.methods import method
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult
from workbench.settings import Range

from ..effect import p_in_words
from ._bars import bar
from ._race import LEARNED, Model, chosen
from ._without import Without, of_models, times
from .series import FEWEST_BEFORE, FEWEST_SEASONS, Series, SeriesQuestion

#: Stretches before the beginning that are tried, where their length is not given: at most, and the
#: fewest that can judge.
MOST, FEWEST = 8, 3
#: By chance more rejections than the check allows are seen in at most this share.
LEVEL = 0.05


@dataclass(frozen=True, kw_only=True)
class PlaceboDates(CheckResult):
    """The mean effect after each pretended beginning, and after the real one in the last row."""

    columns: ClassVar[Mapping[str, str]] = {
        "starts": "where the intervention is taken to have begun",
        "until": "the last time that is counted",
        "estimate": "mean of observed minus forecast, in the outcome's unit per time",
        "std_error": "standard deviation of the forecast of that mean",
        "conf_low": "lower end of the 95 % interval",
        "conf_high": "upper end of the 95 % interval",
        "p_value": "two-sided p-value of no effect",
        "is_real": "the beginning that was asked about, over a stretch of the same length",
    }

    unit: str = ""

    def figure(self) -> Any:
        """Each stretch's effect with its interval; the real one in blue."""
        figure = new_figure(height=380, x="taken to begin at", y=self.unit, showlegend=False)
        figure.add_hline(y=0, line={"color": LIGHT_GREY, "width": 2})
        for _, row in self.frame.iterrows():
            is_off = not row["conf_low"] <= 0 <= row["conf_high"]
            colour = BLUE if row["is_real"] else VERMILION if is_off else GREY
            figure.add_scatter(
                x=[row["starts"]], y=[row["estimate"]], mode="markers",
                marker={"size": 10, "color": colour},
                error_y=bar(row, colour),
                hovertemplate=f"{row['starts']} to {row['until']}: %{{y:.4g}}<extra></extra>",
            )  # fmt: skip
        figure.update_xaxes(type="category")
        return figure


@method("Placebo dates", page="interrupted_time_series")
def placebo_dates(
    question: SeriesQuestion,
    /,
    *,
    length: Annotated[
        int | None, Range(1, 10_000), "times in each stretch; automatic: so that several fit"
    ] = None,
    model: Model = "automatic",
    seed: int = 0,
    progress: Progress = silent,
) -> PlaceboDates:
    """Whether the analysis finds an effect at times when the intervention had not begun.

    The times before are cut, from the real beginning backwards, into stretches of one length. The
    intervention is taken to have begun at the start of each; the model is fitted anew to what comes
    before that and its forecast compared with what was seen. No effect can have been there, so one
    that is found is an error of the forecast. Passes when no more stretches show an effect at 5 %
    than chance alone would in 95 of 100 series (binomial; the stretches do not overlap). With fewer
    than three stretches it informs and does not judge. Unit: the outcome's, per time.

    The models and their shares are those chosen on all times before. Passing shows only that errors
    of the size that would have been seen are not there. Source: Abadie, Diamond & Hainmueller,
    American Journal of Political Science 59 (2015), placebos in time; Linden, Journal of Evaluation
    in Clinical Practice 24 (2018).
    """
    progress(0.0, "which model forecasts best")
    series = question.series
    size, count = _stretches(series, length)
    picked = chosen(series, model, part(progress, 0.0, 0.2))
    starts = [series.before - k * size for k in range(count, -1, -1)]
    share = 0.8 / len(starts)
    made = [
        of_models(
            series.until(min(at + size, len(series)), at), picked, seed,
            part(progress, 0.2 + k * share, 0.2 + (k + 1) * share),
        )
        for k, at in enumerate(starts)
    ]  # fmt: skip
    frame = pd.concat([_row(each, at, series) for each, at in zip(made, starts, strict=True)],
                      ignore_index=True)  # fmt: skip
    placebos = frame[~frame["is_real"]]
    rejected, allowed = int((placebos["p_value"] < 0.05).sum()), _allowed(count)
    progress(1.0)
    return PlaceboDates(
        frame=frame,
        summary=_summary(question, frame, rejected, size),
        notes=_notes(picked.structure, count, size, allowed, series),
        passed=None if count < FEWEST else rejected <= allowed,
        unit=f"effect on {question.outcome} per {series.unit}",
    )


def _stretches(series: Series, length: int | None) -> tuple[int, int]:
    """The length of a stretch and how many there are before the beginning."""
    least = max(FEWEST_BEFORE, int(np.ceil(FEWEST_SEASONS * series.season)))
    room = series.before - max(least, int((1 - LEARNED) * series.before))
    if length is None:
        length = min(series.after, max(room // MOST, min(room // FEWEST, series.season), 1))
    count = min(room // length, MOST)
    if count < 1:
        raise NotApplicable(
            f"No stretch of {length} fits: the first {series.before - room} of {series.before} "
            "times before the beginning are needed to forecast from.",
            f"Choose a length of at most {room}." if room >= 1 else "Bring a longer series.",
        )
    return length, count


def _row(made: Without, at: int, series: Series) -> pd.DataFrame:
    seen = float(made.counted.sum())
    if not seen:
        return pd.DataFrame()
    effect = (made.so_far[-1] - made.total.mean[-1]) / seen
    low, high = ((made.so_far - made.total.quantile(q))[-1] / seen for q in (0.975, 0.025))
    return pd.DataFrame(
        {
            "starts": [series.names[at]],
            "until": [made.series.names[-1]],
            "estimate": [effect],
            "std_error": [made.total.sd[-1] / seen],
            "conf_low": [low],
            "conf_high": [high],
            "p_value": [made.total.p_value(made.so_far)[-1]],
            "is_real": [at == series.before],
        }
    )


def _allowed(count: int) -> int:
    """The most rejections that chance alone stays below in 95 of 100."""
    from scipy.stats import binom

    return int(binom.ppf(1 - LEVEL, count, LEVEL))


def _summary(question: SeriesQuestion, frame: pd.DataFrame, rejected: int, size: int) -> str:
    placebos, real = frame[~frame["is_real"]], frame[frame["is_real"]].iloc[0]
    beyond = int((placebos["estimate"].abs() >= abs(real["estimate"])).sum())
    return (
        f"At {len(placebos)} dates before {question.starts} the analysis finds an effect on "
        f"{question.outcome} over {times(size, question.series.unit)} at {rejected}; the real one "
        f"over as many is {number(real['estimate'])} ({p_in_words(real['p_value'])}), and "
        f"{beyond} of the pretended ones are as large."
    )


def _notes(structure: str, count: int, size: int, allowed: int, series: Series) -> tuple[str, ...]:
    notes = [
        (
            f"Model: {structure}, chosen once on all times before, with the shares of the others "
            "that are mixed in; all are fitted anew for each date."
        ),
        (
            f"The stretches are {times(size, series.unit)} long and do not overlap; chance alone "
            f"lets an analysis that is right find an effect at more than {allowed} of {count} in "
            "fewer than 5 of 100 series."
        ),
    ]
    if size < series.after:
        notes.append(
            f"The real effect is read over {times(series.after, series.unit)}, longer than these "
            "stretches: how good so long a forecast is, they cannot show."
        )
    if count < FEWEST:
        notes.append(f"With {count} stretches there is too little to judge by.")
    return tuple(notes)
