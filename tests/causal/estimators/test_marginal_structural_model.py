"""The marginal structural model of a dose against the textbook, statsmodels, and worlds."""

import causaldata
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from causal import CausalQuestion, marginal_structural_model
from causal.analysis import analyse
from causal.estimators._covariates import covariates_of
from tests.causal.truths import NHEFS_CONFOUNDERS, nhefs
from workbench import Dataset
from workbench.errors import NotApplicable


def smokers() -> CausalQuestion:
    table = causaldata.nhefs_complete.load_pandas().data
    table = table[table["smokeintensity"] <= 25].reset_index(drop=True)
    return CausalQuestion(Dataset.of(table), treatment="smkintensity82_71", outcome="wt82_71",
                          confounders=NHEFS_CONFOUNDERS)  # fmt: skip


def test_smoking_intensity_and_weight_as_published() -> None:
    """What If, section 12.4: 2.0045 - .10899 a + .002695 a²; at 0 the interval is 1.4 to 2.6, at 20
    more cigarettes -1.7 to 3.5 with weights taken as known."""
    found = marginal_structural_model(smokers())
    frame = found.frame
    curve = np.polyfit(frame["dose"], frame["estimate"], 2)
    assert curve == pytest.approx([0.002695, -0.10899, 2.0045], rel=3e-4)
    at = {dose: frame.iloc[(frame["dose"] - dose).abs().argmin()] for dose in (0.0, 20.0)}
    assert (at[0]["conf_low"], at[0]["conf_high"]) == pytest.approx((1.4, 2.6), abs=0.06)
    assert (at[20]["conf_low"], at[20]["conf_high"]) == pytest.approx((-1.7, 3.5), abs=0.3)
    assert any("go from 0.1938 to 5.102" in note for note in found.notes)  # .19 to 5.10


def test_it_is_weighted_least_squares() -> None:
    analysis = analyse(smokers())
    x = covariates_of(analysis, squares=True).columns
    given, overall = sm.OLS(analysis.t, x).fit(), sm.OLS(analysis.t, x[:, :1]).fit()

    def density(fit: object) -> np.ndarray:
        scale = fit.scale  # type: ignore[attr-defined]
        return np.exp(-(fit.resid**2) / scale / 2) / np.sqrt(scale)  # type: ignore[attr-defined]

    powers = np.vander(analysis.t, 4, increasing=True)
    peer = sm.WLS(analysis.y, powers, weights=density(overall) / density(given)).fit()
    frame = marginal_structural_model(smokers(), degree=3).frame
    at = np.vander(frame["dose"], 4, increasing=True)
    assert frame["estimate"].to_numpy() == pytest.approx(at @ peer.params, rel=1e-8)


def dosed(rows: int, seed: int, strength: float = 0.3) -> CausalQuestion:
    """More dose for large x, which also raises y; the mean outcome at d is d²/2."""
    random = np.random.default_rng(seed)
    x, w = random.normal(size=(2, rows))
    d = 1 + strength * x + random.normal(size=rows)
    y = 0.5 * d**2 + d * w + 2 * x + random.normal(size=rows)
    frame = pd.DataFrame({"x": x, "w": w, "d": d, "y": y})
    return CausalQuestion(Dataset.of(frame), treatment="d", outcome="y", confounders=("x", "w"))


def test_the_curve_is_found_and_its_errors_are_those_of_repeated_worlds() -> None:
    shown = [5, 20, 35]
    frames = [marginal_structural_model(dosed(1_500, seed)).frame for seed in range(80)]
    doses = np.array([f["dose"].to_numpy()[shown] for f in frames])
    truth = doses**2 / 2
    found = np.array([f["estimate"].to_numpy()[shown] for f in frames])
    said = np.array([f["std_error"].to_numpy()[shown] for f in frames])
    assert (found - truth).mean(axis=0) == pytest.approx(0, abs=0.05)
    assert (found - truth).std(axis=0) == pytest.approx(said.mean(axis=0), rel=0.25)
    low = np.array([f["band_low"].lt(f["dose"] ** 2 / 2).all() for f in frames])
    high = np.array([f["band_high"].gt(f["dose"] ** 2 / 2).all() for f in frames])
    assert (low & high).mean() >= 0.85


def test_rows_that_count_twice_are_rows_that_stand_twice() -> None:
    frame = dosed(400, 1).data.frame
    twice = frame.index % 2 == 0
    stands = pd.concat([frame, frame[twice]], ignore_index=True)
    counts = Dataset.of(frame.assign(c=1.0 + twice)).with_roles({"c": "weight"})
    given = {"treatment": "d", "outcome": "y", "confounders": ("x", "w")}
    basis = [marginal_structural_model(CausalQuestion(data, **given), squares=False).frame
             for data in (counts, Dataset.of(stands))]  # fmt: skip
    curves = [np.polyfit(f["dose"], f["estimate"], 2) for f in basis]
    assert curves[0] == pytest.approx(curves[1], rel=0.02)


def test_a_dose_that_is_nearly_told_by_the_covariates_is_warned_of() -> None:
    notes = marginal_structural_model(dosed(4_000, 2, strength=4.0)).notes
    assert any(note.startswith("Warning: after weighting") for note in notes)
    assert any("weights above 20 count as 20" in note for note in notes)


def warns_of_ends(rows: int, strength: float) -> list[bool]:
    return [
        any("the ends of the curve rest on few" in note for note in found)
        for found in (marginal_structural_model(dosed(rows, k, strength)).notes for k in range(4))
    ]


def test_weights_whose_variance_is_nearly_infinite_are_warned_of_however_tame_they_look() -> None:
    """Where covariates tell 20 % of a dose, intervals at its ends held the right curve in 78 to 86
    of 100 tables, and most seldom where the weights looked best; where 6 %, in 91 to 95."""
    warned = {(1_500, 0.5), (4_000, 0.5), (500, 0.4)}
    for rows, strength in (*warned, (1_500, 0.25), (2_500, 0.3)):
        assert warns_of_ends(rows, strength) == [(rows, strength) in warned] * 4


def test_errors_are_those_of_leaving_one_row_out() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"d": random.standard_t(3, 60)})
    frame["y"] = frame["d"] + (1 + frame["d"].abs()) * random.normal(size=60)
    question = CausalQuestion(Dataset.of(frame), treatment="d", outcome="y")
    found = marginal_structural_model(question).frame
    without = (frame.drop(index=k) for k in frame.index)
    curves = [np.polyval(np.polyfit(f["d"], f["y"], 2), found["dose"]) for f in without]
    jackknife = np.std(curves, axis=0) * np.sqrt(len(frame) - 1)
    assert found["std_error"].to_numpy() == pytest.approx(jackknife, rel=0.02)


def test_what_it_cannot_answer_is_refused() -> None:
    with pytest.raises(NotApplicable, match="has levels, not doses"):
        marginal_structural_model(nhefs())
    frame = dosed(200, 0).data.frame.assign(copy=lambda f: f["d"])
    question = CausalQuestion(Dataset.of(frame), treatment="d", outcome="y", confounders=["copy"])
    with pytest.raises(NotApplicable, match="no row could have had another dose"):
        marginal_structural_model(question)
