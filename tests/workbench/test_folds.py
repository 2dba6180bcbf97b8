"""Folds: every row judged once, groups whole, the past before the future, no class lost."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import DataError, Dataset
from workbench.folds import make_folds
from workbench.target import read_target


def table(rows: int = 90, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "x": rng.normal(size=rows),
            "who": rng.choice([f"p{i}" for i in range(12)], rows),
            "day": rng.permutation(rows).astype(float),
            "y": rng.normal(size=rows),
        }
    )


def folds_of(data: Dataset, count: int = 5, seed: int = 0):
    target = read_target(data)
    return make_folds(data, np.flatnonzero(~np.isnan(target.y)), target, count, seed)


def test_every_row_is_judged_once_and_never_by_what_learned_it() -> None:
    made = folds_of(Dataset.of(table(), target="y"))
    judged = np.concatenate([fold.judged for fold in made.folds])
    np.testing.assert_array_equal(np.sort(judged), np.arange(90))
    for fold in made.folds:
        assert not set(fold.learned) & set(fold.judged)
        assert len(fold.learned) + len(fold.judged) == 90


def test_no_group_is_in_both_parts() -> None:
    data = Dataset.of(table(), target="y").with_roles({"who": "group"})
    who = data.frame["who"].to_numpy()
    made = folds_of(data, 4)
    for fold in made.folds:
        assert not set(who[fold.learned]) & set(who[fold.judged])
    assert "whole groups of 'who'" in made.says


def test_each_fold_is_judged_on_what_follows() -> None:
    data = Dataset.of(table(), target="y").with_roles({"day": "time"})
    day = data.frame["day"].to_numpy()
    for fold in folds_of(data).folds:
        assert day[fold.learned].max() < day[fold.judged].min()


def test_fewer_groups_than_folds_are_refused() -> None:
    data = Dataset.of(table().assign(who=["a", "b", "c"] * 30), target="y")
    with pytest.raises(DataError, match="3 groups of 'who', fewer than the 5 folds"):
        folds_of(data.with_roles({"who": "group"}))


def test_a_class_that_only_one_group_has_is_refused() -> None:
    frame = table().assign(y=lambda t: np.where(t["who"] == "p3", "rare", "usual"))
    data = Dataset.of(frame, target="y").with_roles({"who": "group"})
    with pytest.raises(DataError, match="would learn from no row with 'y' = 'rare'"):
        folds_of(data, 3)


@given(
    counts=st.lists(st.integers(2, 25), min_size=2, max_size=5),
    count=st.integers(2, 8),
    seed=st.integers(0, 1000),
)
def test_every_fold_learns_every_class_however_rare(counts, count, seed) -> None:
    y = np.repeat([f"c{i}" for i in range(len(counts))], counts)
    data = Dataset.of(pd.DataFrame({"x": np.arange(len(y)) % 3, "y": y}), target="y")
    made = folds_of(data, count, seed)
    for fold in made.folds:
        assert set(y[fold.learned]) == set(y)
        for name, rows in zip(np.unique(y), counts, strict=True):
            share = (y[fold.judged] == name).sum()
            assert rows // count <= share <= -(-rows // count)
