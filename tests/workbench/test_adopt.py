"""Estimators fitted elsewhere: what they say, and that every explanation is of what they say."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeRegressor
from xgboost import Booster, XGBClassifier, XGBRegressor

from interpret import (
    accumulated_local_effects,
    partial_dependence,
    permutation_importance,
    shap_values,
)
from interpret._engine import engine_of
from workbench import DataError, Dataset, ModelError, ParameterError, adopt, train
from workbench.refit import refit

ROWS = 240


def table(levels: bool = False, seed: int = 0) -> pd.DataFrame:
    """Numbers with missing values, whole numbers, yes and no, and levels where asked for."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "size": rng.normal(50, 10, ROWS),
            "rooms": rng.integers(1, 6, ROWS),
            "garden": rng.random(ROWS) < 0.4,
        }
    )
    y = frame["size"] / 10 + frame["rooms"] * frame["garden"] + rng.normal(scale=0.3, size=ROWS)
    if levels:
        frame["district"] = pd.Categorical(rng.choice(["Dobong", "Guro", "종로구"], ROWS))
        y = y + frame["district"].map({"Dobong": 0.0, "Guro": 2.0, "종로구": -2.0}).astype(float)
    return frame.assign(rent=y)


def of_two(frame: pd.DataFrame) -> pd.DataFrame:
    dear = frame["rent"] > frame["rent"].median()
    return frame.assign(rent=np.where(dear, "dear", "cheap"))


def of_three(frame: pd.DataFrame) -> pd.DataFrame:
    cut = np.digitize(frame["rent"], frame["rent"].quantile([0.3, 0.7]))
    return frame.assign(rent=np.array(["low", "mid", "top"])[cut])


def coded(frame: pd.DataFrame) -> pd.DataFrame:
    """Classes as XGBoost takes them."""
    return frame.assign(rent=pd.factorize(frame["rent"], sort=True)[0])


def fitted(estimator, frame):
    return estimator.fit(frame.drop(columns="rent"), frame["rent"])


_booster = {"n_estimators": 20, "max_depth": 3, "n_jobs": 1}
_light = {"n_estimators": 20, "verbose": -1, "n_jobs": 1, "min_child_samples": 5}
NUMBERS, LEVELS = table(), table(levels=True)

#: Fitted on columns that are split on as they are: read, and explained exactly.
EXACT = {
    "extra trees": lambda: (ExtraTreesRegressor(10, random_state=0), NUMBERS),
    "extra trees of two": lambda: (ExtraTreesClassifier(10, random_state=0), of_two(NUMBERS)),
    "forest of three": lambda: (RandomForestClassifier(10, random_state=0), of_three(NUMBERS)),
    "tree": lambda: (DecisionTreeRegressor(max_depth=5), NUMBERS),
    "gradient boosting": lambda: (GradientBoostingRegressor(n_estimators=20), NUMBERS),
    "gradient boosting of two": lambda: (
        GradientBoostingClassifier(n_estimators=20), of_two(NUMBERS)
    ),
    "gradient boosting of three": lambda: (
        GradientBoostingClassifier(n_estimators=10), of_three(NUMBERS)
    ),
    "XGBoost": lambda: (XGBRegressor(**_booster), NUMBERS),
    "XGBoost of three": lambda: (XGBClassifier(**_booster), coded(of_three(NUMBERS))),
    "XGBoost with levels": lambda: (
        XGBClassifier(**_booster, enable_categorical=True), coded(of_two(LEVELS))
    ),
    "DART": lambda: (XGBRegressor(**_booster, booster="dart", rate_drop=0.2), NUMBERS),
    "LightGBM": lambda: (LGBMRegressor(**_light), NUMBERS),
    "LightGBM of two with levels": lambda: (LGBMClassifier(**_light), of_two(LEVELS)),
}  # fmt: skip
_encoded = partial(
    make_column_transformer,
    (OneHotEncoder(), ["district"]),
    (StandardScaler(), ["size"]),
    remainder="passthrough",
)
#: What is no tree of these columns: asked.
ASKED = {
    "pipeline": lambda: (make_pipeline(_encoded(), LinearRegression()), LEVELS),
    "pipeline of two": lambda: (
        make_pipeline(_encoded(), LogisticRegression()), of_two(LEVELS)
    ),
    "pipeline ending in trees": lambda: (
        make_pipeline(_encoded(), RandomForestClassifier(10, random_state=0)), of_three(LEVELS)
    ),
    "linear booster": lambda: (XGBRegressor(booster="gblinear", n_jobs=1), NUMBERS),
    "stacking": lambda: (
        StackingRegressor([("tree", DecisionTreeRegressor(max_depth=4))], LinearRegression()),
        NUMBERS,
    ),
    "levels numbered by the library": lambda: (
        HistGradientBoostingClassifier(max_iter=10, categorical_features="from_dtype"),
        of_two(LEVELS),
    ),
}  # fmt: skip


