"""Curves of all columns, against the library's own predictions of rows with one column set."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interpret.trees import read_trees
from interpret.trees.dependence import margin_curves
from interpret.trees.kernels import _walk
from interpret.trees.kernels.counts import free_counts, leaf_counts, pair_counts, slot_pairs
from interpret.trees.kernels.predict import margins
from interpret.trees.paths import paths_of
from tests.worlds_rows import probe
from tests.worlds_trees import NAMES
from tests.worlds_walks import changed, random_booster


@pytest.mark.parametrize("name", NAMES)
def test_a_curve_is_the_librarys_own_average(name):
    p = probe(name)
    k = p.ensemble.outputs - 1
    found = margin_curves(p.ensemble.output(k), p.codes)
    for f in range(6):
        values, codes = p.grid(f)
        expected = p.curves(lambda rows: p.margin(rows, k), f, values).mean(axis=0)
        np.testing.assert_allclose(found.of(f)[codes], expected, rtol=0, atol=p.allowed)
    assert found.mean == pytest.approx(p.margin(p.x, k).mean(), abs=p.allowed)


def test_only_the_columns_asked_for_have_a_curve():
    p = probe("XGBoost levels")
    every = margin_curves(p.ensemble, p.codes)
    some = margin_curves(p.ensemble, p.codes, [3, 0])
    assert some.features == (3, 0)
    np.testing.assert_array_equal(some.of(3), every.of(3))
    np.testing.assert_array_equal(some.of(0), every.of(0))


@given(random_booster())
def test_curves_agree_with_predictions_at_every_code(world):
    """Missing values, constant and duplicated columns, many levels, stumps, a single row."""
    ensemble, codes = world
    found = margin_curves(ensemble, codes)
    for f, count in enumerate(ensemble.encoder.code_counts):
        assert len(found.of(f)) == count
        for code in np.unique(np.linspace(0, count - 1, 9).astype(int)):
            expected = margins(ensemble, changed(codes, {f: code}))[:, 0].mean()
            assert found.of(f)[code] == pytest.approx(expected, abs=1e-10)


@given(random_booster(), st.sampled_from([0, 1, 10_000]))
def test_sets_of_rows_count_the_same_as_lists_of_rows(world, few):
    """What the walk does with bits and what it does row by row are two ways to one answer."""
    ensemble, codes = world
    expected = leaf_counts(ensemble, codes), pair_counts(ensemble, codes)
    kept, _walk.FEW = _walk.FEW, few
    try:
        found = leaf_counts(ensemble, codes), pair_counts(ensemble, codes)
    finally:
        _walk.FEW = kept
    for one, other in zip(expected, found, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


@given(random_booster())
def test_counts_are_those_of_rows_that_meet_the_conditions(world):
    ensemble, codes = world
    paths = paths_of(ensemble)
    meets = np.array([slot_holds(paths, s, codes) for s in range(paths.slots)])
    counts, pairs = leaf_counts(ensemble, codes), pair_counts(ensemble, codes)
    first, second, leaf_of_pair = slot_pairs(ensemble)
    free = free_counts(ensemble, codes, (0, 3))
    for leaf in range(paths.leaves):
        slots = np.arange(paths.slot_start[leaf], paths.slot_start[leaf + 1])

        def met(left_out, slots=slots):
            kept = [s for s in slots if s not in left_out]
            return int(np.all(meets[kept], axis=0).sum()) if kept else codes.shape[1]

        assert counts.all[leaf] == met([])
        assert [counts.but_one[s] for s in slots] == [met([s]) for s in slots]
        for pair in np.flatnonzero(leaf_of_pair == leaf):
            assert pairs.but_two[pair] == met([first[pair], second[pair]])
        assert free[leaf] == met([s for s in slots if paths.feature[s] in (0, 3)])


def slot_holds(paths, slot, codes):
    own = codes[paths.feature[slot]].astype(int)
    inside = np.zeros(len(own), dtype=bool)
    for k in range(paths.interval_start[slot], paths.interval_start[slot + 1]):
        inside |= (own >= paths.low[k]) & (own < paths.high[k])
    return inside


def test_blocks_of_rows_add_up():
    """More rows than one walk and than one block takes."""
    p = probe("HistGradientBoosting levels")
    many = np.ascontiguousarray(np.tile(p.codes, 300))
    assert many.shape[1] > 2 * 8_192
    found, expected = leaf_counts(p.ensemble, many), leaf_counts(p.ensemble, p.codes)
    np.testing.assert_array_equal(found.all, 300 * expected.all)
    np.testing.assert_array_equal(found.but_one, 300 * expected.but_one)


def test_deep_trees_and_more_codes_than_a_byte_holds():
    from sklearn.ensemble import RandomForestRegressor

    rng = np.random.default_rng(0)
    x = rng.normal(size=(1_500, 5))
    y = x[:, 0] * x[:, 1] + x[:, 2] + rng.normal(size=1_500)
    model = RandomForestRegressor(3, random_state=0).fit(x, y)
    ensemble = read_trees(model)
    codes = ensemble.encoder.encode(x)
    assert codes.dtype == np.uint16
    found = margin_curves(ensemble, codes)
    for f in range(5):
        for row in (0, 700):
            rows = x.copy()
            rows[:, f] = x[row, f]
            expected = model.predict(rows).mean()
            assert found.of(f)[codes[f, row]] == pytest.approx(expected, abs=1e-10)


def test_a_tree_of_one_leaf_and_no_tree_at_all():
    p = probe("XGBoost")
    nothing = replace(p.ensemble, roots=p.ensemble.roots[:0])
    leaf = np.flatnonzero(p.ensemble.nodes.left < 0)[:1].astype(np.int32)
    alone = replace(p.ensemble, roots=leaf)
    base = p.ensemble.base[0]
    for bare, expected in ((nothing, base), (alone, base + p.ensemble.value[leaf[0], 0])):
        found = margin_curves(bare, p.codes)
        for f in range(6):
            np.testing.assert_allclose(found.of(f), expected, rtol=0, atol=1e-12)
