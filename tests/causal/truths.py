"""Causal worlds whose effects are known, and the textbooks' tables."""

import causaldata
import numpy as np
import pandas as pd

from causal import CausalQuestion
from workbench import Dataset

NHEFS_CONFOUNDERS = (
    "sex", "race", "age", "education", "smokeintensity", "smokeyrs", "exercise", "active", "wt71",
)  # fmt: skip


def nhefs(**asked: object) -> CausalQuestion:
    """Quitting smoking and weight (Hernán & Robins, What If): the complete cases."""
    table = causaldata.nhefs_complete.load_pandas().data.reset_index(drop=True)
    given = {"treatment": "qsmk", "outcome": "wt82_71", "confounders": NHEFS_CONFOUNDERS}
    return CausalQuestion(Dataset.of(table, name="NHEFS"), **(given | asked))


def nsw(**asked: object) -> CausalQuestion:
    """The job-training experiment (LaLonde 1986; Dehejia & Wahba 1999)."""
    table = causaldata.nsw_mixtape.load_pandas().data.reset_index(drop=True)
    return CausalQuestion(
        Dataset.of(table, name="NSW"), **({"treatment": "treat", "outcome": "re78"} | asked)
    )


def varied(rows: int, seed: int, *, bent: bool = False, null: bool = False) -> pd.DataFrame:
    """Effects 1 + x, more likely for large x: so ATT > ATE > ATC. `true` holds each row's effect.

    Where `bent`, outcome and treatment depend on x² and on products; where `null`, the effect is
    zero for every row.
    """
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=rows), rng.normal(size=rows)
    score = 0.6 * x + (0.4 * (x**2 - 1) + 0.4 * x * w if bent else 0.3 * w)
    t = (rng.random(rows) < 1 / (1 + np.exp(-np.clip(score, -2, 2)))).astype(int)
    base = 2 * x + w + (x**2 + 1.5 * x * w if bent else 0)
    true = np.zeros(rows) if null else 1 + x
    return pd.DataFrame({"x": x, "w": w, "t": t, "y": base + true * t + rng.normal(size=rows),
                         "true": true})  # fmt: skip


def ask(frame: pd.DataFrame, **asked: object) -> CausalQuestion:
    """The question of `varied`'s tables."""
    given = {"treatment": "t", "outcome": "y", "confounders": ("x", "w")}
    return CausalQuestion(Dataset.of(frame), **(given | asked))


#: Cunningham's propensity of the experiment's treated among CPS controls (The Mixtape, chapter 5).
CPS_TERMS = ("age", "agesq", "agecube", "educ", "educsq", "marr", "nodegree", "black", "hisp",
             "re74", "re75", "u74", "u75", "interaction1")  # fmt: skip


def nsw_cps(**asked: object) -> CausalQuestion:
    """The experiment's treated with controls from the Current Population Survey: hard overlap."""
    treated = causaldata.nsw_mixtape.load_pandas().data
    controls = causaldata.cps_mixtape.load_pandas().data
    frame = pd.concat([treated[treated["treat"] == 1], controls], ignore_index=True)
    frame = frame.assign(
        agesq=frame["age"] ** 2, agecube=frame["age"] ** 3, educsq=frame["educ"] ** 2,
        u74=(frame["re74"] == 0).astype(int), u75=(frame["re75"] == 0).astype(int),
        interaction1=frame["educ"] * frame["re74"],
    )  # fmt: skip
    given = {"treatment": "treat", "outcome": "re78", "confounders": CPS_TERMS, "estimand": "ATT"}
    return CausalQuestion(Dataset.of(frame, name="NSW and CPS"), **(given | asked))
