"""Is what the model of a series leaves over just noise?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from workbench.errors import NotApplicable
from workbench.figures import BAND, BLUE, LIGHT_GREY, VERMILION, new_figure
from workbench.methods import method
from workbench.metrics import Z95
from workbench.progress import Progress, part, silent
from workbench.result import CheckResult

from ..effect import p_in_words
from ._race import Model, chosen
from ._structural import fit, innovations
from ._without import season_words
from .design import Floats
from .series import SeriesQuestion

#: Fewer one-step errors than this tell nothing.
FEWEST = 10
#: The part of a series that is compared at its two ends for equal spread.
THIRD = 3


@dataclass(frozen=True, kw_only=True)
class ResidualDiagnostics(CheckResult):
    """The tests of the one-step forecast errors, and their autocorrelation lag by lag."""

    columns: ClassVar[Mapping[str, str]] = {
        "kind": "test, or autocorrelation at a lag",
        "name": "which test; or the lag",
        "value": "the test's statistic; or the autocorrelation (−1 to 1)",
        "reach": "half the 95 % interval of no autocorrelation; empty for a test",
        "p_value": "p-value of nothing left over; empty for a single lag",
        "asks": "what a small p-value would say",
    }

    def figure(self) -> Any:
        """The autocorrelation of the one-step errors, with where it lies if nothing is left."""
        lags = self.frame[self.frame["kind"] == "autocorrelation"]
        x = lags["name"].astype(int)
        reach = float(lags["reach"].iloc[0])
        colours = np.where(lags["value"].abs() > reach, VERMILION, BLUE)
        figure = new_figure(height=340, x="lag, in times", y="autocorrelation of one-step errors",
                            showlegend=False)  # fmt: skip
        figure.add_hrect(y0=-reach, y1=reach, fillcolor=BAND, line_width=0)
        figure.add_hline(y=0, line={"color": LIGHT_GREY, "width": 2})
        figure.add_bar(
            x=x, y=lags["value"], width=0.35, marker={"color": list(colours)},
            hovertemplate="lag %{x}: %{y:.2f}<extra></extra>",
        )  # fmt: skip
        top = max(0.5, 1.15 * float(lags["value"].abs().max()))
        figure.update_yaxes(range=[-top, top])
        return figure


@method("Residual diagnostics", page="interrupted_time_series")
def residual_diagnostics(
    question: SeriesQuestion,
    /,
    *,
    model: Model = "automatic",
    progress: Progress = silent,
) -> ResidualDiagnostics:
    """Whether the model leaves nothing but noise of the times before the intervention.

    Its one-step forecast errors, each over its standard deviation, should not follow from one
    another (Ljung and Box), be as spread at the end as at the beginning (ratio of the last third's
    squares to the first third's, F) and, for the intervals of single times, be normal (Jarque and
    Bera). Passes when no test is below 5 % for the three together (Holm). What is left over makes
    intervals too short; the mean over many times hardly minds errors that are not normal.

    Source: Harvey (1989), section 5.4; Durbin & Koopman, Time Series Analysis by State Space
    Methods (2012), section 2.12.
    """
    progress(0.0, "which model forecasts best")
    series = question.series
    structure = chosen(series, model, part(progress, 0.0, 0.8)).structure
    fitted = fit(series, structure, series.before, part(progress, 0.8, 1.0))
    errors = innovations(fitted)
    if len(errors) < FEWEST:
        raise NotApplicable(
            f"A {structure} leaves {len(errors)} one-step errors; {FEWEST} are needed.",
            "Bring a longer series or choose a simpler model.",
        )
    lags = min(max(10, 2 * series.season), len(errors) // 3)
    estimated = int((np.abs(fitted.parameters) > 1e-3).sum()) - 1
    tests = _tests(errors, lags, max(0, estimated))
    frame = pd.concat([tests, _autocorrelations(errors, lags)], ignore_index=True)
    found = tests.sort_values("p_value", ignore_index=True)
    limits = 0.05 / np.arange(len(found), 0, -1)
    failed = found[np.cumprod(found["p_value"] < limits).astype(bool)]
    progress(1.0)
    return ResidualDiagnostics(
        frame=frame,
        summary=_summary(f"{structure}{season_words(series)}", tests, failed),
        notes=_notes(question, failed, len(errors), lags),
        passed=bool(failed.empty),
    )


def _tests(errors: Floats, lags: int, estimated: int) -> pd.DataFrame:
    from scipy.stats import f, jarque_bera
    from statsmodels.stats.diagnostic import acorr_ljungbox

    box = acorr_ljungbox(errors, lags=[lags], model_df=min(estimated, lags - 1)).iloc[0]
    third = len(errors) // THIRD
    ratio = float((errors[-third:] ** 2).sum() / (errors[:third] ** 2).sum())
    spread = 2 * min(f.cdf(ratio, third, third), f.sf(ratio, third, third))
    normal = jarque_bera(errors)
    rows = [
        ("Ljung–Box", float(box["lb_stat"]), float(box["lb_pvalue"]), "errors follow one another"),
        ("equal spread", ratio, float(spread), "errors grow or shrink over time"),
        ("Jarque–Bera", float(normal.statistic), float(normal.pvalue), "errors are not normal"),
    ]
    frame = pd.DataFrame(rows, columns=["name", "value", "p_value", "asks"])
    return frame.assign(kind="test", reach=np.nan)[list(ResidualDiagnostics.columns)]


def _autocorrelations(errors: Floats, lags: int) -> pd.DataFrame:
    off = errors - errors.mean()
    values = [float(off[lag:] @ off[:-lag] / (off @ off)) for lag in range(1, lags + 1)]
    frame = pd.DataFrame(
        {
            "kind": "autocorrelation",
            "name": [str(lag) for lag in range(1, lags + 1)],
            "value": values,
            "reach": Z95 / np.sqrt(len(errors)),
            "p_value": np.nan,
            "asks": "errors this far apart go together",
        }
    )
    return frame[list(ResidualDiagnostics.columns)]


def _summary(model: str, tests: pd.DataFrame, failed: pd.DataFrame) -> str:
    ps = ", ".join(f"{r.name} {p_in_words(r.p_value)}" for r in _renamed(tests))
    if failed.empty:
        return f"What a {model} leaves of the times before looks like noise ({ps})."
    what = " and ".join(failed["asks"])
    return f"What a {model} leaves of the times before is not just noise: {what} ({ps})."


def _renamed(tests: pd.DataFrame) -> list[pd.Series]:
    return [row.rename(row["name"]) for _, row in tests.iterrows()]


def _notes(
    question: SeriesQuestion, failed: pd.DataFrame, errors: int, lags: int
) -> tuple[str, ...]:
    notes = [
        f"{errors} one-step errors before {question.starts}; autocorrelation up to lag {lags}.",
        "A model that is right fails one of the three by chance in about 5 of 100 series.",
    ]
    if "Ljung–Box" in set(failed["name"]):
        notes.append(
            "Warning: errors follow one another, so the intervals of the effect are likely too "
            "short; try another model, a season or a regressor."
        )
    if "equal spread" in set(failed["name"]):
        notes.append(
            "Warning: the size of the errors changes over time; where they grow with the level, "
            "ask about the logarithm of the outcome."
        )
    return tuple(notes)
