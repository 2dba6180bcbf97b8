"""Every way of looking at a table is a picture; what cannot be had is a sentence."""

import pandas as pd
import pytest

from tests.pages.conftest import Dashboard, data_of
from ui.state import Choice
from workbench import Dataset, methods_of

WAYS = ("profile", "distribution", "missingness", "association", "two_columns", "duplicate_rows")


def look(dashboard: Dashboard, way: str) -> Dashboard:
    name = f"workbench.{way}"
    dashboard.app.segmented_control(key=Choice.PROFILED).set_value(name).run()
    return dashboard.sound()


def test_every_way_is_offered() -> None:
    offered = {m.name.rpartition(".")[2] for m in methods_of("profile", data_of("regression"))}
    assert offered == set(WAYS)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_a_picture(dashboard: Dashboard, way: str) -> None:
    look(dashboard.open(data_of("binary")).go("profile"), way)
    assert dashboard.figures == 1
    assert dashboard.warnings == ""


def test_columns_are_chosen_above_the_picture(dashboard: Dashboard) -> None:
    look(dashboard.open(data_of("binary")).go("profile"), "distribution")
    dashboard.choose("The column that is looked at", "나이")
    dashboard.choose("Each level or quarter of this column apart", "target")
    assert "Half of the values of '나이'" in dashboard.text
    look(dashboard, "two_columns").choose("Along the picture", "나이")
    assert "'나이'" in dashboard.text


def test_one_column_has_no_other_and_that_is_said(dashboard: Dashboard) -> None:
    data = Dataset.of(pd.DataFrame({"x": [1.0, 2.0, 4.0]}))
    dashboard.open(data).go("profile")
    for way, said in (("two_columns", "is the only column"), ("association", "Two are needed")):
        look(dashboard, way)
        assert said in dashboard.warnings
        assert dashboard.figures == 0
