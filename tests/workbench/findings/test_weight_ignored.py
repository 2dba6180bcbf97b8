import numpy as np
import pytest

from tests.worlds_findings import clean, data, only, told
from workbench.findings.weight_ignored import CODE


@pytest.mark.parametrize(
    ("name", "severity"),
    [("fnlwgt", "warning"), ("sample_weight", "warning"), ("pweight", "warning"),
     ("weight", "notice"), ("birth.weight", "notice"), ("가중치", "notice")],
)  # fmt: skip
def test_a_name_for_a_weight(name, severity):
    values = np.random.default_rng(0).gamma(2, size=600)
    frame = clean().rename(columns={"visits": "other"}).assign(**{name: values})
    found = only(data(frame), CODE)
    assert (found.severity, found.columns) == (severity, (name,))
    assert told(data(frame, **{name: "weight"}), CODE) == []


@pytest.mark.parametrize("name", ["wt71", "weightless", "swt", "heavy"])
def test_other_names(name):
    assert told(data(clean().assign(**{name: np.arange(600.0) / 7})), CODE) == []


def test_what_may_be_below_zero_weighs_nothing():
    frame = clean().assign(weight=np.random.default_rng(0).normal(size=600))
    assert told(data(frame), CODE) == []
