import numpy as np
import pytest

from tests.worlds_findings import clean, data, only, told
from workbench.findings.capped_target import CODE


def test_values_cut_at_a_ceiling():
    frame = clean(2_000)
    cap = frame["y"].quantile(0.95)
    found = only(data(frame.assign(y=frame["y"].clip(upper=cap))), CODE)
    assert (found.severity, found.columns) == ("warning", ("y",))
    assert "100 rows (5 %)" in found.says or "101 rows" in found.says


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).normal(size=2_000),
        np.random.default_rng(0).poisson(200, size=2_000),
        np.random.default_rng(0).integers(0, 11, size=2_000),
        np.maximum(np.random.default_rng(0).normal(size=2_000), 0),
    ],
    ids=["normal", "counts", "grades", "many zeros"],
)
def test_a_scale_that_simply_ends(values):
    assert told(data(clean(2_000).assign(y=values)), CODE) == []
