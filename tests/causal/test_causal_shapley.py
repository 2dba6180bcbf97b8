"""Direct and indirect shares where both are known in closed form."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from causal import CausalQuestion, causal_shapley
from workbench import Dataset, train
from workbench.errors import NotApplicable

Arrows = dict[str, dict[str, float]]


def linear_world(arrows: Arrows, weights: dict[str, float], rows: int, seed: int):
    """Every node is the weighted sum of its causes plus standard normal noise; y the weighted sum
    of the nodes. The model of it is linear, and the graph says what causes what."""
    rng = np.random.default_rng(seed)
    made: dict[str, np.ndarray] = {}
    for node, causes in arrows.items():
        made[node] = sum((w * made[c] for c, w in causes.items()), rng.normal(size=rows))
    y = sum(w * made[n] for n, w in weights.items()) + 0.01 * rng.normal(size=rows)
    data = Dataset.of(pd.DataFrame(made).assign(y=y), target="y")
    edges = [f"{c} -> {node}" for node, causes in arrows.items() for c in causes]
    graph = "; ".join([*edges, *(f"{node} -> y" for node in arrows)])
    question = CausalQuestion(data, treatment=next(iter(arrows)), outcome="y", graph=graph)
    return train(data, "linear"), question


def shares(arrows: Arrows, weights: dict[str, float], x: dict[str, float]) -> pd.DataFrame:
    """By enumeration: in every order, E[nodes | do(those before)] follows from the arrows."""

    def expected(fixed: set[str]) -> dict[str, float]:
        found: dict[str, float] = {}
        for node, causes in arrows.items():
            mean = sum(w * found[c] for c, w in causes.items())
            found[node] = x[node] if node in fixed else mean
        return found

    orders = list(permutations(arrows))
    total = pd.DataFrame(0.0, index=list(arrows), columns=["direct", "indirect"])
    for order in orders:
        before: set[str] = set()
        for node in order:
            world = expected(before)
            after = expected(before | {node})
            direct = weights[node] * (x[node] - world[node])
            whole = sum(w * (after[n] - world[n]) for n, w in weights.items())
            total.loc[node] += [direct / len(orders), (whole - direct) / len(orders)]
            before.add(node)
    return total.assign(total=total.sum(axis=1))


CHAIN: Arrows = {"a": {}, "b": {"a": 0.8}, "c": {"b": -0.5}}
FORK: Arrows = {"a": {}, "b": {"a": 0.8}, "c": {"a": 1.5}}
DENSE: Arrows = {"a": {}, "b": {"a": 0.8}, "c": {"a": 0.3, "b": -0.5}, "d": {"b": 0.6, "c": 1.0}}


@pytest.mark.parametrize("arrows", [CHAIN, FORK, DENSE], ids=["chain", "fork", "dense"])
def test_direct_and_indirect_shares_are_those_of_the_closed_form(arrows: Arrows) -> None:
    weights = dict(zip(arrows, (1.0, 2.0, 3.0, -1.0), strict=False))
    model, question = linear_world(arrows, weights, 5_000, seed=1)
    result = causal_shapley(model, question, row=7, draws=2_000)
    x = {n: float(question.data.frame[n].iloc[7]) for n in arrows}
    truth = shares(arrows, weights, x)
    found = result.frame.set_index("feature").loc[list(arrows)]
    for column in ("direct", "indirect", "total"):
        # the arrows are known to about 2 / sqrt(5,000) each
        np.testing.assert_allclose(found[column], truth[column], atol=0.12)
    np.testing.assert_allclose(found["ordinary"],
                               [weights[n] * x[n] for n in arrows], atol=0.25)  # fmt: skip
    assert found["indirect"].iloc[-1] == pytest.approx(0, abs=1e-9)


def test_two_nodes_by_hand() -> None:
    """a -> b, f = a + 2 b, b = .8 a + e, at a = 1, b = 0: alone a is 1; in half of the orders it
    moves b by .8, so 2 · .8 / 2 = .8 more; b is 2 (0 - .8 / 2) = -.8."""
    found = shares({"a": {}, "b": {"a": 0.8}}, {"a": 1, "b": 2}, {"a": 1, "b": 0})
    np.testing.assert_allclose(found.loc["a"], [1, 0.8, 1.8])
    np.testing.assert_allclose(found.loc["b"], [-0.8, 0, -0.8])


@pytest.mark.parametrize("family", ["xgboost", "random_forest"])
def test_totals_add_up_to_the_prediction_exactly(family: str) -> None:
    model, question = linear_world(DENSE, dict.fromkeys(DENSE, 1.0), 300, seed=2)
    model = train(question.data, family, n_estimators=20)
    result = causal_shapley(model, question, row=3, draws=50)
    predicted = float(model.predict(question.data.frame.iloc[[3]])[0])
    assert result.frame["total"].sum() == pytest.approx(predicted - result.base, abs=1e-5)
    np.testing.assert_allclose(
        result.frame["direct"] + result.frame["indirect"], result.frame["total"], atol=1e-9
    )


def test_columns_without_arrows_have_no_indirect_share_and_ordinary_values() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 600))
    data = Dataset.of(pd.DataFrame({"a": a, "b": b, "y": a * b + a}), target="y")
    question = CausalQuestion(data, treatment="a", outcome="y", graph="{a b} -> y")
    found = causal_shapley(train(data, "xgboost"), question, row=0).frame
    assert (found["indirect"] == 0).all()
    off = np.hypot(found["ordinary_error"], found["total_error"])
    assert ((found["total"] - found["ordinary"]).abs() < 5 * off + 0.05).all()


def test_stated_errors_are_those_of_repeated_draws() -> None:
    model, question = linear_world(FORK, {"a": 1.0, "b": 2.0, "c": 3.0}, 400, seed=4)
    results = [
        causal_shapley(model, question, row=1, draws=100, equations="linear", seed=seed)
        for seed in range(25)
    ]
    frames = [r.frame.set_index("feature").loc[["a", "b", "c"]] for r in results]
    for column in ("direct", "total", "ordinary"):
        seen = np.std([f[column] for f in frames], axis=0, ddof=1)
        said = np.sqrt(np.mean([f[f"{column}_error"] ** 2 for f in frames], axis=0))
        np.testing.assert_allclose(said, seen, rtol=0.5, atol=0.01)


def test_levels_are_drawn_by_their_chances() -> None:
    """The place moves the mean price alone: n 0, s 1, w 5; f is the price, so that all of a place's
    share is indirect: in w half of 5 - (0 + 1 + 5) / 3 = 3.
    """
    rng = np.random.default_rng(5)
    place = rng.choice(["n", "s", "w"], 3_000)
    price = pd.Series(place).map({"n": 0.0, "s": 1.0, "w": 5.0}) + rng.normal(size=3_000)
    frame = pd.DataFrame({"place": place, "price": price, "y": price})
    data = Dataset.of(frame, target="y")
    question = CausalQuestion(data, treatment="price", outcome="y",
                              graph="place -> price -> y")  # fmt: skip
    row = int(np.flatnonzero(place == "w")[0])
    found = causal_shapley(train(data, "linear"), question, row=row).frame.set_index("feature")
    assert found.loc["place", "direct"] == pytest.approx(0, abs=0.05)
    assert found.loc["place", "indirect"] == pytest.approx(1.5, abs=0.1)


def test_what_causes_the_columns_is_simulated_though_the_model_does_not_know_it() -> None:
    """z -> a and z -> b: setting a leaves b alone, though the two move together."""
    rng = np.random.default_rng(6)
    z, e1, e2 = rng.normal(size=(3, 1_000))
    frame = pd.DataFrame({"z": z, "a": z + e1, "b": z + e2}).assign(y=lambda f: f["a"] + f["b"])
    data = Dataset.of(frame, target="y").with_roles({"z": "ignore"})
    question = CausalQuestion(data, treatment="a", outcome="y", graph="z -> {a b} -> y")
    result = causal_shapley(train(data, "linear"), question, row=0)
    assert (result.frame["indirect"].abs() < 1e-9).all()
    assert any("Simulated as well" in note and "z" in note for note in result.notes)
    hidden = CausalQuestion(data, treatment="a", outcome="y",
                            graph="z [latent]; z -> {a b} -> y")  # fmt: skip
    with pytest.raises(NotApplicable, match="Z was not measured and causes a and b"):
        causal_shapley(train(data, "linear"), hidden)


def test_what_it_cannot_answer_is_refused() -> None:
    model, question = linear_world(CHAIN, {"a": 1.0, "b": 1.0, "c": 1.0}, 100, seed=7)
    roles = CausalQuestion(question.data, treatment="a", outcome="y", confounders=("b",))
    with pytest.raises(NotApplicable, match="speak of a alone"):
        causal_shapley(model, roles)
    part = CausalQuestion(question.data, treatment="a", outcome="y", graph="a -> b -> y")
    with pytest.raises(NotApplicable, match="does not hold c"):
        causal_shapley(model, part)
    frame = question.data.frame.copy()
    frame.loc[4, "b"] = np.nan
    data = Dataset.of(frame, target="y")
    again = CausalQuestion(data, treatment="a", outcome="y", graph=question.graph)
    with pytest.raises(NotApplicable, match="Row 4 has a missing value"):
        causal_shapley(train(data, "xgboost", n_estimators=5), again, row=4)
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 14)),
                        columns=[*"abcdefghijklm", "y"])  # fmt: skip
    many = Dataset.of(wide, target="y")
    asked = CausalQuestion(
        many, treatment="a", outcome="y", graph="{a b c d e f g h i j k l m} -> y"
    )
    with pytest.raises(NotApplicable, match="13 nodes"):
        causal_shapley(train(many, "linear"), asked)
