"""Counts are scikit-learn's, and the cutoff does what it says."""

import numpy as np
import pytest
from sklearn import metrics as reference

from tests import worlds
from tests.workbench.quality.rows_made import first_part
from workbench import Dataset, ParameterError, confusion_matrix, train


@pytest.fixture(scope="module")
def two():
    return train(Dataset.of(worlds.yes_no(), target="bought"))


@pytest.fixture(scope="module")
def three():
    return train(Dataset.of(worlds.three_kinds(), target="kind"))


def counts(found, classes):
    return first_part(found)["rows"].to_numpy().reshape(classes, classes)


@pytest.mark.parametrize("part", ["test", "train"])
def test_several_classes_are_scikit_learns(three, part):
    rows = three.rows(part)
    expected = reference.confusion_matrix(rows["kind"], three.predict(rows), labels=three.classes)
    np.testing.assert_array_equal(counts(confusion_matrix(three, rows=part), 3), expected)


@pytest.mark.parametrize("cutoff", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_two_classes_are_cut_where_it_was_asked(two, cutoff):
    rows = two.rows("test")
    said = np.where(two.output(rows) >= cutoff, "yes", "no")
    expected = reference.confusion_matrix(rows["bought"], said, labels=two.classes)
    np.testing.assert_array_equal(counts(confusion_matrix(two, cutoff=cutoff), 2), expected)


def test_shares_add_up(two, three):
    for model in (two, three):
        frame = first_part(confusion_matrix(model))
        assert frame["share_of_all"].sum() == pytest.approx(1)
        assert frame.groupby("observed")["share_of_observed"].sum().to_numpy() == pytest.approx(1)
        assert (frame["conf_low"] <= frame["share_of_observed"]).all()
        assert (frame["share_of_observed"] <= frame["conf_high"]).all()


def test_a_higher_cutoff_finds_fewer_and_raises_fewer_alarms(two):
    called = [
        first_part(confusion_matrix(two, cutoff=cutoff)).groupby("predicted")["rows"].sum()["yes"]
        for cutoff in np.linspace(0, 1, 11)
    ]
    assert called == sorted(called, reverse=True)


def test_a_cutoff_means_nothing_with_three_classes(three):
    with pytest.raises(ParameterError, match="3 classes"):
        confusion_matrix(three, cutoff=0.3)


def test_observed_classes_are_the_rows_of_the_picture(two):
    found = confusion_matrix(two)
    heat = found.figure().data[0]
    rows = two.rows("test")
    share = (two.predict(rows)[rows["bought"] == "yes"] == "no").mean()
    assert heat.z[1][0] == pytest.approx(share)
    assert found.figure().layout.yaxis.title.text == "observed"
