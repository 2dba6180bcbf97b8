"""True graphs are rarely contradicted, wrong ones are found, with numbers and with levels."""

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from causal import CausalQuestion, implications
from causal.implied import implied_independences
from causal.independence_test import IndependenceTester
from causal.read_graph import read_graph
from tests.causal import path_search
from workbench import Dataset

TRUE = "dag { {a site} -> {b t} b -> y t -> y }"
WRONG = "dag { {a site} -> t a -> b b -> y t -> y }"  # an arrow is missing: site -> b


def mixed(rows: int, seed: int) -> Dataset:
    """Numbers, levels and a two-level treatment, with curves and an unequal spread."""
    rng = np.random.default_rng(seed)
    a, site = rng.normal(size=rows), rng.integers(0, 3, rows)
    b = np.sin(1.5 * a) + 0.5 * site + (0.5 + 0.3 * np.abs(a)) * rng.normal(size=rows)
    t = (rng.random(rows) < 1 / (1 + np.exp(-a - 0.6 * (site == 2)))).astype(int)
    y = t + b**2 / 3 + rng.normal(size=rows)
    names = np.array(["north", "east", "서울"])[site]
    return Dataset.of(pd.DataFrame({"a": a, "site": names, "b": b, "t": t, "y": y}))


def linear(rows: int, seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    made = {"a": rng.normal(size=rows)}
    made["c"] = 0.7 * made["a"] + rng.normal(size=rows)
    made["t"] = made["a"] + rng.normal(size=rows)
    made["y"] = made["t"] + made["c"] + rng.normal(size=rows)
    return Dataset.of(pd.DataFrame(made))


def ask(data: Dataset, graph: str) -> CausalQuestion:
    return CausalQuestion(data, treatment="t", outcome="y", graph=graph)


def test_the_independences_of_a_published_example() -> None:
    """dagitty's own test: the small model with a mediator implies one."""
    (only,) = implied_independences(read_graph("Z -> {X I}; X -> {I Y}; I -> Y")).found
    assert ({only.first, only.second}, set(only.given)) == ({"Z", "Y"}, {"I", "X"})


@pytest.mark.parametrize("seed", range(40))
def test_every_independence_holds_in_the_graph_and_none_is_missing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = [f"v{k}" for k in range(6)]
    arrows = [p for p in itertools.combinations(nodes, 2) if rng.random() < 0.4]
    hidden = [n for n in nodes if rng.random() < 0.2]
    text = "; ".join(
        [*nodes, *(f"{u} [latent]" for u in hidden), *(f"{a}->{b}" for a, b in arrows)]
    )
    found = implied_independences(read_graph(text))
    edges = frozenset(arrows)
    measured = frozenset(nodes) - set(hidden)
    assert found.complete
    separable = {
        frozenset(pair)
        for pair in itertools.combinations(sorted(measured), 2)
        if not edges & {pair, pair[::-1]}
        and any(path_search.separated(edges, *pair, s)
                for s in path_search.subsets(measured - set(pair)))
    }  # fmt: skip
    assert {frozenset((i.first, i.second)) for i in found.found} == separable
    for i in found.found:
        assert path_search.separated(edges, i.first, i.second, frozenset(i.given))
        for left_out in i.given:  # none of the conditions can be left out
            rest = frozenset(i.given) - {left_out}
            assert not path_search.separated(edges, i.first, i.second, rest)


def test_a_true_graph_agrees_and_a_wrong_one_is_found() -> None:
    data = mixed(2_000, 1)
    agrees, found = implications(ask(data, TRUE)), implications(ask(data, WRONG))
    assert agrees.passed
    assert found.passed is False
    first = found.frame.iloc[0]
    assert {first["first"], first["second"]} == {"site", "b"}
    assert first["contradicted"]
    assert not first["conf_low"] < 0 < first["conf_high"]
    assert "contradicted by the data" in found.summary
    assert "b" in first["between"]


def test_a_true_graph_is_contradicted_in_about_five_of_a_hundred_tables() -> None:
    """Splines and levels, 60 tables: at 5 % more than 8 alarms have a chance of 1 in 250."""
    alarms = sum(not implications(ask(mixed(400, seed), TRUE)).passed for seed in range(60))
    assert alarms <= 8


def test_partial_correlations_hold_their_level_and_see_half_a_standard_deviation() -> None:
    graph, wrong = "a -> {t c}; c -> y; t -> y", "a -> t; c -> y; t -> y"
    made = [
        implications(ask(linear(300, seed), graph), test="partial correlation")
        for seed in range(150)
    ]
    alarms = sum(not found.passed for found in made)
    assert 1 <= alarms <= 16  # 7.5 are expected
    assert not implications(ask(linear(300, 0), wrong), test="partial correlation").passed


def test_the_partial_correlation_is_that_of_the_precision_matrix() -> None:
    data = linear(500, 3)
    found = IndependenceTester(data, "partial correlation", 5_000, 0).association("a", "y", ("c",))
    precision = np.linalg.inv(np.cov(data.frame[["a", "y", "c"]].to_numpy().T))
    expected = -precision[0, 1] / np.sqrt(precision[0, 0] * precision[1, 1])
    assert found.correlation == pytest.approx(expected, rel=1e-9)
    t = expected * np.sqrt(497 / (1 - expected**2))
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(t), 497), rel=1e-6)


