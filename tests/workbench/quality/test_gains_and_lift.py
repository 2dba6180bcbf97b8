"""The definition, row by row; ties in random order; the best there can be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import worlds
from tests.workbench.quality.rows_made import drawn, made
from workbench import Dataset, cumulative_gains, lift_curve, train
from workbench.quality._gains import gains


def test_without_ties_each_row_counts_as_it_comes():
    rows = drawn(1, rows=150, decimals=12)
    frame = gains(rows, 0.5)
    found = np.cumsum(rows.is_class[np.argsort(-rows.chance)]) / rows.found
    np.testing.assert_allclose(frame["share_found"], found)
    np.testing.assert_allclose(frame["share_taken"], np.arange(1, 151) / 150)
    assert frame["is_asked"].sum() == 1


def test_ties_are_taken_in_random_order_on_average():
    rows = drawn(2, rows=100, decimals=1)
    rng = np.random.default_rng(0)
    found = []
    for _ in range(3_000):
        order = np.lexsort((rng.random(100), -rows.chance))
        found.append(rows.is_class[order][:17].sum() / rows.found)
    at = gains(rows, 0.17).set_index("is_asked").loc[True]
    assert at["share_found"] == pytest.approx(np.mean(found), abs=0.005)


@given(seed=st.integers(0, 10_000), decimals=st.integers(1, 6), asked=st.floats(0.001, 1))
def test_the_curve_rises_to_one_and_never_above_the_best(seed, decimals, asked):
    rows = drawn(seed, decimals=decimals)
    frame = gains(rows, asked)
    assert frame["is_asked"].sum() == 1
    assert frame["share_taken"].is_monotonic_increasing
    assert frame["share_found"].is_monotonic_increasing
    assert frame["share_found"].iloc[-1] == 1
    assert (frame["share_found"] <= frame["best_possible"] + 1e-12).all()
    np.testing.assert_allclose(frame["lift"] * frame["share_taken"], frame["share_found"])
    assert frame["lift"].iloc[-1] == pytest.approx(1)


def test_a_perfect_model_reaches_the_best_and_an_ignorant_one_takes_at_random():
    is_class = np.arange(100) < 20
    perfect = gains(made(is_class, is_class.astype(float)), 0.1)
    np.testing.assert_allclose(perfect["share_found"], perfect["best_possible"])
    assert perfect["lift"].iloc[0] == pytest.approx(5)
    ignorant = gains(made(is_class, np.full(100, 0.2)), 0.1)
    np.testing.assert_allclose(ignorant["share_found"], ignorant["share_taken"])


def test_both_pictures_stand_on_the_same_numbers():
    model = train(Dataset.of(worlds.three_kinds(), target="kind"))
    first = cumulative_gains(model, target_class="high", share=0.25)
    second = lift_curve(model, target_class="high", share=0.25)
    assert first.frame.equals(second.frame)
    assert first.summary == second.summary
    assert "The 25% of" in first.summary
