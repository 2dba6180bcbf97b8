import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.worlds_findings import clean, clean_yes_no, data, only, told
from workbench.findings.target_leakage import CODE, score_alone
from workbench.target import read_target


def test_a_column_known_only_afterwards_is_named_with_its_figure():
    frame = clean_yes_no()
    noise = np.random.default_rng(1).normal(scale=0.05, size=len(frame))
    frame["paid_after"] = (frame["y"] == "yes") + noise
    found = only(data(frame), CODE)
    assert (found.severity, found.columns) == ("warning", ("paid_after",))
    assert "ROC AUC" in found.says


@pytest.mark.parametrize("copy", [lambda y: y, lambda y: -3 * y + 7, np.exp])
def test_a_copy_of_a_number_is_found_however_it_is_written(copy):
    frame = clean().assign(copy=lambda f: copy(f["y"]))
    assert only(data(frame), CODE).columns == ("copy",)


def test_missing_values_are_no_hiding_place():
    frame = clean_yes_no(2_000)
    frame["closed"] = (frame["y"] == "yes").astype(float).where(frame["y"] == "yes")
    assert only(data(frame), CODE).columns == ("closed",)


@pytest.mark.parametrize("world", [clean, clean_yes_no])
def test_a_good_feature_is_no_leak(world):
    assert told(data(world()), CODE) == []


def test_what_is_not_used_does_not_leak():
    frame = clean().assign(copy=lambda f: f["y"])
    assert told(data(frame, copy="ignore"), CODE) == []


def test_the_area_of_one_threshold_is_that_of_scikit_learn():
    """A yes-or-no column that is right in 90 % of the rows: the tree can only order by it."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, size=4_000).astype(float)
    hint = np.where(rng.random(4_000) < 0.9, y, 1 - y)
    target = read_target(data(clean_yes_no()))
    assert score_alone(hint, y, target) == pytest.approx(roc_auc_score(y, hint), abs=0.01)
