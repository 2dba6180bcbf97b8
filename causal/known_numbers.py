"""Numbers that are known, from textbooks, published tables and made-up worlds, and how they are had
here by the code a user takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.dataset import Dataset
from workbench.samples import SAMPLES, sample

from .adjustment import adjustment
from .checks.e_value import e_value_of
from .checks.rosenbaum_bounds import rosenbaum_bounds_of
from .designs.difference_in_differences import difference_in_differences
from .designs.level_shift import level_shift
from .designs.panel import PanelQuestion
from .designs.series import SeriesQuestion
from .designs.staggered_adoption import staggered_adoption
from .effect import EffectEstimate
from .estimators.aipw import aipw
from .estimators.difference_in_means import difference_in_means
from .estimators.linear_regression import linear_regression
from .estimators.marginal_structural_model import marginal_structural_model
from .estimators.two_stage_least_squares import two_stage_least_squares
from .estimators.weighting import weighting
from .question import CausalQuestion

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


def _smokers() -> CausalQuestion:
    table = _table("nhefs_complete")
    table = table[table["smokeintensity"] <= 25].reset_index(drop=True)
    return CausalQuestion(Dataset.of(table), treatment="smkintensity82_71", outcome="wt82_71",
                          confounders=NHEFS)  # fmt: skip


def _at_no_change(dose: float = 0.0) -> float:
    curve = marginal_structural_model(_smokers()).frame
    return float(np.interp(dose, curve["dose"], curve["estimate"]))


def _panel(name: str, **roles: Any) -> PanelQuestion:
    known = SAMPLES[name].design
    assert known is not None
    return PanelQuestion(sample(name).with_roles(roles), **known.asked)


def _castle_by_two_effects() -> float:
    """By `post`, the first whole year of the law, as the paper has it."""
    asked = replace(_panel("castle", popwt="weight"), adopted=None, treated="post")
    return _first(difference_in_differences(asked))


def _nile() -> float:
    known = SAMPLES["nile"].design
    assert known is not None
    whole = SeriesQuestion(sample("nile"), **{**known.asked, "ends": None})
    return float(level_shift(whole, model="local level").frame["estimate"].iloc[0])


def _hammond() -> float:
    """Above which hidden bias smoking and lung cancer could be unrelated: 110 of 122 pairs."""
    return float(rosenbaum_bounds_of(np.r_[np.ones(110), -np.ones(12)]).critical)


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
    Case("Quitting smoking and death, odds ratio", f"{HERNAN}, 12.5", 1.0306, 5e-3,
         lambda: _first(weighting(_nhefs(outcome="death", scale="odds ratio")))),
    Case("Smoking intensity and weight, marginal structural model", f"{HERNAN}, 12.4",
         2.0045, 1e-3, _at_no_change),
    Case("Price of cigarettes as instrument, Wald", f"{HERNAN}, 16.2", 2.3963, 1e-4,
         lambda: _first(two_stage_least_squares(_weak()))),
    Case("Schooling and wages, least squares", "Card (1995)", 0.0712, 5e-5,
         lambda: _first(linear_regression(_card(instrument=False), squares=False))),
    Case("Schooling and wages, two-stage least squares", "Card (1995)", 0.1242, 5e-5,
         lambda: _first(two_stage_least_squares(_card(instrument=True)))),
    Case("Organ donors in California, difference in differences", "The Effect, 18", -0.02246, 5e-6,
         lambda: _first(difference_in_differences(_panel("organ_donations")))),
    Case("Castle doctrine, two-way effects, weighted", "Cheng & Hoekstra (2013)", 0.0755, 5e-5,
         _castle_by_two_effects),
    Case("Castle doctrine, staggered adoption", "Callaway & Sant'Anna's did", 0.1104, 5e-5,
         lambda: _first(staggered_adoption(_panel("castle")))),
    Case("The Nile in 1899, step of a local level", "Durbin & Koopman (2012)", -247.78, 0.01,
         _nile),
    Case("E-value of a risk ratio of 3.9", "VanderWeele & Ding (2017)", 7.26, 5e-3,
         lambda: float(e_value_of(3.9).frame["e_value"].iloc[0])),
    Case("Hidden bias that smoking and lung cancer bear", "Rosenbaum (2002): 5 to 6", 5.5, 0.5,
         _hammond),
    Case("M-bias: columns to adjust for", "Pearl (2009)", 0.0, 0.0, _sets_of_m_bias),
    Case("A bent world with effect 1, AIPW", "by construction", 1.0, 0.1, _known_world),
)  # fmt: skip
