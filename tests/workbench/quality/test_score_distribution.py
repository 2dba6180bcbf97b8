"""Every row is in one bin of its own class."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import worlds
from tests.workbench.quality.rows_made import drawn
from workbench import Dataset, score_distribution, train
from workbench.quality.score_distribution import _frame


@given(seed=st.integers(0, 10_000), bins=st.integers(2, 60))
def test_every_row_is_counted_once_among_its_own(seed, bins):
    rows = drawn(seed)
    frame = _frame(rows, bins)
    counted = frame.groupby("is_class")["rows"].sum()
    assert counted.to_dict() == {True: rows.found, False: len(rows) - rows.found}
    assert frame.groupby("is_class")["share"].sum().to_numpy() == pytest.approx(1)
    for is_class, shown in frame.groupby("is_class"):
        expected = np.histogram(rows.chance[rows.is_class == is_class], bins, (0, 1))[0]
        np.testing.assert_array_equal(shown["rows"], expected)


def test_one_class_against_the_others():
    model = train(Dataset.of(worlds.three_kinds(), target="kind"))
    found = score_distribution(model, target_class="high")
    is_high = model.rows("test")["kind"] == "high"
    chance = model.output(model.rows("test"), "high")
    medians = found.frame.groupby("observed")["median"].first()
    assert medians["kind = high"] == pytest.approx(np.median(chance[is_high]))
    assert medians["other rows"] == pytest.approx(np.median(chance[~is_high]))
