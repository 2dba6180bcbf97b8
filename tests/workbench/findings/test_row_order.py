import numpy as np
import pandas as pd

from tests.worlds_findings import clean, clean_yes_no, data, only, told
from workbench.findings.row_order import CODE


def test_a_sorted_file_is_noticed():
    assert only(data(clean().sort_values("y")), CODE).severity == "notice"
    assert only(data(clean_yes_no().sort_values("y")), CODE).severity == "notice"


def test_rows_in_no_order_are_not():
    assert told(data(clean()), CODE) == []
    assert told(data(clean_yes_no()), CODE) == []


def test_where_a_date_or_a_role_says_how_rows_belong_together_nothing_is_added():
    frame = clean().sort_values("y").assign(when=np.arange(600) * 1.5)
    assert told(data(frame, when="time"), CODE) == []
    dated = frame.assign(when=pd.date_range("2020-01-01", periods=600))
    assert told(data(dated), CODE) == []
