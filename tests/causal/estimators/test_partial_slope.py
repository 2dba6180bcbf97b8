"""The coefficient from what covariates leave, against statsmodels' whole regression; and many at
once against one by one."""

import numpy as np
import pytest
import statsmodels.api as sm

from causal.estimators.many_slopes import NEAR, slopes_beside_noise, slopes_of
from causal.estimators.partial_slope import PartialSlope


@pytest.mark.parametrize("more", [0, 2])
def test_it_is_the_whole_regressions_with_its_hc2_error(more: int) -> None:
    rng = np.random.default_rng(more)
    x, extra = rng.normal(size=(80, 3)), rng.normal(size=(80, more))
    t = (x[:, 0] + rng.normal(size=80) > 0).astype(float)
    y = 2 * t + x @ [1, -1, 0.5] + rng.normal(size=80) * (1 + np.abs(x[:, 0]))
    partial = PartialSlope.of(x, y)
    found = partial.slope(partial.rest(t), partial.rest(extra) if more else None)
    whole = sm.OLS(y, sm.add_constant(np.column_stack([t, x, extra]))).fit(cov_type="HC2")
    assert found == pytest.approx((whole.params[1], whole.bse[1]), rel=1e-10)


@pytest.mark.parametrize("design", ["plain", "weighted", "clusters"])
def test_many_at_once_are_those_one_by_one(design: str) -> None:
    rng = np.random.default_rng(1)
    rows = NEAR // 5 + 300  # more than one block of five regressions
    x = 2_000 + rng.normal(size=(rows, 3))
    weight = rng.uniform(0.5, 2, rows) if design == "weighted" else None
    clusters = np.arange(rows) // 4 if design == "clusters" else None
    t = 1_000 + (rng.random(rows) < 0.3)
    y = 2 * t + x @ [1, -1, 0.5] + rng.normal(size=rows)
    partial = PartialSlope.of(x - x.mean(axis=0), y, weight, clusters)

    shuffled = np.stack([t, *(rng.permutation(t) for _ in range(4))])
    by_one = [partial.slope(partial.rest(each)) for each in shuffled]
    assert pytest.approx(np.array(by_one), rel=1e-8) == np.array(slopes_of(partial, shuffled)).T

    rest, noise = partial.rest(t - t.mean()), rng.normal(3, 2, size=(5, rows))
    both = [np.column_stack([each, (each - each.mean()) ** 2]) for each in noise]
    by_one = [partial.slope(rest, partial.rest(pair - pair.mean(axis=0))) for pair in both]
    found = np.array(slopes_beside_noise(partial, rest, noise)).T
    assert found == pytest.approx(np.array(by_one), rel=1e-8)


def test_noise_that_is_a_covariate_changes_nothing() -> None:
    """It happens where a table was drawn from the seed that the check draws from."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(200, 2))
    t = x[:, 0] + rng.normal(size=200)
    columns = np.column_stack([x, x**2])
    partial = PartialSlope.of(
        columns - columns.mean(axis=0), 2 * t + x[:, 1] + rng.normal(size=200)
    )
    rest = partial.rest(t)
    found = np.array(slopes_beside_noise(partial, rest, x[:, :1].T)).ravel()
    assert found == pytest.approx(partial.slope(rest), rel=1e-8)
