"""The waterfall of the difference is that of the model that is the difference."""

import itertools
from math import factorial

import numpy as np
import pandas as pd
import pytest

from interpret import difference_row, shap_row
from tests import worlds
from workbench import Dataset, ModelError, ModelSet, NotApplicable, ParameterError, train


@pytest.fixture(scope="module")
def numbers():
    data = Dataset.of(worlds.additive(), target="y")
    return ModelSet.of([train(data), train(data, "random_forest", n_estimators=40)])


@pytest.fixture(scope="module")
def classes():
    data = Dataset.of(worlds.yes_no(), target="bought")
    return ModelSet.of([train(data), train(data, max_depth=1), train(data, "decision_tree")])


def shapley_of_the_difference(models, row, background, scale):
    """The definition, over every coalition of columns, of f = first − second."""
    one, other = models.models[:2]
    x = one.transform.codes(models.dataset.frame.iloc[[row]])[0]
    reference = one.transform.codes(models.dataset.frame.iloc[background])

    def value(known):
        rows = reference.copy()
        rows[:, list(known)] = x[list(known)]
        both = [model.column(model.on_scale(rows, scale)) for model in (one, other)]
        return float((both[0] - both[1]).mean())

    p = len(x)
    worth = {s: value(s) for k in range(p + 1) for s in itertools.combinations(range(p), k)}
    found = np.zeros(p)
    for s in worth:
        for feature in set(range(p)) - set(s):
            weight = factorial(len(s)) * factorial(p - len(s) - 1) / factorial(p)
            found[feature] += weight * (worth[tuple(sorted({*s, feature}))] - worth[s])
    return worth[()], found


@pytest.mark.parametrize(("which", "scale"), [
    ("numbers", None), ("classes", None), ("classes", "response"), ("classes", "margin"),
])  # fmt: skip
def test_it_is_the_shapley_value_of_the_model_that_is_the_difference(which, scale, request):
    models = request.getfixturevalue(which)
    made = difference_row(models, row=5, scale=scale, compared_with="test", background_rows=10_000)
    on = scale or ("response" if which == "numbers" else "margin")
    base, expected = shapley_of_the_difference(models, 5, models.held_out, on)
    frame = made.frame.set_index("feature")
    assert frame["base"].iloc[0] == pytest.approx(base, abs=1e-5)
    columns = list(models.models[0].transform.columns)
    np.testing.assert_allclose(frame.loc[columns, "contribution"], expected, atol=1e-5)


@pytest.mark.parametrize("row", [0, 17, 101])
def test_it_adds_up_to_the_difference_of_the_two_predictions(numbers, row):
    frame = difference_row(numbers, row=row).frame
    raw = numbers.dataset.frame.iloc[[row]]
    said = [model.output(raw)[0] for model in numbers.models]
    assert frame["first_prediction"].iloc[0] == pytest.approx(said[0])
    total = frame["base"].iloc[0] + frame["contribution"].sum()
    assert total == pytest.approx(said[0] - said[1], abs=1e-5)


def test_each_half_is_the_row_explained_alone(numbers):
    frame = difference_row(numbers, row=3, background_rows=50).frame.set_index("feature")
    for column, model in zip(("first", "second"), numbers.models, strict=True):
        alone = shap_row(model, row=3, compared_with="train", background_rows=50).frame
        alone = alone.set_index("feature")
        np.testing.assert_allclose(frame.loc[alone.index, column], alone["contribution"], atol=1e-9)
        assert frame[f"{column}_base"].iloc[0] == pytest.approx(alone["base"].iloc[0])


def test_a_model_less_itself_is_nothing():
    data = Dataset.of(worlds.additive(), target="y")
    model = train(data)
    made = difference_row(ModelSet.of([model, model]), row=2)
    assert made.frame["contribution"].eq(0).all()
    assert "no value of the row makes a difference" in made.summary


def test_a_column_that_only_one_model_uses_adds_nothing_in_the_other():
    frame = worlds.additive()
    data = Dataset.of(frame, target="y")
    unused = data.features[0]
    both = ModelSet.of([train(data), train(data.with_roles({unused: "ignore"}))])
    found = difference_row(both, row=4).frame.set_index("feature")
    assert found.loc[unused, "second"] == 0
    assert found.loc[unused, "contribution"] == found.loc[unused, "first"]
    assert found.loc[unused, "value"] not in ("", None)


def test_scales_that_the_two_do_not_share(classes):
    boosted_and_tree = ModelSet.of([classes.models[0], classes.models[2]])
    made = difference_row(boosted_and_tree, row=1)
    assert made.frame["output"].iloc[0] == "P(bought = yes)"
    with pytest.raises(NotApplicable, match="no margin"):
        difference_row(boosted_and_tree, row=1, scale="margin")
    assert "log-odds" in difference_row(classes, row=1).frame["output"].iloc[0]


def test_one_row_to_compare_with_and_the_same_model_twice(numbers):
    made = difference_row(numbers, row=1, compared_with="row", baseline_row=9)
    first = numbers.models[0]
    raw = numbers.dataset.frame.iloc[[9]]
    assert made.frame["first_base"].iloc[0] == pytest.approx(first.output(raw)[0])
    with pytest.raises(ParameterError, match="chosen twice"):
        difference_row(numbers, row=1, second=numbers.names[0], first=numbers.names[0])


def test_models_that_learned_from_other_rows_are_compared_with_the_held_out_ones():
    from dataclasses import replace

    data = Dataset.of(worlds.additive(), target="y")
    model = train(data, "decision_tree")
    fewer = replace(model, split=replace(model.split, train=model.split.train[:-20]))
    models = ModelSet.of([model, fewer])
    with pytest.raises(ModelError, match="not learned from the same rows"):
        difference_row(models, row=0)
    assert difference_row(models, row=0, compared_with="test").frame["prediction"].iloc[0] == 0


def test_two_scales_and_many_columns_are_refused_with_a_way_that_is_one():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(200, 13)), columns=[f"x{i}" for i in range(13)])
    data = Dataset.of(frame.assign(y=np.where(frame["x0"] > 0, "yes", "no")), target="y")
    boosted, tree = train(data, n_estimators=5), train(data, "decision_tree")
    with pytest.raises(NotApplicable, match="13 columns are too many") as refused:
        difference_row(ModelSet.of([tree, boosted]), row=0)
    assert "Compare two boosted models" in refused.value.hint
    difference_row(ModelSet.of([boosted, train(data, max_depth=1)]), row=0)
