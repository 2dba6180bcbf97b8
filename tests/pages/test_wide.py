"""A column per period becomes a row per period on the Data page, which designs over time name."""

import numpy as np
import pandas as pd

from tests.pages.conftest import Dashboard
from ui.state import Key
from workbench import Dataset


def wide() -> Dataset:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"shop": [f"shop {k}" for k in range(12)], "size": rng.random(12)})
    return Dataset.of(frame.assign(**{f"sales_{y}": rng.random(12) for y in range(2019, 2025)}))


def test_the_columns_that_look_like_periods_become_rows_and_back_again(
    dashboard: Dashboard,
) -> None:
    data = wide()
    dashboard.open(data).go("difference_in_differences")
    assert "sales_2019 to sales_2024 look like one quantity in 6 periods" in dashboard.text
    dashboard.go("data").choose("Name of what the columns are", "year")
    dashboard.press("Turn them into rows")
    made = dashboard[Key.DATASET]
    assert made.columns == ("shop", "size", "year", "sales")
    assert len(made) == 72
    assert "6 columns became rows" in dashboard.text
    dashboard.go("synthetic_control")
    assert "look like one quantity" not in dashboard.text
    dashboard.go("data").press("Bring the columns back")
    assert dashboard[Key.DATASET] is data


def test_what_cannot_be_is_told_and_the_table_stays(dashboard: Dashboard) -> None:
    data = wide()
    dashboard.open(data).go("data").choose("Name of what the columns are", "size")
    dashboard.press("Turn them into rows")
    assert "There is a column 'size' already" in dashboard.warnings
    assert dashboard[Key.DATASET] is data


def test_another_table_has_nothing_to_take_back(dashboard: Dashboard) -> None:
    dashboard.open(wide()).go("data").press("Turn them into rows")
    dashboard.open(wide()).go("data")
    labels = [button.label for button in dashboard.app.button]
    assert "Turn them into rows" in labels
    assert "Bring the columns back" not in labels
