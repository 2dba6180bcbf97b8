"""Averages and pairs are scikit-learn's, and the intervals hold."""

import numpy as np
import pytest
from sklearn import metrics as reference

from tests import worlds
from tests.workbench.quality.rows_made import drawn, first_part
from tests.workbench.quality.rows_made import judged as rows_of
from workbench import (
    Dataset,
    NotApplicable,
    class_curves,
    confusion_matrix,
    pairwise_auc,
    precision_recall_curve,
    roc_curve,
    train,
)
from workbench.quality.class_curves import _mean_curve, _micro
from workbench.quality.pairwise_auc import _pair


@pytest.fixture(scope="module")
def three():
    return train(Dataset.of(worlds.three_kinds(), target="kind"))


def judged(model, part="test"):
    at = model.positions(part)
    return model.target.y[at].astype(int), model.predict_proba(model.rows(part))


@pytest.mark.parametrize("part", ["test", "train"])
def test_areas_and_averages_are_scikit_learns(three, part):
    y, chances = judged(three, part)
    found = class_curves(three, rows=part).frame.drop_duplicates("name").set_index("name")["value"]
    for average in ("macro", "micro"):
        expected = reference.roc_auc_score(y, chances, multi_class="ovr", average=average)
        assert found[f"{average} average"] == pytest.approx(expected)
    onehot = np.eye(3)[y]
    found = class_curves(three, curve="precision_recall", rows=part).frame
    found = found.drop_duplicates("name").set_index("name")["value"]
    for average in ("macro", "micro"):
        expected = reference.average_precision_score(onehot, chances, average=average)
        assert found[f"{average} average"] == pytest.approx(expected)


@pytest.mark.parametrize(("curve", "alone", "value"), [
    ("roc", roc_curve, "area"), ("precision_recall", precision_recall_curve, "average_precision"),
])  # fmt: skip
def test_each_class_is_its_own_curve(three, curve, alone, value):
    found = first_part(class_curves(three, curve=curve))
    for name in three.classes:
        own = alone(three, target_class=name).frame
        own = own[own["part"] == "test"]
        one = found[found["name"] == name]
        assert len(one) == len(own)
        assert one[["value", "conf_low", "conf_high"]].iloc[0].tolist() == pytest.approx(
            own[[value, "conf_low", "conf_high"]].iloc[0].tolist())  # fmt: skip


@pytest.mark.parametrize("curve", ["roc", "precision_recall"])
def test_the_area_under_the_macro_curve_is_about_the_mean_area(curve):
    classes = [drawn(seed, rows=4_000, decimals=12) for seed in range(3)]
    x, y = _mean_curve(classes, curve)
    scores = [
        (reference.roc_auc_score if curve == "roc" else reference.average_precision_score)(
            rows.is_class, rows.chance)
        for rows in classes
    ]  # fmt: skip
    assert np.trapezoid(y, x) == pytest.approx(np.mean(scores), abs=0.005)


def test_the_micro_interval_takes_a_rows_parts_together():
    """Its standard error is that of drawing rows again, not chances."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, size=400)
    raw = rng.normal(size=(400, 4)) + 1.5 * np.eye(4)[y]
    chances = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    line = _micro(rows_of(y, chances), "roc").iloc[0]
    again = []
    for _ in range(400):
        at = rng.integers(0, 400, size=400)
        again.append(reference.roc_auc_score(np.eye(4)[y[at]].ravel(), chances[at].ravel()))
    assert (line["conf_high"] - line["conf_low"]) / (2 * 1.96) == pytest.approx(
        np.std(again), rel=0.12
    )


@pytest.mark.parametrize("part", ["test", "train"])
def test_m_is_scikit_learns(three, part):
    y, chances = judged(three, part)
    found = first_part(pairwise_auc(three, rows=part))
    expected = reference.roc_auc_score(y, chances, multi_class="ovo", average="macro")
    assert found["m_measure"].iloc[0] == pytest.approx(expected)
    assert found.groupby(["first", "second"]).ngroups == 6
    for row in found.itertuples():
        i, j = three.classes.index(row.first), three.classes.index(row.second)
        both = np.isin(y, [i, j])
        assert row.by_first == pytest.approx(
            reference.roc_auc_score(y[both] == i, chances[both, i])
        )


def test_the_interval_of_a_pair_is_that_of_drawing_rows_again():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, size=600)
    raw = rng.normal(size=(600, 3)) + 0.8 * np.eye(3)[y]
    chances = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    score = _pair(rows_of(y, chances), 0, 1)[0]
    again = [
        _pair(rows_of(y[at], chances[at]), 0, 1)[0].value
        for at in (rng.integers(0, 600, size=600) for _ in range(400))
    ]
    assert score.std_error == pytest.approx(np.std(again), rel=0.12)


def test_the_pairs_confused_most_often_are_named(three):
    found = confusion_matrix(three)
    wrong = first_part(found)
    wrong = wrong[wrong["observed"] != wrong["predicted"]]
    most = wrong.sort_values("rows", ascending=False).iloc[0]
    (words,) = [note for note in found.notes if note.startswith("Confused most often")]
    assert f"{most['observed']} taken for {most['predicted']} in {most['rows']}" in words


def test_two_classes_have_no_pairs():
    model = train(Dataset.of(worlds.yes_no(), target="bought"), "decision_tree")
    for method in (pairwise_auc, class_curves):
        with pytest.raises(NotApplicable, match="one of several classes"):
            method(model)
