"""The curve is scikit-learn's, the interval DeLong's as published, and it covers the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn import metrics as reference

from tests import worlds
from tests.workbench.quality.rows_made import drawn, made
from workbench import Dataset, NotApplicable, roc_curve, train
from workbench.metrics import area_under_roc
from workbench.quality.roc_curve import _curve

#: Hanley & McNeil, Radiology 143 (1982): ratings 1 to 5 of 58 normal and 51 abnormal scans.
NORMAL, ABNORMAL = (33, 6, 6, 11, 2), (3, 2, 2, 11, 33)


def hanley():
    ratings = np.repeat([*range(1, 6), *range(1, 6)], [*NORMAL, *ABNORMAL]).astype(float)
    return np.arange(109) >= 58, ratings


def delong_by_hand(positive, score):
    """The definition: every pair, then the variance of each class's mean wins."""
    first, second = score[positive], score[~positive]
    wins = (first[:, None] > second) + 0.5 * (first[:, None] == second)
    of_rows = wins.mean(axis=1).var(ddof=1) / len(first)
    return wins.mean(), np.sqrt(of_rows + wins.mean(axis=0).var(ddof=1) / len(second))


def test_the_published_example():
    """Area 0.8932, standard error 0.0307: what Stata's manual prints for these ratings."""
    area = area_under_roc(*hanley())
    assert area.value == pytest.approx(0.8932, abs=5e-5)
    assert area.std_error == pytest.approx(0.0307, abs=5e-5)
    assert area.interval() == pytest.approx((0.83295, 0.95339), abs=5e-5)


@given(seed=st.integers(0, 10_000), decimals=st.integers(1, 6))
def test_the_interval_is_delongs_definition(seed, decimals):
    rows = drawn(seed, rows=60, decimals=decimals)
    area = area_under_roc(rows.is_class, rows.chance)
    value, error = delong_by_hand(rows.is_class, rows.chance)
    assert area.value == pytest.approx(value, abs=1e-12)
    assert area.std_error == pytest.approx(error, rel=1e-9)


@given(seed=st.integers(0, 10_000), decimals=st.integers(1, 6))
def test_every_point_is_scikit_learns(seed, decimals):
    rows = drawn(seed, decimals=decimals)
    frame = _curve(rows)
    false, true, cutoff = reference.roc_curve(rows.is_class, rows.chance, drop_intermediate=False)
    np.testing.assert_allclose(frame["false_positive_rate"], false, atol=1e-12)
    np.testing.assert_allclose(frame["true_positive_rate"], true, atol=1e-12)
    np.testing.assert_allclose(frame["cutoff"], cutoff)
    under = np.trapezoid(frame["true_positive_rate"], frame["false_positive_rate"])
    assert under == pytest.approx(frame["area"].iloc[0], abs=1e-12)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Two bell curves one apart: the true area is Φ(1/√2)."""
    truth, inside, runs = norm.cdf(1 / np.sqrt(2)), 0, 400
    for seed in range(runs):
        rows = drawn(seed, rows=120, decimals=12)
        low, high = area_under_roc(rows.is_class, rows.chance).interval(is_share=True)
        inside += low <= truth <= high
    assert 0.92 <= inside / runs <= 0.98


def test_a_perfect_ranking_has_an_area_of_one_and_no_interval():
    frame = _curve(made(np.array([False, False, True, True]), np.array([0.1, 0.2, 0.8, 0.9])))
    assert frame["area"].eq(1).all()
    assert frame["conf_low"].isna().all()


def test_long_curves_are_thinned_and_keep_their_ends_and_their_area():
    rows = drawn(3, rows=5_000, decimals=12)
    frame = _curve(rows)
    assert len(frame) == 601
    assert frame[["false_positive_rate", "true_positive_rate"]].iloc[
        [0, -1]
    ].to_numpy().tolist() == [[0, 0], [1, 1]]
    assert frame["area"].iloc[0] == pytest.approx(
        reference.roc_auc_score(rows.is_class, rows.chance)
    )


def test_held_out_rows_come_first_and_the_training_rows_beside_them():
    model = train(Dataset.of(worlds.yes_no(), target="bought"))
    found = roc_curve(model)
    assert list(dict.fromkeys(found.frame["part"])) == ["test", "train"]
    areas = found.frame.groupby("part")["area"].first()
    assert areas["train"] > areas["test"] > 0.6
    assert any("On the training rows" in note for note in found.notes)
    assert list(dict.fromkeys(roc_curve(model, rows="train").frame["part"])) == ["train", "test"]


def test_one_class_against_the_rest():
    model = train(Dataset.of(worlds.three_kinds(), target="kind"))
    at = model.positions("test")
    chances = model.predict_proba(model.rows("test"))
    for code, name in enumerate(model.classes):
        expected = reference.roc_auc_score(model.target.y[at] == code, chances[:, code])
        found = roc_curve(model, target_class=name)
        assert found.frame["area"].iloc[0] == pytest.approx(expected)
        assert f"kind = {name}" in found.summary


def test_a_number_has_no_roc_curve_and_the_way_out_is_named():
    model = train(Dataset.of(worlds.additive(), target="y"))
    with pytest.raises(NotApplicable, match="target is a number") as refused:
        roc_curve(model)
    assert "Residuals" in refused.value.hint
    assert "ROC" not in refused.value.hint


def test_rows_of_one_class_have_nothing_to_tell_apart():
    with pytest.raises(NotApplicable, match="0 have y = yes"):
        made(np.zeros(5, dtype=bool), np.linspace(0, 1, 5)).require_both()
