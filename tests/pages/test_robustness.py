"""A dot of the specification curve opens its own analysis; what must be chosen waits for it."""

import numpy as np
import pandas as pd
import pytest

from tests.pages.conftest import Dashboard, computed
from ui import run
from workbench import Dataset

# DoWhy 0.14 calls pandas with a keyword that pandas 4 removes.
pytestmark = pytest.mark.filterwarnings(
    "ignore:The copy keyword is deprecated:pandas.errors.Pandas4Warning"
)


def table() -> Dataset:
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    t = (x + rng.normal(size=300) > 0).astype(int)
    return Dataset.of(pd.DataFrame({"x": x, "t": t, "y": x + t + rng.normal(size=300),
                                    "other": x + rng.normal(size=300)}))  # fmt: skip


def opened(dashboard: Dashboard, name: str) -> Dashboard:
    dashboard.open(table()).go("cause").choose("Treatment", "t").choose("Outcome", "y")
    dashboard.choose("Confounders", ["x"]).press("Ask")
    dashboard.app.session_state[f"demand-{name}"] = True
    return dashboard.go("robustness")


def test_a_chosen_dot_shows_its_own_estimate_and_python(dashboard: Dashboard) -> None:
    opened(dashboard, "causal.specification_curve")
    (found,) = [r for r in run.CACHE._kept.values() if "Specification" in type(r.value).__name__]
    curve = found.value
    row = curve.frame[curve.frame["estimator"] == "Linear regression"].iloc[-1]
    before = dashboard.figures
    dashboard.choose("The analysis behind a dot", int(row["place"]))
    assert dashboard.figures == before + 1
    assert "causal.linear_regression" in computed()
    assert f"y changes by {row['estimate']:.4g}" in dashboard.text


def test_a_click_on_a_dot_moves_the_list() -> None:
    from streamlit.testing.v1 import AppTest

    def script() -> None:
        import streamlit as st

        from causal import specification_curve
        from tests.causal.test_specification_curve import about, world
        from ui.specification import _key, follow

        found = specification_curve(about(world(200)))
        follow(found, [{"x": 3.0, "y": 1.0}])
        st.session_state["place"] = st.session_state[_key(found)]

    assert AppTest.from_function(script, default_timeout=60).run().session_state["place"] == 3


def test_an_instrument_is_offered_what_works_and_gets_it(dashboard: Dashboard) -> None:
    rng = np.random.default_rng(0)
    taste, offer = rng.normal(size=300), rng.integers(0, 2, 300)
    t = (2 * offer + taste + rng.normal(size=300) > 1).astype(int)
    frame = pd.DataFrame({"offer": offer, "t": t, "y_before": taste, "y": taste + t})
    dashboard.open(Dataset.of(frame)).go("cause").choose("Treatment", "t").choose("Outcome", "y")
    dashboard.choose("Instruments", ["offer"]).choose("Averaged over", "LATE").press("Ask")
    names = ("placebo_treatment", "placebo_outcome", "random_common_cause", "robustness_value",
             "influential_rows", "bootstrap_interval")  # fmt: skip
    for name in names:
        dashboard.app.session_state[f"demand-causal.{name}"] = True
    dashboard.go("robustness")
    assert set(computed()) >= {f"causal.{name}" for name in names}
    assert dashboard.figures == len(names)
    offered = [e.label for e in dashboard.app.expander]
    assert "Negative control" in offered
    assert "Trim ledger" not in offered
    assert "Specification curve" not in offered
    assert dashboard.text.count("two-stage least squares") >= 3


def test_a_negative_control_waits_for_its_column(dashboard: Dashboard) -> None:
    opened(dashboard, "causal.negative_control")
    assert "Choose a column." in dashboard.text
    assert "causal.negative_control" not in computed()
    dashboard.choose("A column without any effect in this question", "other")
    assert "causal.negative_control" in computed()


def test_of_effects_of_groups_only_what_answers_is_offered(dashboard: Dashboard) -> None:
    frame = table().frame.assign(kind=["a", "b"] * 150)
    dashboard.open(Dataset.of(frame)).go("cause").choose("Treatment", "t").choose("Outcome", "y")
    dashboard.choose("Confounders", ["x"]).choose("Averaged over", "CATE")
    dashboard.choose("By the groups of", "kind").press("Ask").go("robustness")
    offered = {e.label for e in dashboard.app.expander}
    assert {"Nuisance quality", "Calibration of the propensity"} <= offered
    assert not {"Placebo treatment", "Influential rows", "Trim ledger"} & offered
    assert "do not answer such a question: Placebo treatment," in dashboard.text
    assert "Does it hang on a few rows" not in dashboard.text
