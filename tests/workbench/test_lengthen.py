"""A column per period becomes a row per period: which values stand where, and what is refused."""

import runpy

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal import PanelQuestion, synthetic_control
from workbench import DataError, Dataset, ParameterError, lengthen, read
from workbench.lengthen import columns_of_periods


def shops(**more) -> Dataset:
    frame = pd.DataFrame(
        {"shop": ["a", "b"], "size": [10.5, 20.5], "sales_2021": [1.0, 2.0],
         "sales_2022": [3.0, np.nan], "sales_2023": [5.0, 6.0]} | more
    )  # fmt: skip
    return Dataset.of(frame)


SALES = ("sales_2021", "sales_2022", "sales_2023")


def test_a_row_per_shop_and_year_in_the_order_of_both():
    made = lengthen(shops(), columns=SALES, name="year")
    assert made.columns == ("shop", "size", "year", "sales")
    assert made.frame["shop"].tolist() == ["a", "a", "a", "b", "b", "b"]
    assert made.frame["size"].tolist() == [10.5] * 3 + [20.5] * 3
    assert made.frame["year"].tolist() == [2021, 2022, 2023] * 2
    assert made.frame["sales"].fillna(-1).tolist() == [1, 3, 5, 2, -1, 6]
    assert any("2 rows became 6" in note for note in made.notes)
    assert any("In 1 of these rows 'sales' is empty" in note for note in made.notes)


@pytest.mark.parametrize(
    ("names", "word", "periods"),
    [
        (("2001", "2002", "2003"), "value", [2001, 2002, 2003]),
        (("y1", "y2", "y10"), "y", [1, 2, 10]),
        (("gdp 2001Q3", "gdp 2001Q4", "gdp 2002Q1"), "gdp", ["2001Q3", "2001Q4", "2002Q1"]),
        (("t.2024-05", "t.2024-06", "t.2024-07"), "t", ["2024-05", "2024-06", "2024-07"]),
        (("Q12011", "Q22011", "Q32011"), "value", ["Q12011", "Q22011", "Q32011"]),
        (("Seoul", "Busan", "Ulsan"), "value", ["Seoul", "Busan", "Ulsan"]),
        (("a1", "b2", "a3"), "value", ["a1", "b2", "a3"]),
    ],
)  # fmt: skip
def test_names_of_one_word_and_a_period(names, word, periods):
    frame = pd.DataFrame({"unit": ["u", "v"]} | {n: [0.5, k + 0.5] for k, n in enumerate(names)})
    made = lengthen(Dataset.of(frame), columns=names)
    assert made.columns == ("unit", "period", word)
    assert made.frame["period"].tolist() == periods * 2


@given(st.integers(1, 6), st.integers(2, 6), st.integers(0, 99))
def test_pivoting_brings_it_back(rows, periods, seed):
    values = np.random.default_rng(seed).normal(size=(rows, periods))
    names = [f"x{k}" for k in range(periods)]
    frame = pd.DataFrame(values, columns=names).assign(unit=[f"u{k}" for k in range(rows)])
    long = lengthen(Dataset.of(frame), columns=names).frame
    back = long.pivot_table(index="unit", columns="period", values="x")
    assert back.to_numpy() == pytest.approx(values)


def test_a_panel_can_be_asked_of_it_and_the_script_makes_it_again(tmp_path, shared_data):
    wide = read(shared_data / "sc_california_prop99.csv")
    states = [column for column in wide.columns if column != "Year"]
    data = lengthen(wide, columns=states, name="state", value="packs")
    question = PanelQuestion(data, outcome="packs", unit="state", time="Year",
                             treated_units="California", starts="1989")  # fmt: skip
    assert synthetic_control(question).frame["estimate"][0] == pytest.approx(-19.51, abs=0.005)
    script = tmp_path / "again.py"
    script.write_text(data.script.text)
    assert runpy.run_path(str(script))["data"].fingerprint == data.fingerprint


def test_kinds_and_roles_of_what_stays_are_kept():
    data = shops().with_roles({"size": "weight"}).with_target("sales_2023")
    made = lengthen(data, columns=SALES)
    assert made.roles["size"] == "weight"
    assert made.target is None
    assert any("'sales_2023' became rows, so no target" in note for note in made.notes)
    kept = lengthen(shops().with_target("size"), columns=SALES)
    assert kept.target == "size"


def test_years_that_count_the_rows_are_numbers_all_the_same():
    frame = pd.DataFrame({"unit": [f"u{k}" for k in range(30)]} | {
        f"n{year}": np.arange(30) + 5 for year in (2001, 2002)
    } | {"n2003": np.full(30, 7)})  # fmt: skip
    data = Dataset.of(frame)
    assert data.kinds["n2001"] == "identifier"
    assert lengthen(data, columns=("n2001", "n2002", "n2003")).kinds["n"] == "number"
    assert columns_of_periods(data) == ("n2001", "n2002", "n2003")


def test_which_columns_look_like_periods():
    assert columns_of_periods(shops()) == SALES
    assert columns_of_periods(shops(x1=[0.5, 1.5], x2=[0.5, 2.5])) == SALES
    assert columns_of_periods(shops().take(np.array([0]))) == SALES
    frame = pd.DataFrame({"age": [1.5, 2.5], "q1": [0.5, 1.5], "q2": ["a", "b"], "q3": ["c", "b"]})
    assert columns_of_periods(Dataset.of(frame)) == ()


def test_what_cannot_become_rows_is_refused():
    with pytest.raises(ParameterError, match="1 column was named"):
        lengthen(shops(), columns=("sales_2021",))
    with pytest.raises(ParameterError, match="'sales_2020' is not a column"):
        lengthen(shops(), columns=("sales_2020", "sales_2021"))
    with pytest.raises(DataError, match="'sales_2021' is a number and 'shop' a category"):
        lengthen(shops(), columns=("sales_2021", "shop"))
    with pytest.raises(ParameterError, match="There is a column 'size' already"):
        lengthen(shops(), columns=SALES, name="size")
    with pytest.raises(ParameterError, match="Both new columns would be called 'sales'"):
        lengthen(shops(), columns=SALES, name="sales")
