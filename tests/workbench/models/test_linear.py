"""The linear model is scikit-learn's on standardised columns, and penalised as it says."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge

from tests import worlds
from workbench import Dataset, train


def plain(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)) * [1, 50, 0.01], columns=list("abc"))
    y = 3 * frame["a"] - frame["b"] / 50 + rng.normal(scale=0.5, size=rows)
    return frame.assign(y=y * 7 + 100, w=rng.gamma(2, size=rows))


def of(frame: pd.DataFrame, weighted: bool) -> Dataset:
    return Dataset.of(frame, target="y").with_roles({"w": "weight" if weighted else "ignore"})


def standardised(model) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    rows = model.split.train
    x = model.data.frame[list("abc")].to_numpy()
    x = (x - x[rows].mean(axis=0)) / x[rows].std(axis=0)
    weights = model.weights("train")
    return x, rows, None if weights is None else weights / weights.mean()


@pytest.mark.parametrize("weighted", [False, True])
def test_ridge_is_that_of_scikit_learn_with_a_penalty_of_the_mean(weighted):
    model = train(of(plain(), weighted), "linear", strength=0.1)
    x, rows, weights = standardised(model)
    own = Ridge(alpha=0.1 * len(rows)).fit(x[rows], model.target.y[rows], weights)
    np.testing.assert_allclose(model.predict(model.data.frame), own.predict(x))


@pytest.mark.parametrize("weighted", [False, True])
def test_a_logistic_model_is_that_of_scikit_learn(weighted):
    frame = plain().assign(y=lambda f: np.where(f["y"] > 100, "yes", "no"))
    model = train(of(frame, weighted), "linear", strength=0.01, positive="yes")
    x, rows, weights = standardised(model)
    own = LogisticRegression(C=1 / (0.01 * len(rows)), max_iter=1000)
    own.fit(x[rows], model.target.y[rows], weights)
    np.testing.assert_allclose(model.predict_proba(frame), own.predict_proba(x), atol=1e-4)
    margin, chance = model.output(frame, scale="margin"), model.output(frame)
    np.testing.assert_allclose(1 / (1 + np.exp(-margin)), chance)


def test_an_elastic_net_is_that_of_a_target_of_spread_one():
    model = train(of(plain(), False), "linear", strength=0.2, l1_share=0.7)
    x, rows, _ = standardised(model)
    y = model.target.y
    centre, spread = y[rows].mean(), y[rows].std()
    own = ElasticNet(alpha=0.2, l1_ratio=0.7).fit(x[rows], (y[rows] - centre) / spread)
    np.testing.assert_allclose(model.predict(model.data.frame), own.predict(x) * spread + centre,
                               rtol=1e-4)  # fmt: skip
    slopes = model.estimator[-1].coef_
    assert slopes[2] == 0
    assert slopes[0] != 0


def test_the_unit_of_the_target_changes_nothing():
    frame = plain()
    for settings in ({}, {"strength": 0.1, "l1_share": 0.5}):
        one = train(of(frame, False), "linear", **settings).predict(frame)
        other = train(of(frame.assign(y=frame["y"] * 1000), False), "linear", **settings)
        np.testing.assert_allclose(other.predict(frame), one * 1000, rtol=1e-3)


def test_missing_values_and_levels_are_told_apart():
    rng = np.random.default_rng(0)
    frame = worlds.additive(600, seed=1)
    gone = rng.random(600) < 0.3
    frame["size"] = frame["size"].mask(gone)
    frame["y"] = frame["y"] + 5 * gone
    model = train(Dataset.of(frame, target="y"), "linear")
    row = frame.iloc[[0]]
    empty = model.predict(row.assign(size=np.nan))[0]
    middle = model.predict(row.assign(size=frame["size"].iloc[model.split.train].median()))[0]
    assert empty - middle > 3
