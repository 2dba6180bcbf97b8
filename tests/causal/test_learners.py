"""The small learners: the logit settles where others find the largest likelihood, and means keep
bending where there are few rows."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from causal.learners import LEARNERS, _newton, _ridge_mean


def rare_event(rows: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    """Columns with long tails, and an event of about one row in a hundred that they tell well:
    full Newton steps from the base rate overshoot."""
    random = np.random.default_rng(3)
    x = np.exp(random.normal(size=(rows, 6)))
    score = 3 * np.log(x[:, 0]) - 2 * np.log(x[:, 1]) - 9
    return x, (random.random(rows) < 1 / (1 + np.exp(-score))).astype(float)


@pytest.mark.parametrize("penalty", [1e-1, 1e-3, 1e-4])
def test_the_logit_is_the_one_of_the_largest_penalised_likelihood(penalty: float) -> None:
    x, y = rare_event()
    pairs = [x[:, [i]] * x[:, [j]] for i in range(6) for j in range(i, 6)]
    columns = np.hstack([x, *pairs])
    columns = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    start = np.zeros(1 + columns.shape[1])
    start[0] = np.log(y.mean() / (1 - y.mean()))
    slopes, _ = _newton(columns, y, penalty * len(y), start)
    peer = LogisticRegression(C=1 / (penalty * len(y)), solver="newton-cholesky", tol=1e-10)
    peer.fit(columns, y)
    assert slopes[0] == pytest.approx(peer.intercept_[0], abs=2e-3)
    assert slopes[1:] == pytest.approx(peer.coef_[0], abs=2e-3)


def test_no_learner_is_worse_than_the_base_rate_where_an_event_is_rare() -> None:
    x, y = rare_event()
    learned, held_out = slice(0, 3_000), slice(3_000, None)
    rate = y[learned].mean()

    def loss(chance: np.ndarray | float) -> float:
        chance = np.clip(chance, 1e-6, 1 - 1e-6)
        return float(-np.mean(np.where(y[held_out] == 1, np.log(chance), np.log1p(-chance))))

    for learner in LEARNERS:
        chance = learner.fit(x[learned], y[learned], True, 0)(x[held_out])
        assert loss(chance) < 0.8 * loss(rate), learner.title


def test_a_mean_goes_on_bending_beyond_the_outer_knots() -> None:
    """Splines alone are straight there: at 3.2 they say 10 where the mean is 15.4."""
    random = np.random.default_rng(4)
    x = random.normal(size=(800, 2))
    y = 1.5 * x[:, 0] ** 2 + np.sin(2 * x[:, 1]) + random.normal(size=800)
    far = np.array([[3.2, 0.0], [-3.2, 0.0]])
    found = LEARNERS[1].fit(x, y, False, 0)(far)
    assert found == pytest.approx(1.5 * far[:, 0] ** 2, abs=1.5)


def test_a_mean_without_penalty_is_least_squares() -> None:
    random = np.random.default_rng(5)
    x = random.normal(size=(500, 3))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = x @ [1.0, -2.0, 0.5] + 0.01 * random.normal(size=500)
    constant, slopes = _ridge_mean(x, y)
    peer = np.linalg.lstsq(np.column_stack([np.ones(500), x]), y, rcond=None)[0]
    assert np.r_[constant, slopes] == pytest.approx(peer, abs=1e-3)
