"""Whom to treat: the exact search against enumeration, worlds whose best rule is known, and worlds
where no rule is better than treating everyone or no one."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal import CausalQuestion, treatment_policy
from causal.effects._policy_tree import best_tree, candidate_splits
from tests.causal.truths import ask
from workbench.errors import NotApplicable


def world(rows: int, seed: int, effect: str) -> pd.DataFrame:
    """x0 decides treatment and outcome; the effect is as named, and known for every row."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    t = (rng.random(rows) < 1 / (1 + np.exp(-0.5 * x[:, 0]))).astype(int)
    true = {
        "one split": np.where(x[:, 0] > 0, 1.0, -1.0),
        "two splits": np.where((x[:, 0] > 0) & (x[:, 1] > 0), 2.0, -1.0),
        "constant": np.ones(rows),
        "none": np.zeros(rows),
    }[effect]
    y = x[:, 0] + 0.5 * x[:, 1] + true * t + rng.normal(size=rows)
    return pd.DataFrame({"x0": x[:, 0], "x1": x[:, 1], "x2": x[:, 2], "t": t, "y": y})


def about(effect: str, rows: int = 600, seed: int = 0, **asked: object) -> CausalQuestion:
    return ask(world(rows, seed, effect), **({"confounders": ("x0", "x1", "x2")} | asked))


@given(seed=st.integers(0, 10_000), fewest=st.integers(1, 8))
def test_the_search_is_as_good_as_trying_every_tree(seed: int, fewest: int) -> None:
    rng = np.random.default_rng(seed)
    x, gain = rng.integers(0, 5, size=(40, 2)).astype(float), rng.normal(size=40)
    splits = candidate_splits(x, 4)
    best = [max(gain.sum(), 0.0)]
    for root in splits:
        left = root.goes_left(x)
        if min(left.sum(), (~left).sum()) < fewest:
            continue
        sides = []
        for side in (left, ~left):
            cells = [[side], *([side & c.goes_left(x), side & ~c.goes_left(x)] for c in splits)]
            sides.append([
                sum(max(gain[cell].sum(), 0.0) for cell in each) for each in cells
                if len(each) == 1 or min(cell.sum() for cell in each) >= fewest
            ])  # fmt: skip
        best += [a + b for a, b in product(*sides)]
    tree = best_tree(x, gain, splits, 2, fewest)
    assert gain[tree.treats(x)].sum() == pytest.approx(max(best), abs=1e-9)
    held = np.array([leaf.holds(x) for leaf in tree.leaves])
    assert (held.sum(axis=0) == 1).all()  # the leaves share the rows out
    one = best_tree(x, gain, splits, 1, fewest)
    assert len(one.leaves) <= 2
    assert gain[one.treats(x)].sum() <= gain[tree.treats(x)].sum() + 1e-9


def test_the_best_rule_of_one_split_is_found_and_its_worth_measured() -> None:
    found = treatment_policy(about("one split"), depth=1)
    assert found.passed
    treated = found.frame[found.frame["treat"].map(lambda v: v is True)]
    assert treated["name"].tolist()[0].startswith("x0 > ")
    assert abs(float(treated["name"].iloc[0].removeprefix("x0 > ").replace("−", "-"))) < 0.25
    values = found.frame[found.frame["part"] == "value"].set_index("name")
    # Half the rows gain 1 and half lose 1: the best rule wins 0.5 over either.
    for name in ("rule over no one", "rule over everyone"):
        assert values.loc[name, "conf_low"] < 0.5 < values.loc[name, "conf_high"]
    assert values.loc["everyone over no one", "estimate"] == pytest.approx(0, abs=0.3)


def test_a_rule_that_needs_two_splits_gets_them() -> None:
    found = treatment_policy(about("two splits", rows=1_000))
    assert found.passed
    treated = found.frame[found.frame["treat"].map(lambda v: v is True)]
    assert len(treated) == 1
    assert "x0 > " in treated["name"].iloc[0]
    assert "x1 > " in treated["name"].iloc[0]
    assert treated["share"].iloc[0] == pytest.approx(0.25, abs=0.06)
    assert found.summary.count("treat where") == 1
    assert len(found.figure().data) == 3


def test_where_the_effect_is_none_or_one_no_rule_is_shown() -> None:
    for effect in ("none", "constant"):
        closed = [treatment_policy(about(effect, rows=300, seed=seed)) for seed in range(2)]
        assert sum(each.passed for each in closed) == 0
        for each in closed:
            assert "is shown to beat treating everyone or no one" in each.summary
            assert set(each.frame["part"]) == {"value"}
            assert len(each.figure().data) == 1


def test_a_cost_and_a_wish_for_less_turn_the_rule() -> None:
    dear = treatment_policy(about("one split"), depth=1, cost=1.5)
    assert not dear.passed  # nobody gains as much as it costs
    less = treatment_policy(about("one split"), depth=1, more_is_better=False)
    treated = less.frame[less.frame["treat"].map(lambda v: v is True)]
    assert treated["name"].iloc[0].startswith("x0 ≤ ")


def test_levels_are_named_and_what_has_no_column_to_split_is_refused() -> None:
    frame = world(600, 1, "one split")
    frame = frame.assign(kind=np.where(frame["x0"] > 0, "high", "low"))
    found = treatment_policy(ask(frame, confounders=("kind", "x1")), depth=1)
    assert found.passed
    treated = found.frame[found.frame["treat"].map(lambda v: v is True)]
    assert treated["name"].iloc[0] in ("kind = high", "kind ≠ low")
    with pytest.raises(NotApplicable, match="no column"):
        treatment_policy(about("none", confounders=()))
    with pytest.raises(NotApplicable):
        treatment_policy(about("none", estimand="ATT"))