def test_without_conditions_the_correlation_is_pearsons() -> None:
    data = linear(500, 4)
    found = IndependenceTester(data, "residuals", 5_000, 0).association("a", "y", ())
    assert found.correlation == pytest.approx(np.corrcoef(data.frame["a"], data.frame["y"])[0, 1])


def test_the_interval_covers_what_is_left() -> None:
    """Errors that share half of their variance: a correlation of .5 in 100 tables."""
    inside = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        x, shared = rng.normal(size=500), rng.normal(size=500)
        frame = pd.DataFrame({"x": x, "a": np.sin(x) + shared + rng.normal(size=500),
                              "b": x**2 + shared + rng.normal(size=500)})  # fmt: skip
        tester = IndependenceTester(Dataset.of(frame), "residuals", 5_000, 0)
        found = tester.association("a", "b", ("x",))
        inside += found.conf_low < 0.5 < found.conf_high
    assert 88 <= inside <= 99


def rejected(data: Dataset, test: str) -> bool:
    """Whether a and b are called dependent given x, which they are not."""
    return IndependenceTester(data, test, 5_000, 0).association("a", "b", ("x",)).p_value < 0.05


def likely(seed: int) -> Dataset:
    """Where a + b is large a row is nine times as likely to be in the table, and counts by that."""
    rng = np.random.default_rng(seed)
    x, a, b = rng.normal(size=(3, 900))
    frame = pd.DataFrame({"x": x, "a": a + x, "b": b + x})
    chance = np.where(frame["a"] + frame["b"] > 1, 0.9, 0.1)
    drawn = frame.assign(c8=1 / chance)[rng.random(900) < chance]
    return Dataset.of(drawn.reset_index(drop=True)).with_roles({"c8": "weight"})


def schools(seed: int) -> Dataset:
    """Each of 40 schools has a level of its own in a and in b, of 15 pupils each."""
    rng = np.random.default_rng(seed)
    at, x = np.repeat(np.arange(40), 15), rng.normal(size=600)
    a, b = (x + rng.normal(size=40)[at] + rng.normal(size=600) for _ in range(2))
    data = Dataset.of(pd.DataFrame({"x": x, "a": a, "b": b, "school": at}))
    return data.with_roles({"school": "group"})


@pytest.mark.parametrize("test", ["residuals", "partial correlation"])
@pytest.mark.parametrize("world", [likely, schools])
def test_weights_and_groups_keep_the_level(world: Callable[[int], Dataset], test: str) -> None:
    """Of 60 tables about 3; with every row alike 15 to 24."""
    found = [world(seed) for seed in range(60)]
    alike = [data.with_roles({c: "ignore" for c in ("c8", "school") if c in data.roles})
             for data in found]  # fmt: skip
    assert sum(rejected(data, test) for data in found) <= 8
    assert sum(rejected(data, test) for data in alike) >= 12


def test_weights_are_those_of_rows_that_stand_several_times_or_for_nobody() -> None:
    frame = linear(300, 5).frame
    counts = np.arange(300) % 4
    weighted = Dataset.of(frame.assign(c8=counts)).with_roles({"c8": "weight"})
    stands = Dataset.of(frame.loc[frame.index.repeat(counts)].reset_index(drop=True))
    one, two = (IndependenceTester(data, "residuals", 5_000, 0).association("a", "y", ())
                for data in (weighted, stands))  # fmt: skip
    assert one.correlation == pytest.approx(two.correlation, rel=1e-9)
    assert one.rows == (counts > 0).sum()


def test_missing_values_samples_and_columns_that_cannot_be_tested_are_said() -> None:
    frame = mixed(6_000, 2).frame.copy()
    frame.loc[:99, "b"] = np.nan
    frame["when"] = pd.date_range("2020-01-01", periods=len(frame), freq="h")
    question = ask(Dataset.of(frame), "dag { when -> a {a site} -> {b t} b -> y t -> y }")
    made = implications(question, most_tests=2, test="partial correlation")
    notes = " ".join(made.notes)
    assert "when (a date)" in notes
    assert "2 of 4 independences were tested" in notes
    assert "5,000 rows drawn at random (seed 0)" in notes
    assert (made.frame["kind"] == "independence").sum() == 2
    assert "when" not in set(made.frame["first"])


def test_roles_claim_nothing_about_confounders() -> None:
    rng = np.random.default_rng(0)
    a, b, t, y = rng.normal(size=(4, 400))
    data = Dataset.of(pd.DataFrame({"a": a, "b": a + b, "t": a + t, "y": y}))
    made = implications(CausalQuestion(data, treatment="t", outcome="y", confounders=["a", "b"]))
    assert made.passed is None
    assert "nothing that these data could contradict" in made.summary
    assert (made.frame["kind"] == "arrow").all()


def test_a_column_that_others_determine_is_not_tested() -> None:
    frame = linear(400, 5).frame
    question = ask(Dataset.of(frame.assign(twice=2 * frame["a"])), "a -> {twice t c}; {c t} -> y")
    made = implications(question, test="partial correlation")
    assert any("determined by the others" in note for note in made.notes)
