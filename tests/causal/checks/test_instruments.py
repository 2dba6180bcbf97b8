"""Checks of an instrument: about the estimate of the page, silent where the instrument is one,
and not where it is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from causal import (
    CausalQuestion,
    bootstrap_interval,
    e_value,
    influential_rows,
    negative_control,
    nuisance_quality,
    omitted_variable_bounds,
    placebo_outcome,
    placebo_treatment,
    random_common_cause,
    robustness_value,
    rosenbaum_bounds,
    subset_stability,
    trim_ledger,
    two_stage_least_squares,
)
from causal.analysis import with_rows
from causal.checks._again import estimator_again
from causal.checks.influential_rows import _of_stages
from workbench import Dataset
from workbench.errors import NotApplicable


def offered(rows: int, seed: int, *, chosen: float = 0.0, strength: float = 2.5) -> pd.DataFrame:
    """An offer moves the treatment, whose effect is 1; who takes it is chosen by what also makes
    the outcome. `chosen`: the offer is made by that as well, and is then no instrument."""
    rng = np.random.default_rng(seed)
    x, taste = rng.normal(size=(2, rows))
    offer = (0.5 * x + chosen * taste + rng.logistic(size=rows) > 0).astype(int)
    t = (strength * offer + taste + rng.normal(size=rows) > strength / 2).astype(int)
    before = x + taste + rng.normal(size=rows)
    y = t + x + taste + rng.normal(size=rows)
    return pd.DataFrame({"x": x, "offer": offer, "other": rng.integers(0, 2, rows), "t": t,
                         "y_before": before, "y": y, "w8": rng.uniform(0.3, 2.0, rows),
                         "town": [f"town {k // 6}" for k in range(rows)]})  # fmt: skip


def about(frame: pd.DataFrame, roles: dict[str, str] | None = None, **asked: object):
    data = Dataset.of(frame).with_roles({"w8": "ignore", "town": "ignore"} | (roles or {}))
    given = {"treatment": "t", "outcome": "y", "confounders": ("x",), "instruments": ("offer",),
             "estimand": "LATE"}  # fmt: skip
    return CausalQuestion(data, **(given | asked))


@pytest.mark.parametrize("roles", [{}, {"w8": "weight", "town": "group"}])
def test_every_check_starts_from_the_estimate_of_the_page(roles: dict[str, str]) -> None:
    question = about(offered(900, 1), roles)
    row = two_stage_least_squares(question, interval="Wald").frame.iloc[0]
    made = [
        random_common_cause(question, repeats=5),
        subset_stability(question, parts=3),
        bootstrap_interval(question, repeats=200),
    ]
    for result in made:
        assert result.frame["estimate"].iloc[0] == pytest.approx(row["estimate"], rel=1e-9)
        assert "by two-stage least squares" in result.summary
    for result in made[:2]:
        assert result.frame["std_error"].iloc[0] == pytest.approx(row["std_error"], rel=1e-9)
        assert result.passed
    assert made[2].std_error == pytest.approx(row["std_error"], rel=0.2)


def test_a_row_left_out_of_both_stages() -> None:
    again = estimator_again(about(offered(300, 2)), None, 0)
    changes, by_hand = _of_stages(again), np.empty(300)
    for row in range(300):
        kept = np.setdiff1d(np.arange(300), [row])
        by_hand[row] = again.on(with_rows(again.analysis, kept)).estimate - again.real.estimate
    assert np.corrcoef(changes, by_hand)[0, 1] > 0.999
    assert np.abs(changes - by_hand).max() < 0.1 * np.abs(by_hand).max()
    assert "two-stage least squares" in influential_rows(about(offered(300, 2))).summary


def test_a_shuffled_instrument_is_the_reduced_form_of_statsmodels() -> None:
    frame = offered(300, 3)
    made = placebo_treatment(about(frame), repeats=20, seed=5).frame
    random, one = np.random.RandomState(5), sm.add_constant(frame[["x"]]).to_numpy()
    for draw in range(21):
        order = np.arange(300) if draw == 0 else random.permutation(300)
        design = np.column_stack([one, frame["offer"].to_numpy()[order]])
        fit = sm.OLS(frame["y"].to_numpy(), design).fit(cov_type="HC2")
        assert made["estimate"].iloc[draw] == pytest.approx(fit.params[-1], rel=1e-8)
        assert made["std_error"].iloc[draw] == pytest.approx(fit.bse[-1], rel=1e-8)


def test_shuffled_instruments_find_an_effect_as_often_as_they_say() -> None:
    failed = [
        not placebo_treatment(about(offered(120, seed)), repeats=60, seed=seed).passed
        for seed in range(120)
    ]
    assert 0.02 <= np.mean(failed) <= 0.08


def test_an_instrument_passes_and_an_offer_made_by_taste_fails() -> None:
    """On the outcome before: in 40 tables of an instrument, and in 10 of offers that are chosen."""
    silent = [placebo_outcome(about(offered(300, seed))).passed for seed in range(40)]
    assert np.mean(silent) >= 0.9
    chosen = [placebo_outcome(about(offered(300, seed, chosen=1.0))).passed for seed in range(10)]
    assert np.mean(chosen) <= 0.1
    made = negative_control(about(offered(300, 4, chosen=1.0)), column="y_before")
    assert not made.passed
    made.figure()


def test_the_placebo_of_a_weak_instrument_holds_its_level_and_can_be_drawn() -> None:
    """Anderson and Rubin's: the interval may be open, and then runs off the picture."""
    open_ends, silent = [], []
    for seed in range(20):
        made = placebo_outcome(about(offered(150, seed, strength=0.2)))
        silent.append(made.passed)
        open_ends.append(not np.isfinite(made.frame["conf_high"].iloc[0]))
    assert np.mean(silent) >= 0.85
    assert np.mean(open_ends) > 0.5
    assert "∞" in made.summary or np.isfinite(made.frame["conf_high"].iloc[0])
    made.figure()


