"""One cutoff by three ways in, and the same rows in every picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from tests import worlds
from tests.workbench.quality.rows_made import drawn, first_part, made
from workbench import (
    Dataset,
    NotApplicable,
    ParameterError,
    confusion_matrix,
    cumulative_gains,
    cutoff_costs,
    lift_curve,
    operating_point,
    precision_recall_curve,
    roc_curve,
    score_distribution,
    train,
)
from workbench.quality.cutoff_costs import _costs, cheapest_cutoff
from workbench.quality.operating_point import cutoff_of


@pytest.fixture(scope="module")
def model():
    return train(Dataset.of(worlds.yes_no(), target="bought"))


def test_the_shares_are_scikit_learns(model):
    at = model.positions("test")
    y, chance = model.target.y[at], model.output(model.rows("test"))
    for cutoff in (0.2, 0.5, 0.71):
        said = chance >= cutoff
        found = operating_point(model, cutoff=cutoff)
        assert found.value("precision") == pytest.approx(reference.precision_score(y, said))
        assert found.value("recall") == pytest.approx(reference.recall_score(y, said))
        assert found.value("accuracy") == pytest.approx(reference.accuracy_score(y, said))
        assert found.value("called") == pytest.approx(said.mean())


@given(seed=st.integers(0, 10_000), decimals=st.integers(1, 6), share=st.floats(0.001, 1))
def test_a_share_calls_at_least_so_many_and_no_chance_more_than_needed(seed, decimals, share):
    rows = drawn(seed, decimals=decimals)
    cutoff = cutoff_of(rows, share)
    wanted = round(share * len(rows), 9)
    assert (rows.chance >= cutoff).sum() >= wanted
    assert (rows.chance > cutoff).sum() < wanted


def test_a_share_that_ends_among_equal_chances_says_so(model):
    flat = made(np.arange(10) < 4, np.array([0.9, 0.8, *[0.5] * 8]))
    assert cutoff_of(flat, 0.2) == 0.8
    assert cutoff_of(flat, 0.3) == 0.5
    assert not (flat.chance >= cutoff_of(flat, 0.0)).any()


@given(seed=st.integers(0, 10_000), alarm=st.floats(0, 9), miss=st.floats(0.1, 9))
def test_the_cheapest_cutoff_costs_what_the_curve_says_however_it_is_rounded(seed, alarm, miss):
    rows = drawn(seed, decimals=5)
    called = rows.chance >= cheapest_cutoff(rows, alarm, miss)
    cost = alarm * (called & ~rows.is_class) + miss * (~called & rows.is_class)
    assert cost.mean() == pytest.approx(_costs(rows, alarm, miss)["cost"].min())


@pytest.mark.parametrize("cutoff", [0.0, 0.31, 0.5, 0.9])
def test_every_picture_has_the_same_numbers_at_one_cutoff(model, cutoff):
    point = operating_point(model, cutoff=cutoff, cost_miss=3.0)
    recall, precision = point.value("recall"), point.value("precision")
    roc = asked(roc_curve(model, cutoff=cutoff))
    assert roc["true_positive_rate"] == pytest.approx(recall)
    assert roc["false_positive_rate"] == pytest.approx(point.value("false_positive_rate"))
    curve = asked(precision_recall_curve(model, cutoff=cutoff))
    assert (curve["recall"], curve["precision"]) == pytest.approx((recall, precision))
    costs = asked(cutoff_costs(model, cutoff=cutoff, cost_miss=3.0))
    assert costs["cost"] == pytest.approx(point.value("cost"))
    for method in (cumulative_gains, lift_curve):
        gains = asked(method(model, cutoff=cutoff))
        assert gains["share_taken"] == pytest.approx(point.value("called"))
        assert gains["share_found"] == pytest.approx(recall)
    matrix = first_part(confusion_matrix(model, cutoff=cutoff))
    found = matrix[(matrix["observed"] == "yes") & (matrix["predicted"] == "yes")]
    assert found["share_of_observed"].item() == pytest.approx(recall)
    assert score_distribution(model, cutoff=cutoff).frame["cutoff"].eq(cutoff).all()


def asked(result):
    frame = first_part(result)
    return frame[frame["is_asked"]].iloc[0]


def test_one_class_of_several_against_the_rest():
    three = train(Dataset.of(worlds.three_kinds(), target="kind"))
    at, chances = three.positions("test"), three.predict_proba(three.rows("test"))
    for code, name in enumerate(three.classes):
        matrix = first_part(confusion_matrix(three, target_class=name, cutoff=0.3))
        expected = reference.confusion_matrix(three.target.y[at] == code, chances[:, code] >= 0.3)
        np.testing.assert_array_equal(matrix["rows"], expected.ravel())
        assert list(matrix["observed"].unique()) == [f"not {name}", name]


def test_where_no_row_is_called_it_says_so(model):
    nothing = operating_point(model, cutoff=1.0)
    assert nothing.value("called") == 0
    assert np.isnan(nothing.value("precision"))
    assert "none of those" in nothing.summary
    assert not precision_recall_curve(model, cutoff=1.0).frame["is_asked"].any()
    assert asked(roc_curve(model, cutoff=1.0))["true_positive_rate"] == 0
    with pytest.raises(NotApplicable, match="none of the"):
        lift_curve(model, cutoff=1.0)


def test_two_ways_at_once_are_refused(model):
    with pytest.raises(ParameterError, match="both given"):
        operating_point(model, cutoff=0.5, share=0.1)
