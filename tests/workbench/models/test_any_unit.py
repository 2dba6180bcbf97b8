"""A tree of a column in metres is that of the column in nanometres, and so of a target."""

import numpy as np
import pandas as pd
import pytest
from xgboost import XGBRegressor

from interpret import permutation_importance
from tests import worlds
from workbench import DataError, Dataset, error_tree, train

FEW = {"random_forest": {"n_estimators": 10}, "extra_trees": {"n_estimators": 10}}
FAMILIES = ("decision_tree", "random_forest", "extra_trees")


def in_unit(unit: float, of_target: float = 1.0) -> Dataset:
    frame = worlds.additive(300, seed=3)
    frame.loc[::7, "size"] = np.nan
    changed = {"size": frame["size"] * unit, "y": frame["y"] * of_target}
    return Dataset.of(frame.assign(**changed), target="y")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("unit", [2.0**-40, 2.0**60])
def test_a_unit_changes_nothing(family, unit):
    one, other = (train(in_unit(u), family=family, **FEW.get(family, {})) for u in (1.0, unit))
    np.testing.assert_array_equal(one.predict(one.data.frame), other.predict(other.data.frame))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_cause_in_a_small_unit_is_found(family):
    rng = np.random.default_rng(0)
    metres = rng.uniform(4e-9, 7e-9, 600)
    frame = pd.DataFrame({"wavelength": metres, "noise": rng.normal(size=600)})
    frame["y"] = metres * 1e9 + 0.1 * rng.normal(size=600)
    found = permutation_importance(train(Dataset.of(frame, target="y"), family=family)).frame
    assert found["feature"].iloc[0] == "wavelength"
    assert found["score"].iloc[0] > 0.9
    assert found["importance"].iloc[0] > 1


def test_rules_of_where_it_fails_are_in_the_columns_own_unit():
    rng = np.random.default_rng(1)
    metres, other = rng.uniform(0, 1e-8, 2_000), rng.normal(size=2_000)
    loud = np.where(metres > 6e-9, 5.0, 0.1)
    frame = pd.DataFrame({"width": metres, "other": other, "y": other + rng.normal(scale=loud)})
    model = train(Dataset.of(frame, target="y"), family="linear")
    rules = error_tree(model, rows="train").frame["rule"]
    cuts = [
        float(rule.split()[3].strip(",").replace("−", "-"))
        for rule in rules
        if rule.startswith("'width' is above")
    ]
    assert cuts
    assert min(cuts) == pytest.approx(6e-9, rel=0.05)


TARGETS = {
    **{family: {"family": family, **FEW.get(family, {})} for family in FAMILIES},
    "xgboost": {"n_estimators": 30},
    "exact": {"n_estimators": 30, "tree_method": "exact"},
    "stopped": {"early_stopping": True, "learning_rate": 0.5},
    "gradient_boosting": {"family": "gradient_boosting", "max_iter": 20},
    "lightgbm": {"family": "lightgbm", "n_estimators": 20},
}


@pytest.mark.parametrize("case", TARGETS)
@pytest.mark.parametrize("unit", [2.0**-36, 2.0**48])
def test_a_unit_of_the_target_changes_nothing(case, unit):
    ours = TARGETS[case]
    one, other = (_without_levels(in_unit(1.0, u)) for u in (1.0, unit))
    one, other = (train(data, **ours) for data in (one, other))
    predicted = one.predict(one.data.frame)
    assert np.std(predicted) > 0.5
    np.testing.assert_allclose(other.predict(other.data.frame) / unit, predicted, rtol=1e-5)


def _without_levels(data: Dataset) -> Dataset:
    return data.with_roles({"place": "ignore"})


def test_small_returns_are_learned_as_large_ones():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(2_000, 3)), columns=list("abc"))
    frame["y"] = 1e-4 * (frame["a"] + np.abs(frame["b"]) + 0.7 * rng.normal(size=2_000))
    model = train(Dataset.of(frame, target="y"))
    explained = 1 - np.var(model.test.frame["y"] - model.predict(model.test.frame)) / np.var(
        model.test.frame["y"]
    )
    # of a variance of 1 + (1 - 2 / pi) + 0.49 noise is 0.26
    assert explained > 0.62


def test_penalties_and_weights_are_those_of_the_library():
    data = _without_levels(in_unit(1.0))
    frame = data.frame.assign(w=np.arange(len(data.frame)) % 4 + 1.0)
    weighted = Dataset.of(frame, target="y").with_roles({"w": "weight", "place": "ignore"})
    settings = {"n_estimators": 20, "reg_alpha": 3.0, "reg_lambda": 5.0, "gamma": 2.0}
    model = train(weighted, subsample=1.0, colsample_bytree=1.0, **settings)
    rows = model.train.frame
    library = XGBRegressor(
        max_depth=3, learning_rate=0.05, min_child_weight=3.0, random_state=0, **settings
    )
    weights = rows["w"] / rows["w"].mean()
    library.fit(rows[["size", "idle"]], rows["y"], sample_weight=weights)
    np.testing.assert_array_equal(
        model.predict(frame), library.predict(frame[["size", "idle"]]).astype(float)
    )
    kept = model.estimator.get_params()
    assert {name: kept[name] for name in settings} == settings


@pytest.mark.parametrize("family", FAMILIES)
def test_a_target_far_from_0_is_learned_as_one_near_it(family):
    near = in_unit(1.0)
    # so that adding is exact
    near = Dataset.of(near.frame.assign(y=near.frame["y"].round(3).mul(1024).round()), target="y")
    far = Dataset.of(near.frame.assign(y=near.frame["y"] + 2.0**40), target="y")
    one, other = (train(data, family=family, **FEW.get(family, {})) for data in (near, far))
    predicted = one.predict(near.frame)
    assert np.std(predicted) > 500
    np.testing.assert_allclose(other.predict(far.frame) - 2.0**40, predicted, atol=1e-2)


@pytest.mark.parametrize(
    ("family", "far", "told"),
    [
        ("xgboost", {"size": 1e9}, ["size"]),
        ("random_forest", {"size": 1e9, "y": 1e9}, ["size"]),
        ("lightgbm", {"size": 1e9, "y": 1e9}, ["y"]),
        ("gradient_boosting", {"size": 1e9, "y": 1e9}, []),
        ("xgboost", {"size": 1e3, "y": 1e3}, []),
    ],
)
def test_what_single_precision_does_not_tell_apart_is_said(family, far, told):
    frame = in_unit(1.0).frame
    moved = frame.assign(**{name: frame[name] + shift for name, shift in far.items()})
    sizes = {"n_estimators": 10} if family != "gradient_boosting" else {}
    notes = train(Dataset.of(moved, target="y"), family=family, **sizes).notes
    named = [note.split("'")[1] for note in notes if "single precision, there in steps" in note]
    assert named == told


@pytest.mark.parametrize(
    ("family", "column"),
    [("xgboost", "size"), ("random_forest", "size"), ("xgboost", "y"), ("lightgbm", "y")],
)
def test_what_single_precision_cannot_hold_is_refused(family, column):
    frame = in_unit(1.0).frame
    huge = Dataset.of(frame.assign(**{column: frame[column] * 1e40}), target="y")
    with pytest.raises(DataError, match=rf"'{column}' holds .*e\+\d+, and the .* up to 3.4e\+38"):
        train(huge, family=family)
