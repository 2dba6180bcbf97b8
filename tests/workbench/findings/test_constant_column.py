import numpy as np
import pytest

from tests.worlds_findings import clean, data, told
from workbench.findings.constant_column import CODE


@pytest.mark.parametrize("value", [1, "always", True, np.nan])
def test_one_value_in_every_row(value):
    (found,) = told(data(clean().assign(same=value), same="feature"), CODE)
    assert (found["severity"], found["columns"]) == ("notice", "same")


def test_nearly_one_value_is_told_with_its_share():
    frame = clean(1_000).assign(rare=(np.arange(1_000) < 3).astype(int))
    (found,) = told(data(frame), CODE)
    assert "'rare' (99.7 %)" in found["says"]


def test_what_varies_is_not_told():
    frame = clean(1_000).assign(some=(np.arange(1_000) < 50).astype(int))
    assert told(data(frame), CODE) == []
