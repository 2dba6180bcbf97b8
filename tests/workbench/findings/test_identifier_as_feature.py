import numpy as np
import pandas as pd
import pytest

from tests.worlds_findings import clean, data, only, told
from workbench.findings.identifier_as_feature import CODE

ROWS = 600
NAMES = {
    "counted": np.random.default_rng(0).permutation(np.arange(ROWS) + 1_000),
    "growing": np.cumsum(np.random.default_rng(0).integers(1, 9, size=ROWS)),
    "text": [f"person number {i}" for i in range(ROWS)],
}


@pytest.mark.parametrize("values", NAMES.values(), ids=NAMES)
def test_what_names_the_rows_is_warned_of_when_it_is_used(values):
    frame = clean(ROWS).assign(who=values)
    found = only(data(frame, who="feature"), CODE)
    assert (found.severity, found.columns) == ("warning", ("who",))
    assert told(data(frame, who="ignore"), CODE) == []


def test_amounts_and_years_name_nobody():
    rng = np.random.default_rng(1)
    frame = clean(ROWS).assign(
        income=rng.permutation(np.arange(ROWS) * 7 + rng.integers(0, 7, size=ROWS)),
        score=rng.normal(size=ROWS),
    )
    assert told(data(frame), CODE) == []
    years = clean(60).assign(year=np.arange(1950, 2010))
    assert told(data(years, year="feature"), CODE) == []


def test_levels_and_dates_name_nobody():
    frame = clean(ROWS).assign(
        day=pd.date_range("2020-01-01", periods=ROWS),
        town=np.random.default_rng(2).choice([f"town {i}" for i in range(40)], size=ROWS),
    )
    assert told(data(frame, day="feature"), CODE) == []
