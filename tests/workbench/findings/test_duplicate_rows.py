import numpy as np
import pandas as pd
import pytest

from tests.worlds_findings import clean, data, only, told
from workbench.findings.duplicate_rows import CODE, pairs_by_chance


def test_rows_entered_twice_are_counted_as_pandas_counts_them():
    frame = pd.concat([clean(600), clean(600).head(60)], ignore_index=True)
    found = only(data(frame), CODE)
    assert found.severity == "warning"
    assert frame.duplicated().sum() == 60
    assert found.says.startswith("60 of 660 rows (9.1 %)")


def test_an_identifier_does_not_hide_them():
    frame = pd.concat([clean(600), clean(600).head(60)], ignore_index=True)
    for role in ("ignore", "feature"):
        assert only(data(frame.assign(id=np.arange(660)), id=role), CODE)


def test_those_that_have_names_of_their_own_are_a_notice():
    frame = pd.concat([clean(600), clean(600).head(60)], ignore_index=True)
    names = [f"Person of the number {i}" for i in range(660)]
    found = only(data(frame.assign(name=names)), CODE)
    assert found.severity == "notice"
    assert "told apart by columns that are not used" in found.says


def test_coarse_answers_agree_by_chance():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(0, 2, size=(500, 4)), columns=list("abcy"))
    assert frame.duplicated().sum() > 400
    assert told(data(frame), CODE) == []


def test_a_table_without_copies():
    assert told(data(clean()), CODE) == []


def test_the_pairs_that_chance_makes_are_those_of_shuffled_columns():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"a": rng.integers(0, 5, 400), "b": rng.choice(list("xyz"), 400)})
    seen = []
    for _ in range(200):
        mixed = frame.assign(b=rng.permutation(frame["b"]))
        sizes = mixed.groupby(["a", "b"]).size()
        seen.append((sizes * (sizes - 1) / 2).sum())
    assert np.mean(seen) == pytest.approx(pairs_by_chance(frame), rel=0.02)