def said(estimator, frame, model, target_class=None):
    """The estimator's own word, on its own table."""
    rows = frame.drop(columns="rent")
    if model.task == "regression":
        return estimator.predict(rows)
    names = [str(name) for name in estimator.classes_]
    return estimator.predict_proba(rows)[:, names.index(model.explained_class(target_class))]


@pytest.mark.parametrize("name", [*EXACT, *ASKED])
def test_every_explanation_is_of_what_the_estimator_says(name):
    """Predictions and the partial dependence on each column, beside the estimator's own answers
    for tables in which the column was changed."""
    estimator, frame = (EXACT | ASKED)[name]()
    fitted(estimator, frame)
    model = adopt(estimator, Dataset.of(frame, target="rent"))
    assert engine_of(model).is_exact == (name in EXACT), engine_of(model).note
    own = said(estimator, frame, model)
    np.testing.assert_allclose(model.output(frame), own, atol=2e-6)
    for feature in model.features:
        found = partial_dependence(model, feature=feature, grid_points=4, ice=0).frame
        for _, point in found.iterrows():
            changed = frame.assign(**{feature: _set(frame[feature], point)})
            expected = said(estimator, changed, model).mean()
            assert point["prediction"] == pytest.approx(expected, abs=2e-6)


def _set(column, point):
    """The whole column set to the value of a point of a curve."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return pd.Categorical([point["level"]] * len(column), dtype=column.dtype)
    return point["level"] == "true" if column.dtype == bool else point["value"]


@pytest.mark.parametrize("name", [*EXACT, "pipeline of two", "stacking"])
def test_its_contributions_add_up_and_its_importances_are_scored(name):
    estimator, frame = (EXACT | ASKED)[name]()
    fitted(estimator, frame)
    model = adopt(estimator, Dataset.of(frame, target="rent"))
    assert len(shap_values(model).frame)
    assert permutation_importance(model, repeats=2).frame["importance"].max() > 0
    assert len(accumulated_local_effects(model, feature="size").frame)


def test_an_array_is_taken_where_it_was_fitted_on_one():
    frame = NUMBERS[["size", "rooms", "rent"]]
    estimator = ExtraTreesRegressor(5, random_state=0)
    estimator.fit(frame[["size", "rooms"]].to_numpy(), frame["rent"])
    model = adopt(estimator, Dataset.of(frame, target="rent"))
    assert engine_of(model).is_exact
    expected = estimator.predict(frame[["size", "rooms"]].to_numpy())
    np.testing.assert_allclose(model.output(frame), expected)


def test_columns_come_in_the_estimators_order_whatever_the_tables():
    estimator = fitted(RandomForestClassifier(5, random_state=0), of_two(NUMBERS))
    frame = of_two(NUMBERS)[["rent", "garden", "size", "rooms"]].assign(idle=1.5)
    model = adopt(estimator, Dataset.of(frame, target="rent"))
    assert model.features == ("size", "rooms", "garden")
    assert engine_of(model).is_exact


def test_levels_in_an_order_of_their_own_are_never_read_as_codes():
    """A pandas category keeps its order; were it taken for the alphabet, levels would be mixed up
    without a word."""
    order = ["종로구", "Guro", "Dobong"]
    frame = of_two(LEVELS).assign(district=LEVELS["district"].cat.reorder_categories(order))
    estimator = fitted(LGBMClassifier(**_light), frame)
    model = adopt(estimator, Dataset.of(frame, target="rent"))
    assert not engine_of(model).is_exact
    assert "numbers the levels" in engine_of(model).note
    np.testing.assert_allclose(model.output(frame), said(estimator, frame, model))


@pytest.mark.parametrize("words", [["True", "False"], ["FALSE", "TRUE"], [True, False]])
def test_a_column_that_says_true_or_false_is_given_as_it_is(words):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"paid": rng.choice(np.array(words), 120), "size": rng.normal(size=120)})
    frame["y"] = 10.0 * (frame["paid"].astype(str).str.lower() == "true") + frame["size"]
    encoded = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["paid"]), remainder="passthrough"
    )
    own = make_pipeline(encoded, LinearRegression()).fit(frame[["paid", "size"]], frame["y"])
    model = adopt(own, Dataset.of(frame, target="y"))
    np.testing.assert_allclose(model.predict(frame), own.predict(frame[["paid", "size"]]))
    found = partial_dependence(model, feature="paid", ice=0).frame.set_index("level")
    assert found.loc["true", "prediction"] - found.loc["false", "prediction"] == pytest.approx(10)


def test_the_positive_class_may_be_either():
    estimator, frame = EXACT["gradient boosting of two"]()
    fitted(estimator, frame)
    data = Dataset.of(frame, target="rent")
    dear, cheap = adopt(estimator, data), adopt(estimator, data, positive="cheap")
    assert (dear.positive, cheap.positive) == ("dear", "cheap")
    np.testing.assert_allclose(dear.output(frame) + cheap.output(frame), 1)
    np.testing.assert_allclose(
        dear.output(frame, scale="margin"), -cheap.output(frame, scale="margin")
    )


def test_what_it_has_learned_from_is_said_or_not_known():
    estimator, frame = EXACT["XGBoost"]()
    fitted(estimator, frame)
    data = Dataset.of(frame, target="rent")
    assert "is not known" in " ".join(adopt(estimator, data).notes)
    model = adopt(estimator, data, learned_from=np.arange(ROWS) < 200)
    assert "is not known" not in " ".join(model.notes)
    np.testing.assert_array_equal(model.split.test, np.arange(200, ROWS))
    same = adopt(estimator, data, learned_from=range(200))
    np.testing.assert_array_equal(same.split.train, model.split.train)


def test_it_can_be_learned_again_and_others_of_its_kind_are_others():
    estimator, frame = ASKED["pipeline of two"]()
    fitted(estimator, frame)
    model = adopt(estimator, Dataset.of(frame, target="rent"))
    again = refit(model, model.split.train[:60], seed=1)
    assert not np.allclose(again.output(frame), model.output(frame))
    other = make_pipeline(_encoded(), LogisticRegression(C=0.01))
    assert adopt(fitted(other, frame), model.data).fingerprint != model.fingerprint


REFUSED = {
    "not fitted": (RandomForestClassifier, of_two(NUMBERS), "not fitted", ModelError),
    "a Booster": (Booster, NUMBERS, "no fit and predict", ModelError),
    "no probabilities": (
        lambda: fitted(RidgeClassifier(), of_two(NUMBERS)), of_two(NUMBERS),
        "no probabilities", ModelError,
    ),
    "a column is gone": (
        lambda: fitted(LinearRegression(), NUMBERS), NUMBERS.drop(columns="rooms"),
        "'rooms', which data lacks", DataError,
    ),
    "other classes": (
        lambda: fitted(XGBClassifier(**_booster), coded(of_three(NUMBERS))), of_three(NUMBERS),
        "classes are '0', '1', '2'; 'rent' holds", DataError,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_said(case):
    make, frame, words, error = REFUSED[case]
    with pytest.raises(error, match=words):
        adopt(make(), Dataset.of(frame, target="rent"))


@pytest.mark.parametrize(
    ("learned_from", "words"),
    [
        ([True, False], "2 entries for 240 rows"),
        ([3, 400], "names row 400"),
        ([-1], "names row -1"),
        (range(ROWS), "leaves 0 rows held out"),
    ],
)
def test_rows_that_do_not_fit_are_said(learned_from, words):
    estimator = fitted(LinearRegression(), NUMBERS)
    with pytest.raises(ParameterError, match=words):
        adopt(estimator, Dataset.of(NUMBERS, target="rent"), learned_from=learned_from)


def test_what_was_trained_here_can_be_given_to_others_and_adopted_again():
    ours = train(Dataset.of(NUMBERS, target="rent"), "xgboost", n_estimators=10)
    frame = NUMBERS.assign(garden=NUMBERS["garden"].astype(float))
    adopted = adopt(ours.estimator, Dataset.of(frame, target="rent"))
    np.testing.assert_allclose(adopted.output(frame), ours.output(NUMBERS))
