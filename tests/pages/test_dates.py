"""From a table with a date to what the model learned of it: given its role, trained, and read."""

import json
from typing import Any

import pandas as pd

from tests.pages.conftest import Dashboard
from tests.worlds_dates import dated
from ui.columns import edited
from ui.state import Key
from workbench import Dataset


def opened(dashboard: Dashboard) -> Dashboard:
    """A table whose date was given the role feature in the table of columns."""
    data = Dataset.of(dated(240), target="y")
    assert data.roles["when"] == "ignore"
    return dashboard.open(edited(data, {data.columns.index("when"): {"role": "feature"}}))


def figure_of(dashboard: Dashboard) -> dict[str, Any]:
    figure: dict[str, Any] = json.loads(dashboard.app.get("plotly_chart")[0].proto.spec)
    return figure


def test_a_date_that_is_set_aside_says_what_its_roles_do(dashboard: Dashboard) -> None:
    dashboard.open(Dataset.of(dated(240), target="y")).go("data")
    assert "With the role feature the model is given its year, month" in dashboard.text
    assert "With the role time it divides the rows" in dashboard.text


def test_a_date_is_trained_on_and_its_dependence_is_read(dashboard: Dashboard) -> None:
    opened(dashboard).go("model").choose("Kind of model", "decision_tree").press("Train")
    assert dashboard[Key.MODEL].features == ("x", "when", "kind")
    assert "'when' is given to the model as its elapsed days, year, month" in dashboard.text

    dashboard.go("dependence").choose("The column that is varied", "when")
    assert "As 'when' goes from 1968-" in dashboard.text
    assert "changed together, as one column" in dashboard.text
    (curve,) = [t for t in figure_of(dashboard)["data"] if t.get("name") == "average"]
    dates = pd.to_datetime(curve["x"])
    assert dates.is_monotonic_increasing
    assert dates[0].year == 1968

    row = int(dashboard[Key.MODEL].data.frame["when"].last_valid_index())
    when = f"{dashboard[Key.MODEL].data.frame['when'].iloc[row]:%Y-%m-%d}"
    dashboard.go("prediction").choose("Row of the table, from 0 to 239", row)
    values = dashboard.app.dataframe[0].value.set_index("column")["value"]
    assert values["when"] == when
