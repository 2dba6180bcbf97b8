import numpy as np
import pytest

from tests.worlds_findings import clean, data, only, told
from workbench.findings.target_is_a_sum import CODE


def riders(rows=500, seed=0):
    rng = np.random.default_rng(seed)
    frame = clean(rows, seed).drop(columns="y")
    casual, registered = rng.poisson(30, size=rows), rng.poisson(120, size=rows)
    return frame.assign(casual=casual, registered=registered, cnt=casual + registered)


def test_a_total_of_its_parts():
    found = only(data(riders(), "cnt"), CODE)
    assert (found.severity, found.columns) == ("warning", ("casual", "registered"))
    assert "'cnt' is exactly 'casual' + 'registered'" in found.says


def test_a_difference_and_weights_are_written_out():
    frame = riders().assign(cnt=lambda f: 2.5 * f["registered"] - f["casual"])
    assert "'cnt' is exactly 2.5 × 'registered' − 'casual'" in only(data(frame, "cnt"), CODE).says


def test_a_part_may_be_missing_here_and_there():
    frame = riders()
    frame["casual"] = frame["casual"].where(np.arange(len(frame)) % 5 > 0)
    assert only(data(frame, "cnt"), CODE).columns == ("casual", "registered")


@pytest.mark.parametrize("noise", [1e-3, 1.0])
def test_nearly_is_not_exactly(noise):
    frame = riders()
    frame["cnt"] = frame["cnt"] + np.random.default_rng(1).normal(scale=noise, size=len(frame))
    assert told(data(frame, "cnt"), CODE) == []


def test_more_columns_than_rows_explain_nothing():
    rng = np.random.default_rng(0)
    frame = clean(60).join(clean(60).drop(columns=["place", "member", "y"]).add_suffix("_b"))
    for place in range(70):
        frame[f"noise {place}"] = rng.normal(size=60)
    assert told(data(frame), CODE) == []
