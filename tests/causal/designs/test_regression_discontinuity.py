"""The jump at a cut-off: beside rdrobust, the published number, and what must not change it."""

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rdrobust
from hypothesis import given, settings
from hypothesis import strategies as st

from causal import CutoffQuestion, regression_discontinuity
from causal.designs._local import Side, jump_at
from tests.causal.designs.cutoffs import about, keen, steps
from workbench import Dataset, read


def senate() -> Dataset:
    """Vote shares of the US Senate, from the package of the method's authors."""
    folder = Path(rdrobust.__file__).parent / "data"
    return read(folder / "rdrobust_RDsenate.csv")


def theirs(frame: pd.DataFrame, **given: Any) -> list[float]:
    with contextlib.redirect_stdout(io.StringIO()):  # it prints what it found
        made = rdrobust.rdrobust(frame["y"].to_numpy(), frame["x"].to_numpy(), **given)
    return [made.coef.iloc[0, 0], made.se.iloc[0, 0], made.coef.iloc[2, 0], made.se.iloc[2, 0],
            made.bws.iloc[0, 0], made.bws.iloc[1, 0]]  # fmt: skip


def ours(question: CutoffQuestion) -> list[float]:
    found = question.effect()
    return [found.estimate, found.std_error, found.corrected, found.robust_error, found.h, found.b]


def test_the_senate_is_as_published() -> None:
    question = CutoffQuestion(senate(), outcome="vote", running="margin")
    found = regression_discontinuity(question)
    row = found.frame.iloc[0]
    assert row["estimate"] == pytest.approx(7.4141, abs=5e-5)
    assert [row["conf_low"], row["conf_high"]] == pytest.approx([4.094, 10.919], abs=5e-4)
    assert found.bandwidth == pytest.approx(17.754, abs=5e-4)
    assert "360 rows below and 323 at or above" in found.summary
    # The conventional interval forgets the bias: it is centred on the estimate.
    plain = found.frame.iloc[1]
    assert (plain["conf_low"] + plain["conf_high"]) / 2 == pytest.approx(plain["estimate"])


def test_a_sharp_cutoff_is_rdrobust() -> None:
    frame = steps(cutoff=0.3)
    assert ours(about(frame, cutoff=0.3)) == pytest.approx(theirs(frame, c=0.3), rel=1e-8)


def test_covariates_are_rdrobust() -> None:
    frame = steps()
    expected = theirs(frame, covs=frame[["z"]])
    assert ours(about(frame, covariates=("z",))) == pytest.approx(expected, rel=1e-8)


def test_a_fuzzy_cutoff_with_a_covariate_is_rdrobust() -> None:
    frame = keen()
    found = ours(about(frame, treatment="t", covariates=("z",)))
    expected = theirs(frame, fuzzy=frame["t"].to_numpy(), covs=frame[["z"]])
    assert found == pytest.approx(expected, rel=1e-8)


def test_where_nobody_is_treated_below_the_bandwidth_is_the_outcomes() -> None:
    frame = keen().assign(t=lambda f: f["t"] * (f["x"] >= 0))
    expected = theirs(frame, fuzzy=frame["t"].to_numpy())
    assert ours(about(frame, treatment="t")) == pytest.approx(expected, rel=1e-8)


def test_groups_and_weights_are_rdrobust() -> None:
    rng = np.random.default_rng(3)
    frame = keen().assign(g=rng.integers(0, 90, 2_000), w=rng.random(2_000) + 0.1)
    data = Dataset.of(frame).with_roles({"g": "group", "w": "weight"})
    found = ours(CutoffQuestion(data, outcome="y", running="x", treatment="t", covariates=("z",)))
    expected = theirs(frame, fuzzy=frame["t"].to_numpy(), covs=frame[["z"]],
                      cluster=frame["g"].to_numpy(), weights=frame["w"].to_numpy())  # fmt: skip
    assert found == pytest.approx(expected, rel=1e-8)


def test_values_that_many_rows_share_are_rdrobust() -> None:
    frame = steps(2_000).assign(x=lambda f: np.round(f["x"] * 16) / 16)
    assert ours(about(frame)) == pytest.approx(theirs(frame), rel=1e-7)


def test_a_bandwidth_of_ones_own_is_rdrobust() -> None:
    frame = steps()
    found = about(frame).effect(0.5)
    expected = theirs(frame, h=0.5)
    made = [found.estimate, found.std_error, found.corrected, found.robust_error]
    assert made == pytest.approx(expected[:4], rel=1e-8)
    assert any(
        "(as given)" in n for n in regression_discontinuity(about(frame), bandwidth=0.5).notes
    )


