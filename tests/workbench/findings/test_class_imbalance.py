import numpy as np
import pytest

from tests.worlds_findings import clean, clean_yes_no, data, only, told
from workbench.findings.class_imbalance import CODE


@pytest.mark.parametrize(("rare", "severity"), [(6, "warning"), (48, "notice")])
def test_a_rare_class_is_told_with_the_accuracy_of_never_saying_it(rare, severity):
    y = np.random.default_rng(0).permutation(np.where(np.arange(600) < rare, "fraud", "fine"))
    found = only(data(clean().assign(y=y)), CODE)
    assert found.severity == severity
    assert f"Only {rare} rows" in found.says
    assert f"{100 - rare / 6:g} %." in found.says


def test_classes_of_a_size_and_numbers_are_not_told():
    assert told(data(clean_yes_no()), CODE) == []
    assert told(data(clean()), CODE) == []
    five = np.random.default_rng(0).choice(list("abcde"), size=600)
    assert told(data(clean().assign(y=five)), CODE) == []
