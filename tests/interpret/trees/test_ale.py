"""Local effects of bins and cells, against the library's own predictions at their edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interpret.trees.accumulated import cell_effects, local_effects
from interpret.trees.kernels import _walk
from interpret.trees.kernels.predict import margins
from tests.worlds_rows import probe
from tests.worlds_trees import NAMES
from tests.worlds_walks import changed, random_booster


def edges_of(p, f, bins=6):
    """Edges between values, and each row's bin, -1 where its value is missing."""
    column = p.x[:, f]
    present = column[~np.isnan(column)]
    values = np.unique(np.quantile(present, np.linspace(0, 1, bins + 1), method="lower"))
    place = np.clip(np.searchsorted(values, column, side="left") - 1, 0, len(values) - 2)
    return values, np.where(np.isnan(column), -1, place)


@pytest.mark.parametrize("name", NAMES)
def test_local_effects_are_the_librarys_own_differences(name):
    p = probe(name)
    k = p.ensemble.outputs - 1
    edges, bins = zip(*(edges_of(p, f) for f in range(6)), strict=True)
    codes = [p.ensemble.encoder.code_of(f, own) for f, own in enumerate(edges)]
    found = local_effects(p.ensemble.output(k), p.codes, codes, np.stack(bins))
    for f in range(6):
        here = bins[f] >= 0
        place = bins[f][here]
        low, high = p.x[here], p.x[here]
        low[:, f], high[:, f] = edges[f][place], edges[f][place + 1]
        steps = p.margin(high, k) - p.margin(low, k)
        expected = np.bincount(place, steps, len(edges[f]) - 1)
        allowed = len(p.x) * p.allowed
        np.testing.assert_allclose(found.sums[f], expected, rtol=0, atol=allowed)
        np.testing.assert_array_equal(found.counts[f], np.bincount(place, minlength=len(expected)))


@pytest.mark.parametrize("name", [n for n in NAMES if "multiclass" not in n])
@pytest.mark.parametrize("pair", [(0, 1), (2, 1)])
def test_cells_are_the_librarys_own_second_differences(name, pair):
    p = probe(name)
    k = p.ensemble.outputs - 1
    edges, bins = zip(*(edges_of(p, f, 4) for f in pair), strict=True)
    codes = tuple(p.ensemble.encoder.code_of(f, own) for f, own in zip(pair, edges, strict=True))
    found = cell_effects(p.ensemble.output(k), p.codes, pair, codes, np.stack(bins))
    inside = (bins[0] >= 0) & (bins[1] >= 0)

    def corner(i, j):
        rows = p.x[inside]
        rows[:, pair[0]] = edges[0][bins[0][inside] + i]
        rows[:, pair[1]] = edges[1][bins[1][inside] + j]
        return p.margin(rows, k)

    steps = corner(1, 1) - corner(1, 0) - corner(0, 1) + corner(0, 0)
    expected, counts = np.zeros(found.sums.shape), np.zeros(found.sums.shape)
    np.add.at(expected, (bins[0][inside], bins[1][inside]), steps)
    np.add.at(counts, (bins[0][inside], bins[1][inside]), 1)
    np.testing.assert_allclose(found.sums, expected, rtol=0, atol=2 * len(p.x) * p.allowed)
    np.testing.assert_array_equal(found.counts, counts)


@given(random_booster(), st.integers(0, 10_000), st.sampled_from([0, 12, 10_000]))
def test_effects_agree_with_predictions_whatever_the_edges(world, seed, few):
    """Edges that repeat a code, single bins, rows in none; with bits and with lists of rows."""
    ensemble, codes = world
    rng = np.random.default_rng(seed)
    edges = [np.sort(rng.integers(1, n, rng.integers(1, 9))) for n in ensemble.encoder.code_counts]
    bins = np.stack([rng.integers(-1, len(own) - 1, codes.shape[1]) for own in edges])
    kept, _walk.FEW = _walk.FEW, few
    try:
        found = local_effects(ensemble, codes, edges, bins)
        cells = cell_effects(ensemble, codes, (4, 3), (edges[4], edges[3]), bins[[4, 3]])
    finally:
        _walk.FEW = kept
    for f, own in enumerate(edges):
        here = bins[f] >= 0
        place, rows = bins[f][here], codes[:, here]
        high, low = (margins(ensemble, changed(rows, {f: own[place + i]})) for i in (1, 0))
        expected = np.bincount(place, (high - low)[:, 0], len(own) - 1)
        np.testing.assert_allclose(found.sums[f], expected, rtol=0, atol=1e-9)
    inside = (bins[4] >= 0) & (bins[3] >= 0)
    i, j, rows = bins[4, inside], bins[3, inside], codes[:, inside]

    def corner(up, right):
        at = {4: edges[4][i + up], 3: edges[3][j + right]}
        return margins(ensemble, changed(rows, at))[:, 0]

    expected = np.zeros(cells.sums.shape)
    np.add.at(expected, (i, j), corner(1, 1) - corner(1, 0) - corner(0, 1) + corner(0, 0))
    np.testing.assert_allclose(cells.sums, expected, rtol=0, atol=1e-9)


def test_edges_that_fall_and_rows_beyond_them_are_errors():
    p = probe("XGBoost")
    bins = np.zeros((6, len(p.x)), dtype=int)
    with pytest.raises(ValueError, match="Column 0"):
        local_effects(p.ensemble, p.codes, [[3, 1]] + [[1, 2]] * 5, bins)
    with pytest.raises(ValueError, match="Column 0"):
        local_effects(p.ensemble, p.codes, [[1, 2]] * 6, bins + 1)
