"""The small learners: the logit settles where others find the largest likelihood, means keep
bending where there are few rows, and blocks of rows give what the whole matrix gives."""

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression

from causal import bent_columns
from causal.bent_columns import BLOCK, Basis, Columns, Moments, Rows, standardised
from causal.learners import (
    LEARNERS,
    REGRESSIONS,
    Learner,
    _Likelihood,
    _newton,
    _ridge_mean,
    _Sample,
    worth,
)


def rare_event(rows: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    """Columns with long tails, and an event of about one row in a hundred that they tell well:
    full Newton steps from the base rate overshoot."""
    random = np.random.default_rng(3)
    x = np.exp(random.normal(size=(rows, 6)))
    score = 3 * np.log(x[:, 0]) - 2 * np.log(x[:, 1]) - 9
    return x, (random.random(rows) < 1 / (1 + np.exp(-score))).astype(float)


def uneven(rows: int) -> np.ndarray:
    """Weights from a fifth to three."""
    return np.random.default_rng(8).uniform(0.2, 3.0, rows)


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("penalty", [1e-1, 1e-3, 1e-4])
def test_the_logit_is_the_one_of_the_largest_penalised_likelihood(
    penalty: float, is_weighted: bool
) -> None:
    x, y = rare_event()
    pairs = [x[:, [i]] * x[:, [j]] for i in range(6) for j in range(i, 6)]
    columns = np.hstack([x, *pairs])
    weight = worth(uneven(len(y))) if is_weighted else np.ones(len(y))
    moments = Moments.of(columns, y, weight, Columns())
    basis = Basis.of(Columns(), moments)
    sample = _Sample(Rows(columns, basis), y, weight)
    slopes = _newton(sample, penalty * moments.n, _Likelihood.of_the_rate(len(y), moments)).slopes
    peer = LogisticRegression(C=1 / (penalty * weight.sum()), solver="newton-cholesky", tol=1e-10)
    peer.fit(basis(columns).T, y, sample_weight=weight)
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
        chance = learner.fit(x[learned], y[learned], np.ones(3_000), True, 0)(x[held_out])
        assert loss(chance) < 0.8 * loss(rate), learner.title


def test_a_mean_goes_on_bending_beyond_the_outer_knots() -> None:
    """Splines alone are straight there: at 3.2 they say 10 where the mean is 15.4."""
    random = np.random.default_rng(4)
    x = random.normal(size=(800, 2))
    y = 1.5 * x[:, 0] ** 2 + np.sin(2 * x[:, 1]) + random.normal(size=800)
    far = np.array([[3.2, 0.0], [-3.2, 0.0]])
    found = LEARNERS[1].fit(x, y, np.ones(800), False, 0)(far)
    assert found == pytest.approx(1.5 * far[:, 0] ** 2, abs=1.5)


def test_a_mean_without_penalty_is_least_squares() -> None:
    random = np.random.default_rng(5)
    x = random.normal(size=(500, 3))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = x @ [1.0, -2.0, 0.5] + 0.01 * random.normal(size=500)
    constant, slopes = _ridge_mean(Moments.of(x, y, np.ones(500), Columns()))
    peer = np.linalg.lstsq(np.column_stack([np.ones(500), x]), y, rcond=None)[0]
    assert np.r_[constant, slopes] == pytest.approx(peer, abs=1e-3)


def test_a_weighted_mean_without_penalty_is_weighted_least_squares() -> None:
    """Of a curve that no straight line follows, so that the weights matter."""
    random = np.random.default_rng(5)
    x = random.normal(size=(500, 2))
    y = np.exp(x[:, 0]) + 0.01 * random.normal(size=500)
    weight = np.where(x[:, 0] > 0, 3.0, 0.2)
    found = LEARNERS[0].fit(x, y, worth(weight), False, 0)(x)
    design = np.column_stack([np.ones(500), x])
    peer, plain = (sm.WLS(y, design, w).fit().predict() for w in (weight, np.ones(500)))
    assert found == pytest.approx(peer, abs=0.05)
    assert np.abs(plain - peer).max() > 0.5


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda each: each.title)
@pytest.mark.parametrize("is_chance", [False, True])
def test_rows_that_count_more_are_followed_more(learner: Learner, is_chance: bool) -> None:
    """Two halves of the rows say the opposite; one weighs nine times the other."""
    random = np.random.default_rng(9)
    x = random.normal(size=(2_000, 2))
    half = np.arange(2_000) < 1_000
    y = np.where(half, x[:, 0] > 0, x[:, 0] <= 0).astype(float)
    predict = learner.fit(x, y, worth(np.where(half, 9.0, 1.0)), is_chance, 0)
    at = np.array([[1.0, 0.0], [-1.0, 0.0]])
    high, low = predict(at)
    assert high > 0.7
    assert low < 0.3


