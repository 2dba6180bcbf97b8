"""One leaf's game, for every pattern at once, against the definition of the Shapley value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interpret.trees.kernels._leaf_games import leaf_pairs, leaf_values, pair_chances, value_chances
from tests.worlds_shap import pairs, shapley


def world(members, seed):
    """A background of which every row passes some members, and N(T) of every set of them."""
    passes = np.random.default_rng(seed).random((7, members)) < 0.6
    sets = (np.arange(1 << members)[:, None] >> np.arange(members)) & 1
    return passes, np.array([(passes | (known == 0)).all(axis=1).mean() for known in sets])


def worth_of(passed, passes, value):
    """The share of the background that reaches the leaf with the known members of the row."""

    def worth(known):
        mine = np.isin(np.arange(passes.shape[1]), sorted(known))
        return value * np.where(mine, passed, passes).all(axis=1).mean()

    return worth


@given(members=st.integers(0, 5), seed=st.integers(0, 10_000))
def test_values_by_definition(members, seed):
    passes, shares = world(members, seed)
    # what stands before the leaf's own shares belongs to another leaf
    passing = np.concatenate([[np.nan], shares])
    found = np.empty((members, 1 << members))
    room = np.empty((2, 1 << members))
    leaf_values(members, passing, 1, -2.5, value_chances(members + 2), room, found)
    for A in range(1 << members):
        passed = ((A >> np.arange(members)) & 1).astype(bool)
        expected = shapley(worth_of(passed, passes, -2.5), members)[:-1]
        np.testing.assert_allclose(found[:, A], expected, atol=1e-14)


@given(members=st.integers(2, 5), seed=st.integers(0, 10_000))
def test_pairs_by_definition(members, seed):
    passes, shares = world(members, seed)
    found = np.empty((members * (members - 1) // 2, 1 << members))
    room = np.empty((members + 2, 1 << members))
    leaf_pairs(members, shares, 0, 3.0, pair_chances(members), room, found)
    lower = np.tril_indices(members, -1)
    for A in range(1 << members):
        passed = ((A >> np.arange(members)) & 1).astype(bool)
        expected = pairs(worth_of(passed, passes, 3.0), members)
        np.testing.assert_allclose(found[:, A], expected[lower], atol=1e-14)


@pytest.mark.parametrize("members", [8, 12])
def test_with_many_members_nothing_is_lost_to_rounding(members):
    """Contributions add up to the row's own answer less the mean, for rows of every kind."""
    _, shares = world(members, seed=1)
    found = np.empty((members, 1 << members))
    room = np.empty((2, 1 << members))
    leaf_values(members, shares, 0, 1.0, value_chances(members), room, found)
    own = np.zeros(1 << members)
    own[-1] = 1.0
    np.testing.assert_allclose(found.sum(axis=0), own - shares[-1], atol=1e-13)
