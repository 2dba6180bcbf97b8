"""A table in which other people are seen each time is told what to do, and answered."""

import numpy as np
import pandas as pd

from tests.pages.conftest import Dashboard
from ui.controls import key_of
from workbench import Dataset


def test_rows_of_other_people_are_averaged_when_it_is_said(dashboard: Dashboard) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"meals": rng.integers(0, 2, 400), "after": rng.integers(0, 2, 400)})
    frame = frame.assign(on=frame["meals"] * frame["after"])
    frame["jobs"] = 20 + 3.0 * frame["on"] + rng.normal(size=400)
    name = "difference_in_differences"
    dashboard.open(Dataset.of(frame)).go(name)
    dashboard.choose("What is measured: a number, or yes and no", "jobs")
    dashboard.choose("Who is followed over time: state, shop, person", "meals")
    dashboard.choose("The period: year, quarter, month or date", "after")
    dashboard.choose("1 in rows where the treatment is in force, else 0", "on")
    assert "these are repeated cross-sections" in dashboard.warnings
    dashboard.app.checkbox(key=key_of(name, "repeated_cross_sections")).check().run()
    assert dashboard.sound().warnings == ""
    dashboard.press("Ask")
    assert "in meals 1, which got it from 1" in dashboard.text
    assert "Warning: only one 'meals' is treated" in dashboard.text
    assert dashboard.figures == 2