def test_weights_are_worth_what_their_rows_are() -> None:
    assert worth(np.full(7, 3.0)) == pytest.approx(np.ones(7))
    weight = uneven(200)
    assert worth(weight).sum() == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
    assert worth(5 * weight) == pytest.approx(worth(weight))


def expanded(x: np.ndarray, *, has_squares: bool) -> np.ndarray:
    """The columns of the second learner in one piece, by the formulas of the textbook."""
    parts, middle = [x], np.zeros(x.shape[1])
    for k in range(x.shape[1]):
        knots = np.unique(np.quantile(x[:, k], (0.05, 0.275, 0.5, 0.725, 0.95)))
        if len(knots) < 3:
            continue
        middle[k] = knots.mean()
        cubes = [np.clip((x[:, k] - at) / (knots[-1] - knots[0]), 0, None) ** 3 for at in knots]
        gap = knots[-1] - knots[-2]
        parts += [
            (cubes[j] - cubes[-2] * (knots[-1] - at) / gap + cubes[-1] * (knots[-2] - at) / gap)[
                :, None
            ]
            for j, at in enumerate(knots[:-2])
        ]
    away = x - middle
    pairs = [(i, j) for i in range(x.shape[1]) for j in range(i + 1, x.shape[1])]
    parts += [(away[:, i] * away[:, j])[:, None] for i, j in pairs]
    if has_squares:
        parts.append(away[:, middle != 0] ** 2)
    return np.hstack(parts)


def mixed(rows: int) -> np.ndarray:
    """Columns far from 0, with two levels, a constant among them, in more than one block."""
    random = np.random.default_rng(6)
    x = random.normal(size=(rows, 4))
    x[:, 1] = 2_000 + np.exp(x[:, 1])
    x[:, 2] = x[:, 2] > 0.5
    x[:, 3] = 1e6
    return x


def test_blocks_of_rows_give_what_the_whole_matrix_gives() -> None:
    x = mixed(2 * BLOCK + 100)
    y = np.sin(2 * x[:, 0]) + 0.3 * (x[:, 1] - 2_000) ** 2 + x[:, 2] + 1e3
    plain = expanded(x, has_squares=True)
    kept = plain.std(axis=0) > 1e-6
    plain = plain[:, kept]
    plain = (plain - plain.mean(axis=0)) / plain.std(axis=0)
    made = Columns.bent(x, has_squares=True)
    assert standardised(x, made) == pytest.approx(plain, abs=1e-7)
    # The smallest penalty is the one that fits best: there is no noise.
    slopes = np.linalg.solve(plain.T @ plain / len(y) + 1e-4 * np.eye(len(plain.T)),
                             plain.T @ (y - y.mean()) / len(y))  # fmt: skip
    found = REGRESSIONS[1].fit(x, y, np.ones(len(x)), False, 0)(x)
    assert found == pytest.approx(y.mean() + plain @ slopes, abs=1e-6)


@pytest.mark.parametrize("learner", REGRESSIONS, ids=lambda each: each.title)
def test_columns_made_anew_give_what_held_ones_give(
    learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = mixed(2 * BLOCK + 100)
    y = (np.random.default_rng(7).random(len(x)) < 1 / (1 + np.exp(-x[:, 0]))).astype(float)
    held = learner.fit(x, y, np.ones(len(x)), True, 0)(x)
    monkeypatch.setattr(bent_columns, "MOST_HELD", 0)
    assert (learner.fit(x, y, np.ones(len(x)), True, 0)(x) == held).all()


def test_the_likelihood_of_the_base_rate_needs_only_the_products_of_the_columns() -> None:
    x, y = rare_event(1_000)
    weight = worth(uneven(1_000))
    moments = Moments.of(x, y, weight, Columns())
    at = _Likelihood.of_the_rate(len(y), moments)
    sample = _Sample(Rows(x, Basis.of(Columns(), moments)), y, weight)
    again = _Likelihood.at(sample, at.slopes)
    assert again.deviance == pytest.approx(at.deviance)
    assert again.gradient == pytest.approx(at.gradient, abs=1e-6)
    assert again.information == pytest.approx(at.information, abs=1e-6)
