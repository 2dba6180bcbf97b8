"""The line of a quantile is the linear programme's, and its loss is as small."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import QuantileRegressor

from tests.worlds_findings import data, only, told
from workbench import ParameterError, train
from workbench.findings import no_better_than_yardstick
from workbench.models._quantile_line import quantile_line

SLOPES = np.array([2.0, -1.0, 0.0])


def straight(rows=400, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    y = 3 + x @ SLOPES + rng.exponential(size=rows) * np.exp(0.3 * x[:, 0])
    return x, y, rng.gamma(2, size=rows)


def pinball(y, said, level, weights):
    left = y - said
    return np.average(np.maximum(level * left, (level - 1) * left), weights=weights)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_loss_is_that_of_the_linear_programme(level, weighted):
    x, y, weights = straight()
    weights = weights if weighted else None
    exact = QuantileRegressor(quantile=level, alpha=0).fit(x, y, sample_weight=weights)
    line = quantile_line(x, y, weights, level, 0.0, float(np.median(y)))
    own, best = (pinball(y, said, level, weights)
                 for said in (x @ line.slopes + line.height, exact.predict(x)))  # fmt: skip
    assert best <= own <= 1.002 * best
    np.testing.assert_allclose(line.slopes, exact.coef_, atol=0.06)
    below = np.average(y <= x @ line.slopes + line.height, weights=weights)
    assert below == pytest.approx(level, abs=0.02)


def test_another_unit_of_the_target_changes_nothing_else():
    x, y, _ = straight()
    one = quantile_line(x, y, None, 0.7, 0.01, float(np.median(y)))
    other = quantile_line(x, 1_000 * y, None, 0.7, 0.01, 1_000 * float(np.median(y)))
    np.testing.assert_allclose(other.slopes, 1_000 * one.slopes, rtol=1e-6)


@pytest.mark.parametrize("objective", ["absolute", "quantile"])
def test_trees_of_a_quantile_are_held_to_its_line(objective):
    x, y, _ = straight(1_200)
    frame = pd.DataFrame(x, columns=list("abc")).assign(y=y)
    model = train(data(frame), "gradient_boosting", objective=objective, max_iter=40)
    assert "linear model" in only(model, no_better_than_yardstick.CODE).says
    bent = frame.assign(y=y + 4 * frame["a"] ** 2)
    better = train(data(bent), "gradient_boosting", objective=objective, max_iter=40)
    assert told(better, no_better_than_yardstick.CODE) == []


def test_slopes_of_a_quantile_are_not_set_to_zero():
    x, y, _ = straight(60)
    frame = pd.DataFrame(x, columns=list("abc")).assign(y=y)
    with pytest.raises(ParameterError, match=r"l1_share = 0\.5 is not there for"):
        train(data(frame), "linear", objective="absolute", l1_share=0.5)
