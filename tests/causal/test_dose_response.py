"""The dose-response curve in worlds where the curve is known."""

from collections.abc import Callable

import causaldata
import numpy as np
import pandas as pd
import pytest

from causal import (
    CausalQuestion,
    DoseResponse,
    dose_response,
    linear_regression,
    marginal_structural_model,
)
from causal.analysis import analyse
from causal.dose_response import _learn, _scores, dose_contrast
from tests.causal.truths import NHEFS_CONFOUNDERS, nhefs
from workbench import Dataset
from workbench.errors import NotApplicable
from workbench.figures import number
from workbench.progress import silent


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


@pytest.mark.parametrize("model", ["additive", "doubly robust"])
def test_the_curve_is_found(model: str) -> None:
    table = dosed(3_000, seed=1)
    result = dose_response(about(table), model=model)  # type: ignore[arg-type]
    frame = result.frame
    truth = 0.5 * frame["dose"] ** 2 + 0.5  # E[x²/2] = 1/2
    assert ((frame["band_low"] < truth) & (truth < frame["band_high"])).mean() > 0.85
    assert (frame["estimate"] - truth).abs().max() < 0.4
    assert result.p_flat < 1e-6
    assert result.p_straight < 1e-6
    naive = np.polyfit(table["d"], table["y"], 2)
    assert abs(np.polyval(naive, frame["dose"].iloc[-1]) - truth.iloc[-1]) > 1


def test_errors_are_those_of_repeated_worlds_and_a_flat_curve_is_called_flat() -> None:
    off, said, called = [], [], []
    for seed in range(30):
        result = dose_response(about(dosed(300, seed, flat=True)), folds=2)
        off.append(result.frame["estimate"].to_numpy()[[0, 20, 40]] - 0.5)
        said.append(result.frame["std_error"].to_numpy()[[0, 20, 40]])
        called.append(result.p_flat < 0.05)
    assert np.std(off, axis=0) == pytest.approx(np.mean(said, axis=0), rel=0.4)
    assert np.mean(called) <= 0.2


def test_the_additive_curve_of_one_straight_piece_is_partially_linear_regression() -> None:
    """With every nuisance linear it is Robinson's estimate, near least squares."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 2_000))
    d = 2 + x + rng.normal(size=2_000)
    frame = pd.DataFrame({"x": x, "w": w, "d": d, "y": 3 * d + x + rng.normal(size=2_000)})
    curve = dose_response(about(frame), bends=1).frame
    slope = np.diff(curve["estimate"]) / np.diff(curve["dose"])
    assert np.ptp(slope) == pytest.approx(0, abs=1e-9)
    straight = linear_regression(about(frame), squares=False).frame.iloc[0]
    assert slope[0] == pytest.approx(straight["estimate"], abs=0.5 * straight["std_error"])


def test_small_tables_are_warned_of_under_the_doubly_robust_curve() -> None:
    notes = dose_response(about(dosed(300, 0)), model="doubly robust", folds=2).notes
    assert any("too short" in note for note in notes)


def test_doses_of_the_doubly_robust_curve_carry_the_shares_of_the_population() -> None:
    """What a row adds by being one of those the averages run over is summed over them: where rows
    with small doses stand for more, over equal shares it would be that of another population."""
    frame = dosed(400, 3)
    frame["c8"] = np.where(frame["d"] < frame["d"].median(), 5.0, 1.0)
    data = Dataset.of(frame).with_roles({"c8": "weight"})
    analysis = analyse(CausalQuestion(data, treatment="d", outcome="y", confounders=["x"]))
    fold = np.arange(400) % 2
    scores = _scores(analysis, _learn(analysis, fold, 0, silent), fold, 0, silent)
    assert scores.shares.sum() == pytest.approx(1)
    mean = np.average(frame["d"], weights=frame["c8"])
    assert scores.shares @ scores.doses == pytest.approx(mean, abs=0.05 * frame["d"].std())


@pytest.mark.parametrize("method", [dose_response, marginal_structural_model])
def test_the_sentence_is_about_the_contrast(method: Callable[..., DoseResponse]) -> None:
    frame = dosed(400, 7)
    plain = method(about(frame))
    first, last = (plain.frame.iloc[k] for k in (0, -1))
    ends = (float(first["dose"]), float(last["dose"]))
    asked = method(about(frame, contrast=ends))
    change = number(last["estimate"] - first["estimate"])
    assert f"were {number(ends[1])} rather than {number(ends[0])}" in asked.summary
    assert f"would change by {change} on" in asked.summary
    assert asked.frame.equals(plain.frame)
    turned = method(about(frame, contrast=ends[::-1])).summary
    assert f"would change by {number(first['estimate'] - last['estimate'])} on" in turned
    far = method(about(frame, contrast=(1, 90))).notes
    assert any(n.startswith("Warning: d = 90 lies outside the data") for n in far)


@pytest.mark.parametrize("method", [dose_response, marginal_structural_model])
def test_a_curve_below_all_values_of_the_outcome_is_told(
    method: Callable[..., DoseResponse],
) -> None:
    frame = dosed(400, 5)
    event = frame.assign(y=(frame["d"] > 3).astype(int))
    assert method(about(event)).frame["estimate"].min() < 0
    words = "beyond all values of y (0 to 1)"
    assert any(n.startswith("Warning") and words in n for n in method(about(event)).notes)
    assert not any("beyond all values" in note for note in method(about(frame)).notes)


def test_one_dose_of_nearly_all_rows_is_no_curve_and_of_many_no_normal_one() -> None:
    frame = dosed(400, 6)
    nearly, half = (
        frame.assign(d=np.where(np.arange(400) < k, 0.0, frame["d"])) for k in (391, 200)
    )
    for method in (dose_response, marginal_structural_model):
        with pytest.raises(NotApplicable, match="of the rows have d = 0, so that nothing is left"):
            method(about(nearly))
    with pytest.raises(NotApplicable, match="nothing is left"):
        dose_contrast(analyse(about(nearly)), (0, 1), 0, silent)
    words = "Warning: 50% of the rows have d = 0, and the dose is taken to be normal"
    assert any(note.startswith(words) for note in marginal_structural_model(about(half)).notes)
    assert not any("normal" in note for note in marginal_structural_model(about(frame)).notes)


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
