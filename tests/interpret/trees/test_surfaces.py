"""Surfaces of two columns, against the library's own predictions of rows with both set."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given

from interpret.trees import surfaces as module
from interpret.trees.dependence import margin_curves
from interpret.trees.kernels import counts
from interpret.trees.kernels.predict import margins
from interpret.trees.surfaces import margin_surface, margin_surfaces
from tests.worlds_rows import probe
from tests.worlds_trees import NAMES
from tests.worlds_walks import changed, random_booster
from workbench.errors import NotApplicable


@pytest.mark.parametrize("name", [n for n in NAMES if "multiclass" not in n])
@pytest.mark.parametrize("pair", [(0, 3), (3, 2), (1, 2)])
def test_a_surface_is_the_librarys_own_average(name, pair):
    p = probe(name)
    one = p.ensemble.output(p.ensemble.outputs - 1)
    (first, codes_a), (second, codes_b) = (p.grid(f, 4) for f in pair)
    grids = [np.arange(1)] * 6
    grids[pair[0]], grids[pair[1]] = codes_a, codes_b
    expected = np.empty((len(first), len(second)))
    for i, j in np.ndindex(expected.shape):
        rows = p.x.copy()
        rows[:, pair[0]], rows[:, pair[1]] = first[i], second[j]
        expected[i, j] = p.margin(rows, p.ensemble.outputs - 1).mean()
    found = margin_surface(one, p.codes, pair, (codes_a, codes_b))
    np.testing.assert_allclose(found, expected, rtol=0, atol=p.allowed)
    every = margin_surfaces(one, p.codes, None, grids)
    np.testing.assert_allclose(every.of(*pair), expected, rtol=0, atol=p.allowed)
    np.testing.assert_allclose(every.of(*pair[::-1]), expected.T, rtol=0, atol=p.allowed)


@given(random_booster())
def test_surfaces_agree_with_predictions_at_every_code(world):
    ensemble, codes = world
    found = margin_surfaces(ensemble, codes)
    assert found.pairs == tuple(combinations(range(5), 2))
    rng = np.random.default_rng(0)
    for a, b in found.pairs:
        table = found.of(a, b)
        assert table.shape == tuple(ensemble.encoder.code_counts[[a, b]])
        for _ in range(4):
            i, j = rng.integers(0, table.shape[0]), rng.integers(0, table.shape[1])
            expected = margins(ensemble, changed(codes, {a: i, b: j}))[:, 0].mean()
            assert table[i, j] == pytest.approx(expected, abs=1e-10)


@given(random_booster())
def test_counts_of_all_pairs_and_a_walk_per_pair_give_the_same(world):
    ensemble, codes = world
    counted = margin_surfaces(ensemble, codes)
    kept, counts.MOST_PAIR_BYTES = counts.MOST_PAIR_BYTES, -1
    try:
        walked = margin_surfaces(ensemble, codes)
    finally:
        counts.MOST_PAIR_BYTES = kept
    for pair in counted.pairs:
        np.testing.assert_allclose(walked.of(*pair), counted.of(*pair), rtol=0, atol=1e-10)


def test_what_is_left_when_both_curves_are_taken_away():
    p = probe("XGBoost levels")
    found = margin_surfaces(p.ensemble, p.codes)
    curves = margin_curves(p.ensemble, p.codes)
    for a, b in ((0, 3), (4, 1)):
        sums = curves.of(a)[:, None] + curves.of(b)[None, :] - curves.mean
        np.testing.assert_allclose(found.together(a, b), found.of(a, b) - sums, rtol=0, atol=1e-10)


def test_a_grid_may_come_in_any_order_and_repeat_itself():
    p = probe("XGBoost levels")
    whole = margin_surfaces(p.ensemble, p.codes).of(0, 3)
    asked = np.array([5, 0, 5, 2]), np.array([9, 9, 1])
    found = margin_surface(p.ensemble, p.codes, (0, 3), asked)
    np.testing.assert_allclose(found, whole[np.ix_(*asked)], rtol=0, atol=1e-10)
    assert margin_surface(p.ensemble, p.codes, (0, 3), ([], [1])).shape == (0, 1)


def test_one_column_is_no_pair():
    p = probe("XGBoost")
    with pytest.raises(ValueError, match="both are column 2"):
        margin_surface(p.ensemble, p.codes, (2, 2), ([1], [1]))


def test_a_table_that_is_too_large_is_refused_with_its_size(monkeypatch):
    p = probe("XGBoost")
    monkeypatch.setattr(module, "MOST_CELLS", 8)
    with pytest.raises(NotApplicable, match="3 × 3 codes"):
        margin_surface(p.ensemble, p.codes, (0, 1), (np.arange(3), np.arange(3)))
