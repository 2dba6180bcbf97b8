"""The coefficient from what covariates leave, against statsmodels' whole regression."""

import numpy as np
import pytest
import statsmodels.api as sm

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
