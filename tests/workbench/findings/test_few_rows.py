import pytest

from tests.worlds_findings import clean, clean_yes_no, data, only, told
from workbench.findings.few_rows import CODE


@pytest.mark.parametrize(("rows", "severity"), [(39, "notice"), (11, "warning")])
def test_fewer_than_ten_rows_for_each_of_four_features(rows, severity):
    found = only(data(clean(rows)), CODE)
    assert found.severity == severity
    assert f"{rows} rows for 4 features" in found.says


def test_the_rarest_class_counts():
    frame = clean_yes_no(400)
    frame.loc[frame.index[frame["y"] == "yes"][30:], "y"] = "no"
    found = only(data(frame), CODE)
    assert "30 rows of 'yes'" in found.says


def test_forty_rows_are_enough_for_four():
    assert told(data(clean(40)), CODE) == []
