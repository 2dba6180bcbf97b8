"""Corrections for several tests: statsmodels' own, and what they promise."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from workbench.several_tests import benjamini_hochberg, holm


@pytest.mark.parametrize("count", [1, 2, 7, 400])
def test_they_are_those_of_statsmodels(count: int) -> None:
    rng = np.random.default_rng(count)
    for _ in range(20):
        p = rng.beta(0.3, 2.0, count).round(2)  # with ties
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], rel=1e-12)
        peer = multipletests(p, method="fdr_bh")[1]
        assert benjamini_hochberg(p) == pytest.approx(peer, rel=1e-12)


def test_ends_and_nothing() -> None:
    assert holm([]).tolist() == benjamini_hochberg([]).tolist() == []
    assert holm([0.0, 1.0, 1.0]).tolist() == [0.0, 1.0, 1.0]


def test_where_there_is_nothing_it_finds_something_in_five_of_a_hundred() -> None:
    p = np.random.default_rng(0).random((4_000, 8))
    found = np.mean([(holm(each) < 0.05).any() for each in p])
    assert 0.04 < found < 0.06
