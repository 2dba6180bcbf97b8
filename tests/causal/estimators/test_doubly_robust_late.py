"""The doubly robust LATE in worlds of known compliers, and against DoubleML."""

import doubleml
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from causal import (
    CausalQuestion,
    complier_profile,
    doubly_robust_late,
    two_stage_least_squares,
)
from causal.estimators.doubly_robust_late import _effect_of_instrument, _encouraged, _learned
from causal.instrumental import instrumental
from tests.causal.estimators.test_two_stage_least_squares import card
from workbench import Dataset
from workbench.errors import NotApplicable
from workbench.progress import silent


def compliers(rows: int, seed: int, *, share: float = 0.5) -> pd.DataFrame:
    """An encouragement z that depends on x in a bent way; compliers gain 2 + x, others nothing.
    The treated are also better off anyway."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    z = rng.random(rows) < 0.5 + 0.3 * np.sin(2 * x)
    u = rng.random(rows)
    kind = np.select([u < share, u < share + (1 - share) / 2], ["complier", "always"], "never")
    t = (kind == "always") | ((kind == "complier") & z)
    y = (2 + x) * t * (kind == "complier") + 3 * (kind == "always") + 2 * np.sin(2 * x)
    return pd.DataFrame({"x": x, "z": z.astype(int), "t": t.astype(int),
                         "y": y + rng.normal(size=rows)})  # fmt: skip


def about(frame: pd.DataFrame, **asked: object) -> CausalQuestion:
    given = {"treatment": "t", "outcome": "y", "instruments": ["z"], "confounders": ["x"],
             "estimand": "LATE"}  # fmt: skip
    return CausalQuestion(Dataset.of(frame), **(given | asked))  # type: ignore[arg-type]


def test_compliers_effect_is_found_where_straight_lines_fail() -> None:
    frame = compliers(5_000, seed=1)
    result = doubly_robust_late(about(frame))
    row = result.frame.iloc[0]
    assert row["conf_low"] < 2 < row["conf_high"]
    assert row["std_error"] < 0.2
    straight = two_stage_least_squares(about(frame)).frame.iloc[0]
    assert straight["conf_low"] > 2
    (share,) = [n for n in result.notes if n.startswith("Compliers are")]
    assert float(share.split()[2].rstrip("%")) == pytest.approx(50, abs=3)


def test_asked_the_other_way_round_it_is_the_negative() -> None:
    question = about(compliers(500, seed=4))
    turned = question.but(contrast=(1, 0))
    one, other = (doubly_robust_late(q).frame.iloc[0] for q in (question, turned))
    assert [one["estimate"], one["conf_low"], one["conf_high"]] == pytest.approx(
        [-other["estimate"], -other["conf_high"], -other["conf_low"]]
    )
    there, back = (complier_profile(q).frame["compliers"] for q in (question, turned))
    assert there.to_numpy() == pytest.approx(back.to_numpy())


def test_it_is_doubleml_for_the_same_predictions() -> None:
    frame = compliers(1_500, seed=2)
    given = instrumental(about(frame))
    encouraged = _encouraged(given)
    races = _learned(given, encouraged, 5, 0, silent)
    on_y = _effect_of_instrument(given, encouraged, given.analysis.y, races, 0)
    on_t = _effect_of_instrument(given, encouraged, given.analysis.arm.astype(float), races, 2)
    data = doubleml.DoubleMLData(frame.astype(float), "y", "t", x_cols="x", z_cols="z")
    theirs = doubleml.DoubleMLIIVM(data, LinearRegression(), LogisticRegression(),
                                   LogisticRegression(), n_folds=5)  # fmt: skip
    names = ("ml_g0", "ml_g1", "ml_r0", "ml_r1", "ml_m")
    theirs.fit(external_predictions={
        "t": {name: np.clip(r.predictions, 0.01, 0.99)[:, None] if name == "ml_m"
              else r.predictions[:, None] for name, r in zip(names, races, strict=True)}
    })  # fmt: skip
    row = doubly_robust_late(about(frame)).frame.iloc[0]
    ratio = on_y.compared("difference")[0] / on_t.compared("difference")[0]
    assert row["estimate"] == pytest.approx(ratio)
    assert row["estimate"] == pytest.approx(float(theirs.coef[0]), rel=1e-8)
    assert row["std_error"] == pytest.approx(float(theirs.se[0]), rel=2e-3)


def test_an_instrument_that_the_covariates_nearly_tell_is_warned_of() -> None:
    frame = compliers(600, seed=5)
    rng = np.random.default_rng(0)
    told = frame.assign(z=(rng.random(600) < 1 / (1 + np.exp(-6 * frame["x"]))).astype(int))
    told["t"] = np.where(rng.random(600) < 0.6, told["z"], told["t"])
    words = "of rows like these hardly any had its other value"
    assert any(
        n.startswith("Warning") and words in n for n in doubly_robust_late(about(told)).notes
    )
    assert not any(words in note for note in doubly_robust_late(about(frame)).notes)


def test_what_it_cannot_answer_is_refused() -> None:
    with pytest.raises(NotApplicable, match="'educ' takes many values"):
        doubly_robust_late(card())
    with pytest.raises(NotApplicable, match="one instrument with two values"):
        doubly_robust_late(about(compliers(200, 0).assign(z=lambda f: f["x"] + f["z"]),
                                 confounders=[]))  # fmt: skip