def test_a_cause_as_strong_as_the_robustness_value_takes_the_effect_away() -> None:
    """Made to explain that share of what is left of the instrument and of the outcome."""
    frame = offered(400, 5)
    made = robustness_value(about(frame))
    base = sm.add_constant(frame[["x"]]).to_numpy()
    z, y = frame["offer"].to_numpy(dtype=float), frame["y"].to_numpy()

    def rest(of: np.ndarray, by: np.ndarray) -> np.ndarray:
        left = of - by @ np.linalg.lstsq(by, of, rcond=None)[0]
        return left / np.linalg.norm(left)

    of_z, of_y = rest(z, base), rest(y, np.column_stack([base, z]))
    noise = rest(np.random.default_rng(0).normal(size=400), np.column_stack([base, z, y]))
    share = np.sqrt(made.value)
    along = share * np.sqrt(1 - share**2)
    cause = share * of_z + along * of_y + np.sqrt(1 - share**2 - along**2) * noise
    held = about(frame.assign(cause=cause), confounders=("x", "cause"))
    assert two_stage_least_squares(held).frame["estimate"].iloc[0] == pytest.approx(0, abs=1e-8)
    assert made.value_of_interval < made.value < made.value_of_first_stage
    assert made.frame["confounder"].tolist() == ["none", "x", "x", "x"]
    assert "left unexplained of both the instrument and the outcome" in made.summary
    made.figure()


def test_a_weak_instrument_is_not_cut_up_and_its_bootstrap_warns() -> None:
    question = about(offered(300, 6, strength=0.4))
    with pytest.raises(NotApplicable, match="instrument is weak"):
        subset_stability(question)
    assert any("the instrument is weak" in note for note in bootstrap_interval(question).notes)


def test_two_instruments_are_one_estimate_but_not_one_reduced_form() -> None:
    question = about(offered(500, 7), instruments=("offer", "other"))
    assert random_common_cause(question, repeats=5).passed
    for check in (placebo_treatment, robustness_value):
        with pytest.raises(NotApplicable, match="one instrument at a time"):
            check(question)


@pytest.mark.parametrize(
    "check", [omitted_variable_bounds, e_value, trim_ledger, rosenbaum_bounds, nuisance_quality]
)
def test_what_is_about_adjustment_is_refused_with_the_way_out(check) -> None:
    with pytest.raises(NotApplicable, match=r"\(LATE\)|the LATE") as refused:
        check(about(offered(300, 8)))
    assert any(w in refused.value.hint for w in ("robustness value", "instrumental variables"))


def test_an_exposure_would_need_an_instrument_of_its_own() -> None:
    with pytest.raises(NotApplicable, match="instrument of its own"):
        negative_control(about(offered(300, 9)), column="other", part_played="exposure")
    with pytest.raises(NotApplicable, match="moves with itself"):
        negative_control(about(offered(300, 9)), column="offer")
