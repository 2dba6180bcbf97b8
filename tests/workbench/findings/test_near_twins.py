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
