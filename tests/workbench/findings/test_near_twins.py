import numpy as np

from tests.worlds_findings import clean, data, only, told
from workbench.findings.near_twins import CODE


def test_twins_are_named_with_the_correlation_pandas_finds():
    rng = np.random.default_rng(0)
    frame = clean()
    frame["felt"] = np.exp(frame["warmth"]) + rng.normal(scale=0.05, size=600)
    found = only(data(frame), CODE)
    assert (found.severity, found.columns) == ("notice", ("warmth", "felt"))
    expected = frame[["warmth", "felt"]].corr(method="spearman").iloc[0, 1]
    assert f"({expected:.3g})" in found.says


def test_against_one_another_is_a_twin_too_and_a_constant_is_none():
    frame = clean().assign(cold=lambda f: -f["warmth"], same=1.0, same_too=2.0)
    assert only(data(frame), CODE).columns == ("warmth", "cold")


def test_columns_of_their_own():
    assert told(data(clean()), CODE) == []


def test_a_word_and_its_code_say_the_same():
    frame = clean().assign(code=lambda f: f["place"].map({"north": 3, "south": 1, "west": 2}))
    found = only(data(frame), CODE)
    assert (found.severity, found.columns) == ("notice", ("place", "code"))
    assert "3 levels" in found.says


def test_one_row_that_does_not_agree_makes_two_columns():
    frame = clean().assign(code=lambda f: f["place"].map({"north": 3, "south": 1, "west": 2}))
    frame.loc[5, "code"] = frame.loc[5, "code"] % 3 + 1
    assert told(data(frame), CODE) == []


def test_where_one_is_missing_the_other_may_not_be():
    frame = clean()
    frame["code"] = frame["place"].map({"north": "n", "south": "s", "west": "w"})
    frame.loc[frame["place"] == "west", "place"] = None
    assert only(data(frame), CODE).columns == ("place", "code")
    frame.loc[3, "place"] = None
    if frame.loc[3, "code"] == "w":
        frame.loc[3, "code"] = "n"
    assert told(data(frame), CODE) == []
