import numpy as np
import pytest

from tests.worlds_findings import clean, clean_yes_no, data, only, told
from workbench.findings.missing_tells_target import CODE


def test_values_missing_where_the_target_is_large():
    frame = clean()
    gone = (frame["y"] > 2) & (np.arange(600) % 2 == 0)
    frame["warmth"] = frame["warmth"].where(~gone)
    found = only(data(frame), CODE)
    assert (found.severity, found.columns) == ("notice", ("warmth",))
    assert f"is {frame.loc[gone, 'y'].mean():.3g}, elsewhere" in found.says


def test_a_share_for_two_classes_and_one_line_for_columns_missing_together():
    frame = clean_yes_no()
    gone = (frame["y"] == "yes") & (np.arange(600) % 3 == 0)
    frame["warmth"] = frame["warmth"].where(~gone)
    frame["place"] = frame["place"].where(~gone)
    found = only(data(frame), CODE)
    assert found.columns == ("warmth", "place")
    assert "the share of 'yes' of 'y' is 1, elsewhere" in found.says


@pytest.mark.parametrize("seed", range(8))
def test_what_is_missing_at_random_says_nothing(seed):
    frame = clean(seed=seed)
    gone = np.random.default_rng(seed + 1).random((600, 2)) < 0.2
    frame[["warmth", "visits"]] = frame[["warmth", "visits"]].mask(gone)
    assert told(data(frame), CODE) == []
