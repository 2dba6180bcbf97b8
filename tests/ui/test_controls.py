"""Every kind of setting becomes a widget that gives a value the method accepts."""

import re
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

from ui import controls
from workbench import METHODS, Dataset
from workbench.models import FAMILIES
from workbench.progress import Progress, silent
from workbench.settings import Column, Range, RowNumber, Setting, filled_in, read_settings


def method(
    data: Dataset,
    /,
    *,
    column: Annotated[str, Column("feature"), "The column that is varied"],
    several: Annotated[tuple[str, ...], Column("feature")] = (),
    way: Literal["test", "train"] = "test",
    share: Annotated[float, Range(0.001, 1), "Share of the rows"] = 0.05,
    many: Annotated[int, Range(1, 5_000)] = 300,
    most: Annotated[int | None, Range(1, 100)] = None,
    exact: bool = True,
    row: Annotated[int, RowNumber()] = 0,
    seed: int = 0,
    progress: Progress = silent,
) -> None:
    """A method with a setting of every kind."""


SETTINGS = read_settings(method)
DATA = Dataset.of(pd.DataFrame({"a": np.arange(30.0) ** 2, "*b*": ["x", "y"] * 15, "y": 0.5}))


def drawn(*, starts_empty: bool = False) -> AppTest:
    def script(starts_empty: bool) -> None:
        import streamlit as st

        from tests.ui.test_controls import DATA, SETTINGS
        from ui import controls

        st.session_state["values"] = controls.inline(
            SETTINGS, DATA, "form", [s.name for s in SETTINGS], starts_empty=starts_empty
        )

    return AppTest.from_function(script, args=(starts_empty,), default_timeout=60).run()


def test_a_column_that_must_be_chosen_starts_at_none_and_only_that() -> None:
    app = drawn(starts_empty=True)
    values = app.session_state["values"]
    assert values["column"] is None
    assert app.selectbox(key=controls.key_of("form", "column")).placeholder == "Choose a column"
    assert controls.missing(SETTINGS, values)
    app.selectbox(key=controls.key_of("form", "column")).select("a")
    values = app.run().session_state["values"]
    assert not controls.missing(SETTINGS, values)
    filled_in(SETTINGS, values, DATA)


def test_the_defaults_of_the_form_are_those_of_the_method() -> None:
    app = drawn()
    assert not app.exception
    values = app.session_state["values"]
    assert values["column"] == "a"
    assert filled_in(SETTINGS, {"column": "a"}, DATA) == {**values, "several": ()}


def test_no_widget_is_without_a_label() -> None:
    app = drawn()
    widgets = [*app.selectbox, *app.multiselect, *app.number_input, *app.checkbox]
    assert len(widgets) == len(SETTINGS)
    assert all(widget.label.strip() for widget in widgets)
    assert "The column that is varied" in [widget.label for widget in widgets]


def test_what_is_chosen_is_what_the_method_gets() -> None:
    app = drawn()
    app.selectbox(key=controls.key_of("form", "column")).select("*b*")
    app.number_input(key=controls.key_of("form", "share")).set_value(0.5)
    app.number_input(key=controls.key_of("form", "most")).set_value(7)
    app.checkbox(key=controls.key_of("form", "exact")).uncheck()
    app.multiselect(key=controls.key_of("form", "several")).select("a")
    values = app.run().session_state["values"]
    assert values["column"] == "*b*"
    assert (values["share"], values["most"], values["exact"]) == (0.5, 7, False)
    assert values["several"] == ("a",)
    filled_in(SETTINGS, values, DATA)


def test_numbers_are_bounded_as_the_method_bounds_them() -> None:
    app = drawn()
    row = app.number_input(key=controls.key_of("form", "row"))
    assert (row.min, row.max) == (0, len(DATA) - 1)
    share = app.number_input(key=controls.key_of("form", "share"))
    assert (share.min, share.max) == (0.001, 1.0)


def test_every_setting_of_the_house_can_be_drawn() -> None:
    def script() -> None:
        from causal import aipw  # noqa: F401 - registers the methods
        from interpret import shap_row  # noqa: F401 - the same
        from tests.ui.test_controls import DATA, every_setting
        from ui import controls

        for number, setting in enumerate(every_setting()):
            controls.widget(setting, DATA, f"setting {number}")

    app = AppTest.from_function(script, default_timeout=60).run()
    assert not app.exception
    assert len(app.number_input) > 20


def every_setting() -> list[Setting]:
    """All settings of all families and methods."""
    owners = [*FAMILIES.values(), *METHODS.values()]
    return [setting for owner in owners for setting in owner.settings]


def test_no_label_of_ours_is_read_as_markdown() -> None:
    """Labels are not escaped, since a screen reader would read the escapes."""
    import causal
    import interpret  # noqa: F401 (they register their methods)

    del causal
    helps = [s.help for m in METHODS.values() for s in m.settings]
    assert not [text for text in helps if re.search(r"[`*_\[\]<>$~#\\]|:\S", text)]


def test_a_column_that_is_called_like_a_choice_keeps_its_name() -> None:
    """ "margin" among the choices of a scale reads "log-odds or score"."""

    def script() -> None:
        import pandas as pd

        from ui import controls
        from workbench import Dataset
        from workbench.settings import Setting

        data = Dataset.of(pd.DataFrame({"margin": [1.0, 2.0], "count": [3, 4], "y": [0.1, 0.2]}))
        controls.inline([Setting("running", "column", None)], data, "form", ["running"])

    box = AppTest.from_function(script, default_timeout=60).run().selectbox[0]
    assert box.options == ["margin", "count", "y"]
