"""The dose-response curve in worlds where the curve is known."""

import causaldata
import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, dose_response
from tests.causal.truths import NHEFS_CONFOUNDERS, nhefs
from workbench import Dataset
from workbench.errors import NotApplicable


def dosed(rows: int, seed: int, *, flat: bool = False) -> pd.DataFrame:
    """More dose for large x, which also raises y; the dose does d²/2 - d more for large w."""
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(2, rows))
    d = 2 + 0.8 * x + rng.normal(size=rows)
    effect = 0 if flat else 0.5 * d**2 + d * w
    return pd.DataFrame({"x": x, "w": w, "d": d,
                         "y": effect + 2 * x + x**2 / 2 + rng.normal(size=rows)})  # fmt: skip


def about(frame: pd.DataFrame, **asked: object) -> CausalQuestion:
    given = {"treatment": "d", "outcome": "y", "confounders": ("x", "w")}
    return CausalQuestion(Dataset.of(frame), **(given | asked))  # type: ignore[arg-type]


def test_the_curve_is_found() -> None:
    result = dose_response(about(dosed(4_000, seed=1)))
    frame = result.frame
    truth = 0.5 * frame["dose"] ** 2 + 0.5  # E[x²/2] = 1/2
    assert ((frame["band_low"] < truth) & (truth < frame["band_high"])).mean() > 0.85
    assert (frame["estimate"] - truth).abs().max() < 0.4
    assert frame["std_error"].median() < 0.12
    assert result.p_flat < 1e-6
    assert result.p_straight < 1e-6
    naive = np.polyfit(dosed(4_000, seed=1)["d"], dosed(4_000, seed=1)["y"], 2)
    assert abs(np.polyval(naive, frame["dose"].iloc[-1]) - truth.iloc[-1]) > 1


def test_bands_hold_the_curve_and_a_flat_one_is_called_flat() -> None:
    held, called = [], []
    for seed in range(12):
        result = dose_response(about(dosed(500, seed, flat=True)), folds=2)
        inside = result.frame["band_low"].lt(0.5) & result.frame["band_high"].gt(0.5)
        held.append(bool(inside.all()))
        called.append(result.p_flat < 0.05)
    assert np.mean(held) >= 0.8
    assert np.mean(called) <= 0.3


def test_the_errors_are_those_of_repeated_worlds() -> None:
    found = [dose_response(about(dosed(500, seed)), folds=2).frame for seed in range(20)]
    off = [(f["estimate"] - f["dose"] ** 2 / 2 - 0.5).to_numpy()[20] for f in found]
    spread = np.std(off)
    said = np.mean([f["std_error"].to_numpy()[20] for f in found])
    assert said == pytest.approx(spread, rel=0.4)


def test_smoking_intensity_is_near_the_book() -> None:
    """Hernán & Robins, section 12.4: a marginal structural model of the change in cigarettes."""
    table = causaldata.nhefs_complete.load_pandas().data
    table = table[table["smokeintensity"] <= 25].reset_index(drop=True)
    confounders = [c for c in NHEFS_CONFOUNDERS if c != "qsmk"]
    question = CausalQuestion(Dataset.of(table), treatment="smkintensity82_71", outcome="wt82_71",
                              confounders=confounders)  # fmt: skip
    frame = dose_response(question).frame
    book = 2.0045 - 0.10899 * frame["dose"] + 0.002695 * frame["dose"] ** 2
    assert ((frame["band_low"] < book) & (book < frame["band_high"])).mean() > 0.95


def test_what_it_cannot_answer_is_refused() -> None:
    with pytest.raises(NotApplicable, match="has levels"):
        dose_response(nhefs())
    frame = dosed(300, 0)
    with pytest.raises(NotApplicable, match="takes 4 values"):
        dose_response(about(frame.assign(d=np.arange(300) % 4)))
