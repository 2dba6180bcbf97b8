import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.column_kinds import guess_kind

COUNTED = np.arange(1, 61)
UNIQUE = COUNTED * 7 + 3


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("instant", COUNTED, "identifier"),
        ("x", COUNTED[::-1] + 500, "identifier"),
        ("Year", np.arange(1960, 2020), "number"),
        ("x", UNIQUE, "number"),
        ("seqn", UNIQUE, "identifier"),
        ("user_id", UNIQUE, "identifier"),
        ("PassengerId", UNIQUE, "identifier"),
        ("ID", UNIQUE, "identifier"),
        ("일련번호", UNIQUE, "identifier"),
        ("paid", UNIQUE, "number"),
        ("Humid", UNIQUE, "number"),
        ("AVOID", UNIQUE, "number"),
        ("id", UNIQUE // 20, "number"),
        ("id", UNIQUE + 0.5, "number"),
        ("id", [1, 2, 3], "number"),
        ("answer", ["yes", "no"] * 30, "category"),
        ("flag", ["True", "false"] * 30, "boolean"),
        ("flag", [True, False] * 30, "boolean"),
        ("customer", [f"{i:04d}-XY" for i in COUNTED], "identifier"),
        ("Name", [f"Mrs. {i} Doe, Jane" for i in COUNTED], "text"),
        ("station", [f"station {i % 258}" for i in range(12_000)], "category"),
        ("when", pd.date_range("2024-01-01", periods=60), "date"),
        ("level", pd.Categorical(["a", "b"] * 30), "category"),
    ],
)
def test_kinds_of_ordinary_columns(name, values, kind):
    assert guess_kind(pd.Series(values, name=name)) == kind


@given(st.permutations(list(range(100, 140))))
def test_a_count_of_the_rows_is_an_identifier_in_any_order(numbers):
    assert guess_kind(pd.Series(numbers, name="x")) == "identifier"


@given(st.lists(st.floats(allow_infinity=True, allow_nan=True), min_size=1, max_size=50))
def test_amounts_are_numbers_whatever_they_hold(amounts):
    assert guess_kind(pd.Series([*amounts, 0.5, 0.5], name="id")) == "number"