def test_the_treated_below_turn_the_sign() -> None:
    above = regression_discontinuity(about(steps())).frame.iloc[0]
    below = regression_discontinuity(about(steps(), treated="below")).frame.iloc[0]
    names = ["estimate", "conf_low", "conf_high", "p_value"]
    turned = [-above["estimate"], -above["conf_high"], -above["conf_low"], above["p_value"]]
    assert below[names].tolist() == pytest.approx(turned)
    assert below["contrast"] == "below vs at or above"


def test_a_column_that_says_what_the_side_says_changes_nothing_but_the_words() -> None:
    frame = steps().assign(t=lambda f: (f["x"] >= 0).astype(int))
    sharp, fuzzy = (
        regression_discontinuity(about(frame, **more)).frame.iloc[0]
        for more in ({}, {"treatment": "t"})
    )
    for name in ("estimate", "std_error", "conf_low", "conf_high"):
        assert fuzzy[name] == pytest.approx(sharp[name])


def test_the_fuzzy_effect_is_found_where_the_plain_comparison_errs() -> None:
    frame = keen(8_000)
    row = regression_discontinuity(about(frame, treatment="t")).frame.iloc[0]
    assert row["conf_low"] < 1 < row["conf_high"]
    assert row["group"] == "compliers at x = 0"
    groups = frame.groupby("t")["y"].mean()
    assert abs(groups[1] - groups[0] - 1) > 0.3


@settings(max_examples=8)
@given(
    shift=st.floats(-50, 50), stretch=st.floats(0.01, 100), lift=st.floats(-100, 100),
    times=st.floats(0.01, 100),
)  # fmt: skip
def test_units_do_not_matter(shift: float, stretch: float, lift: float, times: float) -> None:
    frame = steps(300)
    plain = about(frame).effect()
    other = frame.assign(x=frame["x"] * stretch + shift, y=frame["y"] * times + lift)
    found = about(other, cutoff=shift).effect()
    assert found.h == pytest.approx(plain.h * stretch, rel=1e-5)
    assert found.corrected == pytest.approx(plain.corrected * times, rel=1e-5, abs=1e-6 * times)
    assert found.robust_error == pytest.approx(plain.robust_error * times, rel=1e-5)


def test_degrees_of_freedom_are_those_of_the_variance_that_is_seen() -> None:
    """Satterthwaite's are twice the squared mean of the variance over its own variance; with so few
    rows the normal interval is too short, that from t is not."""
    rng = np.random.default_rng(11)
    x = np.sort(rng.uniform(-1, 1, 80))
    around, covers, normal = [], [], []
    for noise in rng.normal(size=(1500, 80)):
        sides = [
            Side(x[rows], noise[rows][:, None], np.ones(rows.sum()), None, False)
            for rows in (x < 0, x >= 0)
        ]
        found = jump_at(*sides, 0.6, 0.9)
        around.append(found.robust_error**2)
        low, high = found.interval
        covers.append(low <= 0 <= high)
        normal.append(abs(found.corrected) <= 1.96 * found.robust_error)
    assert found.degrees == pytest.approx(2 * np.mean(around) ** 2 / np.var(around), rel=0.15)
    assert np.mean(covers) == pytest.approx(0.95, abs=0.017)
    assert np.mean(normal) < 0.94


@pytest.mark.parametrize("unit", [1e-9, 1e10])
def test_a_covariate_counts_in_whatever_unit_it_is_measured(unit: float) -> None:
    """Beside one in other units it was taken for nothing: the effect moved by a fifth, and its
    error was twice as large."""
    frame = steps().assign(v=np.random.default_rng(1).normal(size=1_000))
    frame["y"] += frame["v"]
    frame["same"] = frame["z"] * unit
    plain, scaled = (
        regression_discontinuity(about(frame, covariates=(name, "v"))).frame
        for name in ["z", "same"]
    )
    pd.testing.assert_frame_equal(scaled, plain, rtol=1e-6)


def test_rows_that_weigh_nothing_are_as_if_they_were_not_there() -> None:
    """They counted in the bandwidth, and so in every number."""
    frame = steps(2_000, seed=3)
    far = (frame["x"].abs() > 1.2).to_numpy()
    weighted = Dataset.of(frame.assign(w=np.where(far, 0.0, 3.0))).with_roles({"w": "weight"})
    found = regression_discontinuity(CutoffQuestion(weighted, outcome="y", running="x"))
    expected = regression_discontinuity(about(frame[~far].reset_index(drop=True)))
    pd.testing.assert_frame_equal(found.frame, expected.frame)
    assert found.bandwidth == pytest.approx(expected.bandwidth)
    assert any(f"rows are used; {far.sum()} weigh 0." in note for note in found.notes)
