"""Does this installation give the numbers that are known? `python -m causal.selftest`

The textbooks' tables and published results, computed here and now by the code a user takes.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from workbench.dataset import Dataset
from workbench.figures import BLUE, LIGHT_GREY, VERMILION, escape, new_figure, number
from workbench.progress import Progress, silent
from workbench.result import CheckResult

from .adjustment import adjustment
from .effect import EffectEstimate
from .estimators.aipw import aipw
from .estimators.difference_in_means import difference_in_means
from .estimators.linear_regression import linear_regression
from .estimators.two_stage_least_squares import two_stage_least_squares
from .estimators.weighting import weighting
from .question import CausalQuestion

LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn", "statsmodels", "dowhy")
NHEFS = ("sex", "race", "age", "education", "smokeintensity", "smokeyrs", "exercise", "active",
         "wt71")  # fmt: skip
NSW = ("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")
CARD = ("exper", "black", "south", "married", "smsa")


@dataclass(frozen=True)
class Case:
    """A number that is known: what, from where, how near it has to come, and how it is had."""

    name: str
    source: str
    expected: float
    within: float
    compute: Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class SelfTest(CheckResult):
    """One row per known number."""

    columns: ClassVar[Mapping[str, str]] = {
        "case": "what is computed",
        "source": "where the number is published, or why it is known",
        "expected": "the number",
        "found": "what this installation computes",
        "within": "how far it may be off: rounding, or for learned models half a standard error",
        "passed": "it is that near",
        "seconds": "wall time",
    }

    def figure(self) -> Any:
        """How far each number is off, in units of what is allowed."""
        frame = self.frame.iloc[::-1]
        off = (frame["found"] - frame["expected"]) / frame["within"]
        figure = new_figure(height=140 + 26 * len(frame), x="difference ÷ what is allowed")
        figure.add_vrect(x0=-1, x1=1, fillcolor=LIGHT_GREY, opacity=0.3, line_width=0)
        figure.add_scatter(
            x=off.clip(-3, 3), y=[escape(c, 60) for c in frame["case"]], mode="markers",
            marker={"size": 10, "color": np.where(frame["passed"], BLUE, VERMILION)},
            customdata=frame[["expected", "found"]].map(number), showlegend=False,
            hovertemplate="%{y}: %{customdata[1]} for %{customdata[0]}<extra></extra>",
        )  # fmt: skip
        figure.update_xaxes(range=[-3.2, 3.2])
        return figure


def selftest(*, progress: Progress = silent) -> SelfTest:
    """Computes every known number and says which are met.

    Closed forms have to agree to the published digits; estimators that learn their models to half a
    standard error. Nothing here depends on a person's data.
    """
    rows = []
    for k, case in enumerate(CASES):
        progress(k / len(CASES), case.name)
        began = time.perf_counter()
        found = case.compute()
        rows.append(
            {
                "case": case.name,
                "source": case.source,
                "expected": case.expected,
                "found": found,
                "within": case.within,
                "passed": bool(abs(found - case.expected) <= case.within),
                "seconds": time.perf_counter() - began,
            }
        )
    progress(1.0)
    frame = pd.DataFrame(rows)
    met = int(frame["passed"].sum())
    failed = ", ".join(frame.loc[~frame["passed"], "case"])
    return SelfTest(
        frame=frame,
        summary=f"{met} of {len(frame)} known numbers are met."
        + (f" Not met: {failed}." if failed else ""),
        notes=(f"Python {platform.python_version()}; {_versions()}.",),
        passed=met == len(frame),
    )


def _versions() -> str:
    return ", ".join(f"{library} {version(library)}" for library in LIBRARIES)


def _table(name: str) -> pd.DataFrame:
    import causaldata

    table: pd.DataFrame = getattr(causaldata, name).load_pandas().data
    return table.reset_index(drop=True)


def _first(result: EffectEstimate, column: str = "estimate") -> float:
    return float(result.frame[column].iloc[0])


def _nhefs(**asked: Any) -> CausalQuestion:
    given = {"treatment": "qsmk", "outcome": "wt82_71", "confounders": NHEFS}
    return CausalQuestion(Dataset.of(_table("nhefs_complete"), name="NHEFS"), **(given | asked))


def _nsw(**asked: Any) -> CausalQuestion:
    given = {"treatment": "treat", "outcome": "re78"}
    return CausalQuestion(Dataset.of(_table("nsw_mixtape"), name="NSW"), **(given | asked))


def _card(instrument: bool) -> CausalQuestion:
    data = Dataset.of(_table("close_college").dropna().reset_index(drop=True), name="Card")
    asked: dict[str, Any] = {"treatment": "educ", "outcome": "lwage", "confounders": CARD}
    if instrument:
        asked |= {"instruments": ("nearc4",), "estimand": "LATE"}
    return CausalQuestion(data, **asked)


def _weak() -> CausalQuestion:
    table = _table("nhefs_complete")
    table = table[table["price82"].notna()].reset_index(drop=True)
    table = table.assign(high=(table["price82"] >= 1.5).astype(int))
    return CausalQuestion(
        Dataset.of(table), treatment="qsmk", outcome="wt82_71", instruments=("high",),
        estimand="LATE",
    )  # fmt: skip


def _sets_of_m_bias() -> float:
    """How many columns M-bias needs to be adjusted for: none; adjusting for m opens a path."""
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 3)), columns=["t", "m", "y"])
    graph = "digraph { a [latent]; b [latent]; a -> t; a -> m; b -> m; b -> y; t -> y }"
    question = CausalQuestion(Dataset.of(frame), treatment="t", outcome="y", graph=graph)
    used = adjustment(question).used
    return float("nan") if used is None else float(len(used))


def _known_world() -> float:
    """AIPW where straight lines fail: the effect is 1 for everyone."""
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(2, 8_000))
    score = 0.5 * x + 0.4 * (x**2 - 1) + 0.4 * x * w
    t = (rng.random(8_000) < 1 / (1 + np.exp(-np.clip(score, -2, 2)))).astype(int)
    y = t + 2 * x + w + x**2 + 1.5 * x * w + rng.normal(size=8_000)
    data = Dataset.of(pd.DataFrame({"x": x, "w": w, "t": t, "y": y}))
    return _first(aipw(CausalQuestion(data, treatment="t", outcome="y", confounders=("x", "w"))))


HERNAN = "Hernán & Robins, What If"
MIXTAPE = "LaLonde (1986), Dehejia & Wahba (1999)"
CASES: tuple[Case, ...] = (
    Case("NSW experiment, difference in means", MIXTAPE, 1794.34, 0.01,
         lambda: _first(difference_in_means(_nsw()))),
    Case("NSW experiment, its standard error (HC2)", MIXTAPE, 671.0, 0.05,
         lambda: _first(linear_regression(_nsw()), "std_error")),
    Case("NSW experiment with eight covariates", MIXTAPE, 1676.34, 0.01,
         lambda: _first(linear_regression(_nsw(confounders=NSW), squares=False))),
    Case("NSW, effect on earnings before treatment", MIXTAPE, 265.15, 0.01,
         lambda: _first(difference_in_means(_nsw(outcome="re75")))),
    Case("Quitting smoking and weight, crude", f"{HERNAN}, 12.1", 2.5406, 1e-4,
         lambda: float(linear_regression(_nhefs()).frame["estimate"].iloc[1])),
    Case("Quitting smoking and weight, regression", f"{HERNAN}, 15.1", 3.4626, 1e-4,
         lambda: _first(linear_regression(_nhefs()))),
    Case("Quitting smoking and weight, weighting", f"{HERNAN}, 12.2", 3.4405, 1e-3,
         lambda: _first(weighting(_nhefs()))),
    Case("Quitting smoking and weight, AIPW", "doubly robust, learned", 3.373, 0.24,
         lambda: _first(aipw(_nhefs()))),
    Case("Price of cigarettes as instrument, Wald", f"{HERNAN}, 16.2", 2.3963, 1e-4,
         lambda: _first(two_stage_least_squares(_weak()))),
    Case("Schooling and wages, least squares", "Card (1995)", 0.0712, 5e-5,
         lambda: _first(linear_regression(_card(instrument=False), squares=False))),
    Case("Schooling and wages, two-stage least squares", "Card (1995)", 0.1242, 5e-5,
         lambda: _first(two_stage_least_squares(_card(instrument=True)))),
    Case("M-bias: columns to adjust for", "Pearl (2009)", 0.0, 0.0, _sets_of_m_bias),
    Case("A bent world with effect 1, AIPW", "by construction", 1.0, 0.1, _known_world),
)  # fmt: skip


def main() -> int:
    """Prints the table; 0 if every number is met."""
    result = selftest()
    shown = result.frame.assign(passed=result.frame["passed"].map({True: "pass", False: "FAIL"}))
    print(shown.drop(columns="source").to_string(index=False, float_format=number))
    print(result.summary)
    print(*result.notes, sep="\n")
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(main())
