"""What would go wrong without a word is told on the Data page and on the Model page."""

import numpy as np
import pandas as pd

from tests.pages.conftest import Dashboard, data_of, model_of
from tests.worlds_findings import clean
from ui.state import Key
from workbench import Dataset, train

NAME = "![i](http://x/y.png) :red[a] <b>"


def leaking() -> Dataset:
    frame = clean().assign(**{NAME: lambda f: f["y"] * 2})
    return Dataset.of(frame, target="y")


def test_the_data_page_tells_what_it_finds_with_what_to_do(dashboard: Dashboard) -> None:
    dashboard.open(leaking()).go("data")
    assert f"Warning** · '{NAME}' alone predicts 'y' almost perfectly" in dashboard.text
    assert "*What to do:* Ask when" in dashboard.text
    raw = "\n".join(m.value for m in dashboard.app.markdown)
    assert "![i](" not in raw
    assert "<b>" not in raw


def test_a_corrected_column_is_looked_at_again(dashboard: Dashboard) -> None:
    dashboard.open(leaking().with_roles({NAME: "ignore"})).go("data")
    assert "Warning**" not in dashboard.text
    assert "Nothing was found that goes wrong without a word" in dashboard.text


def test_without_a_target_the_data_page_still_looks(dashboard: Dashboard) -> None:
    dashboard.open(Dataset.of(clean().assign(same=1))).go("data")
    assert "Notice** · 'same' holds one value" in dashboard.text


def test_the_model_page_tells_what_it_finds(dashboard: Dashboard) -> None:
    frame = pd.concat([clean(200)] * 2, ignore_index=True)
    dashboard.use(train(Dataset.of(frame, target="y"), "decision_tree")).go("model")
    assert "held-out rows" in dashboard.text
    assert "in a copy that agrees in every column" in dashboard.text


def test_findings_are_pinned_like_any_result(dashboard: Dashboard) -> None:
    dashboard.open(data_of("binary")).go("data").press("Pin to report")
    (pinned,) = dashboard[Key.PINNED]
    assert pinned.provenance.method == "workbench.findings"
    assert "What would go wrong without a word" in dashboard.go("report").text


def test_many_findings_are_cut_short_and_counted(dashboard: Dashboard) -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=300)
    copies = {f"copy {place}": y * (place + 1) for place in range(12)}
    dashboard.open(Dataset.of(clean(300).assign(**copies, y=y), target="y")).go("data")
    told = [m.value for m in dashboard.app.markdown if "**Warning**" in m.value]
    assert len(told) == 8
    assert "more in the table below." in dashboard.text


def test_a_model_of_the_same_table_has_findings_of_its_own(dashboard: Dashboard) -> None:
    dashboard.use(model_of("binary")).go("data")
    of_data = dashboard.text
    assert "16 things looked for" in of_data
    assert "8 things looked for" in dashboard.go("model").text
